"""A ready-made cascade of two contenders: which asks first, which next, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import streamlit as st

from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, Likely, NotRefused
from bedrock_playground.patterns.members import Solo
from components import variants
from components.evaluate_state import Row, When

_WHEN: dict[When, str] = {
    "unsure": "its tokens were unlikely",
    "disagrees": "no two of three answers agree",
    "refuses": "it refuses or is cut off",
    "judged": "the second model marks it below 4 of 5",
}
_ABOUT: dict[When, str] = {
    "unsure": "The second is asked when the mean probability of the first one's tokens is below 0.6.",
    "disagrees": "The first is asked three times (above temperature 0); the second when no two agree.",
    "refuses": "The second is asked when the first refuses, is cut off, or fails. Telling costs no call.",
    "judged": "The second model judges each answer of the first, and answers where it marks it below 4.",
}
"""The same in full."""
assert set(_WHEN) == set(_ABOUT)  # noqa: S101 - every way has its words
assert set(_WHEN) == set(get_args(When))  # noqa: S101 - every way has its words


def cascade_fields(row: Row, *, lettered: Mapping[str, Row], names: Mapping[str, str]) -> None:
    """Draw which contenders a cascade asks, and when it goes on to the second.

    Args:
        row: The cascade.
        lettered: All contenders, by letter.
        names: What they are called.
    """
    by_slot = {one.slot: other for other, one in lettered.items() if one.kind == "model"}
    first, then = _pair(row, lettered)
    for part, chosen, label in (("first", first, "Asks first"), ("then", then, "Then")):
        key = f"{row.slot}_{part}"
        st.session_state[key] = chosen
        st.selectbox(
            label,
            list(by_slot),
            format_func=lambda slot: f"{by_slot[slot]} · {names[by_slot[slot]]}" if slot in by_slot else "–",
            key=key,
            persist_state="session",
        )
    ways = _ways(first)
    key = f"{row.slot}_when"
    st.session_state[key] = _when(row, first)
    st.selectbox("Goes on when", ways, format_func=_WHEN.__getitem__, key=key, persist_state="session")


def cascade_about(row: Row, lettered: Mapping[str, Row]) -> str:
    """Say in a sentence when the second model is asked."""
    first, _ = _pair(row, lettered)
    return _ABOUT[_when(row, first)]


def cascade_name(row: Row, lettered: Mapping[str, Row]) -> str:
    """What a cascade is called: whom it asks."""
    by_slot = {one.slot: letter for letter, one in lettered.items()}
    first, then = _pair(row, lettered)
    return f"Cascade {by_slot.get(first or '', '?')} → {by_slot.get(then or '', '?')}"


def cascade_of(
    row: Row, lettered: Mapping[str, Row], settled: Mapping[str, Variant], *, name: str
) -> Cascade | None:
    """Make the cascade; ``None`` where a contender that it asks has no model.

    Args:
        row: The cascade.
        lettered: All contenders, by letter.
        settled: The settings of those that are models, by slot.
        name: What it is called.
    """
    first, then = _pair(row, lettered)
    small, large = settled.get(first or ""), settled.get(then or "")
    if small is None or large is None:
        return None
    when = _when(row, first)
    if when == "unsure":
        small = _telling_probabilities(small)
    tiers = (Tier(member=Solo(variant=small)), Tier(member=Solo(variant=large)))
    return Cascade(tiers=tiers, criteria=_criteria(when, judge=large), name=name)


def _criteria(when: When, *, judge: Variant) -> tuple[Criterion, ...]:
    match when:
        case "unsure":
            return (Likely(threshold=0.6),)
        case "disagrees":
            return (Agrees(n=3, k=2),)
        case "refuses":
            return (NotRefused(), Ended())
        case "judged":
            # A judge gives marks, whatever the tier is told to do.
            asked = replace(judge, system=None, max_tokens=max(judge.max_tokens or 0, 256))
            return (Scored(judge=Solo(variant=asked), threshold=4),)


def _telling_probabilities(variant: Variant) -> Variant:
    given = strict_json(variant.additional_fields) if variant.additional_fields else {}
    fields = {**given, "logprobs": True} if isinstance(given, dict) else {"logprobs": True}
    return replace(variant, additional_fields=json.dumps(fields))


def _pair(row: Row, lettered: Mapping[str, Row]) -> tuple[str | None, str | None]:
    """The slots of both; where one is gone, or none was chosen yet, the first ones that there are."""
    slots = [one.slot for one in lettered.values() if one.kind == "model"]
    first = st.session_state.get(f"{row.slot}_first")
    if first not in slots:
        first = slots[0] if slots else None
    then = st.session_state.get(f"{row.slot}_then")
    if then not in slots:
        then = next((slot for slot in slots if slot != first), first)
    return first, then


def _when(row: Row, first: str | None) -> When:
    ways = _ways(first)
    chosen: When | None = st.session_state.get(f"{row.slot}_when")
    return chosen if chosen in ways else ways[0]


def _ways(first: str | None) -> list[When]:
    """The ways that a model can be asked in: few tell how likely their tokens were."""
    local = first is not None and is_local(variants.read(first).model)
    ways: list[When] = ["disagrees", "refuses", "judged"]
    return ["unsure", *ways] if local else ways
