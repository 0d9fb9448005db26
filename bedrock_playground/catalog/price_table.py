"""Every price of a model: by id, tier and Region. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.prices import Price

_TIER_ORDER = ("default", "optimized", "priority", "flex", "batch")


def ids_of(spec: ModelSpec) -> tuple[str, ...]:
    """The ids under which a model can be sent: its own, unless only profiles reach it, and its profiles."""
    profiles = tuple(profile.profile_id for profile in spec.profiles)
    return profiles if spec.on_demand is False and profiles else (spec.model_id, *profiles)


def prices_of(spec: ModelSpec, book: PriceBook, *, ids: Iterable[str] | None = None) -> tuple[Price, ...]:
    """List a model's prices as the chain of sources settles them.

    Args:
        spec: The model.
        book: All prices.
        ids: Which ids of it; all by default.

    Returns:
        By id, tier and Region; tiers that the model is offered in and that have no price of their own as the
        estimates that the book makes, and nothing for what nobody knows.
    """
    wanted = tuple(ids) if ids is not None else ids_of(spec)
    tiers = ("default", *(tier for tier in spec.service_tiers or () if tier != "default"))
    keys: dict[tuple[str, str, str | None], None] = {
        (model_id, tier, None): None for model_id in wanted for tier in tiers
    }
    known = set(wanted)
    for layer in (book.own, *book.listed):
        keys |= {
            (price.model_id, price.tier, price.region): None for price in layer if price.model_id in known
        }
    # The user's price of everywhere is found again for each Region that another source knows.
    found = list(
        dict.fromkeys(
            price
            for model_id, tier, region in keys
            if (price := book.price(model_id, tier=tier, region=region))
        )
    )
    found.sort(
        key=lambda price: (
            wanted.index(price.model_id),
            _tier_place(price.tier),
            price.tier,
            price.region or "",
        )
    )
    return tuple(found)


def _tier_place(tier: str) -> int:
    return _TIER_ORDER.index(tier) if tier in _TIER_ORDER else len(_TIER_ORDER)
