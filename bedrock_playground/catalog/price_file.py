"""Files of prices: the user's own (TOML or JSON), and what was fetched from AWS, in the same form.

A user's file looks like this; only ``model``, ``source``, ``as_of`` and one rate are needed::

    [[price]]
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"   # what is sent as modelId
    tier = "default"            # or flex, priority, batch, optimized (latency-optimised inference)
    region = "us-east-1"        # without one it holds everywhere
    input = 0.99                # US dollars per million tokens
    output = 4.95
    cache_read = 0.099
    cache_write = 1.2375
    cache_write_1h = 1.98
    source = "our agreement with AWS"
    as_of = 2026-10-01
    note = "10 % off the list"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence

RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
"""The buckets that have a rate, as the file names them."""
TIERS = ("default", "flex", "priority", "batch", "optimized")
"""The tiers that have a price per token; ``reserved`` is paid for by time."""
_TEXTS = ("model", "tier", "region", "source", "note")
_LONG = ("long_context_from", "long_context")
_KNOWN = {*RATES, *_TEXTS, *_LONG, "as_of"}
_MAXIMUM = 100_000
"""Dollars per million tokens above which something else must be meant."""


class PriceFileError(ValueError):
    """A price file cannot be used; the message says where, why and what would do."""


def read_price_file(path: Path, *, confidence: Confidence = Confidence.USER) -> tuple[Price, ...]:
    """Read a file of prices.

    Args:
        path: A file that ends in ``.toml`` or ``.json``.
        confidence: How far its prices can be trusted.

    Raises:
        PriceFileError: It cannot be read, or a price in it cannot be used.
    """
    try:
        document = _parse(path)
    except (OSError, ValueError) as error:
        raise PriceFileError(f"The price file {path} cannot be read: {error}. Mend or remove it.") from error
    rows = document.get("price") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise PriceFileError(f"The price file {path} holds no list named “price”. Begin each with [[price]].")
    prices = [_price(row, f"{path}, price {number}", confidence) for number, row in enumerate(rows, start=1)]
    seen: dict[tuple[str, str, str | None], int] = {}
    for number, price in enumerate(prices, start=1):
        first = seen.setdefault((price.model_id, price.tier, price.region), number)
        if first != number:
            raise PriceFileError(
                f"{path}, price {number}: {price.model_id} has a price for this tier and Region already, "
                f"price {first}. Remove one."
            )
    return tuple(prices)


def write_price_file(path: Path, prices: Iterable[Price]) -> None:
    """Write prices as JSON that :func:`read_price_file` reads, in one step: no reader sees half of it."""
    rows = [_row(price) for price in prices]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({"price": rows}, indent=0) + "\n", encoding="utf-8")
    beside.replace(path)


def _parse(path: Path) -> Any:  # noqa: ANN401 - whatever is in the file
    data = path.read_bytes().decode("utf-8-sig")
    if path.suffix == ".toml":
        return tomllib.loads(data, parse_float=Decimal)
    if path.suffix == ".json":
        return json.loads(data, parse_float=Decimal)
    raise ValueError("its name ends neither in .toml nor in .json")


def _price(row: Any, where: str, confidence: Confidence) -> Price:  # noqa: ANN401 - whatever is in the file
    if not isinstance(row, dict):
        raise PriceFileError(f"{where}: this is not a table of fields. Give it at least a model and a rate.")
    where = f"{where} ({row.get('model', 'no model')})"
    unknown = sorted(set(row) - _KNOWN)
    if unknown:
        raise PriceFileError(f"{where}: “{unknown[0]}” is no field. There are {', '.join(sorted(_KNOWN))}.")
    texts = {name: _text(row, name, where) for name in _TEXTS}
    if not texts["model"] or not texts["source"]:
        lacking = "source" if texts["model"] else "model"
        raise PriceFileError(f"{where}: “{lacking}” is missing. Every price says what it is for and whence.")
    if (texts["tier"] or "default") not in TIERS:
        raise PriceFileError(
            f"{where}: “tier” is {texts['tier']!r}, which is no tier with a price per token. There are "
            f"{', '.join(TIERS)}."
        )
    start, long = _long(row, where)
    return Price(
        model_id=texts["model"],
        tier=texts["tier"] or "default",
        region=texts["region"],
        rates=_rates(row, where),
        long_context_from=start,
        long_context_rates=long,
        source=texts["source"],
        as_of=_day(row.get("as_of"), where),
        confidence=confidence,
        note=texts["note"],
    )


def _text(row: Mapping[str, Any], name: str, where: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise PriceFileError(f"{where}: “{name}” is {value!r}, which is not a text. Write it in quotes.")
    return value.strip()


def _rates(row: Mapping[str, Any], where: str) -> Rates:
    rates = {name: _rate(row[name], name, where) for name in RATES if name in row}
    if not rates:
        raise PriceFileError(f"{where}: there is no rate. Give at least one of {', '.join(RATES)}.")
    return Rates(**rates)


def _rate(value: Any, name: str, where: str) -> Decimal:  # noqa: ANN401 - whatever is in the file
    try:
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _MAXIMUM:
        raise PriceFileError(
            f"{where}: “{name}” is {str(value)!r}, which is no amount of US dollars per million tokens. "
            "Write it as 0.90."
        )
    return amount


def _day(value: Any, where: str) -> date:  # noqa: ANN401 - whatever is in the file
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise PriceFileError(
            f"{where}: “as_of” is {value!r}, which is no date. Say from when the price holds: 2026-10-01."
        ) from error


def _long(row: Mapping[str, Any], where: str) -> tuple[int | None, Rates | None]:
    start, rates = row.get("long_context_from"), row.get("long_context")
    if start is None and rates is None:
        return None, None
    if not isinstance(start, int) or isinstance(start, bool) or start < 1 or not isinstance(rates, dict):
        raise PriceFileError(
            f"{where}: “long_context_from” (tokens, at least 1) and “long_context” (rates) belong together."
        )
    return start, _rates(rates, where)


def _row(price: Price) -> dict[str, Any]:
    row: dict[str, Any] = {
        "model": price.model_id,
        "tier": price.tier,
        "region": price.region,
        **_written(price.rates),
        "source": price.source,
        "as_of": price.as_of.isoformat(),
        "note": price.note,
    }
    if price.long_context_from is not None and price.long_context_rates is not None:
        row |= {
            "long_context_from": price.long_context_from,
            "long_context": _written(price.long_context_rates),
        }
    return {name: value for name, value in row.items() if value is not None}


def _written(rates: Rates) -> dict[str, str]:
    return {name: f"{rate:f}" for name in RATES if (rate := getattr(rates, name)) is not None}


def scaled(rates: Rates, by: Decimal) -> Rates:
    """Multiply every rate that is known."""
    known = {name: rate * by for name in RATES if (rate := getattr(rates, name)) is not None}
    return replace(Rates(), **known)


def filled(rates: Rates, other: Rates) -> Rates:
    """Take from another what these rates lack."""
    lacking = {name: getattr(other, name) for name in RATES if getattr(rates, name) is None}
    return replace(rates, **lacking)


def agree(one: Rates, other: Rates) -> bool:
    """Whether two say the same of every bucket that both know, and both know one."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in RATES]
    common = [(a, b) for a, b in pairs if a is not None and b is not None]
    return bool(common) and all(a == b for a, b in common)
