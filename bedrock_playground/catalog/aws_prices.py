"""Fetch AWS's public price list for a Region, when somebody asks for it.

The files are public: no credentials are used. It was written by AWS's documentation of the files and by what
public code says of their contents; it is tested against a server that speaks the same, and not against AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import urllib3

from bedrock_playground.catalog.aws_offer import OFFERS, Offer, OfferError, read_offer
from bedrock_playground.catalog.price_file import PriceFileError, read_price_file, write_price_file
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.cost import Confidence

PRICE_LIST = "https://pricing.us-east-1.amazonaws.com"
"""Where AWS publishes its price list, for all Regions of the commercial partition."""
_NAMES_FILE = Path(__file__).parent / "data" / "aws_names.json"
_REGION = re.compile(r"^[a-z]{2}(?:-[a-z]+)+-\d$")
_MOST_BYTES = 300_000_000
_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)


class PriceRefreshError(RuntimeError):
    """The price list could not be fetched; the message says why and what to do. What was there stays."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh brought."""

    prices: int
    """How many prices of the Region are known now."""
    published: date
    """When AWS published the older of the files."""
    unknown_names: tuple[str, ...]
    """Names in the list that are none of the catalogue's."""


def refresh_aws_prices(path: Path, *, region: str, base_url: str | None = None) -> Refreshed:
    """Fetch a Region's prices and put them in the place of what was known of that Region.

    Args:
        path: The file that keeps them, with those of other Regions.
        region: The AWS Region.
        base_url: Where the price list is, if not at AWS's address.

    Raises:
        PriceRefreshError: It could not be fetched or read.
    """
    if not _REGION.match(region):
        raise PriceRefreshError(f"{region!r} is no AWS Region. Example: us-east-1.")
    names: Mapping[str, str] = json.loads(_NAMES_FILE.read_bytes())["names"]
    offers: list[Offer] = []
    with urllib3.PoolManager(retries=urllib3.Retry(2, redirect=2), timeout=_TIMEOUT) as http:
        for code in OFFERS:
            url = f"{base_url or PRICE_LIST}/offers/v1.0/aws/{code}/current/{region}/index.json"
            document = _fetch(http, url, region)
            try:
                offers.append(read_offer(document, region=region, models=load_models().values(), names=names))
            except OfferError as error:
                raise PriceRefreshError(
                    f"AWS's price list {url} was fetched, but {error}. The format may have changed; the "
                    "prices known so far stay."
                ) from error
    prices = [price for offer in offers for price in offer.prices]
    if not prices:
        raise PriceRefreshError(
            f"AWS's price list has no price of a known model for {region}. Check the Region; the prices "
            "known so far stay."
        )
    write_price_file(path, [*_of_other_regions(path, region), *prices])
    return Refreshed(
        prices=len(prices),
        published=min(offer.published for offer in offers),
        unknown_names=tuple(sorted({name for offer in offers for name in offer.unknown_names})),
    )


def _fetch(http: urllib3.PoolManager, url: str, region: str) -> Mapping[str, Any]:
    try:
        response = http.request("GET", url, preload_content=False)
        body = response.read(_MOST_BYTES + 1)
        response.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise PriceRefreshError(
            f"AWS's price list {url} cannot be reached: {error}. Check the network; the prices known so "
            "far stay."
        ) from error
    if response.status in {403, 404}:
        raise PriceRefreshError(
            f"AWS has no price list for {region!r} (HTTP {response.status}). Check the Region."
        )
    if response.status != 200 or len(body) > _MOST_BYTES:
        raise PriceRefreshError(
            f"AWS's price list {url} cannot be used: HTTP {response.status}, {len(body):,} bytes. Try "
            "again later."
        )
    try:
        document = json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise PriceRefreshError(f"AWS's price list {url} is not JSON: {error}. Try again later.") from error
    if not isinstance(document, dict):
        raise PriceRefreshError(f"AWS's price list {url} is no JSON object. Try again later.")
    return document


def _of_other_regions(path: Path, region: str) -> list[Price]:
    if not path.is_file():
        return []
    try:
        known = read_price_file(path, confidence=Confidence.AWS)
    except PriceFileError:
        # Ours alone, and about to be replaced: nothing of anybody's is lost.
        return []
    return [price for price in known if price.region != region]
