"""From the sources' price rows to the snapshot's, each with its confidence. Pure.

litellm's table and genai-prices are kept by different people who both read AWS's pricing page; neither takes
its figures from the other, as far as their repositories tell. Where they agree a price counts as confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from scripts.catalog.facts import scope_of
from scripts.catalog.overlay import Overlay

Rates: TypeAlias = dict[str, str]
"""US dollars per million tokens, as decimal text, by bucket."""

BUCKETS: Mapping[str, str] = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
TIERS: Mapping[str, str] = {"default": "", "flex": "_flex", "priority": "_priority", "batch": "_batches"}
NO_ALIASES: Mapping[str, str] = MappingProxyType({})
"""No other names of ids."""
TOLERANCE = Decimal("1e-9")
"""Dollars per million tokens by which two sources may differ and still agree."""

_PLACE = re.compile(r"^bedrock(?:_mantle)?/(?P<region>[a-z]{2}(?:-gov)?-[a-z]+-\d)/(?P<id>[^/]+)$")
_MANTLE = "bedrock_mantle/"
_LONG = re.compile(r"^input_cost_per_token_above_(?P<thousands>\d+)k_tokens$")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sources that name different prices for one id."""

    model_id: str
    litellm: Rates
    genai: Rates
    taken: str
    reason: str | None


def per_million(dollars_per_token: str) -> str:
    """Dollars per token to dollars per million, exactly."""
    return plain(Decimal(dollars_per_token) * 1_000_000)


def plain(amount: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    return format(amount.normalize(), "f")


def place_of(key: str, aliases: Mapping[str, str]) -> tuple[str, str | None]:
    """The id that a key of litellm's speaks of, and the Region where it speaks of one alone."""
    place = _PLACE.match(key)
    name = place["id"] if place else key.removeprefix(_MANTLE)
    return aliases.get(name, name), place["region"] if place else None


def litellm_rows(
    rows: Mapping[str, Mapping[str, Any]], wanted: set[str], aliases: Mapping[str, str] = NO_ALIASES
) -> list[dict[str, Any]]:
    """Every on-demand price of litellm's for the wanted ids: by tier and, where it has them, by Region.

    What it knows of the bedrock-mantle endpoint fills the gaps: the same model in the same Region.
    """
    chosen: dict[tuple[str, str | None], Mapping[str, Any]] = {}
    for key in sorted(rows, key=lambda each: each.startswith(_MANTLE)):
        place = place_of(key, aliases)
        if place[0] in wanted and rows[key].get("mode") in {"chat", "embedding", "responses"}:
            chosen.setdefault(place, rows[key])
    found: list[dict[str, Any]] = []
    for (model_id, where), row in chosen.items():
        region = {"region": where} if where else {}
        for tier, suffix in TIERS.items():
            rates = _rates(row, "", suffix)
            if not rates:
                continue
            long = _long_rates(row, suffix)
            found.append({"id": model_id, "tier": tier, **region, "rates": rates, **long, "from": "litellm"})
    return found


def regional_rows(
    rows: Mapping[str, Mapping[str, Any]], aliases: Mapping[str, str] = NO_ALIASES
) -> dict[str, list[Mapping[str, Any]]]:
    """The rows for one Region each, by the id that is sent."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for key, row in rows.items():
        model_id, region = place_of(key, aliases)
        if region and not key.startswith(_MANTLE):
            found.setdefault(model_id, []).append(row)
    return found


def mantle_rows(
    rows: Mapping[str, Mapping[str, Any]], aliases: Mapping[str, str] = NO_ALIASES
) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """The rows of the bedrock-mantle endpoint with their keys, by the id that is sent."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for key, row in rows.items():
        if key.startswith(_MANTLE):
            found.setdefault(place_of(key, aliases)[0], []).append((key, row))
    return found


def _rates(row: Mapping[str, Any], above: str, suffix: str) -> Rates:
    rates: Rates = {}
    for bucket, column in BUCKETS.items():
        cost = row.get(f"{column}{above}{suffix}")
        # An embedding model has no output tokens: its 0 there is no price.
        if cost is not None and Decimal(str(cost)) != 0:
            rates[bucket] = per_million(str(cost))
    return rates


def _long_rates(row: Mapping[str, Any], suffix: str) -> dict[str, Any]:
    steps = [int(match["thousands"]) for key in row if (match := _LONG.match(key))]
    if len(steps) != 1:
        return {}
    rates = _rates(row, f"_above_{steps[0]}k_tokens", suffix)
    return {"long_from": steps[0] * 1000 + 1, "long": rates} if rates else {}


def genai_rows(prices: Mapping[str, Mapping[str, Any]], wanted: set[str]) -> dict[str, dict[str, Any]]:
    """genai-prices' price of each wanted id, where it speaks of that id itself.

    It has one entry for all geographies of many models; AWS's page, where that is from, shows the US price.
    """
    found: dict[str, dict[str, Any]] = {}
    for model_id, price in prices.items():
        speaks = price["names_scope"] or scope_of(model_id) == "us."
        if model_id not in wanted or not speaks or not price["base"]:
            continue
        above = price["long_above"]
        long = {"long_from": above + 1, "long": clean(price["long"])} if above is not None else {}
        found[model_id] = {
            "id": model_id,
            "tier": "default",
            "rates": clean(price["base"]),
            **long,
            "from": "genai-prices",
        }
    return found


def clean(rates: Mapping[str, str]) -> Rates:
    """The same rates in the file's way of writing."""
    return {bucket: plain(Decimal(rates[bucket])) for bucket in BUCKETS if bucket in rates}


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows name the same price wherever both name one, input and output among it."""
    if not _same(one["rates"], other["rates"]) or one.get("long_from") != other.get("long_from"):
        return False
    return _same(one.get("long", {}), other.get("long", {}))


def _same(one: Rates, other: Rates) -> bool:
    return all(
        abs(Decimal(one[bucket]) - Decimal(other[bucket])) <= TOLERANCE
        for bucket in one.keys() & other.keys()
    )


def settle(
    litellm: Sequence[Mapping[str, Any]], genai: Mapping[str, Mapping[str, Any]], overlay: Overlay
) -> tuple[list[dict[str, Any]], list[Disagreement]]:
    """Put both sources' rows together.

    Returns:
        The rows with their confidence, and where the two disagree.
    """
    rows: list[dict[str, Any]] = []
    disagreements: list[Disagreement] = []
    seen: set[str] = set()
    for ours in litellm:
        model_id = ours["id"]
        theirs = genai.get(model_id) if ours["tier"] == "default" and "region" not in ours else None
        if theirs is None:
            rows.append({**ours, "confidence": "single_source"})
            continue
        seen.add(model_id)
        if agree(ours, theirs):
            rows.append(_both(ours, theirs))
            continue
        takes, reason = overlay.verdict(model_id) or ("litellm", None)
        taken, left = (theirs, ours) if takes == "genai-prices" else (ours, theirs)
        disagreements.append(Disagreement(model_id, ours["rates"], theirs["rates"], takes, reason))
        note = f"{left['from']} has {short(left['rates'])}{': ' + reason if reason else ''}."
        rows.append({**taken, "confidence": "single_source", "note": note, "against": _said(left)})
    rows.extend(
        {**genai[model_id], "confidence": "single_source"} for model_id in sorted(genai.keys() - seen)
    )
    return sorted(_without_repeats(rows, litellm), key=_order), disagreements


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row that was not taken says, whole."""
    return {key: row[key] for key in ("from", "rates", "long_from", "long") if key in row}


def _without_repeats(
    rows: Sequence[dict[str, Any]], litellm: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Take the us profile's price for a model's own id where litellm repeats the global profile's for it."""
    told = {(row["id"], row["tier"]): row for row in litellm if "region" not in row}
    return [_without_repeat(row, told) for row in rows]


def _without_repeat(row: dict[str, Any], told: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    model_id, tier = row["id"], row["tier"]
    if row["from"] != "litellm" or row["confidence"] != "single_source" or row.keys() & {"region", "note"}:
        return row
    if _repeats(model_id, tier, told):
        us = told[f"us.{model_id}", tier]
        note = (
            f"litellm has {short(row['rates'])}, the global profile's price. This is the us profile's: "
            "in-Region costs what geographic profiles do wherever a second source tells."
        )
        price = {key: us[key] for key in ("rates", "long_from", "long") if key in us}
        return {"id": model_id, "tier": tier, "from": "litellm", **price,
                "confidence": "estimate", "note": note, "against": _said(row)}  # fmt: skip
    if _repeats(model_id, "default", told) and (f"us.{model_id}", tier) not in told:
        note = "litellm repeats the global profile's price for this id in the default tier, perhaps here too."
        return {**row, "confidence": "estimate", "note": note}
    return row


def _repeats(model_id: str, tier: str, told: Mapping[tuple[str, str], Mapping[str, Any]]) -> bool:
    own, everywhere, us = (told.get((f"{scope}{model_id}", tier)) for scope in ("", "global.", "us."))
    if own is None or everywhere is None or us is None:
        return False
    return bool(own["rates"] == everywhere["rates"] != us["rates"])


def _both(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Confirmed where both name a price; a bucket that one of them lacks comes along with a note."""
    rates = {bucket: ours["rates"].get(bucket) or theirs["rates"][bucket] for bucket in BUCKETS
             if bucket in ours["rates"] or bucket in theirs["rates"]}  # fmt: skip
    lone = [bucket for bucket in rates if bucket not in ours["rates"] or bucket not in theirs["rates"]]
    note = (
        {"note": f"Confirmed but for {', '.join(_WORDS[each] for each in lone)}, which one source has."}
        if lone
        else {}
    )
    return {**ours, "rates": rates, "confidence": "confirmed", **note}


_WORDS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache read",
    "cache_write": "cache write",
    "cache_write_1h": "1 h cache write",
}


def _order(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return row["id"], row.get("region", ""), list(TIERS).index(row["tier"])


def short(rates: Rates) -> str:
    """Input and output for a note: ``$3 in, $15 out``."""
    words = {"input": "in", "output": "out"}
    return (
        ", ".join(f"${rates[bucket]} {word}" for bucket, word in words.items() if bucket in rates)
        or "no price"
    )
