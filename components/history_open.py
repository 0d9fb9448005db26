"""The way to one run in the History, whatever it belongs to, and what it shows there."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import RunStore
from components.history_run import run_view

PAGE = "pages/workspace/history.py"
RUN = "run"
"""The name of a run's id in the address."""


def history_link(run_id: str, *, label: str = "Open in History") -> None:
    """Draw the way to a run.

    Args:
        run_id: Which.
        label: What the link says.
    """
    st.page_link(PAGE, label=label, icon=":material/history:", query_params={RUN: run_id})


def opened_run(store: RunStore) -> bool:
    """Draw the run that the address names, and nothing else; return whether it names one.

    Runs of evaluations and calls inside patterns are not among the runs of the table, and are seen here.

    Args:
        store: The history.
    """
    run_id: str | None = st.query_params.get(RUN)
    if not run_id:
        return False
    st.button("All runs", key="history_all_runs", icon=":material/arrow_back:", on_click=_close)
    record = store.get(run_id)
    if record is None:
        st.info("This run is not here any more.", icon=":material/info:")
        return True
    run_view(record)
    calls = store.calls_of(run_id)
    if calls:
        st.markdown("**Calls that it made**")
    for call in calls:
        history_link(call.run_id, label=f"{call.identity.role or 'call'}: {call.request.model_id}")
    if record.identity.parent_id is not None:
        history_link(record.identity.parent_id, label="The run that made this call")
    return True


def _close() -> None:
    st.query_params.pop(RUN, None)
