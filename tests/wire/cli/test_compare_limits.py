"""`compare` under a spending limit and with models of which nobody knows the price: boto3 over loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bedrock_playground.cli import main
from bedrock_playground.history import RunStore
from tests.wire.invocation.scripted import Exchange, ScriptedServer

PRICED = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
UNKNOWN = "acme.unheard-of-v1:0"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path),
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    answering = ScriptedServer(_answer)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_ENDPOINT_URL", answering.url)
    yield answering
    answering.close()


def _answer(exchange: Exchange) -> None:
    if exchange.path.endswith("/converse-stream"):
        exchange.answer("Hi")
    else:
        exchange.error(400, "ValidationException", "no CountTokens here")


def sent(server: ScriptedServer) -> int:
    return sum(exchange.path.endswith("/converse-stream") for exchange in server.exchanges)


def compare(*arguments: str) -> int:
    return main(["compare", "--prompt", "Hi", "--json", *arguments])


def lanes(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_nothing_is_sent_beyond_max_cost(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    # 1,000 tokens at $5.50 per million and some input: 0.0064 at most, for either lane.
    status = compare("--model", PRICED, "--max-tokens", "1000", "--repeat", "3", "--max-cost", "0.007")
    assert status == 0
    assert [lane["state"] for lane in lanes(capsys)] == ["completed"] * 3
    assert sent(server) == 3

    assert compare("--model", PRICED, "--max-tokens", "1000", "--max-cost", "0.005") == 1
    (lane,) = lanes(capsys)
    error = lane["error"]
    assert isinstance(error, dict)
    assert (error["type"], error["retryable"]) == ("SpendingLimitReached", False)
    assert lane["cost"] == "0"
    assert sent(server) == 3


def test_the_day_s_limit_counts_over_commands_recorded_or_not(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DAY_LIMIT", "0.00614")
    statuses = [compare("--model", PRICED, "--max-tokens", "1000", "--no-history") for _ in range(3)]
    # At most it is 546 tokens in and 1,000 out, which is $0.0061006; each of them then costs $0.0000242.
    assert statuses == [0, 0, 1]
    assert "SpendingLimitReached" in capsys.readouterr().out
    data_dir = Path.cwd()
    with RunStore.open(f"sqlite:///{data_dir / 'history.sqlite3'}", data_dir=data_dir) as store:
        assert store.count() == 0
        assert store.ledger().totals("x").day.spent == 2 * Decimal("0.0000242")


def test_an_unknown_price_asks_first(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("--model", UNKNOWN, "--model", PRICED) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"No source has a price for {UNKNOWN}" in said.err
    assert "--allow-unknown-cost" in said.err
    assert sent(server) == 0
    assert compare("--model", UNKNOWN, "--model", PRICED, "--allow-unknown-cost") == 0
    costs = {str(lane["model_id"]): lane["cost"] for lane in lanes(capsys)}
    assert costs[UNKNOWN] is None
    assert costs[PRICED] is not None


@pytest.mark.parametrize("amount", ["-1", "much", "NaN", "Infinity"])
def test_max_cost_is_an_amount(
    amount: str, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("--model", PRICED, "--max-cost", amount) == 2
    assert "--max-cost" in capsys.readouterr().err
