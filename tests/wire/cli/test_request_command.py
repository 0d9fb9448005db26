"""`bedrock-playground request`: the exact request, without credentials or network; what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.wire.cli.command_line import CommandLine, environment_without_aws

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
OPUS = "global.anthropic.claude-opus-5-5"


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """Neither credentials nor weights: nothing is called and nothing is started."""
    return CommandLine(tmp_path, environment_without_aws(tmp_path, tmp_path / "nothing"))


def ask(command_line: CommandLine, *arguments: str, status: int = 0, stdin: str = "") -> dict[str, Any]:
    ended = command_line.run("request", "--json", *arguments, stdin=stdin)
    assert (ended.returncode, ended.stderr) == (status, "")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_the_exact_request(command_line: CommandLine) -> None:
    schema, tools = command_line.folder / "schema.json", command_line.folder / "tools.json"
    schema.write_text('{"type": "object"}')
    tools.write_text('[{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}]')
    note = command_line.folder / "a note.txt"
    note.write_text("Tea at five.")
    told = ask(
        command_line,
        *("--model", HAIKU, "--prompt", "-", "--system", "Be brief.", "--temperature", "0"),
        *("--max-tokens", "50", "--top-k", "40", "--stop", "END", "--cache-ttl", "1h"),
        *("--guardrail", "abc123:7", "--schema", str(schema), "--tools", str(tools), "--tool-choice", "any"),
        *("--attach", str(note), "--fields", '{"anthropic_beta": []}'),
        stdin="Prüfe.",
    )
    cache = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert told["request"] == {
        "modelId": HAIKU,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"document": {"format": "txt", "name": "a note", "source": {"bytes": "<12 bytes>"}}},
                    {"text": "Prüfe."},
                    cache,
                ],
            }
        ],
        "system": [{"text": "Be brief."}, cache],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"top_k": 40, "anthropic_beta": []},
        "guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "7", "trace": "enabled"},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "add",
                        "description": "Adds.",
                        "inputSchema": {"json": {"type": "object"}},
                    }
                }
            ],
            "toolChoice": {"any": {}},
        },
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"schema": '{"type": "object"}'}},
            }
        },
    }
    assert (told["dropped"], told["clamped"], told["refusals"]) == ([], [], [])
    assert [change["parameter"] for change in told["translated"]] == ["top_k", "output_schema", "cache_ttl"]
    shape = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("Converse")
    report = ParamValidator().validate(told["request"], shape.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_what_the_model_does_not_take(command_line: CommandLine) -> None:
    told = ask(
        command_line,
        *("--model", HAIKU, "--prompt", "x", "--temperature", "0.5", "--top-p", "0.9"),
        *("--max-tokens", "9999999"),
    )
    assert told["request"]["inferenceConfig"] == {"temperature": 0.5, "maxTokens": 64000}
    assert told["base_model"] == "anthropic.claude-haiku-4-5-20251001-v1:0"
    (dropped,), (clamped,) = told["dropped"], told["clamped"]
    assert (dropped["parameter"], dropped["given"], dropped["sent"]) == ("top_p", 0.9, None)
    assert "temperature or top-p, not both" in dropped["reason"]
    assert (clamped["parameter"], clamped["given"], clamped["sent"]) == ("max_tokens", 9999999, 64000)

    newest = ask(
        command_line,
        *("--model", OPUS, "--prompt", "x", "--temperature", "0", "--top-k", "5", "--effort", "xhigh"),
    )
    assert "inferenceConfig" not in newest["request"]
    assert newest["request"]["outputConfig"] == {"effort": "xhigh"}
    assert [change["parameter"] for change in newest["dropped"]] == ["temperature", "top_k"]


def test_an_id_that_only_the_account_knows_is_treated_with_care(command_line: CommandLine) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
    told = ask(command_line, "--model", arn, "--prompt", "x", "--temperature", "0.5", "--max-tokens", "9")
    assert told["request"]["inferenceConfig"] == {"maxTokens": 9}
    assert told["base_model"] is None
    assert any("application inference profile" in text for text in told["warnings"])


def test_the_account_can_be_asked(shared: CommandLine) -> None:
    arn = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"
    asked = ("--model", arn, "--prompt", "x", "--temperature", "0.5", "--top-p", "0.9")
    told = ask(
        shared, *asked, "--resolve", "--endpoint-url", shared.environment["BEDROCK_PLAYGROUND_ENDPOINT_URL"]
    )
    assert told["base_model"] == "anthropic.claude-haiku-4-5-20251001-v1:0"
    assert told["request"]["inferenceConfig"] == {"temperature": 0.5}
    assert ask(shared, *asked)["base_model"] is None, "unasked, nothing is called"


def test_what_cannot_be_sent_is_refused_with_its_reason(command_line: CommandLine) -> None:
    told = ask(command_line, "--model", HAIKU, "--prompt", "x", "--fields", '{"a": 1,\n "b": }', status=1)
    (refusal,) = told["refusals"]
    assert refusal.startswith("The additional fields are not JSON: Expecting value at line 2, column 7.")
    embedding = ask(command_line, "--model", "amazon.titan-embed-text-v2:0", "--prompt", "x", status=1)
    assert "Converse does not serve it" in embedding["refusals"][0]


def test_in_words(command_line: CommandLine) -> None:
    ended = command_line.run("request", "--model", OPUS, "--prompt", "x\x1b[2J", "--temperature", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "temperature 1: Claude Opus 5.5 refuses requests that set temperature" in ended.stdout
    assert "\x1b" not in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--model"),
        (("--model", " "), "--model is empty"),
        (("--model", HAIKU, "--temperature", "nan"), "'nan' is not a number"),
        (("--model", "abc123", "--resolve", "--endpoint-url", "localhost"), "--endpoint-url: "),
        (("--model", HAIKU, "--guardrail", "abc:latest"), "is no guardrail"),
        (("--model", HAIKU, "--schema", "missing.json"), "cannot be read"),
        (("--model", HAIKU, "--attach", "missing.png"), "cannot be read"),
        (("--model", HAIKU, "--tools", "tools.json"), "is not a list of tools"),
        (("--model", HAIKU, "--attach", "tools.json"), "Converse takes no .json files"),
    ],
)
def test_bad_arguments(command_line: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    (command_line.folder / "tools.json").write_text('{"name": "add"}')
    ended = command_line.run("request", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
