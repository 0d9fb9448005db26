"""Small books and models with prices that can be reckoned by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bedrock_playground.catalog.models import ModelSpec, Profile, PromptCaching
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.planning.offers import Offers

ON = date(2026, 11, 22)


def rates(**usd: str) -> Rates:
    return Rates(**{bucket: Decimal(rate) for bucket, rate in usd.items()})


def price(model_id: str = "anthropic.a", tier: str = "default", *, usd: Rates, **changes: Any) -> Price:
    values: dict[str, Any] = {"source": "a list", "as_of": ON, "confidence": Confidence.CONFIRMED}
    return Price(model_id=model_id, tier=tier, rates=usd, **(values | changes))


CLAUDE = rates(input="1", output="5", cache_read="0.1", cache_write="1.25", cache_write_1h="2")
"""The ratios of Anthropic's prices."""


def offers(*prices: Price) -> Offers:
    return Offers(PriceBook(listed=(prices,)))


def spec(model_id: str = "anthropic.a", **changes: Any) -> ModelSpec:
    values: dict[str, Any] = {
        "name": model_id.partition(".")[2].upper(),
        "provider": model_id.partition(".")[0],
        "output_modalities": ("text",),
        "on_demand": True,
        "prompt_caching": PromptCaching(supported=True, minimum_tokens=None, ttls=("5m", "1h")),
    }
    return ModelSpec(model_id=model_id, **(values | changes))


def profile(profile_id: str) -> Profile:
    geography = profile_id.partition(".")[0]
    return Profile(profile_id, "global" if geography == "global" else "geographic", geography)
