"""Price as if on the History page: for the runs that were found, and for the one that is open."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import RunFilter, RunRecord, RunStore
from components.resources import get_price_book
from components.usage_groups import of_history, of_record


def of_found(store: RunStore, which: RunFilter, *, total: int) -> None:
    """Offer every model's price for the runs that pass the filters.

    Args:
        store: The history.
        which: What the filters ask for.
        total: How many runs pass them.

    Raises:
        HistoryError: The history cannot be read.
    """
    what = "this run" if total == 1 else f"these {total:,} runs"
    box = st.expander(
        f"Price {what} as if on every model",
        icon=":material/sell:",
        key="history_as_if",
        on_change="rerun",
    )
    # Drawn only once somebody looks: it adds up the tokens of every run that was found.
    if box.open:
        from components.as_if_view import everywhere  # noqa: PLC0415 - brings Plotly

        with box:
            everywhere(of_history(store, which, get_price_book()), key="history_as_if_found")


def of_run(record: RunRecord) -> None:
    """Offer every model's price for one run.

    Args:
        record: The run.
    """
    box = st.expander(
        "Price as if on every model", icon=":material/sell:", key="run_as_if", on_change="rerun"
    )
    if box.open:
        from components.as_if_view import everywhere  # noqa: PLC0415 - brings Plotly

        with box:
            everywhere(of_record(record), key="run_as_if_all")
