"""`bedrock-playground presets` as a process: listed, shown, saved, imported and exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bedrock_playground.history import RunStore
from bedrock_playground.presets.schema import schema
from tests.store.builders import record
from tests.wire.cli.command_line import CommandLine, environment_without_aws

LITE = "amazon.nova-lite-v1:0"


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """Neither credentials nor weights: nothing is called and nothing is started."""
    return CommandLine(tmp_path, environment_without_aws(tmp_path, tmp_path / "nothing"))


def ask(command_line: CommandLine, *arguments: str, status: int = 0, **options: str) -> Any:
    ended = command_line.run("presets", *arguments, "--json", **options)
    assert ended.returncode == status, ended.stderr
    return (
        [json.loads(line) for line in ended.stdout.splitlines()]
        if arguments[0] == "list"
        else json.loads(ended.stdout)
    )


def test_save_show_export_and_import_give_back_the_same_request(
    command_line: CommandLine, tmp_path: Path
) -> None:
    saved = ask(
        command_line,
        *("save", "--name", "Sky", "--model", LITE, "--prompt", "Why is {{thing}} {{times}} blue?"),
        *(
            "--temperature",
            "0.25",
            "--max-tokens",
            "50",
            "--stop",
            r"\n\n",
            "--system",
            "Be brief.",
            "--tag",
            "sky",
        ),
        *("--example", "thing=the sky", "--example", "times=2", "--notes", "Blue."),
    )
    assert saved["version"] == 1
    shown = ask(command_line, "show", "sky", "--set", "thing=the sea")
    assert shown["request"] == {
        "modelId": LITE,
        "messages": [{"role": "user", "content": [{"text": "Why is the sea 2 blue?"}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.25, "stopSequences": ["\n\n"]},
    }
    assert [variable["type"] for variable in shown["preset"]["variables"]] == ["string", "integer"]

    other = CommandLine(tmp_path / "other", environment_without_aws(tmp_path / "other", tmp_path / "nothing"))
    other.folder.mkdir()
    for form, file in (("json", "sky.json"), ("yaml", "sky.yaml")):
        path = tmp_path / file
        ask(command_line, "export", "Sky", "--format", form, "--output", str(path))
        told = ask(other, "import", str(path), "--on-conflict", "rename")
        assert told["added" if form == "json" else "unchanged"] == ["Sky"]
    again = ask(other, "show", "Sky", "--set", "thing=the sea")
    assert again["request"] == shown["request"]
    assert again["preset"] == shown["preset"]


def test_saving_under_a_name_that_is_there_makes_a_version(command_line: CommandLine) -> None:
    for temperature in ("0", "0.5"):
        ask(
            command_line,
            *("save", "--name", "X", "--model", LITE, "--prompt", "Hi", "--temperature", temperature),
            *(("--tag", "kept") if temperature == "0" else ()),
        )
    shown = ask(command_line, "show", "x")
    assert (shown["version"], shown["preset"]["parameters"], shown["preset"]["tags"]) == (
        2,
        {"temperature": 0.5},
        ["kept"],
    )
    assert ask(command_line, "show", "x", "--version", "1")["preset"]["parameters"] == {"temperature": 0}


def test_a_run_of_the_history_becomes_a_preset(command_line: CommandLine) -> None:
    sent = record(prompt="Say {{this}} as it is.")
    folder = Path(command_line.environment["BEDROCK_PLAYGROUND_DATA_DIR"])
    with RunStore.open(f"sqlite:///{folder / 'history.sqlite3'}", data_dir=folder) as store:
        store.add([sent])
    told = ask(command_line, "save", "--name", "Ran", "--run", sent.run_id)
    assert told["notes"] == []
    shown = ask(command_line, "show", "Ran")
    assert shown["preset"]["prompt"] == r"Say \{{this}} as it is."
    assert shown["request"]["messages"][0]["content"] == [{"text": "Say {{this}} as it is."}]


def test_the_starter_set_is_listed_and_says_what_it_lacks(command_line: CommandLine) -> None:
    found = ask(command_line, "list", "--tag", "deterministic")
    assert [one["name"] for one in found] == ["Extract facts", "Classify"]
    assert ask(command_line, "list", "--saved") == []
    shown = ask(command_line, "show", "starter:classify")
    assert shown["refusals"] == ["No model is chosen. Choose one."]
    assert ask(command_line, "show", "Classify", "--model", LITE)["refusals"] == []


def test_a_bundle_follows_the_schema_that_is_printed(command_line: CommandLine) -> None:
    printed = command_line.run("presets", "schema")
    assert json.loads(printed.stdout) == schema()
    written = command_line.run("presets", "export", "Classify", "Summarise")
    assert written.returncode == 0
    jsonschema.Draft202012Validator(json.loads(printed.stdout)).validate(json.loads(written.stdout))


def test_what_a_format_cannot_hold_is_said(command_line: CommandLine) -> None:
    ended = command_line.run("presets", "export", "Classify", "--format", "prompt-yml")
    assert ended.returncode == 0
    assert "stop_sequences" in ended.stderr
    assert ended.stdout.startswith("name: Classify\n")


def test_a_refused_file_names_the_place_and_leaves_everything_as_it_was(command_line: CommandLine) -> None:
    file = command_line.folder / "bad.json"
    good = {"name": "Good", "model": LITE}
    document = {
        "format": "bedrock-playground/presets",
        "version": 1,
        "presets": [good, good | {"name": "Bad", "parameters": {"temperature": "hot"}}],
    }
    file.write_text(json.dumps(document))
    ended = command_line.run("presets", "import", str(file))
    assert ended.returncode == 1
    assert "presets[1].parameters.temperature: It must be a number; it is 'hot'." in ended.stderr
    assert ask(command_line, "list", "--saved") == []
