"""Every price there is, in the order in which sources are believed, and what a run cost at them.

The chain: the user's own file, AWS's price list where it was fetched, genai-prices, the bundled snapshot, an
estimate from the nearest price, and then nobody knows. Pure, and quick enough for lane threads: what takes
time (files, another package's data) was read before, by :mod:`bedrock_playground.catalog.price_sources`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlsplit

from bedrock_playground.catalog.arithmetic import cost_of, sentences, uncached, unknown
from bedrock_playground.catalog.price_file import agree, scaled
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import Resolution, base_model_id, is_local, names_of, read_arn
from bedrock_playground.catalog.settled import settled
from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Usage

TIER_MULTIPLIERS: Mapping[str, Decimal] = {
    "flex": Decimal("0.5"),
    "batch": Decimal("0.5"),
    "priority": Decimal("1.75"),
    "optimized": Decimal("1.25"),
}
"""What a tier costs of the default price, where it has no price of its own: the ratio in most rows.

``optimized`` is latency-optimised inference: the ratio of Nova Pro on AWS's pricing page of June 2025, as
quoted in simonw/llm-bedrock#18.
"""

LOCAL = Cost(
    Decimal(0), confidence=Confidence.EXACT, source="this machine", note="Runs on this machine: no charge."
)
"""What a model on this machine costs."""

OTHER_TOKENISER = (
    "The tokens that another model counted: its own tokeniser would count the same text differently."
)
"""What holds of every price-as-if."""

_NOT_BY_TOKEN: Mapping[str, str] = {
    "provisioned": "Provisioned Throughput is paid for by the hour, not by the token.",
    "imported": "An imported model is paid for by the minute, not by the token.",
    "marketplace": "A Marketplace endpoint is paid for by the hour, not by the token.",
    "application_profile": "Which model an application profile reaches is not in its ARN.",
    "prompt_router": "A prompt router costs what the model costs that it chose; which is not told.",
    "prompt": "A prompt brings its own model, which is not in its ARN.",
}
"""Why an ARN has no price per token, by what it names."""

_Lookup: TypeAlias = Callable[[str, str | None], Price | None]
"""What a source has of one id, by tier and Region."""


@dataclass(frozen=True, slots=True)
class Terms:
    """By what tokens are priced."""

    price: Price
    """The price."""
    usual: Price | None = None
    """In another tier than the default: the default price brought to that tier, to fill its gaps."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by source, the most trusted first."""

    own: tuple[Price, ...] = ()
    """The user's own: they win whatever the others say."""
    listed: tuple[tuple[Price, ...], ...] = ()
    """The other sources' in the chain's order: AWS's list, genai-prices, the snapshot."""
    problems: tuple[str, ...] = ()
    """In words, which source could not be read and why."""
    _own: Mapping[tuple[str, str, str | None], Price] = field(init=False, repr=False, compare=False)
    _listed: tuple[Mapping[tuple[str, str, str | None], Price], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own", _by_key(self.own))
        object.__setattr__(self, "_listed", tuple(_by_key(layer) for layer in self.listed))

    def price(self, model_id: str, *, tier: str = "default", region: str | None = None) -> Price | None:
        """Find a price: the id's own, or one derived from the nearest and labelled an estimate.

        Args:
            model_id: What is sent as ``modelId``: an id, or the ARN of a model or a system profile.
            tier: Converse's service tier, ``batch``, or ``optimized`` for latency-optimised inference.
            region: The Region called, where known.

        Returns:
            The price; ``None`` where nobody knows.
        """
        arn = read_arn(model_id)
        if arn is not None and arn.kind in {"foundation_model", "inference_profile"}:
            model_id, region = arn.rest, region or arn.region or None
        found = (self._near(name, tier, region) for name in names_of(model_id))
        return next((price for price in found if price), None)

    def _near(self, model_id: str, tier: str, region: str | None) -> Price | None:
        """The price under this very name, or one derived from the nearest."""
        found = self._direct(model_id, tier, region)
        if found is not None:
            return found
        usual = self._direct(model_id, "default", region)
        if usual is None:
            near = self._of_model(model_id, tier, region)
            if near is not None:
                return near
            usual = self._of_model(model_id, "default", region)
        elif like := self._of_model(model_id, tier, region, as_in=usual):
            return like
        return _in_tier(usual, tier) if usual else None

    def cost(
        self,
        usage: Usage | None,
        *,
        model_id: str,
        tier: str | None = None,
        region: str | None = None,
        latency: str | None = None,
        counted_by: str | None = None,
    ) -> Cost:
        """Price measured tokens; unknown, with the reason, where nobody knows.

        Args:
            usage: What the service told.
            model_id: What was sent as ``modelId``.
            tier: The service tier; the echoed one, after a run.
            region: The Region called, where known.
            latency: ``optimized`` has prices of its own on the models that offer it.
            counted_by: The model that counted the tokens, where the id does not tell.
        """
        found = self.terms(model_id, tier=tier, region=region, latency=latency)
        if isinstance(found, Cost):
            return found
        return cost_of(usage, found.price, counted_by=counted_by, usual=found.usual)

    def terms(
        self, model_id: str, *, tier: str | None = None, region: str | None = None, latency: str | None = None
    ) -> Terms | Cost:
        """By what an id is priced; or its cost, where that is the same whatever the tokens: none, or unknown.

        Args:
            model_id: What is sent as ``modelId``.
            tier: The service tier.
            region: The Region called, where known.
            latency: ``optimized`` has prices of its own on the models that offer it.
        """
        if is_local(model_id):
            return LOCAL
        tier = tier or "default"
        if tier == "reserved":
            return unknown("Reserved capacity is paid for by time, not by the token.")
        tier = "optimized" if latency == "optimized" else tier
        price = self.price(model_id, tier=tier, region=region)
        if price is None:
            return unknown(self._why(model_id, tier))
        usual = None if tier == "default" else self.price(model_id, region=region)
        return Terms(price, _in_tier(usual, tier) if usual else None)

    def as_if(
        self,
        usage: Usage | None,
        model_id: str,
        *,
        counted_by: str,
        tier: str = "default",
        region: str | None = None,
    ) -> Cost:
        """Price the tokens that one model counted at another model's price.

        No cache is assumed to have helped: what was read from one or written to it counts as input.

        Args:
            usage: What was measured.
            model_id: The model at whose price.
            counted_by: The model that counted: families count cached tokens differently.
            tier: The service tier.
            region: The Region.
        """
        assumed = None
        if usage is not None:
            usage, assumed = uncached(usage, counted_by)
        cost = self.cost(usage, model_id=model_id, tier=tier, region=region)
        if cost.amount is None or cost is LOCAL:
            return cost
        return replace(
            cost,
            confidence=Confidence.ESTIMATE if assumed else cost.confidence,
            note=sentences(cost.note, assumed, OTHER_TOKENISER),
        )

    def pricer(self, resolutions: Mapping[str, Resolution] | None = None) -> RunPricer:
        """Make who prices the runs of a comparison.

        Args:
            resolutions: What stands behind ids that only the account knows, as far as that was asked; it may
                grow while runs are priced.
        """
        return RunPricer(self, {} if resolutions is None else resolutions)

    def _of_model(
        self, model_id: str, tier: str, region: str | None, *, as_in: Price | None = None
    ) -> Price | None:
        """The price of a profile's model, as an estimate.

        Args:
            model_id: The profile.
            tier: The tier.
            region: The Region.
            as_in: The profile's own default price: the model's price in another tier only stands for the
                profile's if their default prices agree.
        """
        base = base_model_id(model_id)
        found = None if base == model_id else self._direct(base, tier, region)
        if found is None:
            return None
        if as_in is not None:
            usual = self._direct(base, "default", region)
            if usual is None or not agree(as_in.rates, usual.rates):
                return None
        where = " in this tier" if as_in else ""
        note = f"{model_id} has no price of its own{where}; this is {base}'s."
        return _estimated(replace(found, model_id=model_id), note)

    def _direct(self, model_id: str, tier: str, region: str | None) -> Price | None:
        """The user's price for this very id, else the one that fits the Region best of the best source."""

        def own(tier: str, where: str | None) -> Price | None:
            return self._own.get((model_id, tier, where))

        def listed(tier: str, where: str | None) -> Price | None:
            told = [price for layer in self._listed if (price := layer.get((model_id, tier, where)))]
            found = settled(told[0], told[1:]) if told else None
            return self._with_long(found) if found and where else found

        if found := _in_region(own, tier, region):
            return found
        # Whoever pays another price than the listed one pays it in every tier.
        if (usual := _in_region(own, "default", region)) and (found := _in_tier(usual, tier)):
            return found
        found = _in_region(listed, tier, region)
        # A profile's price holds in its whole geography, a model's own in a Region.
        if found and found.region is None and _is_abroad(region) and base_model_id(model_id) == model_id:
            what = "price" if tier == "default" else "price in this tier"
            return _estimated(found, f"No {what} is known for {region}; this is the general (US) one.")
        return found

    def _with_long(self, price: Price) -> Price:
        """Say of a Region's price from when on another holds, where only the general price tells."""
        general = (layer.get((price.model_id, price.tier, None)) for layer in self._listed)
        start = next(
            (other.long_context_from for other in general if other and other.long_context_from), None
        )
        if start is None or price.long_context_from is not None:
            return price
        return replace(price, long_context_from=start)

    def _why(self, model_id: str, tier: str) -> str:
        """Say why there is no price."""
        arn = read_arn(model_id)
        if arn is not None and arn.kind in _NOT_BY_TOKEN:
            return _NOT_BY_TOKEN[arn.kind]
        if tier != "default" and self.price(model_id) is not None:
            return f"No source has a price for {model_id} in the tier “{tier}”."
        return f"No source has a price for {model_id}."


@dataclass(frozen=True, slots=True)
class RunPricer:
    """Prices runs; implements :class:`bedrock_playground.invocation.protocol.Pricer`."""

    book: PriceBook
    """The prices."""
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)
    """What stands behind ids that only the account knows, by the id as it is sent."""

    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        """Price a run by what the service echoed: its tier, its latency mode, the model that answered."""
        return self.cost_at(request, result, endpoint=identity.endpoint, region=identity.region)

    def cost_at(
        self,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        endpoint: str | None,
        region: str | None,
    ) -> Cost:
        """Price what a request came to, or would come to, at a place.

        Args:
            request: What was sent.
            result: What came of it, with what the service echoed.
            endpoint: Where it went, as runs record it.
            region: The Region called.
        """
        if endpoint == "local":
            return LOCAL
        asked, doubt = self._asked(request, result, region)
        cost = self.book.cost(
            result.usage,
            model_id=asked,
            tier=result.service_tier,
            region=region,
            latency=result.performance_latency,
            counted_by=self.counted_by(request, result),
        )
        if cost.amount is None or cost is LOCAL:
            return cost
        doubts = sentences(doubt, *_untold(endpoint, request, result))
        if doubts is None:
            return cost
        return replace(cost, confidence=Confidence.ESTIMATE, note=sentences(cost.note, doubts))

    def counted_by(self, request: InvocationRequest, result: InvocationResult) -> str:
        """The model that counted a run's tokens, as far as that is known; else the id as it was sent."""
        if result.invoked_model_id:
            return result.invoked_model_id
        found = self.resolutions.get(request.model_id)
        return found.base_ids[0] if found and len(found.base_ids) == 1 else request.model_id

    def _asked(
        self, request: InvocationRequest, result: InvocationResult, region: str | None
    ) -> tuple[str, str | None]:
        """The id at whose price the run is paid for, and in words why that is an estimate, if it is one."""
        if result.invoked_model_id:
            return result.invoked_model_id, None
        sent = request.model_id
        found = self.resolutions.get(sent)
        # A price for the id as it was sent, which the user's file may hold for any ARN, needs no resolving.
        if found is None or self.book.price(sent, region=region) is not None:
            return sent, None
        if found.priced_as is not None:
            return found.priced_as, None
        if found.kind == "application_profile" and len(found.base_ids) == 1:
            why = "How far the application profile reaches is not known; this is its model's own price."
            return found.base_ids[0], why
        return sent, None


def load_price_book() -> PriceBook:
    """Make the book of what ships with the package."""
    return PriceBook(listed=(load_prices(),))


def _by_key(prices: tuple[Price, ...]) -> dict[tuple[str, str, str | None], Price]:
    return {(price.model_id, price.tier, price.region): price for price in prices}


def _in_region(at: _Lookup, tier: str, region: str | None) -> Price | None:
    """A source's price in a Region: the Region's own, one scaled from the Region's default, the general one.

    The general price of a tier says nothing of a Region whose default price is not the general one.
    """
    if region and (found := at(tier, region)):
        return found
    usual = at("default", region) if region and tier != "default" else None
    if usual is not None:
        general = at("default", None)
        if general is None or not agree(usual.rates, general.rates):
            return _in_tier(usual, tier)
    return at(tier, None)


def _is_abroad(region: str | None) -> bool:
    """Whether a Region is none of those whose prices the sources give without naming a Region."""
    return bool(region) and not re.match("us-(?!gov-)", region or "")


def _estimated(price: Price, note: str) -> Price:
    return replace(price, confidence=Confidence.ESTIMATE, note=sentences(price.note, note))


def _in_tier(price: Price, tier: str) -> Price | None:
    """A default price brought to a tier by the usual ratio; nothing for a tier that has none."""
    multiplier = TIER_MULTIPLIERS.get(tier)
    if multiplier is None:
        return None
    long = price.long_context_rates
    return _estimated(
        replace(
            price,
            tier=tier,
            rates=scaled(price.rates, multiplier),
            long_context_rates=scaled(long, multiplier) if long else None,
        ),
        f"Estimated as {multiplier} times the default price, "
        + ("as it was for Nova Pro." if tier == "optimized" else "as this tier is for most models."),
    )


def _untold(endpoint: str | None, request: InvocationRequest, result: InvocationResult) -> Iterator[str]:
    """Say what a run's price rests on that nobody told."""
    if not _bills_as_aws(endpoint):
        yield "If that endpoint bills as Amazon Bedrock does."
    if result.service_tier is None and request.service_tier not in {None, "default"}:
        yield f"The service told no tier; “{request.service_tier}” was asked for, the default is assumed."
    if result.performance_latency is None and request.performance_latency == "optimized":
        yield "The service told no latency mode; “optimized” was asked for, the standard one is assumed."


def _bills_as_aws(endpoint: str | None) -> bool:
    """Whether calls went to AWS: to Bedrock itself, or to an address of AWS's (a VPC endpoint)."""
    if endpoint is None or endpoint == "bedrock":
        return True
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
