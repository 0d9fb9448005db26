"""What a model is offered in: tiers and prompt caches, as far as anybody knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_table import ids_of
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.catalog.search import reaches

Ttl: TypeAlias = Literal["5m", "1h"]
"""How long a prompt cache keeps an entry that is not used."""

TIERS = ("default", "flex", "priority", "optimized", "batch")
"""Ways to pay by the token: Converse's tiers, latency-optimised inference, and batch inference."""

TIER_WORDS: Mapping[str, str] = {
    "default": "on demand",
    "flex": "flex",
    "priority": "priority",
    "optimized": "latency-optimised",
    "batch": "batch",
}
"""What they are called."""


@dataclass(frozen=True, slots=True)
class Offers:
    """Who is offered how."""

    book: PriceBook
    """The prices: a model with a price in a tier is offered in it."""
    _priced: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        layers = (self.book.own, *self.book.listed)
        listed = frozenset((base_model_id(price.model_id), price.tier) for layer in layers for price in layer)
        object.__setattr__(self, "_priced", listed)

    def tier(self, spec: ModelSpec, tier: str) -> bool | None:
        """Whether a model is offered in a tier; ``None`` where nobody told.

        Args:
            spec: The model.
            tier: One of :data:`TIERS`.
        """
        if tier == "default" or (spec.model_id, tier) in self._priced:
            return True
        if tier == "optimized":
            return spec.latency_optimized
        if tier == "batch" or spec.service_tiers is None:
            return None
        return tier in spec.service_tiers

    def tiers(self, spec: ModelSpec) -> tuple[str, ...]:
        """The tiers that a model is known to be offered in."""
        return tuple(tier for tier in TIERS if self.tier(spec, tier))


def caches(spec: ModelSpec, ttl: Ttl | None = None) -> bool | None:
    """Whether a model caches prompts, for that long; ``None`` where nobody told.

    Args:
        spec: The model.
        ttl: How long; without, whether it caches at all.
    """
    caching = spec.prompt_caching
    if caching is None:
        return None
    if not caching.supported or ttl is None:
        return caching.supported
    return ttl in caching.ttls if caching.ttls else None


def callable_ids(spec: ModelSpec, region: str | None) -> tuple[str, ...]:
    """The ids of a model that a Region can call, as far as the ids tell."""
    geographies = {one.profile_id: one.geography for one in spec.profiles}
    return tuple(
        model_id
        for model_id in ids_of(spec)
        if region is None or reaches(geographies.get(model_id), region) is not False
    )


def answering(models: Iterable[ModelSpec]) -> tuple[ModelSpec, ...]:
    """The models that can be called and answer in text: those that a plan is about."""
    return tuple(
        spec
        for spec in models
        if spec.answers_in_text and spec.reachable is not False and spec.lifecycle != "end_of_life"
    )
