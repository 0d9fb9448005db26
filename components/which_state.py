"""What somebody asks for on the page Which model?: its widgets' values, and what the scenario's words set.

The widgets are the single truth. What is read from the scenario is put into them, and taken out again when
its words go, unless somebody changed it by hand meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

import streamlit as st

from bedrock_playground.catalog.requirements import Scenario
from bedrock_playground.catalog.scenario import Inference, apply, infer
from bedrock_playground.catalog.scenario import cautions as find_cautions
from bedrock_playground.catalog.search import Capability

TEXT = "which_text"
"""The scenario in words."""
KEPT = "which_kept"
"""The ids of the inferences that were not taken away."""
_APPLIED = "which_applied"
_NOTHING = Scenario()
_SETTINGS = tuple(field.name for field in fields(Scenario))


def key(setting: str) -> str:
    """The session state's key of a setting's widget."""
    return f"which_{setting}"


def prepare() -> None:
    """Have a value for every widget before the first is drawn."""
    for setting in _SETTINGS:
        st.session_state.setdefault(key(setting), _for_widget(getattr(_NOTHING, setting)))


def scenario() -> Scenario:
    """Read the widgets."""
    return Scenario(**{setting: _from_widget(setting) for setting in _SETTINGS})


def inferences() -> tuple[Inference, ...]:
    """What the words of the scenario say."""
    return infer(st.session_state.get(TEXT) or "")


def cautions() -> tuple[str, ...]:
    """What the scenario asks for that no model here can do."""
    return find_cautions(st.session_state.get(TEXT) or "")


def read_text() -> None:
    """Take what the text says, all of it; a callback."""
    found = inferences()
    st.session_state[KEPT] = [one.id for one in found]
    _put(found)


def read_kept() -> None:
    """Take what the text says, without what was taken away; a callback."""
    kept = st.session_state.get(KEPT) or []
    _put([one for one in inferences() if one.id in kept])


def clear() -> None:
    """Begin anew; a callback."""
    st.session_state[TEXT] = ""
    st.session_state[KEPT] = []
    st.session_state.pop(_APPLIED, None)
    for setting in _SETTINGS:
        st.session_state[key(setting)] = _for_widget(getattr(_NOTHING, setting))


def changed_by_hand() -> list[Inference]:
    """What was inferred and kept, but stands otherwise in its widget now."""
    kept = st.session_state.get(KEPT) or []
    found = [one for one in inferences() if one.id in kept]
    now, meant = scenario(), apply(_NOTHING, found)
    return [one for one in found if _differs(one, now, meant)]


def _differs(inference: Inference, now: Scenario, meant: Scenario) -> bool:
    if inference.setting == "needs":
        return Capability(str(inference.value)) not in now.needs
    # Of two inferences for one setting the stricter was taken: the other is not the user's doing.
    wanted = getattr(meant, inference.setting)
    return bool(inference.value == wanted and getattr(now, inference.setting) != wanted)


def _put(kept: Sequence[Inference]) -> None:
    before: Scenario = st.session_state.get(_APPLIED, _NOTHING)
    after = apply(_NOTHING, kept)
    now = scenario()
    for setting in _SETTINGS:
        old, new, current = (getattr(one, setting) for one in (before, after, now))
        if setting == "needs":
            gone = set(old) - set(new)
            merged = dict.fromkeys((*(one for one in current if one not in gone), *_added(old, new)))
            st.session_state[key(setting)] = _for_widget(tuple(merged))
        elif new != old or current == old:
            st.session_state[key(setting)] = _for_widget(new)
    st.session_state[_APPLIED] = after


def _added(old: Sequence[Capability], new: Sequence[Capability]) -> list[Capability]:
    return [one for one in new if one not in old]


def _for_widget(value: Any) -> Any:  # noqa: ANN401  # any setting
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value


def _from_widget(setting: str) -> Any:  # noqa: ANN401  # any setting
    value = st.session_state.get(key(setting), getattr(_NOTHING, setting))
    if setting == "needs":
        return tuple(Capability(one) for one in value or ())
    if setting == "max_cost":
        # The widget's value is a binary fraction; the shortest decimal for it is what was typed, however
        # small. 0 would exclude everything.
        return Decimal(repr(float(value))).normalize() if value else None
    if setting in {"max_latency", "min_context"}:
        return value or None
    if setting in {"input_tokens", "output_tokens"}:
        return int(value or getattr(_NOTHING, setting))
    return value
