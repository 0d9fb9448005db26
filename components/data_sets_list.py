"""The list of data sets, the one that is opened, and what the last action did."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from bedrock_playground.history import DataSetShelf, HistoryError, StoredDataSet
from components.data_set_words import origin_words, refusal_words, task_words
from components.history_filters import local_zone
from components.words import plain

SHOWN = "data_set"
"""The data set that is opened without a row of the list being ticked: one that was just saved, say."""
IMPORTING = "data_set_importing"
"""Whether the page shows the import instead of the list."""
_VERSION = "data_sets_table_version"
_CHOSEN = "data_set_version"
_DONE, _PROBLEM = "data_sets_done", "data_sets_problem"
_ROW_HEIGHT = 35
_ROWS_SHOWN = 8


def tell(words: str) -> None:
    """Say what was done, once."""
    st.session_state[_DONE] = words


def complain(error: HistoryError) -> None:
    """Say what could not be done, once."""
    st.session_state[_PROBLEM] = refusal_words(error)


def notices() -> None:
    """Say what the last action did."""
    if done := st.session_state.pop(_DONE, None):
        st.toast(plain(done), icon=":material/check:")
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")


def show(data_set_id: str | None) -> None:
    """Open a data set, with no row of the list selected; ``None`` opens none."""
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    if data_set_id is None:
        st.session_state.pop(SHOWN, None)
    else:
        st.session_state[SHOWN] = data_set_id


def begin_import() -> None:
    """Show the import; a callback."""
    st.session_state[IMPORTING] = True


def bar(found: list[StoredDataSet]) -> None:
    """Draw the count and the way to bring in one's own."""
    own = sum(not one.builtin for one in found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data_sets_bar"):
        words = f"{len(found):,} data sets"
        st.markdown(
            f"**{words}**, {own:,} of them your own"
            if own
            else f"**{words}**, all of which come with the app",
            width="content",
        )
        st.button(
            "Import your own",
            key="data_sets_import",
            icon=":material/upload:",
            on_click=begin_import,
        )


def table(found: list[StoredDataSet]) -> str | None:
    """Draw the list; return the id of the data set that is opened.

    Args:
        found: The newest version of each, in order.
    """
    zone = local_zone()
    event = st.dataframe(
        pd.DataFrame([
            {
                "Name": one.name,
                "Task": task_words(one.task),
                "Cases": one.cases,
                "Labelled": one.labelled,
                "Version": one.version,
                "From": origin_words(one),
                "Saved": None if one.builtin or one.saved_at is None else one.saved_at.astimezone(zone),
            }
            for one in found
        ]),
        key=f"data_sets_table_{st.session_state.get(_VERSION, 0)}",
        alt="Data sets",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(found), _ROWS_SHOWN) + 1) + 3,
        placeholder="–",
        column_order=["Name", "Task", "Cases", "Labelled", "Version", "From"]
        + (["Saved"] if any(not one.builtin for one in found) else []),
        column_config={
            "Name": st.column_config.TextColumn(width=240),
            "Task": st.column_config.TextColumn(width=150),
            "Cases": st.column_config.NumberColumn(format="localized", width=75),
            "Labelled": st.column_config.NumberColumn(
                format="localized",
                width=90,
                help="Cases with a right answer: an expected one, a reference, or checks",
            ),
            "Version": st.column_config.NumberColumn(width=80, help="How often other cases were saved"),
            "From": st.column_config.TextColumn(width=150),
            "Saved": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=130),
        },
    )  # fmt: skip
    selected = [found[index] for index in event.selection.rows if index < len(found)]
    if selected:
        st.session_state.pop(SHOWN, None)
        return _version_of(selected[0])
    shown: str | None = st.session_state.get(SHOWN)
    return shown


def choose_version(name: str, data_set_id: str) -> None:
    """Open a version of a name, instead of its newest one."""
    st.session_state[_CHOSEN] = {name.casefold(): data_set_id}
    if SHOWN in st.session_state:
        st.session_state[SHOWN] = data_set_id


def _version_of(one: StoredDataSet) -> str:
    chosen: dict[str, str] = st.session_state.get(_CHOSEN, {})
    return chosen.get(one.name.casefold(), one.data_set_id)


def opened(shelf: DataSetShelf, data_set_id: str | None) -> StoredDataSet | None:
    """Find the data set that is opened; one that is gone is forgotten."""
    if data_set_id is None:
        return None
    found = shelf.summary(data_set_id)
    if found is None:
        st.session_state.pop(_CHOSEN, None)
        show(None)
    return found
