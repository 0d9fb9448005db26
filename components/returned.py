"""Settings that come back: set aside for one model, and in use again with another."""

from __future__ import annotations

from typing import Any, TypeAlias

import streamlit as st

from bedrock_playground.invocation.values import Guardrail
from components import variants
from components.prepared import Prepared
from components.variant_summary import NAMES, value_words

_Values: TypeAlias = dict[str, Any]


def back_in_use(prepared: Prepared) -> str:
    """Name the settings that the model before did not take and this one does; empty where there are none.

    They are named until another model is chosen, or until they are changed.

    Args:
        prepared: The variant as it stands; what is set aside now is remembered for the next time.
    """
    variant = prepared.variant
    aside: _Values = {item.parameter: getattr(variant, item.parameter) for item in prepared.set_aside}
    model, before, back = st.session_state.get(_key(prepared.letter), (variant.model, {}, {}))
    returned: _Values = back if model == variant.model else before
    returned = {
        name: value
        for name, value in returned.items()
        if name not in aside and getattr(variant, name) == value
    }
    st.session_state[_key(prepared.letter)] = (variant.model, aside, returned)
    return ", ".join(f"{NAMES[name]} {_words(value)}" for name, value in returned.items())


def _words(value: Any) -> str:  # noqa: ANN401 - a setting's value, of any kind
    if isinstance(value, Guardrail):
        return variants.guardrail_text(value)
    return ", ".join(value) if isinstance(value, tuple) else value_words(value)


def forget_returned(letter: str) -> None:
    """Forget what a variant had set aside, when it goes."""
    st.session_state.pop(_key(letter), None)


def _key(letter: str) -> str:
    return variants.key(letter, "set_aside_before")
