"""From the pages that choose to the page that compares."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import Variant
from components import compare_state, variants
from components.history_view import COMPARE_PAGE

_MAX_TOKENS = 512


def send(models: Sequence[str], *, prompt: str | None = None) -> None:
    """Make these models the variants of Compare, and go there.

    What Compare showed stays in the history.

    Args:
        models: What is sent as ``modelId``, one per variant.
        prompt: The prompt to ask; the one that stands there if not given.
    """
    compare_state.clear()
    variants.replace_all([
        (letter, Variant(model=model_id, max_tokens=_MAX_TOKENS))
        for letter, model_id in zip(variants.LETTERS, models, strict=False)
    ])  # fmt: skip
    if prompt:
        st.session_state[compare_state.PROMPT] = prompt
    st.switch_page(COMPARE_PAGE)


def add(model_id: str) -> bool:
    """Add a variant of this model to those of Compare; ``False`` where eight stand already."""
    return variants.add(Variant(model=model_id, max_tokens=_MAX_TOKENS)) is not None


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
