"""A plan to take away: assumptions, rows and break-evens, as JSON, as CSV rows, as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bedrock_playground.catalog.money import CONFIDENCE_WORDS, format_usd, origin_to_json
from bedrock_playground.planning.modes import PlanRow
from bedrock_playground.planning.workload import Workload


@dataclass(frozen=True, slots=True)
class Report:
    """What a plan came to."""

    workload: Workload
    """What was assumed of the traffic."""
    region: str | None
    """Where calls go; ``None``: general prices."""
    known: tuple[PlanRow, ...]
    """What has a price, cheapest first."""
    missing: tuple[PlanRow, ...]
    """What has none, with the reasons."""
    sentences: tuple[str, ...] = ()
    """Break-evens, mixes and quotas, in words."""
    more: Mapping[str, str] | None = None
    """Further assumptions, by name."""


def assumptions(workload: Workload, region: str | None) -> dict[str, str]:
    """Name every assumption with its value, in plain text.

    Args:
        workload: The traffic.
        region: The Region.
    """
    sizes = workload.sizes
    requests = sum(one.requests for one in sizes)
    many = f" (mean of {requests:,} measured runs in {len(sizes)} sizes)" if requests > 1 else ""
    return {
        "requests per day": f"{workload.requests_per_day}",
        "days per month": f"{workload.days_per_month}",
        "growth per month": f"{_short(workload.growth_per_month * 100)} %",
        "active hours per day": _short(workload.active_hours),
        "peak factor": _short(workload.peak_factor),
        "input tokens per request": f"{_short(round(workload.mean_input, 1))}{many}",
        "output tokens per request": f"{_short(round(workload.mean_output, 1))}{many}",
        "output limit (maxTokens)": f"{workload.max_tokens}",
        "share of the input that repeats": f"{_short(workload.cached_share * 100)} %",
        "found in a cache of 5 minutes": f"{_short(workload.hit_share_5m * 100)} %",
        "found in a cache of 1 hour": f"{_short(workload.hit_share_1h * 100)} %",
        "called from": region or "anywhere (general prices)",
    }


def _short(value: Decimal) -> str:
    """Write a number without the zeros that say nothing: ``5.00`` is 5."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def to_json(report: Report) -> dict[str, Any]:
    """Make a plan into JSON: amounts as decimal text, ``null`` is unknown.

    Args:
        report: The plan.
    """
    workload = report.workload
    return {
        "assumptions": assumptions(workload, report.region) | dict(report.more or {}),
        "sizes": [
            {"requests": one.requests, "input_tokens": one.input_tokens, "output_tokens": one.output_tokens}
            for one in workload.sizes
        ],
        "requests_per_month": workload.requests_per_month,
        "rows": [_row(row) for row in (*report.known, *report.missing)],
        "in_words": list(report.sentences),
    }


def to_rows(report: Report) -> list[dict[str, Any]]:
    """Make a plan into flat rows, each with every assumption, so that a row by itself can be understood.

    Args:
        report: The plan.
    """
    assumed = assumptions(report.workload, report.region) | dict(report.more or {})
    return [
        _row(row) | {f"assumed: {name}": value for name, value in assumed.items()}
        for row in (*report.known, *report.missing)
    ]


def to_markdown(report: Report) -> str:
    """Write a plan as Markdown.

    Args:
        report: The plan.
    """
    assumed = assumptions(report.workload, report.region) | dict(report.more or {})
    lines = ["# Plan", "", "## Assumptions", ""]
    lines += [f"- {_cell(name)}: {_cell(value)}" for name, value in assumed.items()]
    lines += ["", "## Cost in the first month", ""]
    lines += _table(
        ("Model", "Mode", "US dollars a month", "Per request", "Known by", "Id"),
        [
            (
                row.name,
                row.mode.name,
                format_usd(row.per_month),
                format_usd(row.per_request.amount),
                CONFIDENCE_WORDS[row.per_request.confidence],
                row.model_id,
            )
            for row in report.known
        ],
    )
    if report.missing:
        lines += ["", "## Not priced", ""]
        lines += _table(
            ("Model", "Mode", "Why"),
            [(row.name, row.mode.name, row.per_request.note or "unknown") for row in report.missing],
        )
    if report.sentences:
        lines += ["", "## In words", "", *(f"- {_cell(sentence)}" for sentence in report.sentences)]
    return "\n".join([*lines, ""])


def _row(row: PlanRow) -> dict[str, Any]:
    cost = row.per_request
    return {
        "model": row.name,
        "provider": row.provider,
        "model_id": row.model_id,
        "scope": row.scope,
        "mode": row.mode.name,
        "usd_per_month": None if row.per_month is None else f"{row.per_month:f}",
        "usd_per_request": None if cost.amount is None else f"{cost.amount:f}",
        "standing": row.standing,
        **origin_to_json(cost),
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
