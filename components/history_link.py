"""The way to one run in the History, whatever it belongs to."""

from __future__ import annotations

import streamlit as st

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
