"""Tables of cases, a page at a time, and the case that is opened from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from bedrock_playground.evaluation.values import Case
from components.resources import get_store
from components.results_case import open_case
from components.results_data import Shown
from components.results_words import called, count

PAGE = 50
"""Cases on a page."""
_ROW, _ROWS = 35, 11
_LONG = 160


def case_table(
    shown: Shown, numbers: Sequence[int], *, key: str, columns: Mapping[str, Mapping[int, object]]
) -> None:
    """Draw cases as a table, texts read for this page alone; a ticked one is opened below it.

    Args:
        shown: What is shown.
        numbers: The cases, in order.
        key: The table's name among those of the page.
        columns: What to say of each case, by column and number; a contender's letter becomes its name.
    """
    page = _page(len(numbers), key=key)
    here = numbers[page * PAGE : (page + 1) * PAGE]
    reading = shown.reading
    cases = {case.number: case for case in get_store().data_sets.cases(reading.spec.data_set_id, list(here))}
    names = {one: called(reading, one) if one in reading.labels else one for one in columns}
    data = pd.DataFrame([
        {
            "case": number,
            "asked": _asked(cases.get(number)),
            "expected": _short(cases[number].expected or "") if number in cases else None,
            **{names[one]: told.get(number) for one, told in columns.items()},
            "tags": ", ".join(cases[number].tags) if number in cases else None,
        }
        for number in here
    ])  # fmt: skip
    with st.container(key=f"results_cases_{key}"):
        event = st.dataframe(
            data,
            # Another page, or other cases, is another table: nothing stays ticked that is not seen.
            key=f"results_case_table_{key}_{hash((page, tuple(here)))}",
            alt=f"{count(len(numbers), 'case')}; tick one to open it",
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            placeholder="n/a",
            row_height=_ROW,
            height=_ROW * (min(len(data), _ROWS) + 1) + 3,
            column_config={
                "case": st.column_config.NumberColumn(width=60),
                "asked": st.column_config.TextColumn(width=320),
                "expected": st.column_config.TextColumn(width=120),
                "tags": st.column_config.TextColumn(width=120),
            },
        )
        _pager(len(numbers), page, key=key)
    ticked = [here[row] for row in event.selection.rows if row < len(here)]
    if not ticked:
        st.caption(
            "Tick a case to see all answers beside each other; with the keyboard: the arrow keys, then Space."
        )
        return
    open_case(shown, ticked[0], key=key)


def _page(total: int, *, key: str) -> int:
    pages = max(1, -(-total // PAGE))
    name = f"results_case_page_{key}"
    st.session_state[name] = min(max(0, st.session_state.get(name, 0)), pages - 1)
    page: int = st.session_state[name]
    return page


def _pager(total: int, page: int, *, key: str) -> None:
    pages = -(-total // PAGE)
    if pages < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"results_pager_{key}"):
        for words, icon, to in (
            ("Previous", ":material/chevron_left:", page - 1),
            ("Next", ":material/chevron_right:", page + 1),
        ):
            st.button(
                words,
                key=f"results_page_{words}_{key}",
                icon=icon,
                disabled=not 0 <= to < pages,
                on_click=_turn,
                args=(key, to),
            )
        st.caption(f"Page {page + 1:,} of {pages:,} ({count(total, 'case')})", width="content")


def _turn(key: str, page: int) -> None:
    st.session_state[f"results_case_page_{key}"] = page


def _asked(case: Case | None) -> str:
    """The inputs of a case in a line, the longest last."""
    if case is None:
        return "not in the data set any more"
    texts = [text for _, text in sorted(case.inputs.items(), key=lambda pair: len(pair[1]))]
    return _short(" · ".join(texts))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
