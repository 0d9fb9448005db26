"""What the History shows of the run that the address names, whatever that belongs to."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import RunStore
from components.history_link import RUN
from components.history_run import run_view


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
    return True


def _close() -> None:
    st.query_params.pop(RUN, None)
