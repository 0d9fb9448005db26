"""The pattern that stands on the page, as the JSON that its codec reads and writes.

Widgets are drawn from it and write back into it while the page runs. What changes its shape (a step more, a
model in place of a pattern) waits until all of them have: nothing that was typed is lost.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import streamlit as st

from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.forms import humanised
from bedrock_playground.patterns.members import Pattern, Solo

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands in the draft: ``("steps", 0, "member")``."""
Change: TypeAlias = Callable[[dict[str, Any]], None]
"""Changes the draft's shape."""

_DRAFT = "pattern_draft"
_GENERATION = "pattern_generation"
_WAITING = "pattern_changes"
_SHELF = "pattern_shelf"
"""The id and the document that the draft was opened from or saved as."""


def draft() -> dict[str, Any] | None:
    """The draft; ``None`` before the first."""
    found: dict[str, Any] | None = st.session_state.get(_DRAFT)
    return found


def open_draft(pattern: Pattern, *, shelf_id: str | None = None) -> None:
    """Put a pattern on the page, in place of what stood there.

    Args:
        pattern: The pattern.
        shelf_id: The id that it is kept under, if it is.
    """
    document = member_to_json(pattern)
    st.session_state[_DRAFT] = copy.deepcopy(document)
    st.session_state[_SHELF] = (shelf_id, document) if shelf_id else None
    st.session_state[_WAITING] = []
    _anew()


def kept_as(shelf_id: str, pattern: Pattern) -> None:
    """Note that the draft was saved."""
    st.session_state[_SHELF] = (shelf_id, member_to_json(pattern))
    document = draft()
    if document is not None:
        document["name"] = pattern.name


def no_longer_kept() -> None:
    """Note that the draft is not on the shelf any more."""
    st.session_state[_SHELF] = None


def shelf_id() -> str | None:
    """The id that the draft was opened from or saved as."""
    kept: tuple[str, dict[str, Any]] | None = st.session_state.get(_SHELF)
    return kept[0] if kept else None


def unchanged(pattern: Pattern) -> bool:
    """Whether a pattern is what is kept under :func:`shelf_id`."""
    kept: tuple[str, dict[str, Any]] | None = st.session_state.get(_SHELF)
    return kept is not None and kept[1] == member_to_json(pattern)


def read() -> tuple[Pattern | None, str]:
    """Read the draft; the second value says what is wrong where there is no pattern."""
    document = draft()
    if document is None:
        return None, "There is no pattern yet."
    try:
        member = member_from_json(document)
    except MemberRefused as error:
        return None, _plainly(str(error))
    if isinstance(member, Solo):
        return None, "A single model is no pattern."
    return member, ""


def _plainly(message: str) -> str:
    """Say the place of a problem as the page names it."""
    place, is_, rest = message.partition(" must be ")
    if not is_ or " " in place:
        return message
    words = [_counted(part) for part in place.split(".")]
    return f"{', '.join(words)}: must be {rest}"


def _counted(part: str) -> str:
    name, bracket, number = part.partition("[")
    return humanised(name) + (f" {int(number.rstrip(']')) + 1}" if bracket else "")


def key(path: Path) -> str:
    """The session state's key of what stands at a place; another one after every change of shape."""
    generation: int = st.session_state.get(_GENERATION, 0)
    return f"pat{generation}_" + "_".join(map(str, path))


def later(change: Change) -> None:
    """Change the draft's shape once everything that was typed is in it."""
    st.session_state.setdefault(_WAITING, []).append(change)


def finish() -> None:
    """Do what waits, and draw the page anew if anything did."""
    waiting: list[Change] = st.session_state.get(_WAITING) or []
    document = draft()
    if not waiting or document is None:
        return
    st.session_state[_WAITING] = []
    for change in waiting:
        change(document)
    _anew()
    st.rerun()


def at(document: Any, path: Path) -> Any:  # noqa: ANN401 - any part of the draft
    """What stands at a place."""
    for step in path:
        document = document[step]
    return document


def put(path: Path, value: Any) -> Change:  # noqa: ANN401
    """Make the change that puts something at a place."""

    def change(document: dict[str, Any]) -> None:
        at(document, path[:-1])[path[-1]] = value

    return change


def _anew() -> None:
    """Let widgets be made anew from the draft; those of before are forgotten."""
    before = key(())
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1
    for name in [str(name) for name in st.session_state]:
        if name.startswith(before):
            del st.session_state[name]
