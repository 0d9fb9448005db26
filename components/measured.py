"""What a finished comparison measured, as a table: one row per run, what is unknown left empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from bedrock_playground.catalog.money import cost_to_json, format_usd
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.measures import Spread, spread


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured of every run."""

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


def usd(value: float) -> str:
    """Write US dollars that were computed for a chart."""
    return format_usd(Decimal(repr(value)))


def _rate(value: float) -> str:
    """Write a speed so that slow ones are told apart too."""
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


TTFT = Measure("ttft_ms", "Time to first token", "ms", "lower is better")
TOTAL = Measure("total_ms", "Total time", "ms", "lower is better")
PER_TOKEN = Measure("tpot_ms", "Time per output token", "ms", "lower is better", "{:,.1f}".format)
SPEED = Measure("tokens_per_second", "Output speed", "tokens/s", "higher is better", _rate)
LENGTH = Measure("output_tokens", "Output length", "tokens", "as the service counts")
COST = Measure(
    "usd_per_1000", "Cost of 1,000 such requests", "US dollars", "lower is better", usd, ",.3~r", "unknown"
)
MEASURES = (TTFT, TOTAL, PER_TOKEN, SPEED, LENGTH, COST)
"""All of them, in the order of display."""


def table(comparison: Comparison) -> pd.DataFrame:
    """One row per run of the latest turn that was not replaced; what is unknown stays empty."""
    runs = [run for lane in comparison.lanes for run in lane.runs if not run.superseded]
    latest = max((run.identity.turn for run in runs), default=0)
    return pd.DataFrame([_row(run) for run in runs if run.identity.turn == latest])


def numbers(data: pd.DataFrame, column: str) -> pd.Series[float]:
    """A column's known values as numbers, by the row they stand in."""
    return pd.to_numeric(data[column], errors="coerce").dropna()


def labels(data: pd.DataFrame) -> list[str]:
    """The variants' letters in order, each once."""
    return list(dict.fromkeys(data["variant"]))


def spreads(data: pd.DataFrame, measure: Measure) -> Mapping[str, Spread]:
    """How a measure spreads over each variant's runs, as far as there are enough of them."""
    return {
        label: spread(numbers(data[data["variant"] == label], measure.column).tolist())
        for label in labels(data)
    }


def middles(data: pd.DataFrame, measure: Measure) -> list[float | None]:
    """The median of each variant's runs, in order; of a single one its value, of none ``None``."""
    known = [numbers(data[data["variant"] == label], measure.column) for label in labels(data)]
    return [float(values.median()) if len(values) else None for values in known]


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
        "first_reasoning_ms": _ms(timing.time_to_first_reasoning_token if timing else None),
        "ttft_ms": _ms(timing.time_to_first_token if timing else None),
        "last_text_ms": _ms(timing.arrivals[-1] if timing and timing.arrivals else None),
        "total_ms": _ms(timing.total if timing else None),
        "tpot_ms": _ms(timing.time_per_output_token(output) if timing else None),
        "server_latency_ms": _ms(timing.server_latency if timing else None),
        "tokens_per_second": timing.tokens_per_second(output) if timing else None,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": output,
        "stop_reason": result.stop_reason if result else None,
        "attempts": len(result.attempts) if result else None,
        **_cost(run.cost),
    }


def _cost(cost: Cost | None) -> dict[str, Any]:
    told = cost_to_json(cost) if cost else dict.fromkeys(("cost", "source", "as_of", "confidence", "note"))
    return {
        "cost_usd": told["cost"],
        "usd_per_1000": None if cost is None or cost.amount is None else float(cost.amount * 1000),
        "price_source": told["source"],
        "price_as_of": told["as_of"],
        "price_confidence": told["confidence"],
        "price_note": told["note"],
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
