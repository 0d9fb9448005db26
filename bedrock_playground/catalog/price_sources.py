"""Where prices come from: the user's file, what was fetched from AWS, genai-prices, the snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bedrock_playground.catalog.genai import known_ids, newer_version, read_genai_prices
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_file import PriceFileError, read_price_file
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.invocation.cost import Confidence

OWN_FILES = ("prices.toml", "prices.json")
"""What the user's own price file is called in the data folder."""
AWS_FILE = "aws-prices.json"
"""What was fetched from AWS's price list, in the cache folder."""


def find_own_file(price_file: Path | None, data_dir: Path) -> Path | None:
    """Find the user's price file: the one that the settings name, else one in the data folder."""
    if price_file is not None:
        return price_file
    return next((path for name in OWN_FILES if (path := data_dir / name).is_file()), None)


def gather(*, price_file: Path | None, data_dir: Path, cache_dir: Path, genai: bool = True) -> PriceBook:
    """Gather every price this installation knows.

    A file that cannot be used is left out, and the book says so in :attr:`PriceBook.problems`.

    Args:
        price_file: The user's own, where the settings name one.
        data_dir: Where it is looked for otherwise.
        cache_dir: Where AWS's price list was put when it was fetched.
        genai: Whether to ask genai-prices too, where it is newer than the snapshot; that takes a while.
    """
    own_file = find_own_file(price_file, data_dir)
    own, problem = _read(own_file, Confidence.USER)
    aws_file = cache_dir / AWS_FILE
    aws, aws_problem = _read(aws_file if aws_file.is_file() else None, Confidence.AWS)
    return PriceBook(
        own=own,
        listed=(aws, newer_prices() if genai else (), load_prices()),
        problems=tuple(text for text in (problem, aws_problem) if text),
    )


def newer_prices() -> tuple[Price, ...]:
    """What genai-prices says, if it is another version than the snapshot was made from.

    Where the snapshot's review decided against that package (it has one price for several geographies, say),
    that stays decided.
    """
    source = newer_version()
    if source is None:
        return ()
    settled = {price.model_id for price in load_prices() if "genai-prices" in (price.note or "")}
    return read_genai_prices(known_ids() - settled, on=datetime.now(UTC).date(), source=source)


def _read(path: Path | None, confidence: Confidence) -> tuple[tuple[Price, ...], str | None]:
    if path is None:
        return (), None
    try:
        return read_price_file(path, confidence=confidence), None
    except PriceFileError as error:
        return (), str(error)
