"""Cost × latency × accuracy: what each contender comes to, and which of them no other one beats. Pure.

A contender *dominates* another on some axes if it is at least as good on each of them and better on one; what
nothing dominates is the *frontier*. Accuracy is better the higher, latency and cost the lower. What is not
known on an axis is neither better nor worse than anything there: such a contender stands apart wherever that
axis is looked at, with the reason, and takes part where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.evaluation.statistics.changes import RIGHT
from bedrock_playground.evaluation.statistics.estimates import Estimate, mean_with_interval
from bedrock_playground.evaluation.statistics.outcomes import Outcome
from bedrock_playground.evaluation.statistics.summary import summarise
from bedrock_playground.measures import quantile, quantile_interval

Axis: TypeAlias = Literal["accuracy", "p50", "p95", "cost"]
"""What is compared: accuracy, median and P95 latency in seconds, US dollars per request."""
AXIS_WORDS: Mapping[Axis, str] = {
    "accuracy": "accuracy",
    "p50": "median latency",
    "p95": "P95 latency",
    "cost": "cost per request",
}


@dataclass(frozen=True, slots=True)
class Call:
    """What one run took."""

    latency: float | None
    """Seconds until it ended; ``None``: not told. A failed run's is not looked at."""
    cost: Decimal | None
    """US dollars; ``None`` is unknown."""
    failed: bool = False
    """Whether it failed."""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a request costs, and between what the true mean lies."""

    value: Decimal | None
    """US dollars per request, the mean; ``None`` where a completed run's cost is unknown."""
    low: Decimal | None
    """The lower end; ``None`` where it is not known."""
    high: Decimal | None
    """The upper end; ``None`` where it is not known."""
    samples: int
    """On how many runs it rests."""
    note: str = ""
    """Why it is unknown, or what it leaves out, in words."""


@dataclass(frozen=True, slots=True)
class Point:
    """One contender in the Pareto view."""

    contender: str
    """What it is called; unique in a view."""
    accuracy: Estimate
    """0 to 1, with its interval."""
    p50: Estimate
    """Median latency in seconds, with its interval from order statistics; a failed run has none."""
    p95: Estimate
    """P95 latency in seconds, likewise; ``None`` from fewer than 20 runs."""
    cost: CostEstimate
    """Per request."""
    per_correct: Decimal | None
    """US dollars per correct answer; ``None``: unknown, or there was no correct one."""
    per_correct_note: str = ""
    """Why there is none, in words."""

    def at(self, axis: Axis) -> float | Decimal | None:
        """Its value on an axis; ``None`` is unknown."""
        match axis:
            case "accuracy":
                return self.accuracy.value
            case "p50":
                return self.p50.value
            case "p95":
                return self.p95.value
            case "cost":
                return self.cost.value

    def why_unknown(self, axis: Axis) -> str | None:
        """In words, why it has no value on an axis; ``None`` where it has one."""
        if self.at(axis) is not None:
            return None
        match axis:
            case "accuracy":
                return "Nothing could be scored."
            case "p50":
                return self.p50.method
            case "p95":
                return self.p95.method
            case "cost":
                return self.cost.note


@dataclass(frozen=True, slots=True)
class Frontier:
    """Which contenders no other one beats on some axes."""

    axes: tuple[Axis, ...]
    """What was compared."""
    members: tuple[str, ...]
    """The frontier, by the first axis and then the next, the best first."""
    dominated: Mapping[str, tuple[str, ...]]
    """Each other contender, by name, and which of the frontier's dominate it."""
    apart: Mapping[str, str]
    """Contenders that cannot be placed on every axis, by name, and why."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest contender that is good and quick enough."""

    contender: str | None
    """It; ``None`` where none qualifies."""
    qualified: tuple[str, ...]
    """All that qualify, the cheapest first."""
    refused: Mapping[str, str]
    """Each other one, by name, and why it does not qualify, in words."""


def point_of(contender: str, calls: Sequence[Call], outcomes: Sequence[Outcome], *, seed: int = 0) -> Point:
    """Make a contender's point.

    The cost per correct answer is the cost per request over the share of scored runs that are right (a value
    of at least :data:`~bedrock_playground.evaluation.statistics.changes.RIGHT`): what wrong answers cost has
    to be paid for the right ones.

    Args:
        contender: What it is called.
        calls: What its runs took, in any order.
        outcomes: What one scorer said of them, in any order.
        seed: What intervals draw at random follows from it.
    """
    cost = _cost(calls, seed=seed)
    per_correct, note = _per_correct(cost, outcomes)
    times = [call.latency for call in calls if call.latency is not None and not call.failed]
    return Point(
        contender=contender,
        accuracy=summarise(outcomes, seed=seed).accuracy,
        p50=_latency(times, 0.5),
        p95=_latency(times, 0.95),
        cost=cost,
        per_correct=per_correct,
        per_correct_note=note,
    )


def dominates(one: Point, other: Point, axes: Sequence[Axis]) -> bool:
    """Whether one contender dominates another on these axes; never where one of both is unknown."""
    pairs = [(_badness(one, axis), _badness(other, axis)) for axis in axes]
    better = False
    for mine, theirs in pairs:
        if mine is None or theirs is None or mine > theirs:
            return False
        better = better or mine < theirs
    return better


def frontier(points: Sequence[Point], axes: Sequence[Axis]) -> Frontier:
    """Find the frontier; contenders with the same values are on it together.

    Args:
        points: In any order.
        axes: Which to look at: two for a projection, three for the whole.

    Raises:
        ValueError: Two contenders have one name, or there is no axis.
    """
    if not axes or len({point.contender for point in points}) < len(points):
        raise ValueError("A frontier takes at least one axis, and contenders of different names.")
    apart = {
        point.contender: " ".join(why)
        for point in sorted(points, key=lambda point: point.contender)
        if (why := _unknown(point, axes))
    }
    placed = sorted(
        (point for point in points if point.contender not in apart), key=lambda point: _order(point, axes)
    )
    members = [point for point in placed if not any(dominates(other, point, axes) for other in placed)]
    names = {point.contender for point in members}
    return Frontier(
        axes=tuple(axes),
        members=tuple(point.contender for point in members),
        dominated={
            point.contender: tuple(other.contender for other in members if dominates(other, point, axes))
            for point in placed
            if point.contender not in names
        },
        apart=apart,
    )


def cheapest(
    points: Sequence[Point],
    *,
    min_accuracy: float | None = None,
    max_latency: float | None = None,
    sure: bool = False,
) -> Cheapest:
    """Find the cheapest contender that meets accuracy ≥ a and P95 latency ≤ t.

    Among equally cheap ones the more accurate is taken, then the quicker (by P95, then by the median, which
    few runs have as well), then the first by name.

    Args:
        points: In any order.
        min_accuracy: 0 to 1; ``None``: any.
        max_latency: P95 in seconds; ``None``: any.
        sure: Hold the unfavourable ends of the intervals against the limits instead of what was measured.
    """
    refused: dict[str, str] = {}
    for point in sorted(points, key=lambda point: point.contender):
        why = [
            *_too_inaccurate(point, min_accuracy, sure=sure),
            *_too_slow(point, max_latency, sure=sure),
            *(() if point.cost.value is not None else (f"Its cost is unknown: {point.cost.note}",)),
        ]
        if why:
            refused[point.contender] = " ".join(why)
    kept = [point for point in points if point.contender not in refused]
    kept.sort(key=lambda point: _order(point, ("cost", "accuracy", "p95", "p50")))
    return Cheapest(
        contender=kept[0].contender if kept else None,
        qualified=tuple(point.contender for point in kept),
        refused=refused,
    )


# The values of a point


def _latency(times: Sequence[float], p: float) -> Estimate:
    told = quantile(times, p)
    if told.value is None:
        return Estimate(None, None, None, told.samples, told.caveat or "")
    low, high = quantile_interval(times, p)
    # Between two samples the quantile is interpolated, so that of few samples it may lie beyond one end.
    low = low if low is None else min(low, told.value)
    high = high if high is None else max(high, told.value)
    return Estimate(told.value, low, high, told.samples, told.caveat or "order statistics")


def _cost(calls: Sequence[Call], *, seed: int) -> CostEstimate:
    unknown = sum(call.cost is None for call in calls if not call.failed)
    if unknown:
        of = f"{unknown:,} of {sum(not call.failed for call in calls):,} completed runs"
        return CostEstimate(None, None, None, len(calls), f"The cost of {of} is unknown.")
    amounts = sorted(call.cost for call in calls if call.cost is not None)
    if not amounts:
        return CostEstimate(None, None, None, len(calls), "No run has a known cost.")
    left_out = len(calls) - len(amounts)
    note = f"{left_out:,} failed runs of unknown cost are left out." if left_out else ""
    mean = sum(amounts, Decimal(0)) / len(amounts)
    if amounts[0] == amounts[-1]:
        return CostEstimate(amounts[0], amounts[0], amounts[0], len(amounts), note)
    told = mean_with_interval([float(amount) for amount in amounts], seed=seed)
    low, high = (None if end is None else Decimal(f"{end:.6g}") for end in (told.low, told.high))
    return CostEstimate(
        mean,
        low=None if low is None else min(low, mean),
        high=None if high is None else max(high, mean),
        samples=len(amounts),
        note=note,
    )


def _per_correct(cost: CostEstimate, outcomes: Sequence[Outcome]) -> tuple[Decimal | None, str]:
    if cost.value is None:
        return None, cost.note
    counted = [outcome.counted for outcome in outcomes if outcome.counted is not None]
    right = sum(value >= RIGHT for value in counted)
    if not right:
        return None, "No answer was correct." if counted else "Nothing could be scored."
    return cost.value * len(counted) / right, ""


# Comparing points


def _badness(point: Point, axis: Axis) -> float | Decimal | None:
    """Its value on an axis, the lower the better."""
    value = point.at(axis)
    return -value if value is not None and axis == "accuracy" else value


def _order(point: Point, axes: Sequence[Axis]) -> tuple[tuple[tuple[bool, float | Decimal], ...], str]:
    return tuple(_unknown_last(_badness(point, axis)) for axis in axes), point.contender


def _unknown_last(value: float | Decimal | None) -> tuple[bool, float | Decimal]:
    return (True, 0) if value is None else (False, value)


def _unknown(point: Point, axes: Sequence[Axis]) -> list[str]:
    """Why it cannot be placed, a reason per axis."""
    return [
        f"Its {AXIS_WORDS[axis]} is unknown: {why}"
        for axis in axes
        if (why := point.why_unknown(axis)) is not None
    ]


def _too_inaccurate(point: Point, wanted: float | None, *, sure: bool) -> list[str]:
    told = point.accuracy
    value = told.low if sure else told.value
    if wanted is None or (told.value is not None and value is not None and value >= wanted):
        return []
    if told.value is None or value is None:
        return ["Its accuracy is unknown: nothing could be scored."]
    may_be = f" could be as low as {value:.1%}, which" if sure else f" of {told.value:.1%}"
    return [f"Its accuracy{may_be} is below {wanted:.1%}."]


def _too_slow(point: Point, allowed: float | None, *, sure: bool) -> list[str]:
    told = point.p95
    if allowed is None:
        return []
    if told.value is None:
        return [f"Its P95 latency is unknown: {told.method}"]
    value = told.high if sure else told.value
    if value is None:
        return [f"Of {told.samples:,} runs nobody can be sure that P95 is within {allowed:g} s."]
    may_be = f" could be as high as {value:.2f} s, which" if sure else f" of {value:.2f} s"
    return [] if value <= allowed else [f"Its P95 latency{may_be} is above {allowed:g} s."]
