"""A pattern's run in the history: the way it took, its calls as runs of their own, and back from a call."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import RunRecord
from bedrock_playground.invocation.trace import Trace, is_pattern
from bedrock_playground.patterns.asked import pattern_of
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.picture.layout import Course
from bedrock_playground.patterns.picture.svg import money, seconds
from components import patterns_results
from components.history_link import history_link
from components.resources import get_store
from components.words import plain


def where_from(record: RunRecord) -> None:
    """Say whose call a run is, if it is one, and lead there."""
    identity = record.identity
    if identity.parent_id is not None:
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key="history_where_from"
        ):
            st.markdown(
                f":small[A call of a pattern, as **{plain(identity.role or 'a role')}**]", width="content"
            )
            history_link(identity.parent_id, label="The pattern’s run")


def pattern_view(record: RunRecord) -> None:
    """Draw what a pattern's run did, and lead to the calls that a run made; of most runs there is neither."""
    pattern = is_pattern(record.request.model_id)
    trace = record.result.trace if record.result else None
    if trace is not None and pattern:
        _what_it_did(record, trace)
    calls = get_store().calls_of(record.run_id)
    if not calls:
        if pattern:
            st.caption("Its calls are not in the history.")
        return
    st.markdown("**Its calls, each a run of its own**")
    for call in calls:
        total = call.result.timing.total if call.result else None
        told = f"{call.identity.role or 'call'} · {call.request.model_id} · {call.state.value}"
        figures = f"{'n/a' if total is None else seconds(total)} · {money(call.cost)}"
        history_link(call.run_id, label=f"{plain(told)} · {plain(figures)}")


def _what_it_did(record: RunRecord, trace: Trace) -> None:
    failed = record.result is not None and record.result.error is not None
    course = Course(trace, record.run_id, over=True, failed=failed)
    pattern = _pattern(record)
    if pattern is not None:
        patterns_results.diagram(pattern, key="history_path", course=course)
    patterns_results.decisions(trace.decisions, over=True)
    patterns_results.times(course, now=None)


def _pattern(record: RunRecord) -> Pattern | None:
    try:
        return pattern_of(record.request)
    except MemberRefused:
        return None
