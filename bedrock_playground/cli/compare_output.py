"""How `bedrock-playground compare` says what came of a run: as JSON, or in a table. Unknown stays so."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from bedrock_playground.catalog.money import format_usd, origin, origin_to_json
from bedrock_playground.invocation import LaneRun
from bedrock_playground.invocation.error_json import error_to_json

# A model's answer may hold escape sequences, with which it could rewrite what the terminal shows.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HEADER = ("lane", "model", "state", "TTFT", "total", "tok/s", "in", "out", "cost", "tries", "stop reason")


def print_json(run: LaneRun) -> None:
    """Print a run that is over as one line of JSON."""
    value = run_to_json(run)
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        # JSON can say everything in ASCII; a terminal or pipe of another encoding must not lose the run.
        line = json.dumps(value)
    print(line, flush=True)


def print_table(runs: Sequence[LaneRun]) -> None:
    """Print runs that are over as a table, and under it each one's text and what went wrong."""
    encoding = sys.stdout.encoding or "utf-8"
    print(table(runs).encode(encoding, "replace").decode(encoding), flush=True)


def run_to_json(run: LaneRun) -> dict[str, Any]:
    """One run as the JSON object that `--json` prints; ``null`` is unknown, never 0.

    Raises:
        ValueError: The run has not ended.
    """
    result = run.result
    if result is None:
        raise ValueError("The run has not ended.")
    usage = result.usage
    timing = result.timing
    return {
        "lane": run.identity.label,
        "repeat": run.identity.repeat,
        "model_id": run.request.model_id,
        "state": run.state.value,
        "text": result.text,
        "reasoning": result.reasoning or None,
        "stop_reason": result.stop_reason,
        "error": error_to_json(result.error) if result.error else None,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "cache_write_input_tokens": usage.cache_write_input_tokens,
        }
        if usage
        else None,
        "timing": {
            "ttft_ms": _ms(timing.time_to_first_token),
            "total_ms": _ms(timing.total),
            "server_latency_ms": _ms(timing.server_latency),
        },
        "cost": f"{run.cost.amount:f}" if run.cost and run.cost.amount is not None else None,
        "price": origin_to_json(run.cost) if run.cost else None,
        "attempts": len(result.attempts),
        "run_id": run.identity.run_id,
        "comparison_id": run.identity.comparison_id,
    }


def table(runs: Sequence[LaneRun]) -> str:
    """Make the table and the texts under it, without control characters."""
    ordered = sorted(runs, key=lambda run: (run.identity.label, run.identity.repeat))
    rows = [_HEADER, *(_cells(run) for run in ordered)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for run in ordered:
        lines += ["", f"[{_lane(run)}] {run.request.model_id}", run.text.strip() or "(no text)"]
        if run.cost:
            lines.append(f"cost: {format_usd(run.cost.amount)} ({origin(run.cost)})")
        if run.result and run.result.error:
            error = run.result.error
            lines.append(f"{type(error).__name__}: {error.message} {error.advice}")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "\n".join(lines))


def _lane(run: LaneRun) -> str:
    return run.identity.label + (f".{run.identity.repeat + 1}" if run.identity.repeat else "")


def _cells(run: LaneRun) -> tuple[str, ...]:
    result = run.result
    timing = result.timing if result else None
    usage = result.usage if result else None
    rate = timing.tokens_per_second(usage.output_tokens) if timing and usage else None
    return (
        _lane(run),
        run.request.model_id,
        run.state.value,
        _seconds(timing.time_to_first_token if timing else None),
        _seconds(timing.total if timing else None),
        "n/a" if rate is None else f"{rate:.1f}",
        _count(usage.input_tokens if usage else None),
        _count(usage.output_tokens if usage else None),
        format_usd(run.cost.amount) if run.cost else "n/a",
        _count(len(result.attempts) if result else None),
        (result.stop_reason if result else None) or "n/a",
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _seconds(value: float | None) -> str:
    return "n/a" if value is None else f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"


def _count(value: int | None) -> str:
    return "n/a" if value is None else str(value)
