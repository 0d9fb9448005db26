"""Analytics: what all runs cost, how fast they were, what went wrong, and what changes with a setting."""

import streamlit as st

from bedrock_playground.history import HistoryError
from components import analytics_filters, analytics_view, history_view
from components.head import page_head
from components.resources import get_store

page_head("Analytics", "All your runs together: cost, speed, errors, caches, votes and settings.")
try:
    analytics = get_store().analytics()
    choices = analytics.choices()
    if choices.first is None:
        analytics_view.nothing_yet()
        st.stop()
    which = analytics_filters.filters(choices)
    sums = analytics.sums(which)
    if not sums.runs:
        analytics_view.nothing_found(choices)
        st.stop()
    analytics_view.headline(sums)
    analytics_view.section(analytics, which, choices)
except HistoryError as error:
    history_view.failure(error)
