"""How the snapshot is written down: plain JSON with one field or one price per line. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from scripts.catalog.merge import FIELDS, Conflict, Record, words
from scripts.catalog.pricing import Disagreement, short


def _line(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False)


def models_document(records: Iterable[Record], sources: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The model file's content."""
    models = []
    used: set[str] = set()
    for record in sorted(records, key=lambda each: each.model_id):
        row: dict[str, Any] = {"model_id": record.model_id}
        for name in FIELDS:
            if fact := record.facts.get(name):
                note = {"note": fact.note} if fact.note else {}
                row[name] = {"value": fact.value, "from": fact.source, **note}
                used.add(fact.source)
        models.append(row)
    # The package index's sources are named even where none of their facts was taken: prices are theirs too.
    kept = {name: source for name, source in sorted(sources.items()) if name in used or "url" not in source}
    return {"snapshot_date": day.isoformat(), "sources": kept, "models": models}


def models_text(document: Mapping[str, Any]) -> str:
    """One field per line."""
    models = ",\n".join(
        "  {\n" + ",\n".join(f"   {_line(name)}: {_line(value)}" for name, value in row.items()) + "\n  }"
        for row in document["models"]
    )
    return (
        f'{{\n "snapshot_date": {_line(document["snapshot_date"])},\n'
        f' "sources": {_table(document["sources"])},\n "models": [\n{models}\n ]\n}}\n'
    )


def prices_document(rows: Sequence[Mapping[str, Any]], sources: Mapping[str, Any]) -> dict[str, Any]:
    """The price file's content."""
    used = sorted({row["from"] for row in rows})
    return {"sources": {name: sources[name] for name in used}, "prices": list(rows)}


def prices_text(document: Mapping[str, Any]) -> str:
    """One price per line."""
    rows = ",\n".join(f"  {_line(row)}" for row in document["prices"])
    return f'{{\n "sources": {_table(document["sources"])},\n "prices": [\n{rows}\n ]\n}}\n'


def _table(sources: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"  {_line(name)}: {_line(source)}" for name, source in sources.items())
    return f"{{\n{lines}\n }}"


def price_row(
    row: Mapping[str, Any], source: str, day: date, *, versions: Mapping[str, str]
) -> dict[str, Any]:
    """A settled price in the file's shape.

    Args:
        row: The price.
        source: Who says it.
        day: When that was read.
        versions: Each source's name with its version, for who says otherwise.
    """
    flat: dict[str, Any] = {"id": row["id"]}
    if row["tier"] != "default":
        flat["tier"] = row["tier"]
    if "region" in row:
        flat["region"] = row["region"]
    flat |= row["rates"]
    if "long" in row:
        flat |= {"long_from": row["long_from"], "long": row["long"]}
    flat |= {"from": source, "as_of": day.isoformat(), "confidence": row["confidence"]}
    if "note" in row:
        flat["note"] = row["note"]
    if against := row.get("against"):
        said = {key: against[key] for key in ("long_from", "long") if key in against}
        flat["against"] = {"from": versions[against["from"]], **against["rates"], **said}
    return flat


def conflicts_text(
    *,
    conflicts: Sequence[Conflict],
    disagreements: Sequence[Disagreement],
    left_out: Sequence[tuple[str, str]],
    dates: Sequence[tuple[str, str]],
    unoffered: Sequence[tuple[str, str]],
) -> str:
    """The review list, as Markdown."""
    parts = [
        "# What the sources contradict each other about",
        "",
        "Written by `make catalog`; decisions stand in `overlay.toml`, and as a note beside each field.",
        "",
        "## Facts",
        "",
        "| model | field | taken | others |",
        "|---|---|---|---|",
    ]
    for each in sorted(conflicts, key=lambda one: (one.field, one.model_id)):
        others = "; ".join(f"{words(value)} ({source})" for source, value in each.others)
        parts.append(f"| `{each.model_id}` | {each.field} | {words(each.taken)} ({each.source}) | {others} |")
    parts += ["", "## Prices (default tier, US dollars per million tokens)", ""]
    parts += ["| id | litellm | genai-prices | taken | why |", "|---|---|---|---|---|"]
    parts += [
        f"| `{each.model_id}` | {short(each.litellm)} | {short(each.genai)} | {each.taken} | "
        f"{each.reason or '**nobody looked into it yet**'} |"
        for each in disagreements
    ]
    parts += ["", "## End-of-life dates that only some of a model's ids have (not taken)", ""]
    parts += [f"- `{model_id}`: {when}" for model_id, when in dates]
    parts += ["", "## Priced, but not known to be on offer", ""]
    parts += [f"- `{model_id}`: {what}" for model_id, what in unoffered]
    parts += ["", "## Ids that were left out", ""]
    parts += [f"- `{model_id}`: {reason}" for model_id, reason in left_out]
    return "\n".join(parts) + "\n"
