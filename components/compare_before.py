"""What stood in Compare before another page put its own variants there, and the way back to it.

Compare draws it on its first page, so it imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.presets.filled import Template
from components import compare_state, inputs_state, template_state, variants

_BEFORE = "compare_before"


@dataclass(frozen=True, slots=True)
class _Before:
    """What stood in Compare before it was replaced."""

    variants: tuple[tuple[str, Variant], ...]
    """By letter, in the order of display."""
    presets: tuple[tuple[str, tuple[str, int] | None], ...]
    """The presets behind them."""
    inputs: Inputs | None
    """What all were asked, as templates, if that was replaced too."""
    template: Template
    """What filled the templates."""
    repeat: int
    """Times that each variant was to answer."""


def keep(*, prompt: bool) -> None:
    """Remember what stands in Compare, where there is something.

    Args:
        prompt: Whether what all are asked is to be replaced as well.
    """
    standing = tuple(variants.read_all().items())
    if standing and any(variant.model for _, variant in standing):
        behind = tuple((letter, st.session_state.get(_preset(letter))) for letter, _ in standing)
        inputs = inputs_state.read_inputs() if prompt else None
        template = template_state.current_template()
        repeat = int(st.session_state.get(compare_state.REPEAT) or 1)
        st.session_state[_BEFORE] = _Before(standing, behind, inputs, template, repeat)


def way_back() -> None:
    """Offer to bring back the variants that were replaced, on the page that compares."""
    before: _Before | None = st.session_state.get(_BEFORE)
    if before is None:
        return
    count = len(before.variants)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="way_back"):
        st.caption(
            f":material/info: These took the place of {count} variant{'' if count == 1 else 's'}.",
            width="content",
        )
        st.button(
            "Bring back the variants that stood there",
            key="bring_back",
            icon=":material/undo:",
            on_click=_bring_back,
        )
        st.button("Keep these", key="keep_these", type="tertiary", on_click=_forget)


def _bring_back() -> None:
    before: _Before = st.session_state.pop(_BEFORE)
    compare_state.clear()
    variants.replace_all(before.variants)
    for letter, preset in before.presets:
        if preset is not None:
            st.session_state[_preset(letter)] = preset
    if before.inputs is not None:
        inputs_state.write_inputs(before.inputs)
        template_state.describe(before.template.variables, before.template.values)
        st.session_state[compare_state.REPEAT] = before.repeat


def _preset(letter: str) -> str:
    return variants.key(letter, variants.PRESET)


def _forget() -> None:
    st.session_state.pop(_BEFORE, None)
