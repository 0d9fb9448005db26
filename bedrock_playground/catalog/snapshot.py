"""The reviewed snapshot that ships with the package: what was known of models and prices on one day.

``make catalog`` writes the two files under ``data/``; nothing here asks a network or a clock. Both files are
plain JSON with one field or price per line, so that a change can be read in a diff. They are read once per
process, and what is returned is shared: it is immutable all the way down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bedrock_playground.catalog.models import (
    Embedding,
    ModelSpec,
    Profile,
    PromptCaching,
    Provenance,
    Reasoning,
)
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence

_DATA = Path(__file__).parent / "data"
MODELS_FILE = _DATA / "models.json"
PRICES_FILE = _DATA / "prices.json"


@cache
def load_models() -> Mapping[str, ModelSpec]:
    """What the snapshot knows of every model, by the model's own id, sorted by it."""
    document = _read(MODELS_FILE)
    sources = _sources(document)
    return MappingProxyType({row["model_id"]: _model(row, sources) for row in document["models"]})


@cache
def load_prices() -> tuple[Price, ...]:
    """Every price of the snapshot; of one id, tier and Region the newest comes last."""
    document = _read(PRICES_FILE)
    sources = _sources(document)
    return tuple(_price(row, sources) for row in document["prices"])


@cache
def snapshot_date() -> date:
    """The day on which the snapshot was taken."""
    return date.fromisoformat(_read(MODELS_FILE)["snapshot_date"])


@cache
def snapshot_sources() -> Mapping[str, Provenance]:
    """The sources of the model file, by the short names that its fields use."""
    return MappingProxyType(_sources(_read(MODELS_FILE)))


@cache
def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _sources(document: Mapping[str, Any]) -> dict[str, Provenance]:
    return {
        key: Provenance(source=source["name"], as_of=date.fromisoformat(source["as_of"]))
        for key, source in document["sources"].items()
    }


def _model(row: Mapping[str, Any], sources: Mapping[str, Provenance]) -> ModelSpec:
    fields: dict[str, Any] = {}
    provenance: dict[str, Provenance] = {}
    for name, fact in row.items():
        if name == "model_id":
            continue
        fields[name] = _DECODERS[name](fact["value"]) if name in _DECODERS else fact["value"]
        shared = sources[fact["from"]]
        note = fact.get("note")
        provenance[name] = Provenance(shared.source, shared.as_of, note) if note else shared
    return ModelSpec(model_id=row["model_id"], provenance=MappingProxyType(provenance), **fields)


def _reasoning(value: Mapping[str, Any]) -> Reasoning:
    return Reasoning(value["kind"], tuple(value.get("effort_levels", ())), value.get("can_turn_off"))


def _prompt_caching(value: Mapping[str, Any]) -> PromptCaching:
    return PromptCaching(value["supported"], value.get("minimum_tokens"), tuple(value.get("ttls", ())))


def _embedding(value: Mapping[str, Any]) -> Embedding:
    return Embedding(tuple(value.get("dimensions", ())), value.get("texts_per_call"))


def _profile(profile_id: str) -> Profile:
    geography = profile_id.partition(".")[0]
    return Profile(profile_id, "global" if geography == "global" else "geographic", geography)


_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "input_modalities": tuple,
    "output_modalities": tuple,
    "service_tiers": tuple,
    "reasoning": _reasoning,
    "prompt_caching": _prompt_caching,
    "embedding": _embedding,
    "profiles": lambda value: tuple(_profile(profile_id) for profile_id in value),
    "end_of_life": date.fromisoformat,
    "good_for": MappingProxyType,
}
"""How a field comes out of the file, where JSON has no such value."""


def _price(row: Mapping[str, Any], sources: Mapping[str, Provenance]) -> Price:
    source = sources[row["from"]]
    return Price(
        model_id=row["id"],
        tier=row.get("tier", "default"),
        region=row.get("region"),
        rates=_rates(row),
        long_context_from=row.get("long_from"),
        long_context_rates=_rates(row["long"]) if "long" in row else None,
        source=source.source,
        as_of=date.fromisoformat(row["as_of"]) if "as_of" in row else source.as_of,
        confidence=Confidence(row["confidence"]),
        note=row.get("note"),
    )


def _rates(row: Mapping[str, Any]) -> Rates:
    return Rates(
        **{
            bucket: Decimal(row[bucket])
            for bucket in ("input", "output", "cache_read", "cache_write", "cache_write_1h")
            if bucket in row
        }
    )
