"""What a request of a workload costs on average, over its whole distribution of sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from bedrock_playground.catalog.arithmetic import Buckets, cost_of_buckets, sentences
from bedrock_playground.catalog.price_book import Terms
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.planning.as_if import total
from bedrock_playground.planning.offers import Offers, Ttl
from bedrock_playground.planning.tokens import SizeBin

_FINE = 1_000_000
"""Expected tokens are no whole numbers: they are counted in millionths."""


@dataclass(frozen=True, slots=True)
class CacheUse:
    """How a cache is used."""

    ttl: Ttl
    """How long it keeps an entry."""
    share: Decimal
    """Share of the input that is cached: it stands first and repeats."""
    hits: Decimal
    """Share of requests that find it there; the others write it."""
    minimum: int | None = None
    """The fewest tokens that the model caches; a shorter beginning is not cached."""


def mean_cost(
    sizes: Iterable[SizeBin],
    model_id: str,
    *,
    offers: Offers,
    tier: str = "default",
    region: str | None = None,
    cache: CacheUse | None = None,
) -> Cost:
    """Price a request, as the mean over a distribution of sizes.

    With i, o the tokens in and out, c the cached share and h the share of hits, a request costs on average
    ``(i(1−c)·input + i·c·h·cache_read + i·c·(1−h)·cache_write + o·output) / 1,000,000``: the buckets that
    Converse's ``TokenUsage`` tells, at the model's rates. That is linear in tokens but for two steps (the
    price of long inputs, the fewest tokens that a model caches), so requests are added up on each side of
    these and priced there: the mean size alone would miss both.

    Args:
        sizes: The distribution.
        model_id: At whose price.
        offers: The prices.
        tier: Converse's tier, ``optimized`` or ``batch``.
        region: The Region.
        cache: How a cache is used, if one is.

    Returns:
        The mean cost of one request; unknown as soon as that of one size is.
    """
    latency = "optimized" if tier == "optimized" else None
    terms = offers.book.terms(model_id, tier="default" if latency else tier, region=region, latency=latency)
    if isinstance(terms, Cost):
        return terms
    steps = _by_step(sizes, terms, cache)
    cost = total([_cost(one, terms, cache) for one in steps])
    if cost.amount is None:
        return cost
    return replace(cost, amount=cost.amount / sum(one.requests for one in steps))


def _by_step(sizes: Iterable[SizeBin], terms: Terms, cache: CacheUse | None) -> list[SizeBin]:
    """Add up the requests that are priced alike."""
    start = terms.price.long_context_from
    sums: dict[tuple[bool, bool], SizeBin] = {}
    for one in sizes:
        is_long = start is not None and one.mean_input >= start
        key = (is_long, cache is not None and is_cached(one, cache))
        before = sums.get(key)
        sums[key] = (
            one
            if before is None
            else SizeBin(
                before.requests + one.requests,
                before.input_tokens + one.input_tokens,
                before.output_tokens + one.output_tokens,
            )
        )
    return list(sums.values())


def is_cached(one: SizeBin, cache: CacheUse) -> bool:
    """Whether the beginning of requests of this size is long enough for the model's cache."""
    return one.mean_input * cache.share >= max(cache.minimum or 0, 1)


def _cost(one: SizeBin, terms: Terms, cache: CacheUse | None) -> Cost:
    whole = one.input_tokens * _FINE
    read = written = 0
    note = None
    if cache is not None and is_cached(one, cache):
        kept = one.input_tokens * cache.share
        read = _fine(kept * cache.hits)
        written = _fine(kept * (1 - cache.hits))
    elif cache is not None and cache.minimum:
        note = f"Beginnings of fewer than {cache.minimum:,} tokens are not cached."
    hour = written if cache is not None and cache.ttl == "1h" else 0
    told = Buckets(whole - read - written, one.output_tokens * _FINE, read, written - hour, hour)
    cost = cost_of_buckets(told, terms.price, usual=terms.usual, size=one.mean_input)
    if cost.amount is None:
        return cost
    return replace(cost, amount=cost.amount / _FINE, note=sentences(cost.note, note), parts=())


def _fine(tokens: Decimal) -> int:
    return int((tokens * _FINE).to_integral_value(ROUND_HALF_EVEN))
