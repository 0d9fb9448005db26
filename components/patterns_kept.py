"""The saved patterns as the pages offer them; looked up at most every few seconds."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import HistoryError, PatternSummary
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


def forget() -> None:
    """Look again the next time: one was saved or deleted."""
    _summaries.clear()
