"""Every price there is, in the order in which sources are believed, and what a run cost at them.

Pure, and quick enough for lane threads: what takes time (files, another package's data) was read before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bedrock_playground.catalog.arithmetic import cost_of, unknown
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Usage

TIER_MULTIPLIERS: Mapping[str, Decimal] = {
    "flex": Decimal("0.5"),
    "batch": Decimal("0.5"),
    "priority": Decimal("1.75"),
}
"""What a tier costs of the default price, where it has no price of its own: the ratio in most rows."""

LOCAL = Cost(
    Decimal(0), confidence=Confidence.EXACT, source="this machine", note="Runs on this machine: no charge."
)
"""What a model on this machine costs."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by source, the most trusted first."""

    layers: tuple[tuple[Price, ...], ...]
    """One per source, in the chain's order: user's file, AWS's list, genai-prices, snapshot."""
    _index: tuple[Mapping[tuple[str, str, str | None], Price], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index = tuple(
            {(price.model_id, price.tier, price.region): price for price in layer} for layer in self.layers
        )
        object.__setattr__(self, "_index", index)

    def price(self, model_id: str, *, tier: str = "default", region: str | None = None) -> Price | None:
        """Find a price: the id's own, or one derived from the nearest and labelled an estimate.

        Args:
            model_id: What is sent as ``modelId``.
            tier: Converse's service tier, or ``batch``.
            region: The Region called, where known.

        Returns:
            The price; ``None`` where nobody knows.
        """
        found = self._find(model_id, tier, region)
        if found is not None:
            return found
        usual = self._find(model_id, "default", region)
        multiplier = TIER_MULTIPLIERS.get(tier)
        return _in_tier(usual, tier, multiplier) if usual and multiplier else None

    def cost(
        self, usage: Usage | None, *, model_id: str, tier: str | None = None, region: str | None = None
    ) -> Cost:
        """Price measured tokens; unknown, with the reason, where nobody knows.

        Args:
            usage: What the service told.
            model_id: What was sent as ``modelId``.
            tier: The service tier; the echoed one, after a run.
            region: The Region called, where known.
        """
        if model_id.startswith("local."):
            return LOCAL
        price = self.price(model_id, tier=tier or "default", region=region)
        if price is None:
            return unknown(f"No source has a price for {model_id}.")
        return cost_of(usage, price)

    def pricer(self) -> RunPricer:
        """Make who prices the runs of a comparison."""
        return RunPricer(self)

    def _find(self, model_id: str, tier: str, region: str | None) -> Price | None:
        own = self._exact(model_id, tier, region)
        base = base_model_id(model_id)
        if own is not None or base == model_id:
            return own
        usual = self._exact(base, tier, region)
        if usual is None:
            return None
        note = f"{model_id} has no price of its own; this is {base}'s."
        return replace(usual, model_id=model_id, confidence=Confidence.ESTIMATE, note=note)

    def _exact(self, model_id: str, tier: str, region: str | None) -> Price | None:
        for where in (region, None) if region else (None,):
            for index in self._index:
                price = index.get((model_id, tier, where))
                if price is not None:
                    return price
        return None


@dataclass(frozen=True, slots=True)
class RunPricer:
    """Prices runs; implements :class:`bedrock_playground.invocation.protocol.Pricer`."""

    book: PriceBook
    """The prices."""

    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        """Price a run by what the service echoed."""
        if identity.endpoint == "local":
            return LOCAL
        return self.book.cost(
            result.usage,
            model_id=result.invoked_model_id or request.model_id,
            tier=result.service_tier,
            region=identity.region,
        )


def load_price_book(*, own: Iterable[Price] = ()) -> PriceBook:
    """Make the book of what this installation knows.

    Args:
        own: The user's own prices.
    """
    return PriceBook((tuple(own), load_prices()))


def _in_tier(price: Price, tier: str, multiplier: Decimal) -> Price:
    def scaled(rates: Rates) -> Rates:
        return Rates(
            **{
                name: None if rate is None else rate * multiplier
                for name in ("input", "output", "cache_read", "cache_write", "cache_write_1h")
                for rate in (getattr(rates, name),)
            }
        )

    note = f"Estimated as {multiplier} times the default tier's price, the ratio of most models."
    return replace(
        price,
        tier=tier,
        rates=scaled(price.rates),
        long_context_rates=scaled(price.long_context_rates) if price.long_context_rates else None,
        confidence=Confidence.ESTIMATE,
        note=f"{price.note} {note}" if price.note else note,
    )
