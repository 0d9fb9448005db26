"""From AWS's public price list files to prices. Pure.

Two offers hold Bedrock's prices, per Region, with no model id anywhere. ``AmazonBedrock`` has Amazon's and
the open-weight models: a usage type such as ``USE1-NovaLite-input-tokens-flex``, dollars per thousand tokens.
``AmazonBedrockFoundationModels`` has what is sold through the Marketplace (Claude, Cohere …): a service name
such as ``Claude Haiku 4.5 (Amazon Bedrock Edition)``, a description such as ``… Million Input Tokens Global``
and dollars per million. A row is taken only if every word of it is understood: what is left over may mean
another price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_file import RATES
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence

BEDROCK = "AmazonBedrock"
MARKETPLACE = "AmazonBedrockFoundationModels"
OFFERS = (BEDROCK, MARKETPLACE)
"""The offers that hold prices of tokens."""

_EDITION = " (Amazon Bedrock Edition)"
_USAGE = re.compile(
    r"^[A-Z]{2,4}\d*-(?P<name>.+?)(?:-mantle)?"
    r"-(?P<what>input-tokens|output-tokens|cache-read-input-token-count|cache-write-input-token-count"
    r"|cache-read-tokens|cache-write-tokens|cache-write-tokens-30m)"
    r"(?P<rest>(?:-(?:standard|flex|priority|batch|cross-region-global|cross-region-geo))*)$"
)
_OTHER_MEDIA = re.compile(r"(?:speech|audio|image|video)$", re.IGNORECASE)
_BUCKETS = {"input": "input", "output": "output", "cache-read": "cache_read", "cache-write": "cache_write"}
_UNITS = {"1K tokens": Decimal(1000), "1M tokens": Decimal(1)}
# The words of a Marketplace description, after what they stand for was taken out of it, that change nothing.
_FILLERS = {
    "million", "tokens", "token", "count", "standard", "regional", "cris", "on", "demand", "text", "for",
    "per", "5m", "5min", "default", "cross", "region", "inference", "tier", "ttl", "usage",
}  # fmt: skip
_GEOGRAPHIES = {
    "us-gov": ("us-gov",), "us": ("us",), "ca": ("ca", "us"), "eu": ("eu",),
    "ap-northeast": ("jp", "apac"), "ap-southeast-2": ("au", "apac"), "ap-southeast-4": ("au", "apac"),
    "ap-south-": ("in", "apac"), "ap": ("apac",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """What an offer file says."""

    prices: tuple[Price, ...]
    """The prices of models that the catalogue knows."""
    published: date
    """When AWS published the file."""
    unknown_names: tuple[str, ...] = ()
    """Names with token prices that are none of the catalogue's: nobody's price is guessed from them."""


class OfferError(ValueError):
    """An offer file is not of the form that this version reads; the message says what is amiss."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A price that was understood."""

    names: tuple[str, ...]
    bucket: str
    tier: str
    scope: str
    per_million: Decimal


@dataclass(slots=True)
class _Found:
    """The rates of one id, tier and Region as they come together."""

    rates: dict[str, Decimal] = field(default_factory=dict)
    conflicting: set[str] = field(default_factory=set)

    def add(self, bucket: str, rate: Decimal) -> None:
        if self.rates.setdefault(bucket, rate) != rate:
            # Two different prices for one thing: something distinguishes them that is not understood.
            self.conflicting.add(bucket)


def read_offer(
    document: Mapping[str, Any], *, region: str, models: Iterable[ModelSpec], names: Mapping[str, str]
) -> Offer:
    """Read a Region's offer file.

    Args:
        document: The parsed ``index.json`` of an offer and Region.
        region: The Region.
        models: The catalogue.
        names: Model ids by what the price list calls them, where that is not the catalogue's name.

    Raises:
        OfferError: It is no offer file, or not one of these.
    """
    code = document.get("offerCode")
    try:
        published = date.fromisoformat(str(document["publicationDate"])[:10])
        products, terms = document["products"], document["terms"]["OnDemand"]
    except (KeyError, TypeError, ValueError) as error:
        raise OfferError(f"it has not the form of an AWS offer file: {error!r}") from error
    if code not in OFFERS:
        raise OfferError(f"it is of the offer {code!r}, which holds no prices of Bedrock's tokens")
    specs = list(models)
    by_id = {spec.model_id: spec for spec in specs}
    known = _names(specs, names)
    found: dict[tuple[str, str], _Found] = {}
    answering: set[str] = set()
    unknown: set[str] = set()
    for row in _rows(products, terms, region=region):
        spec = next((by_id[known[key]] for name in row.names if (key := _key(name)) in known), None)
        if spec is None:
            unknown.add(row.names[0])
            continue
        for model_id in _ids(spec, row.scope, region):
            if spec.answers_in_text:
                answering.add(model_id)
            found.setdefault((model_id, row.tier), _Found()).add(row.bucket, row.per_million)
    prices = tuple(
        price
        for price in _prices(found, region=region, code=code, published=published)
        # Half a price would hide a whole one of another source.
        if price.rates.output is not None or price.model_id not in answering
    )
    return Offer(prices, published, tuple(sorted(unknown)))


def _rows(products: Mapping[str, Any], terms: Mapping[str, Any], *, region: str) -> Iterator[_Row]:
    for sku, product in products.items():
        attributes = product.get("attributes", {})
        if attributes.get("regionCode", region) != region:
            continue
        for term in terms.get(sku, {}).values():
            for dimension in term.get("priceDimensions", {}).values():
                row = _by_service(attributes, dimension) or _by_usage(attributes, dimension)
                if row is not None:
                    yield row


def _by_usage(attributes: Mapping[str, Any], dimension: Mapping[str, Any]) -> _Row | None:
    """Read a row of ``AmazonBedrock``."""
    match = _USAGE.match(str(attributes.get("usagetype", "")))
    scale = _UNITS.get(str(dimension.get("unit", "")))
    amount = _amount(dimension)
    if match is None or scale is None or amount is None:
        return None
    rest = set(re.findall(r"standard|flex|priority|batch|cross-region-\w+", match["rest"]))
    tiers = rest & {"flex", "priority", "batch"}
    told = f"{attributes.get('service_tier', '')} {attributes.get('feature', '')}".lower()
    tiers |= {tier for tier in ("flex", "priority", "batch") if tier in told}
    if len(tiers) > 1 or re.search("custom|provision|reserve", told) or _OTHER_MEDIA.search(match["name"]):
        return None
    bucket = next(ours for theirs, ours in _BUCKETS.items() if match["what"].startswith(theirs))
    scope = next((word.rpartition("-")[2] for word in rest if word.startswith("cross")), "regional")
    told_names = (attributes.get("model"), attributes.get("titanModel"), match["name"])
    return _Row(
        names=tuple(str(name) for name in told_names if name),
        bucket=bucket,
        tier=next(iter(tiers), "default"),
        scope=scope,
        per_million=amount * scale,
    )


def _by_service(attributes: Mapping[str, Any], dimension: Mapping[str, Any]) -> _Row | None:
    """Read a row of ``AmazonBedrockFoundationModels``."""
    name = str(attributes.get("servicename", ""))
    amount = _amount(dimension)
    if not name.endswith(_EDITION) or amount is None:
        return None
    text = str(dimension.get("description", "")).rpartition("|")[2].lower()
    words = re.findall(r"[a-z0-9]+", text.replace("latency optimized", "optimized").replace("1 hour", "1h"))
    bucket = _bucket(words)
    if bucket is None:
        return None
    tiers = [word for word in words if word in {"batch", "flex", "priority", "optimized"}]
    understood = {
        *_FILLERS,
        *tiers,
        "global",
        "geo",
        "cache",
        "read",
        "write",
        "1h",
        "input",
        "output",
        "response",
    }
    if len(tiers) > 1 or not set(words) <= understood:
        return None
    return _Row(
        names=(name.removesuffix(_EDITION),),
        bucket=bucket,
        tier=next(iter(tiers), "default"),
        # One price stands for in-Region and geographic calls, whether it says “Regional CRIS” or nothing.
        scope="global" if "global" in words else "regional",
        per_million=amount,
    )


def _bucket(words: list[str]) -> str | None:
    told = set(words)
    if "cache" in told:
        if "read" in told:
            return "cache_read"
        return ("cache_write_1h" if "1h" in told else "cache_write") if "write" in told else None
    if "input" in told:
        return "input"
    return "output" if told & {"output", "response"} else None


def _amount(dimension: Mapping[str, Any]) -> Decimal | None:
    """The price in US dollars; nothing at all is no price but a place holder."""
    try:
        amount = Decimal(dimension["pricePerUnit"]["USD"])
    except (KeyError, TypeError, InvalidOperation):
        return None
    return amount.normalize() if amount.is_finite() and amount > 0 else None


def _ids(spec: ModelSpec, scope: str, region: str) -> Iterator[str]:
    """The ids that a row is about: the model's own, and the profiles that are called from the Region."""
    if scope == "global":
        yield from (profile.profile_id for profile in spec.profiles if profile.scope == "global")
        return
    if scope == "regional":
        yield spec.model_id
    reached = next((names for start, names in _GEOGRAPHIES.items() if region.startswith(start)), ())
    yield from (profile.profile_id for profile in spec.profiles if profile.geography in reached)


def _prices(
    found: Mapping[tuple[str, str], _Found], *, region: str, code: str, published: date
) -> Iterator[Price]:
    for (model_id, tier), told in sorted(found.items()):
        rates = {name: told.rates[name] for name in RATES if name in told.rates.keys() - told.conflicting}
        if "input" in rates:
            yield Price(
                model_id=model_id,
                tier=tier,
                region=region,
                rates=Rates(**rates),
                source=f"AWS Price List ({code})",
                as_of=published,
                confidence=Confidence.AWS,
            )


def _names(specs: list[ModelSpec], more: Mapping[str, str]) -> dict[str, str]:
    """Model ids by the names that the list may use; a name that two models share is nobody's."""
    named: dict[str, set[str]] = {}
    for spec in specs:
        plain = re.sub(r"\b(?:Instruct|IT)\b", "", spec.name)
        for name in {spec.name, plain, f"{spec.provider} {spec.name}", spec.model_id.split(":")[0]}:
            named.setdefault(_key(name), set()).add(spec.model_id)
    unique = {name: next(iter(ids)) for name, ids in named.items() if len(ids) == 1}
    known = {spec.model_id for spec in specs}
    return unique | {_key(name): model_id for name, model_id in more.items() if model_id in known}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower())
