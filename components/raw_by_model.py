"""Raw additional fields belong to the model that they were written for: another one hardly takes them.

Choosing another model sets them aside, and choosing that model again brings them back.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import streamlit as st

from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.variant import Variant
from components import variants


def with_own_fields(letter: str, variant: Variant, resolution: Resolution) -> Variant:
    """Give a variant the raw fields of its model, if another one was chosen since they were written.

    Args:
        letter: Which variant.
        variant: Its settings as its widgets hold them.
        resolution: What its model id stands for: ids of one model share their fields.
    """
    state: MutableMapping[Any, Any] = st.session_state
    base = resolution.spec.model_id if resolution.spec else variant.model
    picked, owner = state.get(variants.key(letter, variants.FIELDS_OWNER), (variant.model, base))
    state[variants.key(letter, variants.FIELDS_OWNER)] = (variant.model, base)
    # The same id may stand for something else once the account was asked: that is no other choice.
    if picked == variant.model or owner == base:
        return variant
    kept = {**_kept(letter), owner: variant.additional_fields}
    own = kept.pop(base, None)
    state[variants.key(letter, variants.FIELDS_KEPT)] = {name: text for name, text in kept.items() if text}
    state[variants.key(letter, "additional_fields")] = own or ""
    return replace(variant, additional_fields=own)


def fields_kept_for(letter: str) -> tuple[str, ...]:
    """The models whose raw fields are set aside."""
    return tuple(_kept(letter))


def _kept(letter: str) -> dict[str, str | None]:
    kept: dict[str, str | None] = st.session_state.get(variants.key(letter, variants.FIELDS_KEPT), {})
    return kept
