"""What every chart of Analytics has: words for those who cannot see it, its table, and that as CSV."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.history.analytics_values import Quantiles, Sampling
from bedrock_playground.measures import Quantile
from bedrock_playground.texts.spreadsheets import guarded

PATTERNS = ("", "/", "x", ".", "\\", "-", "+", "|")
"""Fills of bars by place: not by colour alone."""
_ROWS = 12
_NAME_LENGTH = 38
_VERSION = re.compile(r"(-\d{8})?-v\d+(:\d+)?(:\d+k)?$")


def chart(
    figure: go.Figure,
    data: pd.DataFrame,
    *,
    name: str,
    alt: str,
    columns: Mapping[str, Any] | None = None,
) -> None:
    """Draw a chart with its table below.

    Args:
        figure: The chart.
        data: What it shows, and more.
        name: The chart's name, for keys and the file.
        alt: What it shows, in a sentence.
        columns: How the table's columns are shown.
    """
    st.plotly_chart(
        figure, key=f"analytics_chart_{name}", config={"displayModeBar": False}, alt=alt, width="stretch"
    )
    numbers(data, name=name, alt=alt, columns=columns)


def numbers(data: pd.DataFrame, *, name: str, alt: str, columns: Mapping[str, Any] | None = None) -> None:
    """Offer a table and its CSV, closed until it is wanted.

    Args:
        data: The table.
        name: What it is of, for keys and the file.
        alt: What it shows, in a sentence.
        columns: How its columns are shown.
    """
    with st.expander("The numbers", icon=":material/table:", key=f"analytics_numbers_{name}"):
        st.dataframe(
            data,
            hide_index=True,
            placeholder="n/a",
            column_config=dict(columns or {}),
            height=35 * (min(len(data), _ROWS) + 1) + 3,
            alt=alt,
        )
        st.download_button(
            "Download CSV",
            csv_of(data),
            file_name=f"analytics-{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv",
            mime="text/csv",
            key=f"analytics_csv_{name}",
            icon=":material/download:",
            on_click="ignore",
        )


def csv_of(data: pd.DataFrame) -> str:
    """Write a table as CSV; text that a spreadsheet would take for a formula gets a leading apostrophe."""

    def safe(cell: object) -> object:
        return guarded(cell) if isinstance(cell, str) else cell

    return data.map(safe).rename(columns=safe).to_csv(index=False)


def plain_layout(figure: go.Figure, *, height: int, y_title: str = "", x_title: str = "") -> go.Figure:
    """Give a chart the page's looks: the legend above, no title, axes that say what they are."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
        hovermode="closest",
    )
    figure.update_yaxes(title=y_title, automargin=True)
    figure.update_xaxes(title=x_title, automargin=True)
    return figure


def names_of(model_ids: Iterable[str]) -> dict[str, str]:
    """Name models where there is little room: without day and version, unless these tell two of them apart.

    Args:
        model_ids: All that stand beside each other.
    """
    ids = list(dict.fromkeys(model_ids))
    names = {model_id: _VERSION.sub("", model_id.rpartition("/")[2]) or model_id for model_id in ids}
    names = {
        model_id: name if len(name) <= _NAME_LENGTH else f"{name[:16]}…{name[-20:]}"
        for model_id, name in names.items()
    }
    taken = Counter(names.values())
    return {model_id: name if taken[name] == 1 else model_id for model_id, name in names.items()}


def name_axis(figure: go.Figure, model_ids: Sequence[str], *, above: int = 17) -> None:
    """Let models stand below each other, the first one at the bottom, each named above its own row.

    Names beside the axis would leave a phone no room for the chart.

    Args:
        figure: The chart.
        model_ids: The models, from the bottom up.
        above: How far above its row's middle a name stands, in pixels.
    """
    for model_id, name in names_of(model_ids).items():
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=model_id, yshift=above, text=name, showarrow=False
        )
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(model_ids),
        showticklabels=False,
        range=[-0.6, len(model_ids) - 0.3],
    )


def words_of(kind: str) -> str:
    """An error's class name as words: ``ModelStreamError`` is *Model stream error*."""
    parts = [
        " ".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", part)).lower() for part in kind.split(" + ")
    ]
    said = " + ".join(part or kind for part in parts)
    return said[:1].upper() + said[1:]


def runs_of(count: int) -> str:
    """``1 run``, ``1,234 runs``."""
    return f"{count:,} {'run' if count == 1 else 'runs'}"


def rests_on(sampling: Sampling) -> str:
    """Say on how many runs quantiles rest."""
    if sampling.share >= 1:
        return f"Quantiles of all {sampling.runs:,} completed runs."
    return (
        f"Quantiles of a sample: about {sampling.limit:,} of {sampling.runs:,} completed runs, spread. "
        "Narrow the filters for all of them."
    )


RULE = "A quantile needs 1 ÷ (1 − p) runs (20 for P95); below five times that it is rough, and drawn hollow."
"""Why some points are missing and some are hollow."""


def told(one: Quantiles, *, scale: float = 1.0) -> dict[str, float | None]:
    """Quantiles as cells of a table, by their names."""
    return {
        quantile.name: None if quantile.value is None else quantile.value * scale for quantile in one.told
    }


def caveats(quantiles: Sequence[Quantile]) -> str:
    """In words, which of the quantiles are not told or rough."""
    return " ".join(caveat for quantile in quantiles if (caveat := quantile.caveat))
