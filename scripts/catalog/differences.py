"""What changed between two snapshots, in words; and prices laid under what is already there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.catalog.merge import words

_BUCKETS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")


def key_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """What a price is for: id, tier, Region."""
    return row["id"], row.get("tier", "default"), row.get("region", "")


def rates_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What it costs."""
    return {name: row[name] for name in (*_BUCKETS, "long_from", "long") if name in row}


def lay_under(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add new prices to the old ones; a dated price is never overwritten.

    A price that is read again unchanged moves its date on. A changed one becomes a row of its own behind the
    old one. One that is no longer read anywhere stays, with the day on which it last was; unless this very
    reading gave it once and does not any more: then it was misunderstood.
    """
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    read = {(row["from"], row["as_of"]) for row in new}
    given = {key_of(row) for row in new}
    for row in old:
        if key_of(row) in given or (row["from"], row["as_of"]) not in read:
            rows.setdefault(key_of(row), []).append(dict(row))
    for row in new:
        known = rows.setdefault(key_of(row), [])
        if known and rates_of(known[-1]) == rates_of(row):
            known[-1] = dict(row)
        elif known and known[-1]["as_of"] >= row["as_of"] and known[-1]["from"] == row["from"]:
            # The same reading, understood differently: a mended script or overlay, not a change of price.
            known[-1] = dict(row)
        else:
            known.append(dict(row))
    tiers = ("default", "flex", "priority", "batch")
    order = sorted(rows, key=lambda key: (key[0], key[2], tiers.index(key[1])))
    return [row for key in order for row in rows[key]]


def models_in_words(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A sentence for each change of the model file."""
    before = {row["model_id"]: row for row in old.get("models", ())}
    after = {row["model_id"]: row for row in new["models"]}
    names = {key: source["name"] for key, source in (old.get("sources", {}) | new["sources"]).items()}
    lines = [f"New model: {_name(after[key])} ({key})" for key in sorted(after.keys() - before.keys())]
    lines += [f"Gone: {_name(before[key])} ({key})" for key in sorted(before.keys() - after.keys())]
    for key in sorted(before.keys() & after.keys()):
        lines += _fields_in_words(before[key], after[key], names)
    return lines


def _name(row: Mapping[str, Any]) -> str:
    return str(row["name"]["value"]) if "name" in row else str(row["model_id"])


def _fields_in_words(old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    lines = []
    for field in dict.fromkeys([*old, *new]):
        if field == "model_id":
            continue
        one, other = old.get(field), new.get(field)
        if one and other and one["value"] == other["value"]:
            if one.get("note") != other.get("note"):
                lines.append(
                    f"{_name(new)}: {field.replace('_', ' ')} says now {other.get('note', 'nothing more')!r}"
                )
            continue
        said_by = names[(other or one or {})["from"]]
        was = words(one["value"]) if one else "unknown"
        now = words(other["value"]) if other else "unknown"
        lines.append(f"{_name(new)}: {field.replace('_', ' ')} {was} → {now} ({said_by})")
    return lines


def prices_in_words(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each id whose newest price changed, is new, or is no longer read."""
    before = {key_of(row): row for row in old}
    after = {key_of(row): row for row in new}
    lines = [f"Price dropped: {_what(key)} {_costs(before[key])}" for key in sorted(before.keys() - after)]
    for key in sorted(after):
        one, other = before.get(key), after[key]
        if one is None:
            lines.append(f"New price: {_what(key)} {_costs(other)} ({other['from']})")
        elif rates_of(one) != rates_of(other):
            lines.append(f"{_what(key)}: {_costs(one)} → {_costs(other)} ({other['from']}, {other['as_of']})")
        elif one["confidence"] != other["confidence"]:
            was, now = (each["confidence"].replace("_", " ") for each in (one, other))
            lines.append(f"{_what(key)}: {was} → {now} at the same price ({other['from']})")
        elif one.get("note") != other.get("note"):
            lines.append(f"{_what(key)}: says now {other.get('note', 'nothing more')!r}")
    return lines


def _what(key: tuple[str, str, str]) -> str:
    model_id, tier, region = key
    return " ".join(part for part in (model_id, tier if tier != "default" else "", region) if part)


def _costs(row: Mapping[str, Any]) -> str:
    short = {"cache_read": "cache read", "cache_write": "cache write", "cache_write_1h": "1 h cache write"}
    parts = [f"{short.get(bucket, bucket)} ${row[bucket]}" for bucket in _BUCKETS if bucket in row]
    return ", ".join(parts) + (" (other above a length)" if "long" in row else "")
