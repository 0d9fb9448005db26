"""The table of models: what is in it, and what is selected on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from bedrock_playground.catalog.search import Capability, ModelGroup, ModelRow, SortKey
from components import models_filters
from components.choosing import price_origin
from components.models_filters import LIFECYCLE_LABELS, NEED_LABELS, SCOPE_LABELS

SELECTED = "model"
"""The address's name for the ids that are shown."""
NOT_CALLABLE = "not callable by Converse"
"""Said of a model of which neither its own id nor a profile can be called."""
MOST = 4
"""How many models stand beside each other at most."""
_CLICKS = "models_head_clicks"
_SHOWN_OF = "models_selected_in"
_ROW_HEIGHT = 35
_ROWS_SHOWN = 10
_UNKNOWN = "unknown"
# Significant digits: a price is shown as it is, be it 0.0412 or 18.8.
_PRICE = "%.6g"
# The column's own menu would sort in Streamlit's way.
_CSS = "<style>[data-testid='stDataFrameColumnMenu'] { display: none; }</style>"
_SORTED_BY = {
    "Model": SortKey.MODEL,
    "Provider": SortKey.NAME,
    "In $/M": SortKey.INPUT_PRICE,
    "Out $/M": SortKey.OUTPUT_PRICE,
    "Context": SortKey.CONTEXT,
    "Max out": SortKey.MAX_OUTPUT,
    "Here": SortKey.CURRENT,
    "Lifecycle": SortKey.LIFECYCLE,
}
"""What a click on a column's head sorts by."""


def table(groups: Sequence[ModelGroup], *, version: str) -> tuple[str, ...]:
    """Draw the table; returns the ids that are to be shown below it.

    The selection is in the address too, so that it can be shared: what the address names is shown until
    something else is selected here.

    Args:
        groups: One per row.
        version: Changes with the filters: another table, in which nothing is selected yet.
    """
    key = f"models_table_{version}_{st.session_state.get(_CLICKS, 0)}"
    st.html(_CSS)
    event = st.dataframe(
        pd.DataFrame([_cells(group) for group in groups]),
        key=key,
        alt="Models",
        hide_index=True,
        on_select=partial(_clicked, key),
        # Streamlit's own sorting takes unknown for the smallest: a click on a head selects its column
        # instead, and that sorts here, with unknown last.
        selection_mode=["multi-row", "single-column"],
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(groups), _ROWS_SHOWN) + 1) + 3,
        placeholder=_UNKNOWN,
        column_config=_columns(),
    )
    rows = [groups[index].best.model_id for index in event.selection.rows if index < len(groups)]
    return _shown(key, tuple(rows))


def _clicked(key: str) -> None:
    columns = st.session_state[key].selection.columns
    if columns:
        # Another table, in which the column is not selected any more.
        st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
        if columns[0] in _SORTED_BY:
            models_filters.sort_by(_SORTED_BY[columns[0]])


def _shown(key: str, rows: tuple[str, ...]) -> tuple[str, ...]:
    """What to show: what is selected, else what the address names."""
    if rows:
        st.session_state[_SHOWN_OF] = key
        if tuple(st.query_params.get_all(SELECTED)) != rows:
            st.query_params[SELECTED] = list(rows)
        return rows
    if st.session_state.pop(_SHOWN_OF, None) == key:
        # The last tick was taken away here: nothing is meant to be shown.
        st.query_params.pop(SELECTED, None)
    return named_in_the_address()


def named_in_the_address() -> tuple[str, ...]:
    """The ids that the address names; whatever else may stand there."""
    return tuple(dict.fromkeys(one for one in st.query_params.get_all(SELECTED) if one.strip()))


def show(model_id: str) -> None:
    """Make the page show this id; a callback."""
    st.query_params[SELECTED] = model_id


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Model": column.TextColumn(width=200, pinned=True),
        "In $/M": column.NumberColumn(
            format=_PRICE, width=75, help="US dollars per million input tokens, default tier"
        ),
        "Out $/M": column.NumberColumn(
            format=_PRICE, width=80, help="US dollars per million output tokens, default tier"
        ),
        "Context": column.NumberColumn(format="compact", width=75, help="Tokens, input and output together"),
        "Max out": column.NumberColumn(format="compact", width=75, help="The most tokens of one answer"),
        "Takes": column.ListColumn(width=170, help="What goes in"),
        "Can": column.ListColumn(width=330, help="What is known that it can do"),
        "Lifecycle": column.TextColumn(width=150),
        "Reached": column.TextColumn(width=185, help="The scopes that its ids have"),
        "Provider": column.TextColumn(width=105),
        "Here": column.TextColumn(width=60, help="Whether the connection lists it"),
        "Price from": column.TextColumn(width=300, help="Source, date and how far it can be trusted"),
        "Id": column.TextColumn(width=330, help="The id whose price stands in the row"),
    }


def _cells(group: ModelGroup) -> dict[str, object]:
    row = group.best
    spec = row.spec
    return {
        "Model": row.name,
        "In $/M": None if row.input_price is None else float(row.input_price),
        "Out $/M": None if row.output_price is None else float(row.output_price),
        "Context": row.context_window,
        "Max out": row.max_output_tokens,
        "Provider": row.provider or None,
        "Here": "yes" if any(one.listed for one in group.rows) else "no",
        "Lifecycle": lifecycle_words(row),
        "Takes": list(spec.input_modalities) if spec and spec.input_modalities else None,
        "Can": capability_marks(row) or None,
        "Reached": reached(group),
        "Price from": "this machine: no charge" if row.scope == "local" else price_origin(row.price),
        "Id": row.model_id,
    }


def capability_marks(row: ModelRow) -> list[str]:
    """What is known that a model can do, in words."""
    return [NEED_LABELS[capability] for capability in Capability if row.capabilities.get(capability)]


def lifecycle_words(row: ModelRow) -> str | None:
    """Where a model stands and until when; ``None`` is unknown."""
    if row.lifecycle is None:
        return f"until {row.end_of_life}" if row.end_of_life else None
    words = LIFECYCLE_LABELS[row.lifecycle]
    return f"{words} until {row.end_of_life}" if row.end_of_life else words


def reached(group: ModelGroup) -> str:
    """How a model's ids reach it: ``In-Region · us · eu · global``."""
    if all(row.refused for row in group.rows):
        return NOT_CALLABLE
    ways = [row.geography or SCOPE_LABELS[row.scope] for row in group.rows]
    order = sorted(dict.fromkeys(ways), key=lambda way: (way != "In-Region", way == "global", way))
    return " · ".join(order)
