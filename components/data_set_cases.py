"""The cases of a data set: a page of them in a table, one of them whole, those of a tag alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from bedrock_playground.evaluation.values import Case
from bedrock_playground.history import DataSetShelf, StoredDataSet
from components.words import plain

PAGE_SIZE = 20
"""How many cases a page has."""
_ROW_HEIGHT = 35
_ROWS_SHOWN = 10
_CUT = 300
"""Characters of a text in the table; the whole of it is shown below."""


def cases_view(shelf: DataSetShelf, one: StoredDataSet) -> None:
    """Draw the cases of a data set, a page at a time."""
    key = f"data_set_page_{one.data_set_id}"
    tag_key = f"data_set_tag_{one.data_set_id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data_set_pager"):
        if one.tags:
            st.selectbox(
                "Tag",
                [None, *one.tags],
                format_func=lambda tag: "All cases" if tag is None else f"Tag: {tag}",
                key=tag_key,
                label_visibility="collapsed",
                width=220,
                on_change=_first_page,
                args=(key,),
            )
        numbers = _numbers(shelf, one, st.session_state.get(tag_key))
        pages = max(1, -(-len(numbers) // PAGE_SIZE))
        page = min(st.session_state.get(key, 0), pages - 1)
        if pages > 1:
            _turner(key, page=page, pages=pages)
        st.caption(_range_words(page, total=len(numbers)), width="content")
    wanted = numbers[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    chosen = case_table(
        shelf.cases(one.data_set_id, wanted), one.variables, key=f"data_set_cases_{one.data_set_id}_{page}"
    )
    if chosen is not None:
        whole_case(chosen)
    else:
        st.caption("Tick a case to read it whole.")


def case_table(cases: Sequence[Case], variables: Sequence[str], *, key: str) -> Case | None:
    """Draw cases as a table; return the one that is ticked.

    Args:
        cases: A page of them.
        variables: The names of their inputs.
        key: The table's key.
    """
    has = {
        "Expected": any(case.expected is not None for case in cases),
        "Also right": any(case.references for case in cases),
        "Tags": any(case.tags for case in cases),
        "Checks": any(case.checks for case in cases),
    }
    rows = [
        {
            "No.": case.number,
            **{name: _cut(case.inputs.get(name, "")) for name in variables},
            "Expected": None if case.expected is None else _cut(case.expected),
            "Also right": len(case.references) or None,
            "Tags": list(case.tags),
            "Checks": json.dumps(dict(case.checks), ensure_ascii=False) if case.checks else None,
        }
        for case in cases
    ]
    columns = ["No.", *variables, *(name for name, there in has.items() if there)]
    width = 330 if len(variables) == 1 else 240
    event = st.dataframe(
        pd.DataFrame(rows, columns=columns),
        key=key,
        alt="Cases",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(rows), _ROWS_SHOWN) + 1) + 3,
        placeholder="–",
        column_config={
            "No.": st.column_config.NumberColumn(width=55),
            **{name: st.column_config.TextColumn(width=width) for name in variables},
            "Expected": st.column_config.TextColumn(width=200),
            "Also right": st.column_config.NumberColumn(
                width=85, help="Further answers that are as good as the expected one"
            ),
            "Tags": st.column_config.ListColumn(width=150),
            "Checks": st.column_config.TextColumn(width=200, help="What a program checks of the answer"),
        },
    )  # fmt: skip
    chosen = [cases[index] for index in event.selection.rows if index < len(cases)]
    return chosen[0] if chosen else None


def whole_case(case: Case) -> None:
    """Draw one case with all of its texts."""
    with st.container(border=True, key="data_set_case"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**Case {case.number:,}**", width="content")
            for tag in case.tags:
                st.badge(plain(tag), color="blue")
        for name, text in case.inputs.items():
            st.caption(plain(name))
            st.code(text, language=None, wrap_lines=True)
        if case.expected is not None:
            st.caption("Expected answer")
            st.code(case.expected, language=None, wrap_lines=True)
        if case.references:
            st.caption("Also right")
            for text in case.references:
                st.code(text, language=None, wrap_lines=True)
        if case.checks:
            st.caption("Checks")
            st.code(json.dumps(dict(case.checks), ensure_ascii=False, indent=2), language="json")


def _numbers(shelf: DataSetShelf, one: StoredDataSet, tag: str | None) -> Sequence[int]:
    """The cases of a tag; looked for once, because every case has to be read."""
    if tag is None:
        return range(1, one.cases + 1)
    wanted = (one.data_set_id, tag)
    known: tuple[tuple[str, str], Sequence[int]] | None = st.session_state.get("data_set_tagged")
    if known is None or known[0] != wanted:
        found = [case.number for case in shelf.iter_cases(one.data_set_id) if tag in case.tags]
        known = wanted, found
        st.session_state["data_set_tagged"] = known
    return known[1]


def _turner(key: str, *, page: int, pages: int) -> None:
    for name, icon, to, off in (
        ("Earlier", ":material/chevron_left:", page - 1, page == 0),
        ("Later", ":material/chevron_right:", page + 1, page == pages - 1),
    ):
        st.button(name, key=f"{key}_{name}", icon=icon, disabled=off, on_click=_turn, args=(key, to))


def _turn(key: str, page: int) -> None:
    st.session_state[key] = page


def _first_page(key: str) -> None:
    st.session_state[key] = 0


def _range_words(page: int, *, total: int) -> str:
    first, last = page * PAGE_SIZE + 1, min((page + 1) * PAGE_SIZE, total)
    return f"{first:,}–{last:,} of {total:,}" if total else "No case has this tag."


def _cut(text: str) -> str:
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"
