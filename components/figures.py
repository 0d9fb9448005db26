"""Figures of a finished comparison: Plotly, to be explored; each with its table, in tabs of a few."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.invocation import Comparison
from components.figure_kinds import against_latency, bars, medians, parts, times
from components.measured import COST, SPEED, TTFT, Measure, labels, middles, table
from components.repeats_view import repeats, spread_rows

_TABS = ("Time", "Cost", "Repeats", "All numbers")
# A dark page is printed on white paper: what is written in the figures has to be read there too.
_PRINT = """
<style>
@media print {
  .js-plotly-plot text { fill: #111 !important; }
  .js-plotly-plot .gridlayer path, .js-plotly-plot .zerolinelayer path { stroke: #bbb !important; }
  .js-plotly-plot { break-inside: avoid; }
}
</style>
"""


def figures(comparison: Comparison) -> None:
    """Draw the figures of a finished comparison, and offer its tables.

    Args:
        comparison: A finished comparison; its latest turn is drawn.
    """
    data = table(comparison)
    if data.empty:
        return
    st.html(_PRINT)
    st.subheader("Measured", help="Client-side times of the latest turn. What a model did not tell is n/a.")
    _tabs(data, comparison.id)


# A fragment: another tab is no reason to draw the whole page again.
@st.fragment
def _tabs(data: pd.DataFrame, comparison_id: str) -> None:
    names = [name for name in _TABS if _repeated(data) or name != "Repeats"]
    dark = st.context.theme.type == "dark"
    name = f"comparison-{comparison_id[:8]}"
    # Only the tab that is looked at is drawn: each figure costs the browser something.
    for tab, title in zip(st.tabs(names, key="figure_tabs", on_change="rerun"), names, strict=True):
        if not tab.open:
            continue
        with tab:
            if title == "Time":
                _time(data, name, dark=dark)
            elif title == "Cost":
                _cost(data, name, dark=dark)
            elif title == "Repeats":
                repeats(data, name, dark=dark)
            else:
                _table(data, f"{name}.csv", key="all")


def _repeated(data: pd.DataFrame) -> bool:
    return len(data) > data["variant"].nunique()


def _time(data: pd.DataFrame, name: str, *, dark: bool) -> None:
    wide, *others = st.columns([3, 2, 2])
    with wide:
        split = parts(data)
        _figure(times(data, dark=dark), split, name=f"{name}-times", alt=_times_in_words(split))
    for column, measure in zip(others, (TTFT, SPEED), strict=True):
        with column:
            _measure(data, measure, name, dark=dark)


def _cost(data: pd.DataFrame, name: str, *, dark: bool) -> None:
    with st.grid(2, min_column_width=320):
        _measure(data, COST, name, dark=dark)
        points = medians(data)
        _figure(
            against_latency(data, dark=dark), points, name=f"{name}-scatter", alt=_points_in_words(points)
        )


def _measure(data: pd.DataFrame, measure: Measure, name: str, *, dark: bool) -> None:
    _figure(
        bars(data, measure, dark=dark),
        spread_rows(data, measure) if _repeated(data) else data[["variant", "model", measure.column]],
        name=f"{name}-{measure.column}",
        alt=in_words(data, measure),
    )


def _figure(figure: go.Figure, rows: pd.DataFrame, *, name: str, alt: str) -> None:
    """Draw a figure with its table under it.

    Args:
        figure: The figure.
        rows: What it draws.
        name: What its CSV file is called; the part after the comparison's id makes the key.
        alt: What it says, in words.
    """
    key = name.rpartition("-")[2]
    figure.update_layout(uirevision=name)
    with st.container(gap="xsmall"):
        st.plotly_chart(figure, key=f"figure_{key}", config={"displayModeBar": False}, alt=alt)
        with st.popover("Numbers", icon=":material/table:", type="tertiary", key=f"numbers_{key}"):
            _table(rows, f"{name}.csv", key=key)


def _table(rows: pd.DataFrame, file_name: str, *, key: str) -> None:
    st.dataframe(rows, hide_index=True, column_config=_columns())
    st.download_button(
        "Download CSV",
        rows.to_csv(index=False),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        key=f"csv_{key}",
        on_click="ignore",
    )


def in_words(data: pd.DataFrame, measure: Measure) -> str:
    """Say what a figure of one measure shows."""
    said = []
    for label, value in zip(labels(data), middles(data, measure), strict=True):
        said.append(f"{label} unknown" if value is None else f"{label} {measure.words(value)}")
    return f"{measure.title} in {measure.unit}: " + ", ".join(said)


def _times_in_words(split: pd.DataFrame) -> str:
    said = [
        f"{row['variant']} " + ("unknown" if pd.isna(row["total_ms"]) else f"{row['total_ms']:,.0f}")
        for row in split.to_dict("records")
    ]
    return "Total time in ms, stacked from the time to the first token and the writing: " + ", ".join(said)


def _points_in_words(points: pd.DataFrame) -> str:
    said = [
        f"{row['variant']} {row['cost']} in "
        + ("unknown time" if pd.isna(row["total_s"]) else f"{row['total_s']:,.2f} s")
        for row in points.to_dict("records")
    ]
    return "Cost per request against total time: " + ", ".join(said)


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    whole = {
        "first_reasoning_ms": "first reasoning (ms)",
        "ttft_ms": "TTFT (ms)",
        "last_text_ms": "last text (ms)",
        "total_ms": "total (ms)",
        "server_latency_ms": "server latency (ms)",
        "waiting": "waiting (ms)",
        "reasoning": "reasoning (ms)",
        "writing": "writing (ms)",
        "rest": "rest (ms)",
    }
    return {name: number(words, format="%.0f") for name, words in whole.items()} | {
        "tpot_ms": number("per output token (ms)", format="%.1f"),
        "tokens_per_second": number("tokens/s", format="%.1f"),
        "total_s": number("total (s)", format="%.2f"),
        "usd": number("US$ per request", format="%.6g"),
        "usd_per_1000": number("US$ per 1,000", format="%.6g"),
        "cost_usd": st.column_config.TextColumn("cost (US$)", help="Empty: nobody knows; never 0"),
    }
