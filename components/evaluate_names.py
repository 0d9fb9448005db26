"""What contenders are called: by their model, and by what sets those of one model apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from components.evaluate_cascade import cascade_name
from components.evaluate_state import Row
from components.variant_summary import NAMES, value_words

_TELLING = (
    "temperature", "top_p", "top_k", "max_tokens", "reasoning", "thinking_budget", "effort", "service_tier",
    "latency",
)  # fmt: skip
"""Settings that say in a few letters what is different."""


def names_of(
    lettered: Mapping[str, Row], models: Mapping[str, Variant], catalogue: Catalogue
) -> dict[str, str]:
    """Name every contender, so that no two have one name.

    Args:
        lettered: The contenders, by letter.
        models: The settings of those that are models, by slot.
        catalogue: Who knows what models are called.
    """
    titles = {slot: _title(variant.model, catalogue) for slot, variant in models.items()}
    wanted: dict[str, str] = {}
    for letter, row in lettered.items():
        typed = str(st.session_state.get(f"{row.slot}_name") or "").strip()
        if typed or row.name:
            wanted[letter] = typed or row.name
        elif row.kind == "cascade":
            wanted[letter] = cascade_name(row, lettered)
        else:
            wanted[letter] = _told(row.slot, titles, models)
    return _unique(wanted)


def _title(model_id: str, catalogue: Catalogue) -> str:
    option = catalogue.get(model_id)
    return option.name if option else model_id or "No model"


def _told(slot: str, titles: Mapping[str, str], models: Mapping[str, Variant]) -> str:
    """A model's name, with the settings that others of the same name have otherwise."""
    title, variant = titles[slot], models[slot]
    others = [models[other] for other, name in titles.items() if name == title and other != slot]
    apart = [
        f"{NAMES[name]} {value_words(value)}"
        if (value := getattr(variant, name)) is not None
        else f"no {NAMES[name]}"
        for name in _TELLING
        if any(getattr(other, name) != getattr(variant, name) for other in others)
    ]
    if any(other.model != variant.model for other in others):
        apart.insert(0, variant.model)
    return ", ".join([title, *apart])


def _unique(wanted: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(wanted.values())
    return {letter: f"{name} ({letter})" if counts[name] > 1 else name for letter, name in wanted.items()}
