"""From the pages that choose to the page that compares."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from components import compare_before, compare_state, variants
from components.history_view import COMPARE_PAGE

_MAX_TOKENS = 512


def send(
    models: Sequence[str],
    *,
    catalogue: Catalogue,
    prompt: str | None = None,
    output_tokens: int | None = None,
) -> None:
    """Make these models the variants of Compare, and go there.

    What Compare showed stays in the history, and the variants that stood there can be brought back.

    Args:
        models: What is sent as ``modelId``, one per variant.
        catalogue: Who knows how long their answers may be.
        prompt: The prompt to ask; the one that stands there if not given.
        output_tokens: How long answers are expected to be.
    """
    compare_before.keep(prompt=bool(prompt))
    compare_state.clear()
    variants.replace_all([
        (letter, _variant(model_id, catalogue, output_tokens))
        for letter, model_id in zip(variants.LETTERS, models, strict=False)
    ])  # fmt: skip
    if prompt:
        st.session_state[compare_state.PROMPT] = prompt
    st.switch_page(COMPARE_PAGE)


def room() -> int:
    """How many more variants Compare can take; 0 while it has none that others could be added to."""
    standing = len(variants.letters())
    return len(variants.LETTERS) - standing if standing else 0


def add(model_id: str, *, catalogue: Catalogue, output_tokens: int | None = None) -> bool:
    """Add a variant of this model to those of Compare; ``False`` where eight stand already."""
    return variants.add(_variant(model_id, catalogue, output_tokens)) is not None


def _variant(model_id: str, catalogue: Catalogue, output_tokens: int | None) -> Variant:
    """A variant that may answer as long as is expected, as far as its model can."""
    wanted = max(_MAX_TOKENS, output_tokens or 0)
    option = catalogue.get(model_id)
    most = option.spec.max_output_tokens if option and option.spec else None
    return Variant(model=model_id, max_tokens=min(wanted, most or _WIDGET_MOST, _WIDGET_MOST))


_WIDGET_MOST = next(int(setting.high) for setting in variants.SETTINGS if setting.name == "max_tokens")


def not_listed(models: Sequence[str], catalogue: Catalogue) -> list[str]:
    """Which of these the connection does not list."""
    listed = {option.model_id for option in catalogue.options if option.listed}
    return [model_id for model_id in models if model_id not in listed]


def why_not_here(model_id: str, catalogue: Catalogue) -> str | None:
    """In words, why the present connection may not answer for this id; ``None`` where it lists it."""
    if why := catalogue.why_not_callable(model_id):
        return why
    if not_listed([model_id], catalogue):
        return "The connection does not list this id, so a call to it may be refused."
    return None
