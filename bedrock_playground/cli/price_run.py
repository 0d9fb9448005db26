"""`bedrock-playground price` at work."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.aws_prices import PriceRefreshError, refresh_aws_prices
from bedrock_playground.catalog.money import (
    CONFIDENCE_WORDS,
    cost_to_json,
    format_per_thousand,
    format_usd,
)
from bedrock_playground.catalog.price_sources import AWS_FILE, gather
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.values import Usage
from bedrock_playground.settings import SettingsError, load_settings

TIERS = ("default", "flex", "priority", "reserved", "batch")
"""Converse's service tiers, and batch inference."""


def run(options: argparse.Namespace) -> int:
    """Price the tokens and print it.

    Returns:
        0 if that was done, whether anybody knows the price or not; 1 if the refresh failed; 2 for bad
        arguments or a price file that cannot be used.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        return _refuse(str(error))
    for holds, complaint in _checks(options):
        if not holds:
            return _refuse(complaint)
    if options.refresh:
        try:
            _refresh(settings.cache_dir, options.region)
        except PriceRefreshError as error:
            _say(str(error))
            return 1
        if not options.model_id:
            return 0
    book = gather(price_file=settings.price_file, data_dir=settings.data_dir, cache_dir=settings.cache_dir)
    if book.problems:
        return _refuse(" ".join(book.problems))
    usage = Usage(
        input_tokens=options.input or 0,
        output_tokens=options.output or 0,
        cache_read_input_tokens=options.cache_read,
        cache_write_input_tokens=options.cache_write,
        cache_write_1h_input_tokens=options.cache_write_1h,
    )
    model_id = options.model_id.strip()
    if options.counted_by:
        cost = book.as_if(
            usage, model_id, counted_by=options.counted_by, tier=options.tier, region=options.region
        )
    else:
        cost = book.cost(
            usage, model_id=model_id, tier=options.tier, region=options.region, latency=options.latency
        )
    print(json.dumps(to_json(model_id, cost)) if options.json else to_text(model_id, cost))
    return 0


def to_json(model_id: str, cost: Cost) -> dict[str, Any]:
    """What `--json` prints; amounts are decimals as text, ``null`` is unknown."""
    return {"model": model_id, **cost_to_json(cost), "parts": [
        {
            "bucket": part.bucket,
            "tokens": part.tokens,
            "usd_per_million": f"{part.usd_per_million:f}",
            "cost": f"{part.amount:f}",
        }
        for part in cost.parts
    ]}  # fmt: skip


def to_text(model_id: str, cost: Cost) -> str:
    """The same for people."""
    lines = [
        f"{model_id}: {format_usd(cost.amount)}",
        *(f"  {part.bucket.replace('_', ' '):<15} {part.tokens:>12,} tokens at ${part.usd_per_million:f} per "
          f"million = {format_usd(part.amount)}" for part in cost.parts),
        f"  1,000 requests  {format_per_thousand(cost.amount)}",
        f"  source          {cost.source or 'none'}",
        f"  as of           {cost.as_of.isoformat() if cost.as_of else 'n/a'}",
        f"  confidence      {CONFIDENCE_WORDS[cost.confidence]}",
    ]  # fmt: skip
    if cost.note:
        lines.append(f"  note            {cost.note}")
    return "\n".join(lines)


def _checks(options: argparse.Namespace) -> Iterator[tuple[bool, str]]:
    """Pair each condition with what to say where it does not hold."""
    yield (
        not options.refresh or bool(options.region),
        "--refresh fetches a Region's prices: add --region, such as --region us-east-1.",
    )
    alone = options.refresh and options.model_id is None
    yield alone or bool((options.model_id or "").strip()), "Which model? Give its id. See --help."
    yield (
        alone or options.input is not None or options.output is not None,
        "How many tokens? Give --input N, --output N or both.",
    )
    yield options.tier in TIERS, f"--tier {options.tier!r} is none of {', '.join(TIERS)}."
    written, hour = options.cache_write or 0, options.cache_write_1h or 0
    yield (
        options.cache_write is None or hour <= written,
        "--cache-write-1h is a part of --cache-write and cannot be more.",
    )
    yield (
        not (options.counted_by and options.latency),
        "--counted-by and --latency do not go together: leave one out.",
    )


def _refresh(cache_dir: Path, region: str) -> None:
    told = refresh_aws_prices(cache_dir / AWS_FILE, region=region)
    _say(f"{told.prices} prices of {region}, published by AWS on {told.published.isoformat()}")
    if told.unknown_names:
        _say(f"not in the catalogue, so left out: {', '.join(told.unknown_names)}")


def _refuse(message: str) -> int:
    _say(message)
    return 2


def _say(message: str) -> None:
    print(f"bedrock-playground price: {message}", file=sys.stderr)
