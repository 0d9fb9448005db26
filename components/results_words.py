"""How results are written on a page."""

from __future__ import annotations

from decimal import Decimal

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.wording import (
    UNKNOWN,
    between,
    called,
    chance,
    count,
    percent,
    points,
    seconds,
)

__all__ = ["UNKNOWN", "between", "called", "chance", "count", "dollars", "percent", "points", "seconds"]


def dollars(value: Decimal | None) -> str:
    """US dollars, to the three digits that a mean is worth."""
    return format_usd(value)
