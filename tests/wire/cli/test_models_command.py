"""`bedrock-playground models`, in a process of its own and without any credentials."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.catalog.snapshot import load_models
from tests.wire.cli.command_line import CommandLine

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"


def found(command_line: CommandLine, *arguments: str) -> list[dict[str, Any]]:
    ended = command_line.run("models", *arguments, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    rows = json.loads(ended.stdout)
    assert isinstance(rows, list)
    return rows


def test_filters_on_the_command_line(alone: CommandLine) -> None:
    rows = found(
        alone, "--provider", "amazon", "--needs", "tools,images", "--max-input-price", "0.5", "--min-context",
        "200000", "--lifecycle", "active", "--sort", "input_price",
    )  # fmt: skip
    assert {row["provider"] for row in rows} == {"Amazon"}
    assert "amazon.nova-lite-v1:0" in {row["id"] for row in rows}
    prices = [Decimal(row["input_price"]) for row in rows]
    assert prices == sorted(prices)
    assert max(prices) <= Decimal("0.5")
    for row in rows:
        assert isinstance(row["input_price"], str)
        assert row["context_window"] >= 200_000
        assert row["capabilities"]["tools"] is True
        assert {"source", "as_of", "confidence"} <= set(row["price"])
        date.fromisoformat(row["price"]["as_of"])


def test_unknown_is_null_sorted_last_and_passes_no_filter_unless_asked(alone: CommandLine) -> None:
    for order in ((), ("--descending",)):
        prices = [row["input_price"] for row in found(alone, "--sort", "input_price", *order)]
        known = [price for price in prices if price is not None]
        assert len(known) < len(prices)
        assert prices == known + [None] * (len(prices) - len(known))
    strict = found(alone, "--max-input-price", "1")
    loose = found(alone, "--max-input-price", "1", "--include-unknown")
    assert all(row["input_price"] is not None for row in strict)
    assert len(loose) > len(strict)


def test_spellings_of_a_task_and_nothing_found(alone: CommandLine) -> None:
    assert found(alone, "--task", "summarization") == found(alone, "--task", "summarisation")
    assert found(alone, "--search", "nobody-has-this") == []


def test_the_table_for_people_says_how_much_it_is(alone: CommandLine) -> None:
    ended = alone.run("models", "--search", "nova-micro")
    assert ended.returncode == 0
    assert "amazon.nova-micro-v1:0" in ended.stdout
    assert "snapshot of" in ended.stdout


def test_show_tells_rules_limits_and_prices_with_their_source(alone: CommandLine) -> None:
    ended = alone.run("models", "show", f"us.{SONNET}", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    shown = json.loads(ended.stdout)
    assert shown["base_ids"] == [SONNET]
    assert (shown["kind"], shown["scope"], shown["resolved"]) == ("inference_profile", "geographic", True)
    temperature = shown["rules"]["temperature"]
    assert temperature["state"] == "free"
    assert temperature["reason"]
    assert "top_p" in temperature["conflicts_with"]
    assert shown["rules"]["effort"]["state"] == "rejected"
    assert shown["limits"]["context_window"] == 200_000
    first = shown["prices"][0]
    assert first["id"] == f"us.{SONNET}", "what was asked for comes first"
    assert Decimal(first["input"]) > 0
    assert first["source"]
    assert first["as_of"]
    assert "context_window" in shown["model"]["provenance"]


@pytest.mark.parametrize(
    "model_id",
    [
        f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}",
        f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{SONNET}",
    ],
)
def test_show_takes_an_arn_that_names_its_model(alone: CommandLine, model_id: str) -> None:
    ended = alone.run("models", "show", model_id, "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["base_ids"] == [SONNET]


def test_show_guesses_nothing_of_what_only_the_account_knows(alone: CommandLine) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
    ended = alone.run("models", "show", arn, "--json")
    assert ended.returncode == 1
    shown = json.loads(ended.stdout)
    assert (shown["resolved"], shown["model"], shown["limits"], shown["prices"]) == (False, None, None, [])
    assert "GetInferenceProfile" in shown["explanation"]
    assert shown["rules"]["temperature"]["state"] == "default_only"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--needs", "wings"), "'wings' is none of tools, json"),
        (("--max-input-price", "cheap"), "'cheap' is not an amount of US dollars"),
        (("--max-input-price", "0"), "above 0"),
        (("--min-context", "-5"), "not a whole number of at least 1"),
        (("--sort", "colour"), "invalid choice"),
        (("show",), "ID"),
    ],
)
def test_bad_arguments_are_named(alone: CommandLine, arguments: tuple[str, ...], said: str) -> None:
    ended = alone.run("models", *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""


def test_ones_own_price_wins_and_a_broken_price_file_is_named(alone: CommandLine) -> None:
    file = alone.folder / "own.toml"
    file.write_text(
        '[[price]]\nmodel = "amazon.nova-lite-v1:0"\ninput = 0.05\noutput = 0.2\n'
        'source = "our agreement"\nas_of = 2026-10-01\n'
    )
    variables = {"BEDROCK_PLAYGROUND_PRICE_FILE": str(file)}
    ended = alone.run("models", "show", "amazon.nova-lite-v1:0", "--json", **variables)
    first = json.loads(ended.stdout)["prices"][0]
    assert (first["input"], first["source"], first["confidence"]) == ("0.05", "our agreement", "user")
    file.write_text("[[price]]\n")
    ended = alone.run("models", "--json", **variables)
    assert ended.returncode == 2
    assert "own.toml" in ended.stderr
    assert ended.stdout == ""


def test_an_end_that_no_source_tells_is_not_said_to_be_unannounced(alone: CommandLine) -> None:
    model = next(spec for spec in load_models().values() if spec.end_of_life is None)
    ended = alone.run("models", "show", model.model_id)
    assert re.search(r"^end of life +none known$", ended.stdout, re.MULTILINE)
