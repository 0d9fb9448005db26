"""Prices: by id, tier, Region and bucket, each with its source and date; and what tokens cost at them.

Pure: no clock, environment or network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bedrock_playground.invocation.cost import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars per million tokens; ``None`` is unknown, never 0."""

    input: Decimal | None = None
    """Input tokens that no cache had a part in."""
    output: Decimal | None = None
    """Output tokens, reasoning included."""
    cache_read: Decimal | None = None
    """Input tokens read from a cache."""
    cache_write: Decimal | None = None
    """Input tokens written to a cache for five minutes."""
    cache_write_1h: Decimal | None = None
    """Input tokens written to a cache for an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one id costs in one tier, from a day on."""

    model_id: str
    """What is sent as ``modelId``: a model's own id or a profile's."""
    tier: str = "default"
    """Converse's service tier, or ``batch``."""
    region: str | None = None
    """Where it holds; ``None``: wherever no price of its own is known."""
    rates: Rates
    """The rates."""
    long_context_from: int | None = None
    """From how many input tokens on ``long_context_rates`` hold for the whole request."""
    long_context_rates: Rates | None = None
    """The rates of long requests."""
    source: str
    """Where it comes from."""
    as_of: date
    """The day on which it was valid."""
    confidence: Confidence
    """How far it can be trusted."""
    note: str | None = None
    """What another source says, or what was estimated, in words."""
