"""A pattern's run in the history: the way it took, its calls as runs of their own, and back from a call."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from bedrock_playground.evaluation.spec import SpecRefused
from bedrock_playground.history import HistoryError, RunRecord
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.patterns.asked import pattern_of
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.picture.svg import money, seconds
from components.history_link import history_link
from components.pattern_path import pattern_path
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
        pattern_path(record, _pattern(record), key="history_path")
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


def _pattern(record: RunRecord) -> Pattern | None:
    """The pattern that answered, as far as the run or its evaluation tells."""
    with suppress(MemberRefused):
        if (pattern := pattern_of(record.request)) is not None:
            return pattern
    identity = record.identity
    if identity.case_number is None or identity.parent_id is not None:
        # A pattern inside another one is run under the same letter.
        return None
    with suppress(SpecRefused, KeyError, HistoryError):
        evaluation = get_store().evaluations.get(identity.comparison_id)
        member = evaluation.spec.contender(identity.label).member if evaluation else None
        return member if isinstance(member, Pattern) else None
    return None
