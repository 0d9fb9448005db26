"""The table of runs: one page, what is selected on it, and the way to the other pages."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.history import CursorInvalid, RunFilter, RunPage, RunStore, RunSummary
from components.history_filters import STATE_LABELS, local_zone

PAGE_SIZE = 50
"""How many runs a page has."""

_CURSOR, _NUMBER, _FILTER, _VERSION = (
    "history_cursor",
    "history_page_number",
    "history_filter",
    "history_table_version",
)
_ROW_HEIGHT = 35
_ROWS_SHOWN = 11


def money(cost: Decimal | None) -> str:
    """Say a cost in US dollars, or that it is unknown."""
    return format_usd(cost)


def current_page(store: RunStore, which: RunFilter) -> RunPage:
    """Read the page that the session looks at; a changed filter begins at the newest runs."""
    if st.session_state.get(_FILTER) != which:
        st.session_state[_FILTER] = which
        newest()
    try:
        page = store.list_runs(which, limit=PAGE_SIZE, cursor=st.session_state.get(_CURSOR))
    except CursorInvalid:
        page = RunPage((), None, None)
    if not page.runs and st.session_state.get(_CURSOR):
        # Everything on this page was deleted meanwhile.
        newest()
        page = store.list_runs(which, limit=PAGE_SIZE)
    return page


def newest() -> None:
    """Go to the newest runs."""
    st.session_state[_NUMBER] = 1
    _go(None)


def forget_selection() -> None:
    """Select nothing: a table under a new key."""
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def table(page: RunPage) -> list[RunSummary]:
    """Draw the page's runs and return those that are selected."""
    zone = local_zone()
    event = st.dataframe(
        pd.DataFrame([_row(run, zone) for run in page.runs]),
        key=f"history_table_{st.session_state.get(_VERSION, 0)}",
        alt="Runs, newest first",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(page.runs), _ROWS_SHOWN) + 1) + 3,
        placeholder="n/a",
        column_config={
            "When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss", width=150),
            "State": st.column_config.TextColumn(width=90),
            "Lane": st.column_config.TextColumn(width=50, help="The variant's letter"),
            "Model": st.column_config.TextColumn(width=190),
            "Prompt": st.column_config.TextColumn(width=200),
            "TTFT": st.column_config.NumberColumn(
                format="%.3f s", width=75, help="Time to first token, seconds"
            ),
            "Total": st.column_config.NumberColumn(format="%.2f s", width=70, help="Seconds"),
            "In": st.column_config.NumberColumn(format="localized", width=55, help="Input tokens"),
            "Out": st.column_config.NumberColumn(format="localized", width=55, help="Output tokens"),
            "Tokens/s": st.column_config.NumberColumn(
                format="%.1f", width=80, help="Output tokens per second after the first; n/a below two tokens"
            ),
            "Cost": st.column_config.TextColumn(
                width=90,
                help="US dollars; unknown is not zero. Open a run to see where its price comes from.",
            ),
            "Stop reason": st.column_config.TextColumn(width=110),
        },
    )
    # The selection may outlast rows that are gone.
    return [page.runs[index] for index in event.selection.rows if index < len(page.runs)]


def pager(page: RunPage, *, total: int) -> None:
    """Draw the way to newer and older runs.

    Args:
        page: The page that is shown.
        total: How many runs the filter lets pass.
    """
    if page.older is None and page.newer is None:
        return
    number: int = st.session_state.get(_NUMBER, 1)
    pages = max(-(-total // PAGE_SIZE), number)
    with st.container(horizontal=True, vertical_alignment="center", key="history_pager"):
        st.button(
            "Newest",
            key="history_newest",
            icon=":material/first_page:",
            disabled=page.newer is None,
            on_click=newest,
        )
        st.button(
            "Newer",
            key="history_newer",
            icon=":material/chevron_left:",
            disabled=page.newer is None,
            on_click=_turn,
            args=(page.newer, -1),
        )
        st.button(
            "Older",
            key="history_older",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=page.older is None,
            on_click=_turn,
            args=(page.older, 1),
        )
        st.caption(f"Page {number:,} of {pages:,}", width="content")


def _turn(cursor: str | None, step: int) -> None:
    st.session_state[_NUMBER] = max(1, st.session_state.get(_NUMBER, 1) + step)
    _go(cursor)


def _go(cursor: str | None) -> None:
    st.session_state[_CURSOR] = cursor
    forget_selection()


def _row(run: RunSummary, zone: tzinfo) -> dict[str, object]:
    return {
        "When": run.started_at.astimezone(zone),
        "State": STATE_LABELS[run.state],
        "Lane": run.label,
        "Model": run.model_id,
        "Prompt": run.prompt_start,
        "TTFT": run.time_to_first_token,
        "Total": run.total,
        "In": run.input_tokens,
        "Out": run.output_tokens,
        "Tokens/s": run.tokens_per_second,
        "Cost": money(run.cost),
        "Stop reason": run.stop_reason or "n/a",
    }
