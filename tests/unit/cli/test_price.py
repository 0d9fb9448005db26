"""`bedrock-playground price`, and what `compare` prints of a cost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.cli import main
from bedrock_playground.cli.compare_output import run_to_json, table
from bedrock_playground.invocation import InvocationRequest, InvocationResult, LaneRun, RunIdentity
from bedrock_playground.invocation.cost import Confidence, Cost

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.fixture(autouse=True)
def nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of our own, without anybody's prices."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("BEDROCK_PLAYGROUND_PRICE_FILE", raising=False)


def priced(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["price", *arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_it_prices_every_bucket_exactly_with_source_date_and_confidence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = priced(
        capsys, HAIKU, "--input", "1000", "--output", "500", "--cache-read", "200", "--cache-write", "100"
    )
    # 1,000 x 1.1 + 500 x 5.5 + 200 x 0.11 + 100 x 1.375, in millionths.
    assert told["cost"] == "0.0040095"
    assert told["model"] == HAIKU
    assert told["source"]
    assert date.fromisoformat(told["as_of"]).year >= 2026
    assert told["confidence"] in {"confirmed", "single_source"}
    assert [part["bucket"] for part in told["parts"]] == ["input", "output", "cache_read", "cache_write"]
    assert sum(Decimal(part["cost"]) for part in told["parts"]) == Decimal(told["cost"])


def test_unknown_is_null_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    told = priced(capsys, "nobody.knows-this-v1:0", "--input", "1000")
    assert (told["cost"], told["source"], told["as_of"], told["confidence"]) == (None, None, None, "unknown")
    assert "nobody.knows-this-v1:0" in told["note"]


def test_a_local_model_costs_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    told = priced(capsys, "local.smollm2-135m-instruct-v1:0", "--input", "1000", "--output", "10")
    assert (told["cost"], told["confidence"]) == ("0", "exact")
    assert "no charge" in told["note"]


def test_the_users_file_wins_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prices.toml").write_text(
        f'[[price]]\nmodel = "{HAIKU}"\ninput = 0.5\noutput = 2\n'
        'source = "our contract"\nas_of = 2026-10-01\n'
    )
    told = priced(capsys, HAIKU, "--input", "1000000")
    assert (told["cost"], told["source"], told["as_of"], told["confidence"]) == (
        "0.5",
        "our contract",
        "2026-10-01",
        "user",
    )


def test_the_example_in_the_help_is_a_price_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main(["price", "--help"])
    shown = capsys.readouterr().out
    example = "\n".join(line.strip() for line in shown[shown.index("[[price]]") :].splitlines())
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    monkeypatch.setenv("BEDROCK_PLAYGROUND_PRICE_FILE", str(tmp_path / "mine.toml"))
    assert priced(capsys, HAIKU, "--input", "1000000", "--region", "us-east-1")["cost"] == "0.99"
    assert priced(capsys, HAIKU, "--input", "1000000")["cost"] == "1.1"


def test_a_price_file_that_cannot_be_used_is_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_PRICE_FILE", str(tmp_path / "gone.toml"))
    assert main(["price", HAIKU, "--input", "1"]) == 2
    said = capsys.readouterr()
    assert "gone.toml" in said.err
    assert not said.out


def test_the_text_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", HAIKU, "--input", "1000", "--output", "500"]) == 0
    text = capsys.readouterr().out
    for words in (f"{HAIKU}: $0.00385", "1,000 tokens at $1.1 per million", "1,000 requests  $3.85", "as of"):
        assert words in text


def test_price_as_if_says_that_tokenisers_differ(capsys: pytest.CaptureFixture[str]) -> None:
    told = priced(capsys, HAIKU, "--input", "1000000", "--counted-by", "local.smollm2-135m-instruct-v1:0")
    assert told["cost"] == "1.1"
    assert "tokeniser" in told["note"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([HAIKU], "How many tokens?"),
        ([HAIKU, "--input", "-1"], "is not a number of tokens"),
        ([HAIKU, "--input", "1.5"], "is not a number of tokens"),
        ([HAIKU, "--input", "1_000"], "is not a number of tokens"),
        ([" ", "--input", "1"], "Which model?"),
        (["--input", "1"], "Which model?"),
        (["--refresh"], "add --region"),
        ([HAIKU, "--input", "1", "--tier", "turbo"], "'turbo' is none of"),
        ([HAIKU, "--input", "1", "--cache-write", "1", "--cache-write-1h", "2"], "a part of --cache-write"),
        ([HAIKU, "--input", "1", "--latency", "optimized", "--counted-by", "x"], "do not go together"),
    ],
)
def test_bad_arguments_are_refused_in_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["price", *arguments])
    except SystemExit as left:
        status = int(left.code or 0)
    assert status == 2
    assert words in capsys.readouterr().err


def test_a_refresh_that_fails_is_said_and_nothing_is_priced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedrock_playground.catalog.aws_prices.PRICE_LIST", "http://127.0.0.1:9")
    assert main(["price", "--refresh", "--region", "us-east-1"]) == 1
    said = capsys.readouterr()
    assert "cannot be reached" in said.err
    assert not said.out


def run_of(cost: Cost | None) -> LaneRun:
    identity = RunIdentity("run", "comparison", "A", 0, 0, datetime(2026, 11, 22, tzinfo=UTC))
    request = InvocationRequest.from_prompt(HAIKU, "Hi")
    return LaneRun.restored(identity, request, InvocationResult(text="Hello"), cost=cost)


@pytest.mark.parametrize(
    ("cost", "amount", "confidence", "cell"),
    [
        (
            Cost(Decimal("0.0000123"), Confidence.USER, "mine", date(2026, 1, 2)),
            "0.0000123",
            "user",
            "$0.0000123",
        ),
        (Cost(None, note="Nobody knows."), None, "unknown", "unknown"),
    ],
)
def test_compare_prints_what_a_run_cost(
    *, cost: Cost, amount: str | None, confidence: str, cell: str
) -> None:
    value = run_to_json(run_of(cost))
    assert value["cost"] == amount
    assert value["price"]["confidence"] == confidence
    assert f" {cell} " in table([run_of(cost)])


def test_compare_prints_nothing_of_a_cost_that_nobody_told() -> None:
    value = run_to_json(run_of(None))
    assert (value["cost"], value["price"]) == (None, None)
