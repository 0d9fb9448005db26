"""A mean and between what the true one lies: Wilson's interval of shares, the bootstrap of graded values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist
from typing import Any, Literal

from bedrock_playground.measures import wilson

RESAMPLES = 2000
"""How often a sample is drawn anew: the ends of a 95 % interval then rest on some 50 draws each."""
_ENOUGH = 10
"""Fewer values than this say too little of how they spread for a bootstrap."""
_MANY = 5000
"""From more values than this on their mean is normally distributed as nearly as matters."""
_CHUNK = 2_000_000
"""Numbers drawn at a time, so that memory stays flat: 16 MB."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and between what the true one lies."""

    value: float | None
    """What was measured; ``None`` where there was nothing to measure."""
    low: float | None
    """The lower end; ``None`` where it is not known."""
    high: float | None
    """The upper end; ``None`` where it is not known."""
    samples: int
    """On how many values it rests."""
    method: str
    """How the interval was made, in words."""


def estimate_mean(
    values: Sequence[float], *, seed: int = 0, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """Estimate the mean of values between 0 and 1.

    Values that are all 0 or 1 get Wilson's interval. Graded ones get :func:`mean_with_interval`'s; where
    there are fewer than ten, or all are the same, Wilson's of their sum: no values between 0 and 1 of that
    mean spread wider than 0 and 1 do, so that it is rather too wide than too narrow.

    Args:
        values: Each between 0 and 1, in any order.
        seed: What is drawn at random follows from it.
        confidence: How often such an interval holds the true mean, 0 to 1 exclusive.
        resamples: How often the values are drawn anew.

    Raises:
        ValueError: A value lies outside, or there is nothing between 0 and 1 to be confident of.
    """
    outside = [value for value in values if not 0 <= value <= 1]
    if outside:
        raise ValueError(f"A score lies between 0 and 1; {outside[0]} does not.")
    distinct = set(values)
    graded = not distinct <= {0.0, 1.0}
    if graded and len(values) >= _ENOUGH and len(distinct) > 1:
        return mean_with_interval(values, seed=seed, confidence=confidence, resamples=resamples)
    share = wilson(min(fsum(values), float(len(values))), len(values), confidence=confidence)
    method = "Wilson" if not graded else "Wilson, of graded values: rather too wide than too narrow"
    return Estimate(share.share, share.low, share.high, share.samples, method)


def mean_with_interval(
    values: Sequence[float], *, seed: int = 0, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """Estimate a mean of values of any size: a BCa bootstrap, or beyond 5,000 values the normal interval.

    Drawing so many values thousands of times would take seconds and say the same.

    Args:
        values: In any unit and order.
        seed: What is drawn at random follows from it.
        confidence: How often such an interval holds the true mean, 0 to 1 exclusive.
        resamples: How often the values are drawn anew, at least 100.

    Raises:
        ValueError: A number is out of its range.
    """
    if len(values) <= _MANY or min(values) == max(values):
        return bootstrap(values, seed=seed, confidence=confidence, resamples=resamples)
    count, mean = len(values), fsum(values) / len(values)
    spread = sqrt(fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = _NORMAL.inv_cdf((1 + confidence) / 2) * spread / sqrt(count)
    return Estimate(mean, mean - half, mean + half, count, "normal")


def bootstrap(
    values: Sequence[float],
    *,
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    kind: Literal["bca", "percentile"] = "bca",
) -> Estimate:
    """Estimate a mean by drawing the values anew, with replacement.

    The ends are percentiles of the means that were drawn; "bca" moves these for bias and skew, with the
    acceleration by jackknife, which for a mean is the values' skewness over 6·√n. Source: B. Efron and R. J.
    Tibshirani, "An Introduction to the Bootstrap" (1993), sections 13.3 and 14.3.

    Args:
        values: In any unit and order.
        seed: What is drawn at random follows from it.
        confidence: How often such an interval holds the true mean, 0 to 1 exclusive.
        resamples: How often the values are drawn anew, at least 100.
        kind: Which interval.

    Returns:
        The estimate; no interval for fewer than two values or for equal ones, which do not say how they
        spread.

    Raises:
        ValueError: A number is out of its range.
    """
    if not 0 < confidence < 1 or resamples < 100:
        raise ValueError(f"{resamples} resamples at {confidence} make no interval.")
    ordered = sorted(values)
    count = len(ordered)
    if count < 2:
        mean = ordered[0] if ordered else None
        return Estimate(mean, None, None, count, "too few values for an interval")
    mean = fsum(ordered) / count
    method = f"bootstrap ({'BCa' if kind == 'bca' else 'percentile'}, {resamples:,} resamples)"
    if ordered[0] == ordered[-1]:
        return Estimate(ordered[0], None, None, count, "all values are the same, which tells no interval")
    drawn = _means(ordered, seed=seed, resamples=resamples)
    tail = (1 - confidence) / 2
    shift = _bca_shift(ordered, mean, drawn) if kind == "bca" else None
    low, high = (_quantile(drawn, p if shift is None else shift(p)) for p in (tail, 1 - tail))
    return Estimate(mean, min(low, mean), max(high, mean), count, method)


def _means(ordered: Sequence[float], *, seed: int, resamples: int) -> Any:  # noqa: ANN401 - numpy's array
    """The means of resamples, ascending."""
    import numpy as np  # noqa: PLC0415 - a tenth of a second, only when needed

    values = np.asarray(ordered, dtype=float)
    drawing = np.random.Generator(np.random.PCG64(seed))
    count, step = len(ordered), max(1, _CHUNK // len(ordered))
    means = [
        values[drawing.integers(0, count, size=(min(step, resamples - start), count))].mean(axis=1)
        for start in range(0, resamples, step)
    ]
    return np.sort(np.concatenate(means))


def _quantile(drawn: Any, p: float) -> float:  # noqa: ANN401 - numpy's array
    import numpy as np  # noqa: PLC0415 - as above

    return float(np.quantile(drawn, min(max(p, 0.0), 1.0)))


def _bca_shift(ordered: Sequence[float], mean: float, drawn: Any) -> Callable[[float], float]:  # noqa: ANN401 - numpy's
    """How BCa moves a percentile."""
    # Half of those that hit the mean exactly count as below it: sums of few distinct values often do.
    below = float((drawn < mean).mean() + (drawn == mean).mean() / 2)
    edge = 0.5 / len(drawn)
    bias = _NORMAL.inv_cdf(min(max(below, edge), 1 - edge))
    away = [value - mean for value in ordered]
    squares = fsum(value**2 for value in away)
    speed = fsum(value**3 for value in away) / (6 * squares**1.5) if squares > 0 else 0.0

    def shifted(p: float) -> float:
        z = bias + _NORMAL.inv_cdf(p)
        return _NORMAL.cdf(bias + z / (1 - speed * z))

    return shifted
