"""From the sources' report to the snapshot's two files and the list of contradictions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
    rows = {
        name: {key: row for key, row in report[name].items() if overlay.excluded(key) is None}
        for name in ("litellm", "langchain-aws", "modelparams")
    }
    plain = {key: row for key, row in rows["litellm"].items() if "/" not in key and row.get("mode") in _MODES}
    ids = _ids(report, plain, rows, overlay)
    records, dates = _records(report, plain, rows, overlay, ids, day)
    prices, disagreements = _prices(report, ids, overlay, sources, day, old_prices)
    conflicts: list[Conflict] = [conflict for record in records for conflict in record.conflicts]
    left_out = sorted(overlay.content.get("excluded", {}).items())
    return Snapshot(
        files.models_document(records, _named(sources, overlay), day),
        prices,
        files.conflicts_text(conflicts, disagreements, left_out, dates),
        sum(each.reason is None for each in disagreements),
    )


def _ids(
    report: Mapping[str, Any],
    plain: Mapping[str, Any],
    rows: Mapping[str, Mapping[str, Any]],
    overlay: Overlay,
) -> dict[str, list[str]]:
    """The ids under which each model is reached, its own id first."""
    known = {
        *plain,
        *rows["langchain-aws"],
        *rows["modelparams"],
        *report["genai-prices"]["prices"],
        *overlay.added,
    }
    models: dict[str, list[str]] = {}
    for model_id in sorted(known):
        if overlay.excluded(model_id) is None:
            models.setdefault(SCOPE.sub("", model_id), []).append(model_id)
    return models


def _records(
    report: Mapping[str, Any],
    plain: Mapping[str, Any],
    rows: Mapping[str, Mapping[str, Any]],
    overlay: Overlay,
    ids: Mapping[str, list[str]],
    day: date,
) -> tuple[list[Record], list[tuple[str, str]]]:
    litellm, langchain = facts.by_model(plain), facts.by_model(rows["langchain-aws"])
    genai = report["genai-prices"]
    records, dates = [], []
    for model_id in sorted(ids):
        price = genai["prices"].get(model_id) or next(
            (genai["prices"][each] for each in ids[model_id] if each in genai["prices"]), None
        )
        chats = plain.get(model_id, {}).get("mode", "chat") == "chat"
        claims: dict[str, facts.Facts] = {
            "litellm": facts.from_litellm(litellm[model_id]) if model_id in litellm else {},
            "langchain-aws": facts.from_langchain(langchain[model_id]) if model_id in langchain else {},
            # Its profiles go by the id's beginning, and mean models that chat.
            "pydantic-ai": facts.from_pydantic_ai(report["pydantic-ai"].get(model_id)) if chats else {},
            "modelparams": facts.from_modelparams(rows["modelparams"].get(model_id)),
            "genai-prices": facts.from_genai(genai["models"][price["entry"]] if price else None),
        }
        spoken: Claims = {source: said for source, said in claims.items() if said}
        profiles = [each for each in ids[model_id] if scope_of(each)]
        records.append(merge(model_id, spoken, overlay=overlay, profiles=profiles, on=day))
        dates += facts.lone_dates(litellm.get(model_id, ()))
    return records, dates


def _prices(
    report: Mapping[str, Any],
    ids: Mapping[str, list[str]],
    overlay: Overlay,
    sources: Mapping[str, Mapping[str, str]],
    day: date,
    old_prices: Mapping[str, Any],
) -> tuple[dict[str, Any], list[pricing.Disagreement]]:
    wanted = {*ids, *(each for known in ids.values() for each in known)}
    litellm = pricing.litellm_rows(report["litellm"], wanted)
    genai = pricing.genai_rows(report["genai-prices"]["prices"], wanted)
    settled, disagreements = pricing.settle(litellm, genai, overlay)
    versions = {name: f"{name} {source['version']}" for name, source in sources.items()}
    both = f"{versions['litellm']}, {versions['genai-prices']}"
    fresh = [
        files.price_row(row, both if row["confidence"] == "confirmed" else versions[row["from"]], day)
        for row in settled
    ]
    rows = differences.lay_under(old_prices.get("prices", ()), fresh)
    named = dict(old_prices.get("sources", {}))
    for name in ("litellm", "genai-prices"):
        named[versions[name]] = {"name": versions[name], "as_of": sources[name]["as_of"]}
    named[both] = {"name": both, "as_of": min(sources[name]["as_of"] for name in ("litellm", "genai-prices"))}
    return files.prices_document(rows, named), disagreements


def _named(sources: Mapping[str, Mapping[str, str]], overlay: Overlay) -> dict[str, Any]:
    named: dict[str, Any] = {
        name: {"name": f"{name} {source['version']}", "as_of": source["as_of"]}
        for name, source in sources.items()
    }
    return named | {name: dict(source) for name, source in overlay.content.get("sources", {}).items()}
