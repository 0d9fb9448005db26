"""What both pages that choose begin with: what is known, for the connection there is."""

from __future__ import annotations

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.money import CONFIDENCE_WORDS
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.regions import REGIONS
from bedrock_playground.catalog.search import options_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.connection import Connection
from components.resources import get_models


def catalogue_of(connection: Connection | None) -> Catalogue:
    """What is known: the connection's list over the snapshot, or the snapshot alone while there is none."""
    if connection is not None:
        return get_models(connection)
    models = load_models()
    return Catalogue(options_of(models), models=models)


def connected_region(connection: Connection | None) -> str | None:
    """The AWS Region that the connection calls; ``None`` for models on this machine."""
    if connection is None or connection.kind == "local":
        return None
    return connection.config.region


def regions() -> tuple[str, ...]:
    """The Regions to choose from."""
    return tuple(REGIONS)


def region_label(code: str) -> str:
    """What a Region is called; one that the list does not know by its code."""
    return REGIONS[code].label if code in REGIONS else code


def price_origin(price: Price | None) -> str | None:
    """Where a price comes from, from when it is and how far it can be trusted; ``None`` without a price."""
    if price is None:
        return None
    known = CONFIDENCE_WORDS[price.confidence]
    return f"{price.source} · as of {price.as_of.isoformat()} · {known}" + (
        f" · {price.note}" if price.note else ""
    )
