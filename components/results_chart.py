"""What every chart of results has: words for those who cannot see it, its table, and that as CSV."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components.analytics_chart import csv_of
from components.palette import ON_DARK, ON_LIGHT, SYMBOLS

GREY = "rgba(128,128,128,0.9)"
"""What is not looked at first."""
_ROWS = 12
_ROW_HEIGHT = 35


def dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def colour_of(place: int) -> str:
    """The colour of a contender, by its place among all; they begin anew after the eighth."""
    colours = ON_DARK if dark() else ON_LIGHT
    return colours[place % len(colours)]


def symbol_of(place: int) -> str:
    """The marker of a contender, which tells it from another one of the same colour."""
    return SYMBOLS[place % len(SYMBOLS)]


def inked(text: str, *, most: int = 42) -> str:
    """Somebody's words for a chart: what Plotly would read as HTML stays text, and what is long is cut.

    Args:
        text: The words.
        most: Characters that are kept.
    """
    line = " ".join(text.split())
    return escape(line if len(line) <= most else f"{line[: most - 1]}…", quote=False)


def dressed(figure: go.Figure, *, height: int, legend: bool = False) -> go.Figure:
    """Give a chart the looks that all of them have: little margin, its legend below."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "title": None},
        hovermode="closest",
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def named_rows(figure: go.Figure, names: Sequence[str], *, head: int) -> None:
    """Dress a figure with a row per contender, the first at the top, each with its name above it.

    Args:
        figure: What is drawn; the first row's y is the number of the others.
        names: What the rows are called, from the top.
        head: Pixels besides the rows.
    """
    dressed(figure, height=head + 46 * max(1, len(names)))
    for row, name in enumerate(reversed(names)):
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=row, yshift=15, text=inked(name), showarrow=False
        )
    figure.update_yaxes(showticklabels=False, range=[-0.5, len(names) - 0.3], showgrid=False, zeroline=False)


def chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw a chart.

    Args:
        figure: The chart.
        key: Its name among those of the page.
        alt: What it shows, in words.
    """
    st.plotly_chart(
        figure, key=f"results_chart_{key}", config={"displayModeBar": False}, alt=alt, width="stretch"
    )


def numbers(
    data: pd.DataFrame, *, key: str, file: str, alt: str, columns: Mapping[str, Any] | None = None
) -> None:
    """Offer a chart's table and its CSV, closed until it is wanted.

    Args:
        data: The table.
        key: Its name among those of the page.
        file: The beginning of the file's name.
        alt: What it shows, in words.
        columns: How its columns are shown.
    """
    with st.expander("The numbers", icon=":material/table:", key=f"results_numbers_{key}"):
        table(data, key=key, alt=alt, columns=columns)
        csv(data, key=key, file=file)


def table(data: pd.DataFrame, *, key: str, alt: str, columns: Mapping[str, Any] | None = None) -> None:
    """Draw a table.

    Args:
        data: The table.
        key: Its name among those of the page.
        alt: What it shows, in words.
        columns: How its columns are shown.
    """
    st.dataframe(
        data,
        key=f"results_table_{key}",
        hide_index=True,
        placeholder="n/a",
        column_config=dict(columns or {}),
        height=_ROW_HEIGHT * (min(len(data), _ROWS) + 1) + 3,
        alt=alt,
    )


def csv(data: pd.DataFrame, *, key: str, file: str) -> None:
    """Offer a table as CSV."""
    st.download_button(
        "Download CSV",
        csv_of(data),
        file_name=f"{file}-{key}.csv",
        mime="text/csv",
        key=f"results_csv_{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def file_of(evaluation_id: str, name: str) -> str:
    """The beginning of the names of an evaluation's files: readable, and unlike any other's."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    tidy = "-".join(part for part in words.split("-") if part)[:40].strip("-") or "evaluation"
    return f"{tidy}-{hashlib.blake2b(evaluation_id.encode(), digest_size=3).hexdigest()}"
