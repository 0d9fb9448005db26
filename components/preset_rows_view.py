"""What came of a table of values: one line per row and model, while it runs and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.presets.values import Variable, value_text
from components import compare_state
from components.history_filters import STATE_LABELS
from components.history_view import COMPARE_PAGE
from components.rows_run import Row, RowsRun

_EVERY_SECONDS = 1.0
_ROW_HEIGHT = 35
_ROWS_SHOWN = 12
_MEASURED = ("Model", "Answer", "TTFT", "Total", "Out", "Cost", "State")


def _column(name: str) -> str:
    """A variable's column, whose name no other can have."""
    return f"{{{{{name}}}}}"


def results(run: RowsRun, variables: Sequence[Variable]) -> None:
    """Draw what came so far; it is drawn anew every second until all is there.

    Args:
        run: The rows that are being run, or were.
        variables: The template's variables, in order.
    """
    if run.done:
        _results(run, variables)
        return

    @st.fragment(run_every=_EVERY_SECONDS)
    def live() -> None:
        if run.done:
            # The whole page: its buttons change too.
            st.rerun()
        _results(run, variables)

    live()


def _results(run: RowsRun, variables: Sequence[Variable]) -> None:
    count = len(run.rows)
    ended = run.finished_rows
    if run.done:
        rows = f"{count} {'row' if count == 1 else 'rows'}"
        told = f"Stopped after {ended} of {rows}." if run.stopped else f"Done: {rows}."
        st.caption(told)
    else:
        st.progress(ended / count, f"Row {min(ended + 1, count)} of {count}")
    lines = [
        _line(number, row, letter, over=run.done)
        for number, row in enumerate(run.rows, 1)
        for letter in row.built
    ]
    frame = pd.DataFrame(lines)
    event = st.dataframe(
        frame,
        key="preset_rows_results",
        alt="What came of each row",
        hide_index=True,
        on_select="rerun" if run.done else "ignore",
        selection_mode="single-row",
        placeholder="n/a",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(lines), _ROWS_SHOWN) + 1) + 3,
        column_order=["Row", *(_column(variable.name) for variable in variables), *_MEASURED],
        column_config={
            "Row": st.column_config.NumberColumn(width=50),
            "Model": st.column_config.TextColumn(width=140),
            "Answer": st.column_config.TextColumn(width=330),
            "TTFT": st.column_config.NumberColumn(format="%.3f s", width=75, help="Time to first token"),
            "Total": st.column_config.NumberColumn(format="%.2f s", width=70),
            "Out": st.column_config.NumberColumn(width=55, help="Output tokens"),
            "Cost": st.column_config.TextColumn(width=90, help="US dollars; unknown is not zero."),
            "State": st.column_config.TextColumn(width=100),
            **{_column(variable.name): st.column_config.TextColumn(width=110) for variable in variables},
        },
    )  # fmt: skip
    if not run.done:
        return
    assert isinstance(event, dict)  # noqa: S101 - it tells what is selected once all is done
    picked: list[int] = event["selection"]["rows"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if picked and picked[0] < len(lines):
            row = run.rows[lines[picked[0]]["Row"] - 1]
            if row.comparison.lanes and st.button(
                f"Open row {lines[picked[0]]['Row']} in Compare",
                key="preset_rows_open",
                icon=":material/compare:",
            ):
                compare_state.load_comparison(row.comparison.id)
                st.switch_page(COMPARE_PAGE, query_params={compare_state.ID: row.comparison.id})
        else:
            st.caption(
                "Tick a row to open it in Compare. All of them are in the history too.", width="content"
            )


def _line(number: int, row: Row, letter: str, *, over: bool) -> dict[str, Any]:
    built, run = row.built[letter], row.run_of(letter)
    result = run.result if run else None
    usage, timing = (result.usage, result.timing) if result else (None, None)
    if built.refusals:
        state, answer = "Sat out", " ".join(built.refusals)
    else:
        state = STATE_LABELS[run.state] if run else ("Not run" if over else "Waiting")
        answer = run.text if run else ""
        if result is not None and result.error is not None and not answer:
            answer = str(result.error)
    return {
        "Row": number,
        **{_column(name): value_text(value) for name, value in row.values.items()},
        "Model": built.request.model_id,
        "Answer": answer,
        "TTFT": timing.time_to_first_token if timing else None,
        "Total": timing.total if timing else None,
        "Out": usage.output_tokens if usage else None,
        "Cost": format_usd(run.cost.amount) if run and run.cost else None,
        "State": state,
    }
