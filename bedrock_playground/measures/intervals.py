"""Intervals around shares: how far a share that was counted may be from the true one."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and between what the true one lies."""

    share: float | None
    """What was counted, 0 to 1; ``None`` where there was nothing to count."""
    low: float
    """The lower end, 0 to 1."""
    high: float
    """The upper end, 0 to 1."""
    samples: int
    """Out of how many."""


def wilson(successes: float, samples: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share, which holds for few samples and near 0 and 1 too.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
    the American Statistical Association 22 (1927), 209-212.

    Args:
        successes: How many counted; half a one for a tie, say.
        samples: Out of how many.
        confidence: How often such an interval holds the true share, 0 to 1 exclusive.

    Raises:
        ValueError: There are fewer samples than successes, or a number is out of its range.
    """
    if not 0 <= successes <= samples or not 0 < confidence < 1:
        raise ValueError(f"{successes} of {samples} at {confidence} is no share.")
    if samples == 0:
        return Interval(None, 0.0, 1.0, 0)
    share = successes / samples
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    weight = 1 + z * z / samples
    middle = (share + z * z / (2 * samples)) / weight
    half = z * sqrt(share * (1 - share) / samples + z * z / (4 * samples * samples)) / weight
    return Interval(share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)), samples)
