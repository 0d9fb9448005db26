"""Blind comparisons on Compare: which are hidden, in what order their answers stand, when they are shown.

A comparison is blind from before anything of it is sent until somebody votes, or asks for the names. The
history keeps that; this process remembers what it was told, so that a page costs one look at most.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence

import streamlit as st

from bedrock_playground.history import Blind
from bedrock_playground.invocation import Comparison
from components.resources import get_store

WANTED = "blind"
"""The session state's key of the toggle: whether the next comparison is to be blind."""
SAT_OUT = "Not every variant was asked. Which one sat out, and why, is shown with the names."
"""What is said in place of words that would name a variant."""
TOO_FEW = (
    "Nothing was sent: a blind comparison needs two variants that can be asked. Add one, see why one sits "
    "out, or turn Blind off."
)
"""What is said where there is nothing to choose from."""
_KEEP = 256


@st.cache_resource(show_spinner=False)
def _known() -> OrderedDict[str, Blind | None]:
    return OrderedDict()


def wanted() -> bool:
    """Whether the next comparison is to be blind."""
    return bool(st.session_state.get(WANTED))


def begin(comparison_id: str, letters: Sequence[str]) -> None:
    """Note whether a comparison that begins is blind, and if so in what order its answers will stand.

    Any order may come up, that of the letters too: otherwise two answers would always be swapped.

    Raises:
        HistoryError: It cannot be kept, so nothing should be sent.
    """
    if not wanted():
        _remember(comparison_id, None)
        return
    shuffled = list(letters)
    secrets.SystemRandom().shuffle(shuffled)
    _remember(comparison_id, get_store().blind.hide(comparison_id, shuffled))


def look(comparison_id: str) -> Blind | None:
    """How a comparison was hidden, asked of the history where this process cannot know it.

    Raises:
        HistoryError: The history cannot tell.
    """
    known = _known()
    told = known.get(comparison_id)
    if comparison_id not in known or (told is not None and told.hidden):
        # Another process may have revealed it meanwhile.
        told = get_store().blind.get(comparison_id)
        _remember(comparison_id, told)
    return told


def blind_of(comparison_id: str) -> Blind | None:
    """How a comparison was hidden; ``None`` if it never was. Remembered since :func:`look` was asked.

    Raises:
        HistoryError: It is forgotten by now, and the history cannot tell.
    """
    known = _known()
    return known[comparison_id] if comparison_id in known else look(comparison_id)


def hidden(comparison_id: str) -> bool:
    """Whether a comparison's names are hidden now."""
    blind = blind_of(comparison_id)
    return blind is not None and blind.hidden


def reveal(comparison_id: str) -> None:
    """Show a comparison's names from now on.

    Raises:
        HistoryError: That cannot be kept, so they stay hidden.
    """
    get_store().blind.reveal(comparison_id)
    _remember(comparison_id, get_store().blind.get(comparison_id))


def names(comparison: Comparison) -> dict[str, str]:
    """What each lane is called on the page now, by letter and in the order of display."""
    blind = blind_of(comparison.id)
    if blind is not None and blind.hidden:
        return {letter: f"Answer {number}" for number, letter in enumerate(blind.letters, 1)}
    return {lane.label: lane.label for lane in comparison.lanes}


def _remember(comparison_id: str, blind: Blind | None) -> None:
    known = _known()
    known[comparison_id] = blind
    while len(known) > _KEEP:
        known.popitem(last=False)
