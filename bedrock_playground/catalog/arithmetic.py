"""What tokens cost at a price: buckets by the family's usage convention, long requests, missing rates.

Pure: no clock, environment or network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.invocation.cost import Confidence, Cost, CostPart
from bedrock_playground.invocation.values import Usage

MILLION = Decimal(1_000_000)

_INCLUDES_CACHED = ("openai.",)
"""Providers whose ``inputTokens`` on Bedrock count cached tokens in; everybody else's leave them out.

Converse's documentation, and what genai-prices adds up, is that ``inputTokens`` leaves cache reads and writes
out. For OpenAI's models it was observed to count them in (earendil-works/pi#8752); the totals cannot tell.
"""
_LEAVES_CACHED_OUT = ("anthropic.", "amazon.")
"""Providers of which it is known that ``inputTokens`` leaves cached tokens out."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Tokens, each counted once."""

    input: int
    """Input that no cache had a part in."""
    output: int
    """Output, reasoning included."""
    cache_read: int = 0
    """Input read from a cache."""
    cache_write: int = 0
    """Input written to a cache for the usual time."""
    cache_write_1h: int = 0
    """Input written to a cache for an hour."""
    note: str | None = None
    """What was assumed, in words."""

    @property
    def input_in_all(self) -> int:
        """All of the input: what long-context prices go by."""
        return self.input + self.cache_read + self.cache_write + self.cache_write_1h


def cost_of(
    usage: Usage | None, price: Price, *, counted_by: str | None = None, usual: Price | None = None
) -> Cost:
    """Price measured tokens.

    Args:
        usage: What the service told; ``None``, or without its counts, makes the cost unknown.
        price: The price.
        counted_by: The model by whose convention the tokens are counted; the price's own by default.
        usual: For a price in another tier than the default: the default price brought to that tier, for
            cached tokens without a rate of their own there.

    Returns:
        The cost, as far as it can be known: a bucket with tokens and without a rate of its own is billed at
        another's and labelled an estimate; without any rate the whole is unknown, never part of it.
    """
    told = _buckets(usage, price, counted_by or price.model_id)
    if isinstance(told, str):
        return unknown(told)
    return cost_of_buckets(told, price, usual=usual)


def cost_of_buckets(
    told: Buckets, price: Price, *, usual: Price | None = None, size: int | None = None
) -> Cost:
    """Price tokens that are counted by bucket already; those of many requests alike, too.

    Args:
        told: The tokens.
        price: The price.
        usual: As for :func:`cost_of`.
        size: Input tokens of one request, cached ones included: what the price of long requests goes by. The
            buckets' own sum by default, which is right for a single request only.

    Returns:
        The cost, as :func:`cost_of` tells it.
    """
    size = told.input_in_all if size is None else size
    rates = _rates_for(told, price, size)
    from_usual = _rates_for(told, usual, size).rates if usual else None
    notes = [price.note, told.note, rates.note]
    parts, missing = [], []
    for bucket, tokens in _counts(told).items():
        if not tokens:
            continue
        rate, note = _rate(rates.rates, bucket, from_usual)
        if rate is None:
            missing.append(bucket.replace("_", " "))
            continue
        notes.append(note)
        parts.append(CostPart(bucket, tokens, rate, tokens * rate / MILLION))
    if missing:
        return unknown(f"{price.source} has no price for {', '.join(missing)} tokens of {price.model_id}.")
    estimated = any(notes[1:])
    return Cost(
        amount=sum((part.amount for part in parts), Decimal(0)),
        confidence=Confidence.ESTIMATE if estimated else price.confidence,
        source=price.source,
        as_of=price.as_of,
        note=sentences(*notes),
        parts=tuple(parts),
    )


def uncached(usage: Usage, model_id: str) -> tuple[Usage, str | None]:
    """Count the same tokens as if there had been no cache.

    Args:
        usage: What was measured.
        model_id: The model that counted.

    Returns:
        The tokens, and in words what was assumed, if anything was.
    """
    read = usage.cache_read_input_tokens or 0
    written = max(usage.cache_write_input_tokens or 0, usage.cache_write_1h_input_tokens or 0)
    told, note = usage.input_tokens, None
    if told is not None:
        fresh, note = fresh_input(told, read + written, model_id)
        told = fresh + read + written
    return Usage(input_tokens=told, output_tokens=usage.output_tokens), note


def input_in_all(usage: Usage, model_id: str) -> int | None:
    """Count all of the input, what a cache had a part in included; ``None`` where nobody told.

    Args:
        usage: What was measured.
        model_id: The model that counted.
    """
    whole, _ = uncached(usage, model_id)
    return whole.input_tokens


def sentences(*notes: str | None) -> str | None:
    """Join notes so that each is a sentence: whoever wrote one may have left out its full stop."""
    told = [text for note in notes if note and (text := note.strip())]
    return " ".join(text if text.endswith((".", "!", "?", "…")) else f"{text}." for text in told) or None


def unknown(why: str) -> Cost:
    """Make the cost that nobody knows."""
    return Cost(None, note=why)


def _buckets(usage: Usage | None, price: Price, counted_by: str) -> Buckets | str:
    """Count every token once, or say why that cannot be done."""
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return "The service told no token counts, so there is nothing to price."
    if usage.input_tokens is None:
        return "The service did not tell how many input tokens there were."
    if usage.output_tokens is None and price.rates.output:
        return "The service did not tell how many output tokens there were."
    read = usage.cache_read_input_tokens or 0
    written = usage.cache_write_input_tokens or 0
    hour = usage.cache_write_1h_input_tokens or 0
    written = max(written, hour)
    fresh, note = fresh_input(usage.input_tokens, read + written, counted_by)
    return Buckets(fresh, usage.output_tokens or 0, read, written - hour, hour, note)


def fresh_input(told: int, cached: int, model_id: str) -> tuple[int, str | None]:
    """The input that no cache had a part in, and what was assumed, by how a model counts.

    Args:
        told: ``inputTokens`` as the service told them.
        cached: Tokens read from a cache and written to it.
        model_id: The model that counted.
    """
    if not cached or _made_by(model_id, _LEAVES_CACHED_OUT):
        return told, None
    if not counts_cached_in(model_id):
        return told, "It is assumed that the input tokens leave out what was cached."
    if cached > told:
        return told, "The input tokens are fewer than the cached ones, so they are taken to leave those out."
    return told - cached, None


def counts_cached_in(model_id: str) -> bool:
    """Whether a model's ``inputTokens`` count cached tokens in, as far as is known."""
    return _made_by(model_id, _INCLUDES_CACHED)


def _made_by(model_id: str, prefixes: tuple[str, ...]) -> bool:
    # The provider's name comes first, or behind an inference profile's prefix, be that a new one.
    name = base_model_id(model_id)
    return name.startswith(prefixes) or name.partition(".")[2].startswith(prefixes)


@dataclass(frozen=True, slots=True)
class _Applied:
    rates: Rates
    note: str | None = None


def _rates_for(told: Buckets, price: Price, size: int) -> _Applied:
    start, long = price.long_context_from, price.long_context_rates
    if start is None or size < start:
        return _Applied(price.rates)
    if long is None:
        return _Applied(
            price.rates, f"From {start:,} input tokens on another price holds, which is not known."
        )
    short = {name: getattr(price.rates, name) for name in _RATE_NAMES}
    own = {name: getattr(long, name) for name in _RATE_NAMES}
    lacking = [
        name
        for name, tokens in _counts(told).items()
        if tokens and own[name] is None and short[name] is not None
    ]
    if not lacking:
        return _Applied(long)
    names = ", ".join(name.replace("_", " ") for name in lacking)
    filled = replace(long, **{name: short[name] for name in lacking})
    return _Applied(filled, f"The long-context price of {names} tokens is not known; the usual one is used.")


def _counts(told: Buckets) -> Mapping[str, int]:
    return {name: getattr(told, name) for name in _RATE_NAMES}


def _rate(rates: Rates, bucket: str, usual: Rates | None) -> tuple[Decimal | None, str | None]:
    """The bucket's rate, or the nearest one and a note that says so."""
    own: Decimal | None = getattr(rates, bucket)
    if own is not None:
        return own, None
    words = bucket.replace("_", " ")
    # What a cache leaves to pay is part of the input: far less than its rate, in every tier.
    for other in (bucket, *_INSTEAD[bucket]) if bucket in _INSTEAD else ():
        rate: Decimal | None = getattr(rates, other)
        instead = other.replace("_", " ")
        if rate is not None:
            return rate, f"No price for {words} tokens is known; they are billed at the {instead} rate."
        rate = getattr(usual, other) if usual else None
        if rate is not None:
            return rate, (
                f"No price for {words} tokens is known in this tier; it is estimated from the default tier's "
                f"{instead} rate."
            )
    return None, None


_RATE_NAMES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_INSTEAD = {
    "cache_read": ("input",),
    "cache_write": ("input",),
    "cache_write_1h": ("cache_write", "input"),
}
"""At which rate a bucket without one is billed, as genai-prices does too."""
