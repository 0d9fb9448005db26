"""What the installed genai-prices says, where it is newer than what the snapshot was made from.

The snapshot holds that package's prices already, reviewed against a second source. Only another version of it
can know better: upgrading the package brings newer prices without a new version of this one. It is imported
here alone and only then: with what it needs it takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_playground.catalog.price_file import RATES
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.catalog.snapshot import load_models, load_prices, snapshot_sources
from bedrock_playground.invocation.cost import Confidence

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

_PACKAGE = "genai-prices"


def newer_version() -> str | None:
    """The installed version's name where it is another than the snapshot's; else ``None``."""
    try:
        installed = f"{_PACKAGE} {version(_PACKAGE)}"
    except PackageNotFoundError:
        return None
    reviewed = snapshot_sources().get(_PACKAGE)
    return installed if reviewed is None or reviewed.source != installed else None


def known_ids() -> set[str]:
    """Every id that the snapshot knows: of models, of their profiles, and those with a price."""
    models = load_models().values()
    profiles = {profile.profile_id for spec in models for profile in spec.profiles}
    return {spec.model_id for spec in models} | profiles | {price.model_id for price in load_prices()}


def read_genai_prices(ids: Iterable[str], *, on: date, source: str) -> tuple[Price, ...]:
    """Read the package's Bedrock prices of these ids.

    Args:
        ids: What may be sent as ``modelId``.
        on: The day whose prices are wanted: some change on a day that is known ahead.
        source: The package's name and version.
    """
    from genai_prices import data  # noqa: PLC0415 - a third of a second, for few

    read_on = min(on, datetime.fromtimestamp(Path(data.__file__).stat().st_mtime, UTC).date())
    bedrock = next((provider for provider in data.providers if provider.id == "aws"), None)
    if bedrock is None:
        return ()
    prices = []
    for model_id in sorted(ids):
        entry = bedrock.find_model(model_id)
        if entry is None or not _speaks_of(entry.id, model_id):
            continue
        found = _rates(entry, on=on)
        if found is not None:
            rates, start, long = found
            prices.append(
                Price(
                    model_id=model_id,
                    rates=rates,
                    long_context_from=start,
                    long_context_rates=long,
                    source=source,
                    as_of=read_on,
                    confidence=Confidence.SINGLE_SOURCE,
                )
            )
    return tuple(prices)


def _speaks_of(entry_id: str, model_id: str) -> bool:
    """Whether an entry is meant for this id: many match by a part of the name, and geographies differ.

    ``amazon.nova-lite`` matches ``eu.amazon.nova-lite`` as well, which has another price.
    """
    scope, _, _ = entry_id.partition(".")
    if scope == "global":
        return model_id.startswith("global.")
    if scope == "regional":
        return not model_id.startswith("global.")
    return base_model_id(model_id) == model_id


def _rates(entry: ModelInfo, *, on: date) -> tuple[Rates, int | None, Rates | None] | None:
    """The usual rates, from how many input tokens on others hold, and those."""
    prices = _valid(entry, on)
    if prices is None:
        return None
    usual: dict[str, Decimal] = {}
    long: dict[str, Decimal] = {}
    starts: set[int] = set()
    for name in RATES:
        value = getattr(prices, f"{name}_mtok", None)
        if isinstance(value, Decimal):
            usual[name] = long[name] = value
        elif value is not None:
            usual[name] = value.base
            tier = value.tiers[0]
            starts.add(tier.start)
            long[name] = tier.price
    if not usual or len(starts) > 1:
        return None
    if not starts:
        return Rates(**usual), None, None
    # The package's tiers begin above their start.
    return Rates(**usual), starts.pop() + 1, Rates(**long)


def _valid(entry: ModelInfo, on: date) -> ModelPrice | None:
    """The prices of a day; those that change within one are left out."""
    if not isinstance(entry.prices, list):
        return entry.prices
    found: ModelPrice | None = None
    for conditional in entry.prices:
        start = getattr(conditional.constraint, "start_date", None)
        if conditional.constraint is not None and start is None:
            return None
        if start is None or start <= on:
            found = conditional.prices
    return found
