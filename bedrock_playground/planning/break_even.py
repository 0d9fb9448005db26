"""From where on something pays: a prompt cache by turns, Provisioned Throughput by requests. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.planning.offers import Ttl


@dataclass(frozen=True, slots=True)
class CachePays:
    """From where on a prompt cache is cheaper than none."""

    ttl: Ttl
    """How long it keeps an entry."""
    turns: int | None
    """From the how-manieth use of the same beginning on, the first one included; ``None``: it never pays, or
    nobody knows."""
    hits: Decimal | None
    """Above which share of requests that find it, 0 to 1; ``None`` likewise."""
    note: str | None = None
    """Why not, or what was assumed, in words."""


def cache_pays(price: Price | None, ttl: Ttl, *, size: int = 0) -> CachePays:
    """Find from when on a prompt cache saves money.

    Of a cached token: without a cache it costs the input rate i with every use. With one, the first use
    writes it at w and each further one reads it at r, as long as the pauses are shorter than the TTL. n uses
    cost ``w + (n − 1)·r`` against ``n·i``, so it is cheaper once ``n > (w − r) / (i − r)``; and with a share
    h of hits once ``h·r + (1 − h)·w < i``, that is ``h > (w − i) / (w − r)``. The rates are AWS's prices
    for cache reads and writes (Bedrock user guide, "Prompt caching for faster model inference").

    Args:
        price: The model's price; its rates for cache reads and writes.
        ttl: How long the cache keeps an entry.
        size: Input tokens of a request: from some on, other rates may hold.
    """
    if price is None:
        return CachePays(ttl, None, None, "Nobody knows its price.")
    rates = _rates(price, size)
    plain, read = rates.input, rates.cache_read
    written, note = _write_rate(rates, ttl)
    if plain is None or read is None:
        return CachePays(ttl, None, None, "No price for tokens read from a cache is known.")
    if written is None:
        return CachePays(ttl, None, None, note)
    if read >= plain:
        return CachePays(ttl, None, None, "Reading from the cache costs as much as no cache.")
    turns = int(((written - read) / (plain - read)).to_integral_value(ROUND_FLOOR)) + 1
    hits = Decimal(0) if written <= plain else (written - plain) / (written - read)
    return CachePays(ttl, max(turns, 1), hits, note)


def _write_rate(rates: Rates, ttl: Ttl) -> tuple[Decimal | None, str | None]:
    """What writing costs, and what was assumed; an hour's price is not guessed from five minutes'."""
    if ttl == "1h":
        return rates.cache_write_1h, "No price for tokens kept for an hour is known." if (
            rates.cache_write_1h is None
        ) else None
    if rates.cache_write is not None:
        return rates.cache_write, None
    return rates.input, "No price for cache writes is known; they are taken to cost what input costs."


def _rates(price: Price, size: int) -> Rates:
    is_long = price.long_context_from is not None and size >= price.long_context_from
    return price.long_context_rates if is_long and price.long_context_rates else price.rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """Provisioned Throughput: paid for by the hour and model unit, whatever is sent."""

    usd_per_hour: Decimal
    """Of one model unit, at the chosen commitment; AWS tells it in the console, no list has it here."""
    units: int = 1
    """Model units bought."""
    hours_per_month: Decimal = Decimal(730)
    """Hours it is paid for: 365 × 24 / 12, round the clock."""

    @property
    def per_month(self) -> Decimal:
        """US dollars a month: price × units × hours (Bedrock pricing, "Provisioned Throughput")."""
        return self.usd_per_hour * self.units * self.hours_per_month

    def break_even(self, per_request: Decimal | None) -> int | None:
        """Requests a month from which on it is no dearer than paying by the token: per month / per request.

        Args:
            per_request: US dollars by the token; ``None`` where nobody knows.

        Returns:
            ``None`` where that is unknown, or paying by the token costs nothing.
        """
        if not per_request:
            return None
        return int((self.per_month / per_request).to_integral_value(ROUND_CEILING))
