"""Price as if: measured tokens at every model's price, in every scope, tier and way of caching. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.catalog.arithmetic import Buckets, cost_of_buckets, sentences, unknown
from bedrock_playground.catalog.models import ModelSpec, Scope
from bedrock_playground.catalog.price_book import OTHER_TOKENISER
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.planning.offers import Offers, caches, callable_ids
from bedrock_playground.planning.tokens import TokenGroup, counted

Caching: TypeAlias = Literal["none", "measured", "warm"]
"""``none``: as if there were no cache. ``measured``: as many tokens read from a cache and written to it as
were measured. ``warm``: all input is read from a cache, the least that caching could make it cost."""

CACHING_WORDS: dict[Caching, str] = {
    "none": "no cache",
    "measured": "cached as measured",
    "warm": "all input from a cache",
}
"""What the ways of caching are called."""

_CONFIDENCES = tuple(Confidence)


@dataclass(frozen=True, slots=True)
class AsIf:
    """What measured tokens cost on one id, in one tier, with one way of caching."""

    model_id: str
    """At whose price."""
    name: str
    """The model's name."""
    provider: str
    """Who made it."""
    scope: Scope
    """How it is reached."""
    tier: str
    """Converse's tier, ``optimized`` or ``batch``."""
    caching: Caching
    """How it is cached."""
    cost: Cost
    """What all of the tokens cost; unknown with the reason."""


def cost_as_if(
    groups: Iterable[TokenGroup],
    model_id: str,
    *,
    offers: Offers,
    tier: str = "default",
    region: str | None = None,
    caching: Caching = "none",
) -> Cost:
    """Price tokens that other models counted at one id's price.

    The cost is the sum over groups of tokens × rate / 1,000,000 per bucket, as AWS bills them ("Pricing by
    token": aws.amazon.com/bedrock/pricing); each group at the price of its size.

    Args:
        groups: The tokens.
        model_id: At whose price.
        offers: The prices.
        tier: Converse's tier, ``optimized`` or ``batch``.
        region: The Region.
        caching: How the input is taken to be cached.

    Returns:
        The sum; unknown as soon as one group's is, never part of it.
    """
    latency = "optimized" if tier == "optimized" else None
    terms = offers.book.terms(model_id, tier="default" if latency else tier, region=region, latency=latency)
    if isinstance(terms, Cost):
        return terms
    if caching == "warm" and terms.price.rates.cache_read is None:
        return unknown(f"{terms.price.source} has no price for tokens of {model_id} that a cache keeps.")
    found: list[Cost] = []
    for group in groups:
        told = counted(group)
        if told is None or group.usage.output_tokens is None:
            return unknown("The service did not tell how many tokens there were.")
        cost = cost_of_buckets(_cached(told, caching), terms.price, usual=terms.usual, size=group.size)
        if cost.amount is None:
            return cost
        found.append(_assumed(cost, told.note))
    return total(found, also=OTHER_TOKENISER)


def as_if_everywhere(
    groups: Sequence[TokenGroup],
    models: Iterable[ModelSpec],
    *,
    offers: Offers,
    region: str | None = None,
    cachings: Sequence[Caching] = ("none",),
) -> tuple[tuple[AsIf, ...], tuple[AsIf, ...]]:
    """Price tokens on every model, scope and tier that is known to be offered, and every way of caching.

    Args:
        groups: The tokens.
        models: The models.
        offers: The prices, and who is offered how.
        region: The Region; ids that it cannot call are left out, as far as the id tells.
        cachings: Which ways of caching.

    Returns:
        What is known, cheapest first, and apart from it what is not, by name.
    """
    known: list[tuple[Decimal, AsIf]] = []
    missing: list[AsIf] = []
    for spec in models:
        for model_id in callable_ids(spec, region):
            for tier, caching in _ways(spec, offers, cachings):
                cost = cost_as_if(groups, model_id, offers=offers, tier=tier, region=region, caching=caching)
                row = AsIf(model_id, spec.name, spec.provider, scope_of(spec, model_id), tier, caching, cost)
                if cost.amount is None:
                    missing.append(row)
                else:
                    known.append((cost.amount, row))
    known.sort(key=lambda item: (item[0], item[1].name, item[1].model_id))
    missing.sort(key=lambda row: (row.name, row.model_id, row.tier))
    return tuple(row for _, row in known), tuple(missing)


def total(costs: Sequence[Cost], *, also: str | None = None) -> Cost:
    """Add costs up: unknown as soon as one is, and only as trustworthy as the least of them.

    Args:
        costs: The costs; none cost nothing.
        also: What else to know of the sum, in words.
    """
    amount = Decimal(0)
    for cost in costs:
        if cost.amount is None:
            return cost
        amount += cost.amount
    if not costs:
        return Cost(amount, Confidence.EXACT, note="There is nothing to price.")
    worst = max(costs, key=lambda cost: _CONFIDENCES.index(cost.confidence))
    notes = dict.fromkeys(cost.note for cost in costs)
    sources = dict.fromkeys(cost.source for cost in costs if cost.source)
    dates = [cost.as_of for cost in costs if cost.as_of]
    return Cost(
        amount,
        worst.confidence,
        "; ".join(sources) or None,
        min(dates, default=None),
        sentences(*notes, also),
    )


def scope_of(spec: ModelSpec, model_id: str) -> Scope:
    """How an id reaches its model."""
    return next((one.scope for one in spec.profiles if one.profile_id == model_id), "in_region")


def _ways(spec: ModelSpec, offers: Offers, cachings: Sequence[Caching]) -> Iterable[tuple[str, Caching]]:
    for tier in offers.tiers(spec):
        for caching in cachings:
            # Whoever does not cache costs the same as without; batch inference is reckoned without a cache.
            if caching == "none" or (tier != "batch" and caches(spec)):
                yield tier, caching


def _cached(told: Buckets, caching: Caching) -> Buckets:
    if caching == "measured":
        return told
    if caching == "warm":
        return Buckets(0, told.output, cache_read=told.input_in_all)
    return Buckets(told.input_in_all, told.output)


def _assumed(cost: Cost, note: str | None) -> Cost:
    if note is None:
        return cost
    return replace(cost, confidence=Confidence.ESTIMATE, note=sentences(cost.note, note))
