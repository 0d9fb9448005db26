"""How `bedrock-playground evaluate` tells results, and which are not good enough. Unknown stays so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.cli.compare_requests import BadArguments
from bedrock_playground.evaluation.pareto import Point
from bedrock_playground.evaluation.progress import Progress
from bedrock_playground.evaluation.results import EvaluationResult, Results
from bedrock_playground.history.evaluation_records import EvaluationState

_UPPER = ("cost", "p50", "p95", "failures")
_UNSCORED = "-"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What every contender has to reach."""

    measure: str
    """``accuracy``, a scorer's name, ``cost``, ``p50``, ``p95`` or ``failures``."""
    bound: float
    """The least of scores, the most of everything else."""

    @property
    def is_upper(self) -> bool:
        """Whether more is worse."""
        return self.measure in _UPPER


def read_thresholds(texts: Sequence[str]) -> tuple[Threshold, ...]:
    """Read every ``--fail-under``.

    Raises:
        BadArguments: One of them is none.
    """
    made = []
    for text in texts:
        measure, _, bound = text.rpartition("=")
        try:
            made.append(Threshold(measure.strip(), float(bound)))
        except ValueError:
            measure = ""
        if not measure.strip():
            raise BadArguments(f"--fail-under {text!r} is none. Example: accuracy=0.8 or p95=2.5.")
    return tuple(made)


def failed(results: Results, thresholds: Sequence[Threshold]) -> Iterator[str]:
    """Say which contender does not reach what; what is unknown reaches nothing."""
    for threshold in thresholds:
        for one in results.contenders:
            value = _measured(results, one, threshold.measure)
            good = value is not None and (
                value <= threshold.bound if threshold.is_upper else value >= threshold.bound
            )
            if not good:
                word = "more than" if threshold.is_upper else "less than"
                told = "unknown" if value is None else f"{value:.6g}, {word} {threshold.bound:g}"
                yield f"{one.contender.name}: {threshold.measure} is {told}"


def check_measures(scorers: Sequence[str], thresholds: Sequence[Threshold]) -> None:
    """Hold thresholds against what will be measured.

    Raises:
        BadArguments: No scorer of that name looks.
    """
    known = {*_UPPER, *scorers, *(["accuracy"] if scorers else [])}
    for threshold in thresholds:
        if threshold.measure not in known:
            told = ", ".join(sorted(known))
            raise BadArguments(f"--fail-under {threshold.measure} is not measured. There are: {told}.")


def _measured(results: Results, one: EvaluationResult, measure: str) -> float | None:
    label = one.contender.label
    if measure == "failures":
        return float(sum(call.failed for call in one.calls))
    if measure in _UPPER:
        value = results.point(label, _scorer(results)).at(measure)  # type: ignore[arg-type]  # one of its axes
        return None if value is None else float(value)
    scorer = _scorer(results) if measure == "accuracy" else measure
    return results.summary(label, scorer).accuracy.value if scorer in results.scorers else None


def _scorer(results: Results) -> str:
    return next(iter(results.scorers), _UNSCORED)


# Telling


def results_to_json(results: Results, progress: Progress, problems: Sequence[str]) -> dict[str, Any]:
    """Say the results as the JSON object that `--json` prints; ``null`` is unknown, never 0."""
    return {
        "evaluation_id": results.evaluation.evaluation_id,
        "name": results.evaluation.name,
        "state": progress.state.value,
        "note": progress.note,
        "data_set_id": results.evaluation.data_set_id,
        "done": progress.done,
        "total": progress.total,
        "cost_usd": format(progress.cost, "f"),
        "calls_of_unknown_cost": progress.unknown_costs,
        "contenders": [_contender_json(results, one) for one in results.contenders],
        "failed_thresholds": list(problems),
    }


def _contender_json(results: Results, one: EvaluationResult) -> dict[str, Any]:
    label = one.contender.label
    point = results.point(label, _scorer(results))
    summary = results.summary(label, _scorer(results))
    return {
        "label": label,
        "name": one.contender.name,
        "runs": summary.runs,
        "failed": summary.failed,
        "interrupted": one.interrupted,
        "scores": {scorer: _score_json(results, label, scorer) for scorer in results.scorers},
        "p50_s": point.p50.value,
        "p95_s": point.p95.value,
        "cost_per_request_usd": None if point.cost.value is None else format(point.cost.value, "f"),
        "cost_per_correct_usd": None if point.per_correct is None else format(point.per_correct, "f"),
        "cost_usd": format(one.answers.known, "f"),
        "scoring_cost_usd": format(one.scoring.known, "f"),
    }


def _score_json(results: Results, label: str, scorer: str) -> dict[str, Any]:
    summary = results.summary(label, scorer)
    return {
        "accuracy": summary.accuracy.value,
        "low": summary.accuracy.low,
        "high": summary.accuracy.high,
        "method": summary.accuracy.method,
        "unscored": summary.unscored,
    }


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    print(json.dumps(value), flush=True)


def print_table(results: Results) -> None:
    """Print a line per contender."""
    header = ("", "contender", *results.scorers, "failed", "p50", "p95", "cost/request", "cost")
    lines = [header, *(_line(results, one) for one in results.contenders)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _line(results: Results, one: EvaluationResult) -> tuple[str, ...]:
    label = one.contender.label
    point = results.point(label, _scorer(results))
    return (
        label,
        one.contender.name,
        *(_accuracy(results, label, scorer) for scorer in results.scorers),
        str(sum(call.failed for call in one.calls)),
        _seconds(point, "p50"),
        _seconds(point, "p95"),
        "unknown" if point.cost.value is None else format_usd(point.cost.value),
        _spent(one),
    )


def _accuracy(results: Results, label: str, scorer: str) -> str:
    found = results.summary(label, scorer).accuracy
    if found.value is None:
        return "unknown"
    between = (
        f" ({found.low:.2f}–{found.high:.2f})" if found.low is not None and found.high is not None else ""
    )
    return f"{found.value:.3f}{between}"


def _seconds(point: Point, axis: str) -> str:
    value = (point.p50 if axis == "p50" else point.p95).value
    return "unknown" if value is None else f"{value:.3f} s"


def _spent(one: EvaluationResult) -> str:
    unknown = one.answers.unknown + one.scoring.unknown
    known = format_usd(one.answers.known + one.scoring.known)
    return f"{known} and {unknown} calls of unknown cost" if unknown else known


def progress_line(progress: Progress) -> str:
    """Say how far it is, in one line."""
    if not progress.contenders:
        return "reading the history"
    parts = [f"{progress.done:,} of {progress.total:,} done"]
    if progress.failures:
        parts.append(f"{progress.failures:,} failed")
    if unscored := sum(one.unscored for one in progress.contenders):
        parts.append(f"{unscored:,} to be scored")
    parts.append(format_usd(progress.cost))
    if progress.unknown_costs:
        parts.append(f"{progress.unknown_costs:,} calls of unknown cost")
    if progress.eta is not None and progress.state is EvaluationState.RUNNING:
        parts.append(f"about {_duration(progress.eta)} left")
    slowed = progress.throttled
    if slowed:
        parts.append(f"slowed down for {', '.join(slowed)}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
