"""A preset leaves the command line as code that sends its request, and with the policy that it needs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.wire.cli.command_line import CommandLine, environment_without_aws
from tests.wire.invocation.scripted import ScriptedServer
from tests.wire.presets.exporting import answer, run

LITE = "amazon.nova-lite-v1:0"


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """Neither credentials nor weights, and one preset."""
    made = CommandLine(tmp_path, environment_without_aws(tmp_path, tmp_path / "nothing"))
    saved = made.run(
        "presets", "save", "--name", "Sky", "--model", LITE, "--prompt", "Why is {{thing}} blue?",
        "--temperature", "0.25", "--max-tokens", "50", "--example", "thing=the sky",
        "--guardrail", "abc123:1",
    )  # fmt: skip
    assert saved.returncode == 0, saved.stderr
    return made


def test_the_exported_code_sends_what_the_preset_says(command_line: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "sky.py"
    shown = json.loads(command_line.run("presets", "show", "Sky", "--set", "thing=it's", "--json").stdout)
    exported = command_line.run(
        "presets", "export", "Sky", "--format", "boto3-stream", "--set", "thing=it's",
        "--region", "eu-west-1", "--output", str(path),
    )  # fmt: skip
    assert (exported.returncode, exported.stderr) == (0, "")
    server = ScriptedServer(answer)
    try:
        run([sys.executable, path.name], tmp_path, server.url)
    finally:
        server.close()
    arrived = server.exchanges[0]
    assert arrived.path == f"/model/{LITE.replace(':', '%3A')}/converse-stream"
    wanted = {key: value for key, value in shown["request"].items() if key != "modelId"}
    assert arrived.json() == wanted


def test_what_an_export_reads_lies_beside_it_and_templates_stay_templates(
    command_line: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "ask.py"
    written = command_line.run("presets", "export", "Sky", "--format", "appconfig", "--output", str(path))
    assert written.returncode == 0, written.stderr
    assert json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))["modelId"] == LITE
    printed = command_line.run("presets", "export", "Sky", "--format", "appconfig", "--json")
    assert list(json.loads(printed.stdout)["beside"]) == ["model.json"]
    stack = command_line.run("presets", "export", "Sky", "--format", "cloudformation")
    assert "Why is {{thing}} blue?" in stack.stdout
    assert "the guardrail" in stack.stderr
    listed = command_line.run("presets", "export", "--format", "list")
    assert {"boto3-stream", "terraform", "json"} <= {line.split()[0] for line in listed.stdout.splitlines()}


def test_the_policy_of_a_preset(command_line: CommandLine) -> None:
    ended = command_line.run(
        "iam-policy", "--preset", "sky", "--region", "eu-west-1", "--account", "111122223333", "--json"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    called, applied = json.loads(ended.stdout)["policy"]["Statement"]
    guardrail = "arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123"
    assert called["Resource"] == [f"arn:aws:bedrock:eu-west-1::foundation-model/{LITE}"]
    assert called["Condition"] == {"StringEquals": {"bedrock:GuardrailIdentifier": f"{guardrail}:1"}}
    assert applied["Resource"] == [guardrail]
    none = command_line.run("iam-policy", "--preset", "starter:classify")
    assert none.returncode == 2
    assert "has no model yet" in none.stderr
