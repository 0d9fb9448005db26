"""What the History page is made of besides the table: counts, exports, deletion, the empty page."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from bedrock_playground.history import HistoryError, RunFilter, RunStore, RunSummary, to_csv, to_jsonl
from bedrock_playground.history.parquet import to_parquet
from components import history_filters
from components.history_table import forget_selection, newest

COMPARE_PAGE = "pages/playground/compare.py"
_DONE = "history_done"
_PROBLEM = "history_problem"


def failure(error: HistoryError) -> None:
    """Say what prevents the history from being shown, and what to do."""
    st.error("**The history cannot be used.** What happened:", icon=":material/error:")
    # Not Markdown: paths and the database's own words are to be read as they are.
    st.code(str(error), language=None, wrap_lines=True)
    st.text(error.advice)


def nothing_yet(location: str) -> None:
    """Say on an empty history what will stand here, and how to begin."""
    with st.container(border=True, key="history_empty"):
        st.subheader("No runs yet")
        st.write(
            "Every prompt you run is kept here with its exact request, answer, timing and errors, so that "
            "you can find it, open it again and take it away as CSV, JSONL or Parquet."
        )
        st.page_link(COMPARE_PAGE, label="Run your first comparison", icon=":material/compare:")
        st.caption("It is kept on this machine's database and nowhere else:")
        st.code(location, language=None, wrap_lines=True)


def nothing_found() -> None:
    """Say that the filters let nothing pass, and offer to take them away."""
    with st.container(border=True, key="history_nothing_found"):
        st.write("No run passes these filters.")
        st.button("Clear the filters", icon=":material/filter_alt_off:", on_click=history_filters.clear)


def notices(store: RunStore) -> None:
    """Show what the last action did, and what waits to be written."""
    done: str | None = st.session_state.pop(_DONE, None)
    if done:
        st.toast(done, icon=":material/check:")
    problem: HistoryError | None = st.session_state.pop(_PROBLEM, None)
    if problem:
        failure(problem)
    if store.unsaved:
        st.warning(
            f"{store.unsaved} ended runs are in memory only: the history refused them. They are tried again "
            "every 15 seconds; keep the app running until this message is gone.",
            icon=":material/warning:",
        )


def actions(store: RunStore, which: RunFilter, *, total: int, selected: list[RunSummary]) -> None:
    """Draw the count, the exports and the deletions.

    Args:
        store: The history.
        which: What the filters ask for.
        total: How many runs pass them.
        selected: The runs selected in the table.
    """
    filtered = which != history_filters.DEFAULT
    with st.container(horizontal=True, vertical_alignment="center", key="history_actions"):
        found = f"{total:,} {'run' if total == 1 else 'runs'}{' found' if filtered else ''}"
        st.markdown(f"**{found}**", width="content")
        for name, kind, make in (
            ("CSV", "text/csv", csv_file),
            ("JSONL", "application/x-ndjson", jsonl_file),
            ("Parquet", "application/vnd.apache.parquet", parquet_file),
        ):
            st.download_button(
                f"Export {name}",
                # Made only when somebody asks for it, not with every rerun.
                partial(make, store, which),
                f"bedrock-playground-runs-{datetime.now(UTC):%Y%m%d-%H%M%S}.{name.lower()}",
                kind,
                key=f"history_export_{name.lower()}",
                icon=":material/download:",
                on_click="ignore",
                help=_EXPORT_HELP[name],
            )
        if selected and st.button(
            f"Delete {len(selected)} selected", key="history_delete_selected", icon=":material/delete:"
        ):
            _confirm(store, [run.run_id for run in selected], count=len(selected))
        if st.button(
            f"Delete all {total:,}", key="history_delete_all", icon=":material/delete_sweep:", type="tertiary"
        ):
            _confirm(store, which, count=total)


_EXPORT_HELP = {
    "CSV": "Every run that passes the filters, one row each. Text that a spreadsheet would take for a "
    "formula gets a leading apostrophe.",
    "JSONL": "Every run that passes the filters, one JSON object per line, with the exact request "
    "and result.",
    "Parquet": "Every run that passes the filters, one row each, in typed columns; request and result as "
    "JSON text.",
}


@st.dialog("Delete runs for good?")
def _confirm(store: RunStore, which: list[str] | RunFilter, *, count: int) -> None:
    # A pattern's calls go with it.
    everything = isinstance(which, RunFilter) and which == replace(RunFilter(), inner=which.inner)
    what = f"**{count:,} {'run' if count == 1 else 'runs'}**"
    st.write(
        f"{what} {'– the whole history – ' if everything else ''}will be deleted with requests, answers, "
        "figures and the votes on them. This cannot be undone. Runs that are still going are kept."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep them", key="history_keep"):
            st.rerun()
        # The callback deletes first; the rerun then closes the dialog and shows what is left.
        if st.button(
            "Delete",
            key="history_delete_confirm",
            type="primary",
            icon=":material/delete:",
            on_click=_delete,
            args=(store, which),
        ):
            st.rerun()


def _delete(store: RunStore, which: list[str] | RunFilter) -> None:
    try:
        deleted = store.delete(which)
    except HistoryError as error:
        st.session_state[_PROBLEM] = error
        return
    st.session_state[_DONE] = f"{deleted:,} {'run' if deleted == 1 else 'runs'} deleted."
    if isinstance(which, RunFilter):
        newest()
    forget_selection()


def csv_file(store: RunStore, which: RunFilter) -> bytes:
    """The runs that pass the filter as CSV, in UTF-8."""
    return _joined(to_csv(store.export_rows(which)))


def jsonl_file(store: RunStore, which: RunFilter) -> bytes:
    """The runs that pass the filter as JSONL, in UTF-8."""
    return _joined(to_jsonl(store.export_rows(which)))


def parquet_file(store: RunStore, which: RunFilter) -> bytes:
    """The runs that pass the filter as Parquet."""
    return to_parquet(store.export_rows(which))


def _joined(pieces: Iterable[str]) -> bytes:
    buffer = io.BytesIO()
    buffer.writelines(piece.encode() for piece in pieces)
    return buffer.getvalue()
