"""The fields that say which column of a table is what."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bedrock_playground.evaluation.datasets import Mapped
from bedrock_playground.evaluation.datasets.mapping import variables
from components.words import plain

_NONE = "–"


def mapping_fields(columns: Sequence[str], start: Mapped, *, key: str) -> Mapped:
    """Draw the fields, and return what they say.

    Args:
        columns: The table's columns.
        start: What the names of the columns suggest.
        key: What the fields' keys begin with.
    """
    left, middle, right = st.columns([2, 1, 1])
    inputs: list[str] = left.multiselect(
        "Inputs",
        columns,
        default=list(start.inputs.values()),
        key=f"{key}_inputs",
        help="What the prompt is made of: each becomes a variable of the prompt template.",
    )
    with middle:
        expected = _one("Expected answer", columns, start.expected, key=f"{key}_expected")
    tags: list[str] = right.multiselect(
        "Tags",
        columns,
        default=list(start.tags),
        key=f"{key}_tags",
        placeholder="None",
        help="Words to split results by, such as easy and hard; several with ; or , between them.",
    )
    with st.expander(
        "More columns: further right answers, checks", expanded=bool(start.references or start.checks)
    ):
        first, second = st.columns(2)
        references: list[str] = first.multiselect(
            "Also right",
            columns,
            default=list(start.references),
            key=f"{key}_references",
            placeholder="None",
            help="Answers that are as good as the expected one: a JSON list, or one text per column.",
        )
        with second:
            checks = _one("Checks", columns, start.checks, key=f"{key}_checks")
    return Mapped(
        inputs=_named(inputs, key),
        expected=expected,
        references=tuple(references),
        tags=tuple(tags),
        checks=checks,
    )


def _one(label: str, columns: Sequence[str], start: str | None, *, key: str) -> str | None:
    options = [None, *columns]
    chosen: str | None = st.selectbox(
        label,
        options,
        index=options.index(start),
        format_func=lambda column: _NONE if column is None else column,
        key=key,
        help=_HELP[label],
    )
    return chosen


_HELP = {
    "Expected answer": "What is right. Without it, cost and speed can still be measured.",
    "Checks": 'What a program checks of the answer, as a JSON object per case, such as {"max_words": 40}.',
}


def _named(inputs: Sequence[str], key: str) -> dict[str, str]:
    """The variable of each input: named as its column unless somebody says otherwise."""
    named: dict[str, str] = {}
    problems: list[str] = []
    with st.container(horizontal=True, gap="small", key=f"{key}_names"):
        for suggested, column in variables(inputs).items():
            name = st.text_input(
                f"“{plain(column)}” is called",
                suggested,
                key=f"{key}_name_{column}",
                max_chars=64,
                width=220,
                help="The variable's name in the prompt template.",
            ).strip()
            if name in named:
                problems.append(f"Two inputs are called “{name}”: one of them is left out.")
            named[name] = column
    for problem in problems:
        st.caption(f":red[:material/error: {plain(problem)}]")
    return named
