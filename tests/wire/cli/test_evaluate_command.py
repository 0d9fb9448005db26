"""`bedrock-playground evaluate` as CI uses it: real processes, killed and gone on with."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.catalog.embeddings import WORDLLAMA
from bedrock_playground.cli import main
from tests.wire.cli.command_line import MODEL, CommandLine, environment_without_aws
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.kitchen import Kitchen, echo

CASES = "question,answer,difficulty\n" + "".join(
    f"q{n},test.a: q{n},{'hard' if n % 2 else 'easy'}\n" for n in range(10)
)
CASCADE = {
    "kind": "chain",
    "name": "Twice",
    "steps": [
        {"name": "one", "member": {"kind": "solo", "variant": {"model": "test.c"}}},
        {"name": "two", "member": {"kind": "solo", "variant": {"model": "test.d"}}},
    ],
}
BASE = ("--allow-unknown-cost", "--scorer", "exact", "--json")


class Holding:
    """Answers so many calls; the others wait until they may go on."""

    def __init__(self) -> None:
        self.left = 10**9
        self.held = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, model: str, prompt: str, exchange: Exchange) -> None:
        self.left -= 1
        if self.left < 0:
            self.held.release()
            self.go_on.wait(60)
        echo(model, prompt, exchange)


@pytest.fixture
def holding() -> Holding:
    return Holding()


@pytest.fixture
def kitchen(holding: Holding) -> Iterator[Kitchen]:
    opened = Kitchen(holding)
    yield opened
    holding.go_on.set()
    opened.close()


@pytest.fixture
def command(tmp_path: Path, kitchen: Kitchen) -> Iterator[CommandLine]:
    environment = environment_without_aws(tmp_path, tmp_path) | {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "BEDROCK_PLAYGROUND_ENDPOINT_URL": kitchen.server.url,
    }
    made = CommandLine(tmp_path, environment)
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "twice.json").write_text(json.dumps(CASCADE))
    yield made
    made.end()


def evaluate(command: CommandLine, *arguments: str) -> tuple[int, dict[str, Any], str]:
    ended = command.run("evaluate", *arguments)
    (line,) = ended.stdout.splitlines() or ["{}"]
    return ended.returncode, json.loads(line), ended.stderr


def evaluation_id(said: str) -> str:
    found = re.search(r"--resume (\S+)", said)
    assert found is not None, said
    return found[1]


def test_contenders_are_asked_scored_and_held_against_thresholds(
    command: CommandLine, kitchen: Kitchen
) -> None:
    contenders = ("--contender", "test.a", "--contender", "test.b", "--contender", "twice.json")
    status, told, said = evaluate(
        command, "cases.csv", *contenders, *BASE, "--fail-under", "accuracy=0.5", "--fail-under", "failures=0"
    )
    assert status == 1
    assert (told["state"], told["done"], told["total"]) == ("completed", 30, 30)
    assert told["evaluation_id"] == evaluation_id(said)
    by_name = {one["name"]: one for one in told["contenders"]}
    assert {name: one["scores"]["exact"]["accuracy"] for name, one in by_name.items()} == {
        "test.a": 1.0,
        "test.b": 0.0,
        "Twice": 0.0,
    }
    assert told["failed_thresholds"] == [
        "test.b: accuracy is 0, less than 0.5",
        "Twice: accuracy is 0, less than 0.5",
    ]
    # Nobody knows what this endpoint costs: that is unknown, not 0.
    assert by_name["test.a"]["cost_per_request_usd"] is None
    assert told["calls_of_unknown_cost"] == 40
    assert set(Counter(kitchen.asked).values()) == {1}

    status, again, _ = evaluate(command, "--resume", told["evaluation_id"], "--allow-unknown-cost", "--json")
    assert (status, again["done"]) == (0, 30)
    assert len(kitchen.asked) == 40


def test_killed_half_way_and_gone_on_with_each_case_is_called_once(
    command: CommandLine, kitchen: Kitchen, holding: Holding
) -> None:
    holding.left = 9
    arguments = ("cases.csv", "--contender", "test.a", "--contender", "test.b", "--concurrency", "2", *BASE)
    process = command.start("evaluate", *arguments)
    for _ in range(4):
        assert holding.held.acquire(timeout=60)
    os.killpg(process.pid, signal.SIGKILL)
    _, said = process.communicate()
    holding.left = 10**9
    holding.go_on.set()
    resume = ("--resume", evaluation_id(said), "--allow-unknown-cost", "--json")
    status, told, _ = evaluate(command, *resume)
    assert (status, told["state"], told["done"]) == (0, "completed", 20)
    assert sum(one["interrupted"] for one in told["contenders"]) == 4
    asked = Counter(kitchen.asked)
    assert (len(asked), set(asked.values())) == (20, {1})
    status, told, _ = evaluate(command, *resume, "--again", "interrupted", "--fail-under", "failures=0")
    assert (status, sum(one["interrupted"] for one in told["contenders"])) == (0, 0)
    assert sum(Counter(kitchen.asked).values()) == 24


def test_an_interrupt_stops_it_and_it_goes_on(
    command: CommandLine, kitchen: Kitchen, holding: Holding
) -> None:
    holding.left = 5
    process = command.start("evaluate", "cases.csv", "--contender", "test.a", "--concurrency", "2", *BASE)
    for _ in range(2):
        assert holding.held.acquire(timeout=60)
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=60)
    assert process.returncode == 130
    told = json.loads(output)
    assert (told["state"], told["done"]) == ("stopped", 5)
    holding.left = 10**9
    holding.go_on.set()
    status, told, _ = evaluate(command, "--resume", evaluation_id(said), "--allow-unknown-cost", "--json")
    assert (status, told["done"]) == (0, 10)
    assert told["contenders"][0]["scores"]["exact"]["accuracy"] == 1.0
    assert len(set(kitchen.asked)) == 10


def test_without_credentials_the_local_model_answers_a_set_that_came_along(alone: CommandLine) -> None:
    status, told, said = evaluate(
        alone, "builtin:classification", "--contender", MODEL, "--max-tokens", "4", "--sample", "3", "--json"
    )
    assert status == 0, said
    assert (told["state"], told["done"], told["cost_usd"]) == ("completed", 3, "0")
    assert "It costs nothing" in said
    assert alone.survivors() == []


def test_an_embedding_model_is_a_contender_that_ranks_passages(alone: CommandLine) -> None:
    scorers = ("--scorer", "normalised", "--scorer", "rank")
    status, told, said = evaluate(
        alone, "builtin:retrieval", "--contender", WORDLLAMA, *scorers, "--sample", "8", "--json"
    )
    assert status == 0, said
    assert (told["state"], told["done"], told["cost_usd"]) == ("completed", 8, "0")
    assert "It costs nothing" in said
    (one,) = told["contenders"]
    assert (one["name"], one["failed"]) == (WORDLLAMA, 0)
    assert 0.5 < one["scores"]["normalised"]["accuracy"] <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give a FILE of cases, or --resume ID"),
        (("cases.csv",), "--contender is missing"),
        (("gone.csv", "--contender", "test.a"), "gone.csv cannot be read"),
        (("builtin:gone", "--contender", "test.a"), "There are: Customer messages"),
        (("cases.csv", "--contender", "gone.json"), "gone.json cannot be read"),
        (("cases.csv", "--contender", "test.a", "--scorer", "gone"), "There is no scorer “gone”"),
        (
            ("cases.csv", "--contender", "test.a", "--prompt", "{{x}}"),
            "the prompt names x, which the cases lack",
        ),
        (("cases.csv", "--contender", "test.a", "--fail-under", "speed=1"), "speed is not measured"),
        (("cases.csv", "--contender", "test.a", "--fail-under", "accuracy"), "Example: accuracy=0.8"),
        (("cases.csv", "--contender", "test.a", "--max-cost", "x"), "--max-cost must be an amount"),
        (("--resume", "gone"), "There is no evaluation gone"),
        (("--resume", "x", "--contender", "test.a"), "leave --contender and --scorer out"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_called(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "cases.csv").write_text(CASES)
    assert main(["evaluate", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out
