"""From the sources' report to the snapshot's two files and the list of contradictions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scripts.catalog import differences, facts, files, pricing
from scripts.catalog.facts import SCOPE, scope_of
from scripts.catalog.merge import Claims, Conflict, Record, merge
from scripts.catalog.overlay import Overlay

_MODES = ("chat", "embedding", "realtime")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is written."""

    models: dict[str, Any]
    prices: dict[str, Any]
    conflicts: str
    open_questions: int
    unoffered: tuple[tuple[str, str], ...]
    """Models with a price for what nobody says they offer, and for what."""


@dataclass(frozen=True, slots=True)
class _Material:
    """What everything is made from."""

    report: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, str]]
    overlay: Overlay
    day: date

    def rows(self, source: str) -> dict[str, Any]:
        """A source's rows by id, without the ids that the overlay excludes."""
        return {key: row for key, row in self.report[source].items() if self.overlay.excluded(key) is None}

    def litellm(self) -> dict[str, Any]:
        """Rows of models that litellm has, without those for one Region or another endpoint."""
        return {
            key: row
            for key, row in self.rows("litellm").items()
            if "/" not in key and row.get("mode") in _MODES
        }

    def speaks(self, model_id: str) -> bool:
        """Whether a model answers in speech, as litellm or the overlay has it."""
        told = self.overlay.statements(model_id).get("output_modalities")
        mode = self.report["litellm"].get(model_id, {}).get("mode")
        return mode == "realtime" or (told is not None and "speech" in told.value)


def build(
    report: Mapping[str, Any],
    *,
    sources: Mapping[str, Mapping[str, str]],
    overlay: Overlay,
    day: date,
    old_prices: Mapping[str, Any],
) -> Snapshot:
    """Settle all models and prices.

    Args:
        report: What :mod:`scripts.catalog.extract` printed.
        sources: Version and day of each source.
        overlay: The hand-kept facts.
        day: The snapshot's day.
        old_prices: The committed price file, whose dated prices are kept.

    Returns:
        The snapshot.
    """
    material = _Material(report, sources, overlay, day)
    ids = _ids(material)
    records, dates = _records(material, ids)
    prices, disagreements = _prices(material, ids, old_prices)
    conflicts: list[Conflict] = [conflict for record in records for conflict in record.conflicts]
    unoffered = tuple(_unoffered(records, prices["prices"]))
    return Snapshot(
        files.models_document(records, _named(material), day),
        prices,
        files.conflicts_text(
            conflicts=conflicts,
            disagreements=disagreements,
            left_out=sorted({**_elsewhere(material, ids), **overlay.content.get("excluded", {})}.items()),
            dates=dates,
            unoffered=unoffered,
        ),
        sum(each.reason is None for each in disagreements),
        unoffered,
    )


def _unoffered(records: Sequence[Record], prices: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What has a price although no source says that the model offers it: a hint that a fact is missing."""
    priced: dict[str, set[str]] = {}
    for row in prices:
        things = priced.setdefault(SCOPE.sub("", row["id"]), set())
        things |= {row.get("tier", "default")} | ({"cache_read"} & row.keys())
    for record in records:
        things = priced.get(record.model_id, set())
        caching, tiers = (record.facts.get(name) for name in ("prompt_caching", "service_tiers"))
        lacking = [f"{tier} tier" for tier in ("flex", "priority") if tier in things
                   and tier not in (tiers.value if tiers else ())]  # fmt: skip
        if "cache_read" in things and not (caching and caching.value["supported"]):
            lacking.insert(0, "prompt caching" + (", said to be absent" if caching else ""))
        if lacking:
            yield record.model_id, ", ".join(lacking)


def _elsewhere(material: _Material, ids: Mapping[str, list[str]]) -> dict[str, str]:
    """What litellm knows at the bedrock-mantle endpoint alone: other models, or other names of these."""
    prefix = "bedrock_mantle/"
    aliases = material.overlay.aliases
    rows = material.rows("litellm")
    found = {pricing.place_of(key, aliases)[0] for key in rows if key.startswith(prefix)}
    return dict.fromkeys(
        sorted(found - ids.keys()), "only at the bedrock-mantle endpoint, which this app does not call"
    )


def _ids(material: _Material) -> dict[str, list[str]]:
    """The ids under which each model is reached, its own id first."""
    known = {
        *material.litellm(),
        *material.rows("langchain-aws"),
        *material.rows("modelparams"),
        *material.report["genai-prices"]["prices"],
        *material.overlay.added,
    }
    models: dict[str, list[str]] = {}
    for model_id in sorted(known):
        if material.overlay.excluded(model_id) is None:
            models.setdefault(SCOPE.sub("", model_id), []).append(model_id)
    return models


def _records(material: _Material, ids: Mapping[str, list[str]]) -> tuple[list[Record], list[tuple[str, str]]]:
    plain = material.litellm()
    litellm, langchain = facts.by_model(plain), facts.by_model(material.rows("langchain-aws"))
    aliases = material.overlay.aliases
    regional = pricing.regional_rows(material.rows("litellm"), aliases)
    mantle = pricing.mantle_rows(material.rows("litellm"), aliases)
    modelparams, genai = material.rows("modelparams"), material.report["genai-prices"]
    records, dates = [], []
    for model_id in sorted(ids):
        priced = next(
            (genai["prices"][each] for each in (model_id, *ids[model_id]) if each in genai["prices"]), None
        )
        # pydantic-ai's profiles go by the id's beginning, and mean models that chat.
        chats = plain.get(model_id, {}).get("mode", "chat") == "chat" and not material.speaks(model_id)
        claims: dict[str, facts.Facts] = {
            "litellm": facts.from_litellm(
                litellm[model_id], regional.get(model_id, ()), mantle=mantle.get(model_id, ())
            )
            if model_id in litellm
            else {},
            "langchain-aws": facts.from_langchain(langchain[model_id]) if model_id in langchain else {},
            "pydantic-ai": facts.from_pydantic_ai(
                material.report["pydantic-ai"].get(model_id) if chats else None
            ),
            "modelparams": facts.from_modelparams(modelparams.get(model_id)),
            "genai-prices": facts.from_genai(genai["models"][priced["entry"]] if priced else None),
        }
        spoken: Claims = {source: said for source, said in claims.items() if said}
        profiles = {each: _who_lists(each, material) for each in ids[model_id] if scope_of(each)}
        records.append(merge(model_id, spoken, overlay=material.overlay, profiles=profiles, on=material.day))
        dates += facts.lone_dates(litellm.get(model_id, ()))
    return records, dates


def _who_lists(profile_id: str, material: _Material) -> str:
    if profile_id in material.overlay.added:
        # genai-prices was asked about these: that it has a price is no list.
        return material.overlay.added[profile_id]
    listed = {
        "litellm": material.report["litellm"],
        "langchain-aws": material.report["langchain-aws"],
        "genai-prices": material.report["genai-prices"]["prices"],
    }
    return next(source for source, rows in listed.items() if profile_id in rows)


def _prices(
    material: _Material, ids: Mapping[str, list[str]], old_prices: Mapping[str, Any]
) -> tuple[dict[str, Any], list[pricing.Disagreement]]:
    sources = material.sources
    spoken = {each for model_id, known in ids.items() if material.speaks(model_id) for each in known}
    # Speech is billed by kinds of tokens that these rates do not tell apart.
    wanted = {each for model_id, known in ids.items() for each in (model_id, *known)} - spoken
    litellm = pricing.litellm_rows(material.report["litellm"], wanted, material.overlay.aliases)
    genai = pricing.genai_rows(material.report["genai-prices"]["prices"], wanted)
    settled, disagreements = pricing.settle(litellm, genai, material.overlay)
    versions = {name: f"{name} {source['version']}" for name, source in sources.items()}
    both = f"{versions['litellm']}, {versions['genai-prices']}"
    fresh = [
        files.price_row(
            row,
            both if row["confidence"] == "confirmed" else versions[row["from"]],
            material.day,
            versions=versions,
        )
        for row in settled
    ]
    rows = differences.lay_under(old_prices.get("prices", ()), fresh)
    named = dict(old_prices.get("sources", {}))
    for name in ("litellm", "genai-prices"):
        named[versions[name]] = {"name": versions[name], "as_of": sources[name]["as_of"]}
    named[both] = {"name": both, "as_of": min(sources[name]["as_of"] for name in ("litellm", "genai-prices"))}
    return files.prices_document(rows, named), disagreements


def _named(material: _Material) -> dict[str, Any]:
    named: dict[str, Any] = {
        name: {"name": f"{name} {source['version']}", "as_of": source["as_of"]}
        for name, source in material.sources.items()
    }
    return named | {
        name: dict(source) for name, source in material.overlay.content.get("sources", {}).items()
    }
