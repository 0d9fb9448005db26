"""`bedrock-playground iam-policy`: what it prints and how it ends."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.cli import main

ACCOUNT = "111122223333"
PROFILE = "us.amazon.nova-lite-v1:0"
MODEL = "arn:aws:bedrock:{}::foundation-model/amazon.nova-lite-v1:0"
PROFILE_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{PROFILE}"
KNOWN = ("--region", "us-east-1", "--account", ACCOUNT, "--destinations", f"{PROFILE}=us-east-1,us-west-2")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command with folders of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path / "data"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        status = main(["iam-policy", *arguments])
        told = capsys.readouterr()
        return Ended(status, told.out, told.err)

    return run


def statements(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["Statement"])


def test_the_policy_is_what_is_printed(command: Command) -> None:
    ended = command("--model", PROFILE, *KNOWN)
    assert (ended.status, ended.err) == (0, "")
    use, behind = statements(ended.out)
    assert (use["Action"], use["Resource"]) == (["bedrock:InvokeModelWithResponseStream"], [PROFILE_ARN])
    assert behind["Resource"] == [MODEL.format("us-east-1"), MODEL.format("us-west-2")]
    assert behind["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": PROFILE_ARN}}


def test_what_is_not_known_is_told_and_the_policy_stays_whole(command: Command) -> None:
    ended = command("--model", PROFILE, "--region", "us-east-1", "--json")
    assert ended.status == 1
    told = json.loads(ended.out)
    assert not told["complete"]
    assert [words[:20] for words in told["problems"]] == ["To which Regions us.", "The account's number"]
    assert told["policy"]["Statement"][1]["Resource"] == [MODEL.format("us-east-1")]
    assert all(line["words"] for document in told["documents"] for line in document["explained"])
    plain = command("--model", PROFILE, "--region", "us-east-1")
    assert "To which Regions" in plain.err
    assert statements(plain.out)


def test_each_kind_of_call_and_what_goes_beside_it(command: Command) -> None:
    ended = command(
        "--model", "amazon.nova-lite-v1:0", "--operation", "Converse", "--operation", "CountTokens",
        "--list-models", "--api-key", "--region", "eu-west-1",
    )  # fmt: skip
    assert ended.status == 0
    actions = [one["Action"] for one in statements(ended.out)]
    assert actions == [
        ["bedrock:InvokeModel"],
        ["bedrock:CountTokens"],
        ["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"],
        ["bedrock:CallWithBearerToken"],
    ]


def test_a_batch_job_brings_its_roles_documents(command: Command) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/batch"
    job = ("--batch-role", role, "--batch-input", "s3://inbox/a.jsonl", "--batch-output", "s3://outbox/b/")
    ended = command("--model", "amazon.nova-lite-v1:0", *KNOWN, *job)
    assert ended.status == 0
    assert list(json.loads(ended.out)) == ["Whoever calls", f"The role {role}", f"Trust policy of {role}"]
    half = command("--model", "amazon.nova-lite-v1:0", *job[:2])
    assert half.status == 2
    assert "needs all of" in half.err


def test_a_policy_is_checked_from_a_file_or_standard_input(command: Command, tmp_path: Path) -> None:
    exact = command("--model", PROFILE, *KNOWN).out
    path = tmp_path / "policy.json"
    path.write_text(exact, encoding="utf-8")
    ended = command("--model", PROFILE, *KNOWN, "--check", str(path))
    assert (ended.status, ended.out) == (0, "It allows exactly what these calls need.\n")
    wide = '{"Statement": {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}}'
    checked = command("--model", PROFILE, *KNOWN, "--check", "-", "--json", stdin=wide)
    assert checked.status == 1
    told = json.loads(checked.out)
    assert not told["fits"]
    assert {finding["kind"] for finding in told["findings"]} == {"too_wide"}
    plain = command("--model", PROFILE, *KNOWN, "--check", "-", stdin=wide)
    assert "too wide: Statement[0].Action bedrock:*" in plain.out
    none = command("--model", PROFILE, *KNOWN, "--check", "-", stdin="{")
    assert none.status == 2
    assert "not JSON" in none.err


def test_each_line_in_words(command: Command) -> None:
    ended = command("--model", PROFILE, *KNOWN, "--explain")
    assert ended.status == 0
    assert "Only through this profile" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name what is to be allowed"),
        (("--model", PROFILE, "--account", "12"), "twelve digits"),
        (("--model", PROFILE, "--region", "here"), "is no Region"),
        (("--model", PROFILE, "--destinations", "us-east-1"), "names no profile and Regions"),
        (("--model", PROFILE, "--check", "/nowhere"), "cannot be read"),
    ],
)
def test_bad_arguments_are_told(command: Command, arguments: tuple[str, ...], words: str) -> None:
    ended = command(*arguments)
    assert ended.status == 2
    assert words in ended.err


def test_a_presets_policy_is_for_its_model(command: Command) -> None:
    ended = command("--preset", "starter", *KNOWN)
    assert ended.status == 2
    assert "There is no preset 'starter'" in ended.err
