"""What a run cost: a value, and who can tell. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Confidence(StrEnum):
    """How far a price can be trusted, best first."""

    EXACT = "exact"
    """It cannot be otherwise: a model on this machine costs nothing."""
    USER = "user"
    """From the user's own price file."""
    AWS = "aws"
    """From AWS's price list, fetched on request."""
    CONFIRMED = "confirmed"
    """Two independent sources agree."""
    SINGLE_SOURCE = "single_source"
    """One source has it."""
    ESTIMATE = "estimate"
    """Derived, or a bucket was billed at another bucket's rate."""
    UNKNOWN = "unknown"
    """Nobody knows; never 0."""


@dataclass(frozen=True, slots=True)
class CostPart:
    """What one bucket of tokens cost."""

    bucket: str
    """``input``, ``output``, ``cache_read``, ``cache_write`` or ``cache_write_1h``."""
    tokens: int
    """How many."""
    usd_per_million: Decimal
    """The rate."""
    amount: Decimal
    """US dollars."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost, and how that is known."""

    amount: Decimal | None
    """US dollars; ``None`` is unknown, never 0."""
    confidence: Confidence = Confidence.UNKNOWN
    """How far it can be trusted."""
    source: str | None = None
    """Where the price comes from."""
    as_of: date | None = None
    """The day that price was valid."""
    note: str | None = None
    """Why it is unknown, or what was estimated, in words."""
    parts: tuple[CostPart, ...] = ()
    """How the amount comes about."""
