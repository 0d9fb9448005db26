"""Between what a quantile lies: intervals from order statistics, which assume nothing of the distribution."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log, log1p


def quantile_interval(
    values: Sequence[float], p: float, *, confidence: float = 0.95
) -> tuple[float | None, float | None]:
    """Tell between which two samples a quantile lies.

    The number of samples below the true quantile is binomial with ``n`` and ``p``, whatever they measure. The
    ends are the samples outside of which it lies with at most half of what the confidence leaves, each.
    Source: H. A. David and H. N. Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1.

    Args:
        values: The samples, in any unit and order.
        p: Between 0 and 1, exclusive.
        confidence: How often such an interval holds the true quantile, 0 to 1 exclusive.

    Returns:
        Both ends in the samples' unit; ``None`` for one that so few samples cannot tell.

    Raises:
        ValueError: A number is out of its range.
    """
    if not 0 < p < 1 or not 0 < confidence < 1:
        raise ValueError(f"There is no interval of quantile {p} at {confidence}.")
    ordered, tail = sorted(values), (1 - confidence) / 2
    count = len(ordered)
    chances = [_binomial(count, k, p) for k in range(count + 1)]
    # The k-th sample (from 1) lies above the quantile if fewer than k samples lie below that.
    below = 0.0
    low: int | None = None
    for k in range(1, count + 1):
        below += chances[k - 1]
        if below > tail:
            break
        low = k
    above = 0.0
    high: int | None = None
    for k in range(count, 0, -1):
        above += chances[k]
        if above > tail:
            break
        high = k
    return (None if low is None else ordered[low - 1], None if high is None else ordered[high - 1])


def _binomial(count: int, k: int, p: float) -> float:
    """The chance of ``k`` out of ``count``."""
    ways = lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1)
    return exp(ways + k * log(p) + (count - k) * log1p(-p))
