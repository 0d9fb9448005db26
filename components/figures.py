"""Figures of a finished comparison: Plotly, to be explored; with the table behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from bedrock_playground.catalog.money import cost_to_json, format_usd
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.cost import Cost
from components.variants import LETTERS


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure."""

    column: str
    """Column of the table."""
    title: str
    """What it shows."""
    unit: str
    """The unit on the axis."""
    better: str
    """Which way is better."""
    words: Callable[[float], str] = "{:,.0f}".format
    """How a value is written."""
    digits: str = ",.1f"
    """How a value is written on hover, in d3's words."""
    missing: str = "n/a"
    """What stands where there is none."""


def _usd(value: float) -> str:
    return format_usd(Decimal(repr(value)))


COST = Measure(
    "usd_per_1000", "Cost of 1,000 such requests", "US dollars", "lower is better", _usd, ",.3~r", "unknown"
)
MEASURES = (
    Measure("ttft_ms", "Time to first token", "ms", "lower is better"),
    Measure("total_ms", "Total time", "ms", "lower is better"),
    Measure("tokens_per_second", "Output speed", "tokens/s", "higher is better"),
)


def table(comparison: Comparison) -> pd.DataFrame:
    """One row per run of the latest turn that was not replaced; what is unknown stays empty."""
    runs = [run for lane in comparison.lanes for run in lane.runs if not run.superseded]
    latest = max((run.identity.turn for run in runs), default=0)
    return pd.DataFrame([_row(run) for run in runs if run.identity.turn == latest])


def _row(run: LaneRun) -> dict[str, object]:
    result = run.result
    timing = result.timing if result else None
    usage = result.usage if result else None
    output = usage.output_tokens if usage else None
    return {
        "variant": run.identity.label,
        "repeat": run.identity.repeat + 1,
        "model": run.request.model_id,
        "state": run.state.value,
        "ttft_ms": _ms(timing.time_to_first_token if timing else None),
        "total_ms": _ms(timing.total if timing else None),
        "server_latency_ms": _ms(timing.server_latency if timing else None),
        "tokens_per_second": timing.tokens_per_second(output) if timing else None,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": output,
        "stop_reason": result.stop_reason if result else None,
        "attempts": len(result.attempts) if result else None,
        **_cost(run.cost),
    }


def _cost(cost: Cost | None) -> dict[str, object]:
    told = cost_to_json(cost) if cost else dict.fromkeys(("cost", "source", "as_of", "confidence"))
    return {
        "cost_usd": told["cost"],
        "usd_per_1000": None if cost is None or cost.amount is None else float(cost.amount * 1000),
        "price_source": told["source"],
        "price_as_of": told["as_of"],
        "price_confidence": told["confidence"],
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def figures(comparison: Comparison) -> None:
    """Draw the figures of a finished comparison, and offer its table."""
    data = table(comparison)
    if data.empty:
        return
    st.subheader("Measured", help="Client-side times of the latest turn. What a model did not tell is n/a.")
    # Models that cost nothing need no chart of that; what nobody knows does.
    free = bool((pd.to_numeric(data[COST.column], errors="coerce") == 0).all())
    shown = MEASURES if free else (*MEASURES, COST)
    with st.grid(len(shown), min_column_width=260):
        for measure in shown:
            st.plotly_chart(
                bars(data, measure, dark=st.context.theme.type == "dark"),
                key=f"figure_{measure.column}",
                config={"displayModeBar": False},
                alt=_in_words(data, measure),
            )
    with st.expander("The numbers", icon=":material/table:"):
        st.dataframe(data, hide_index=True, column_config=_columns())
        st.download_button(
            "Download CSV",
            data.to_csv(index=False),
            file_name=f"comparison-{comparison.id[:8]}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def bars(data: pd.DataFrame, measure: Measure, *, dark: bool = False) -> go.Figure:
    """A bar per variant at the median of its runs, and with repeats a dash per run.

    Args:
        data: :func:`table`'s rows.
        measure: Which column.
        dark: Whether it stands on a dark page.
    """
    colours = dict(zip(LETTERS, _ON_DARK if dark else _ON_LIGHT, strict=True))
    labels = list(dict.fromkeys(data["variant"]))
    known = data[pd.to_numeric(data[measure.column], errors="coerce").notna()]
    medians = known.groupby("variant")[measure.column].median() if not known.empty else pd.Series(dtype=float)
    values = [float(medians[label]) if label in medians else None for label in labels]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=values,
            marker_color=[colours[label] for label in labels],
            text=[measure.missing if value is None else measure.words(value) for value in values],
            textposition="auto",
            hovertemplate=f"%{{x}}: %{{y:{measure.digits}}} {measure.unit}<extra></extra>",
        )
    )
    if len(data) > len(labels):
        figure.add_scatter(
            x=known["variant"],
            y=known[measure.column],
            mode="markers",
            marker={"symbol": "line-ew-open", "size": 14, "color": "rgba(128,128,128,0.9)"},
            hovertemplate=f"%{{x}}: %{{y:{measure.digits}}} {measure.unit}<extra></extra>",
        )
    missing = [label for label, value in zip(labels, values, strict=True) if value is None]
    for label in missing:
        figure.add_annotation(x=label, y=0, yanchor="bottom", text=measure.missing, showarrow=False)
    figure.update_layout(
        title={
            "text": f"{measure.title}<br><sub>{measure.unit}, {measure.better}</sub>",
            "font": {"size": 15},
        },
        height=260,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        showlegend=False,
        xaxis={"type": "category", "categoryorder": "array", "categoryarray": labels},
        yaxis={"rangemode": "tozero"},
    )
    return figure


# Okabe and Ito's colours, as in .streamlit/config.toml: a letter keeps its colour whatever stands beside it.
_ON_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#b4508f", "#b07800", "#3a9bd9", "#6b4c9a", "#5f6b76")
_ON_DARK = ("#4da3e0", "#f08a4b", "#35c496", "#e08fc0", "#e3b341", "#8ccbf5", "#b39ddb", "#a3afbd")


def _in_words(data: pd.DataFrame, measure: Measure) -> str:
    parts = []
    for label, values in data.groupby("variant", sort=False)[measure.column]:
        numbers = pd.to_numeric(values, errors="coerce").dropna()
        parts.append(
            f"{label} {measure.words(float(numbers.median()))}" if len(numbers) else f"{label} unknown"
        )
    return f"{measure.title} in {measure.unit}: " + ", ".join(parts)


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "ttft_ms": number("TTFT (ms)", format="%.0f"),
        "total_ms": number("total (ms)", format="%.0f"),
        "server_latency_ms": number("server latency (ms)", format="%.0f"),
        "tokens_per_second": number("tokens/s", format="%.1f"),
        "usd_per_1000": number("US$ per 1,000", format="%.6g"),
        "cost_usd": st.column_config.TextColumn("cost (US$)", help="Empty: nobody knows; never 0"),
    }
