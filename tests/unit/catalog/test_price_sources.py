"""Where prices come from, and what holds where genai-prices is newer than the snapshot."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bedrock_playground.catalog import genai, price_sources
from bedrock_playground.catalog.genai import known_ids, newer_version, read_genai_prices
from bedrock_playground.catalog.price_sources import AWS_FILE, find_own_file, gather, newer_prices
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import Usage

TODAY = date(2026, 11, 22)
LITE = "amazon.nova-lite-v1:0"
OWN = '[[price]]\nmodel = "{}"\ninput = 1\noutput = 1\nsource = "mine"\nas_of = 2026-10-01\n'


def read(*ids: str, on: date = TODAY) -> dict[str, Price]:
    return {price.model_id: price for price in read_genai_prices(ids, on=on, source="genai-prices 9")}


def test_an_entry_is_taken_for_the_scope_that_it_speaks_of_alone() -> None:
    # The package matches by a part of the name: eu.amazon.nova-lite finds the entry of amazon.nova-lite.
    found = read(LITE, f"eu.{LITE}", "us.anthropic.claude-sonnet-5-5", "global.anthropic.claude-sonnet-5-5")
    assert set(found) == {LITE, "us.anthropic.claude-sonnet-5-5", "global.anthropic.claude-sonnet-5-5"}
    assert found["global.anthropic.claude-sonnet-5-5"].rates.input == 2
    assert found["us.anthropic.claude-sonnet-5-5"].rates.input == Decimal("2.2")
    assert not read("nobody.knows-this-v1:0")


def test_a_price_that_changed_is_that_of_the_day() -> None:
    sol = "global.openai.gpt-5.6-sol"
    assert read(sol, on=date(2026, 8, 20))[sol].rates.input == 5
    assert read(sol, on=date(2026, 8, 21))[sol].rates.input == 4


def test_long_requests_have_their_own_rates_from_the_token_after_the_threshold() -> None:
    price = read("global.openai.gpt-6-sol")["global.openai.gpt-6-sol"]
    assert price.long_context_from == 272_001
    assert price.long_context_rates is not None
    assert price.long_context_rates.input == price.rates.input * 2  # type: ignore[operator]


def test_the_version_of_the_snapshot_has_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    assert newer_version() is None
    assert newer_prices() == ()
    monkeypatch.setattr(genai, "version", lambda _: "99.0")
    assert newer_version() == "genai-prices 99.0"


def test_a_newer_version_wins_but_where_the_review_decided_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(price_sources, "newer_version", lambda: "genai-prices 99.0")
    settled = {price.model_id for price in load_prices() if "genai-prices" in (price.note or "")}
    fresh = {price.model_id for price in newer_prices()}
    assert settled & set(read(*known_ids()))
    assert not settled & fresh
    book = gather(price_file=None, data_dir=tmp_path, cache_dir=tmp_path)
    price = book.price(LITE)
    assert price is not None
    assert price.source == "genai-prices 99.0"
    assert price.confidence is Confidence.CONFIRMED, "the snapshot's litellm says the same"


def test_the_users_file_is_the_one_that_the_settings_name_else_the_one_in_the_data_folder(
    tmp_path: Path,
) -> None:
    assert find_own_file(None, tmp_path) is None
    for name, model in (("prices.json", None), ("prices.toml", LITE)):
        (tmp_path / name).write_text(OWN.format(model) if model else '{"price": []}')
        assert find_own_file(None, tmp_path) == tmp_path / name
    other = tmp_path / "other.toml"
    assert find_own_file(other, tmp_path) == other
    book = gather(price_file=None, data_dir=tmp_path, cache_dir=tmp_path)
    assert book.cost(Usage(1_000_000, 0), model_id=LITE).amount == 1


@pytest.mark.parametrize("broken", ["own", "aws"])
def test_a_file_that_cannot_be_read_is_said_and_the_other_sources_hold(tmp_path: Path, broken: str) -> None:
    path = tmp_path / ("prices.toml" if broken == "own" else AWS_FILE)
    path.write_text("{")
    book = gather(price_file=None, data_dir=tmp_path, cache_dir=tmp_path)
    (problem,) = book.problems
    assert str(path) in problem
    assert book.price(LITE) is not None


def test_gathering_imports_neither_genai_prices_nor_what_it_needs(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from bedrock_playground.catalog.price_sources import gather\n"
        f"gather(price_file=None, data_dir=Path({str(tmp_path)!r}), cache_dir=Path({str(tmp_path)!r}))\n"
        "print([name for name in ('genai_prices', 'pydantic', 'pandas', 'urllib3') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
