"""Quantiles that say how many samples they rest on, and are not told where these are too few.

A quantile ``p`` needs at least ``1 / (1 - p)`` samples, because with fewer none is expected beyond it, and is
marked *rough* below ``5 / (1 - p)``, where fewer than five are. Below the median the same holds of ``p``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

_STEADY = 5
"""How many samples are expected beyond a quantile that is not rough."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """One quantile of a sample."""

    p: float
    """Which: 0.5 is the median, 0.95 is P95."""
    value: float | None
    """It, in the samples' unit; ``None`` where there are too few of them."""
    samples: int
    """How many samples there are."""
    rough: bool
    """Whether it is told, and rests on too few samples to be relied on."""

    @property
    def name(self) -> str:
        """What it is called: ``median`` or ``P95``."""
        return "median" if self.p == 0.5 else f"P{self.p * 100:g}"

    @property
    def caveat(self) -> str | None:
        """In words, why it is not told or what it rests on; ``None`` where it can be relied on."""
        runs = f"{self.samples} run{'' if self.samples == 1 else 's'}"
        if self.value is None:
            return f"{self.name} needs at least {needed(self.p)} runs; there {_are(self.samples)} {runs}."
        if self.rough:
            return f"Rough: {self.name} of {runs}; {steady(self.p)} make it steady."
        return None


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure spreads over repeats."""

    samples: int
    """How many there are."""
    low: Quantile
    """P5."""
    median: Quantile
    """The median."""
    high: Quantile
    """P95."""


def needed(p: float) -> int:
    """How many samples a quantile needs to be told at all: ``1 / (1 - p)``, below the median ``1 / p``.

    Args:
        p: Between 0 and 1, exclusive.

    Raises:
        ValueError: It is not between them.
    """
    return _beyond(p, 1)


def steady(p: float) -> int:
    """From how many samples on a quantile is not rough: ``5 / (1 - p)``, below the median ``5 / p``.

    Args:
        p: Between 0 and 1, exclusive.

    Raises:
        ValueError: It is not between them.
    """
    return _beyond(p, _STEADY)


def quantile(values: Sequence[float], p: float, *, is_sorted: bool = False) -> Quantile:
    """Tell a quantile of samples, if there are enough.

    Between two samples it is interpolated linearly: definition 7 of Hyndman and Fan, "Sample Quantiles in
    Statistical Packages" (1996), which is also what SQL's ``percentile_cont`` and NumPy's default compute.

    Args:
        values: The samples, in any unit and order.
        p: Between 0 and 1, exclusive.
        is_sorted: Whether ``values`` ascend already.

    Raises:
        ValueError: ``p`` is not between 0 and 1.
    """
    count = len(values)
    if count < needed(p):
        return Quantile(p, None, count, rough=False)
    ordered = values if is_sorted else sorted(values)
    place = (count - 1) * p
    below, above = ordered[floor(place)], ordered[ceil(place)]
    # This form never leaves the two samples that it lies between, whatever the rounding.
    value = below if below == above else below + (above - below) * (place - floor(place))
    return Quantile(p, min(max(value, below), above), count, rough=count < steady(p))


def spread(values: Sequence[float]) -> Spread:
    """Tell median, P5 and P95 of samples, as far as there are enough.

    Args:
        values: The samples, in any unit and order.
    """
    ordered = sorted(values)
    low, median, high = (quantile(ordered, p, is_sorted=True) for p in (0.05, 0.5, 0.95))
    return Spread(len(ordered), low, median, high)


def _beyond(p: float, expected: int) -> int:
    """How many samples it takes for ``expected`` of them to lie beyond ``p``."""
    if not 0 < p < 1:
        raise ValueError(f"A quantile lies between 0 and 1, exclusive; {p} does not.")
    # As it is written: 1 - 0.95 in binary is a little less than 0.05, and 1 / 0.05 would be more than 20.
    written = Decimal(repr(p))
    return ceil(expected / min(written, 1 - written))


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
