"""Figures of a finished comparison: Plotly, to be explored; each with its table, in tabs of a few."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.invocation import Comparison
from components.figure_kinds import against_latency, bars, medians, parts, times
from components.measured import COST, LENGTH, SPEED, TOTAL, TTFT, Measure, labels, middles, numbers, table
from components.palette import PRINT
from components.repeats_view import repeats, spread_rows

_TABS = ("Time", "Cost", "Repeats", "All numbers")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the figures are about."""

    data: pd.DataFrame
    """:func:`components.measured.table`'s rows."""
    name: str
    """What its files are called."""
    version: str
    """Tells these rows from any others."""
    dark: bool
    """Whether they stand on a dark page."""

    @property
    def repeated(self) -> bool:
        """Whether a variant has several runs."""
        return len(self.data) > self.data["variant"].nunique()


def figures(comparison: Comparison) -> None:
    """Draw the figures of a finished comparison, and offer its tables.

    Args:
        comparison: A finished comparison; its latest turn is drawn.
    """
    data = table(comparison)
    if data.empty:
        return
    st.html(PRINT)
    st.subheader("Measured", help="Client-side times of the latest turn. What a model did not tell is n/a.")
    version = hashlib.sha256(data.to_csv().encode()).hexdigest()
    _tabs(_Shown(data, f"comparison-{comparison.id[:8]}", version, st.context.theme.type == "dark"))


# A fragment: another tab is no reason to draw the whole page again.
@st.fragment
def _tabs(shown: _Shown) -> None:
    names = [name for name in _TABS if shown.repeated or name != "Repeats"]
    # Only the tab that is looked at is drawn: each figure costs the browser something.
    for tab, title in zip(st.tabs(names, key="figure_tabs", on_change="rerun"), names, strict=True):
        if not tab.open:
            continue
        with tab:
            if title == "Time":
                _time(shown)
            elif title == "Cost":
                _cost(shown)
            elif title == "Repeats":
                repeats(shown.data, shown.name, dark=shown.dark)
            else:
                _table(shown.data, f"{shown.name}.csv", key="all")


# Making figures takes as long as the rest of the page, and what they show has ended.
@st.cache_resource(show_spinner=False, max_entries=64)
def _made(kind: str, version: str, dark: bool, _make: Callable[[], go.Figure]) -> go.Figure:  # noqa: ARG001, FBT001 - they are the cache's key
    return _make()


def _time(shown: _Shown) -> None:
    data, dark = shown.data, shown.dark
    # Of single runs the live charts show where the time goes; of repeats they show the last one alone.
    first, *others = st.columns([3, 2, 2] if shown.repeated else 3)
    with first:
        if shown.repeated:
            split = parts(data)
            figure = _made("times", shown.version, dark, lambda: times(data, dark=dark))
            _figure(figure, split, name=f"{shown.name}-times", alt=_times_in_words(split))
        else:
            _measure(shown, TOTAL)
    for column, measure in zip(others, (TTFT, SPEED), strict=True):
        with column:
            _measure(shown, measure)


def _cost(shown: _Shown) -> None:
    data, dark = shown.data, shown.dark
    if not numbers(data, COST.column).any() and data[COST.column].notna().all():
        st.markdown(
            "**Nothing here costs anything**: these models run on this machine. *Price as if*, above, says "
            "what the same tokens cost on Bedrock."
        )
        return
    with st.grid(2, min_column_width=320):
        _measure(shown, COST)
        if not shown.repeated:
            # What output costs goes by its length. Cost against latency stands in the live charts already.
            _measure(shown, LENGTH)
            return
        points = medians(data)
        figure = _made("scatter", shown.version, dark, lambda: against_latency(data, dark=dark))
        _figure(figure, points, name=f"{shown.name}-scatter", alt=_points_in_words(points))


def _measure(shown: _Shown, measure: Measure) -> None:
    data, dark = shown.data, shown.dark
    _figure(
        _made(measure.column, shown.version, dark, lambda: bars(data, measure, dark=dark)),
        spread_rows(data, measure) if shown.repeated else data[["variant", "model", measure.column]],
        name=f"{shown.name}-{measure.column}",
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
    st.dataframe(rows, hide_index=True, column_config=_columns(), placeholder="n/a")
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
        "cost_usd": st.column_config.TextColumn("cost (US$)", help="n/a: nobody knows; never 0"),
    }
