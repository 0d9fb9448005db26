"""The saved patterns as the pages offer them; looked up at most every few seconds."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import HistoryError, PatternSummary
from bedrock_playground.invocation.trace import PATTERN_PREFIX
from components.resources import get_store


@st.cache_resource(show_spinner=False, ttl=5)
def _summaries() -> tuple[PatternSummary, ...]:
    return tuple(get_store().patterns.find())


def summaries() -> tuple[PatternSummary, ...]:
    """The saved patterns, by name; none where the history cannot be read."""
    try:
        return _summaries()
    except HistoryError:
        return ()


def pattern_names() -> dict[str, str]:
    """What a picker of models calls the saved patterns: names by the id of their runs."""
    return {f"{PATTERN_PREFIX}{one.pattern_id}": f"Pattern · {one.name} · {one.kind}" for one in summaries()}


def forget() -> None:
    """Look again the next time: one was saved or deleted."""
    _summaries.clear()
