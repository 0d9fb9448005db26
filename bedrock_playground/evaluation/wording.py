"""How results are written: shares with their intervals, seconds, differences; unknown is said. Pure."""

from __future__ import annotations

from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.statistics import Estimate
from bedrock_playground.measures import Interval

UNKNOWN = "n/a"
"""What stands where there is no number."""


def percent(value: float | None, *, digits: int = 1) -> str:
    """``76.7 %``; ``n/a`` where it is unknown."""
    return UNKNOWN if value is None else f"{value * 100:.{digits}f} %"


def between(told: Estimate | Interval) -> str:
    """``64.6 to 85.6 %``; ``n/a`` where an end is unknown."""
    if told.low is None or told.high is None:
        return UNKNOWN
    return f"{told.low * 100:.1f} to {told.high * 100:.1f} %"


def seconds(value: float | None) -> str:
    """``1.24 s``, ``0.0123 s``; ``n/a`` where it is unknown."""
    if value is None:
        return UNKNOWN
    return f"{value:,.2f} s" if value >= 0.1 else f"{value:.3g} s"


def points(value: float | None) -> str:
    """A difference of shares: ``+3.3 points``."""
    return UNKNOWN if value is None else f"{value * 100:+.1f} points"


def chance(p_value: float | None) -> str:
    """A p-value: ``0.032``, ``below 0.001``."""
    if p_value is None:
        return UNKNOWN
    return "below 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def called(reading: Reading, label: str) -> str:
    """A contender's letter and name, the letter once."""
    name = reading.name(label)
    return name if name == label or name.startswith((f"{label} ", f"{label}:")) else f"{label} · {name}"


def count(number: int, one: str, several: str | None = None) -> str:
    """``1 case``, ``1,234 cases``."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
