"""How the commands begin and end: help, versions, interrupts, readers that go away, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from bedrock_playground import __version__
from bedrock_playground.invocation.values import RunState
from tests.wire.cli.command_line import MODEL, PACED, CommandLine, lanes

STALL = "local.fault-stall-v1:0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--help",), ["run", "compare", "endpoint", "--version"]),
        (("--version",), [f"bedrock-playground {__version__}"]),
        (
            ("compare", "--help"),
            ["--prompt", "--stall-timeout", "--top-k", "--json", "--repeat", "Exit status"],
        ),
        (("endpoint", "--help"), ["--port", "--models-dir"]),
        (("run", "--help"), ["streamlit run"]),
    ],
)
def test_help_and_version(alone: CommandLine, arguments: tuple[str, ...], words: list[str]) -> None:
    ended = alone.run(*arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert all(word in ended.stdout for word in words)


def test_the_version_waits_for_nothing_heavy(alone: CommandLine) -> None:
    ended = alone.run("--version", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "bedrock_playground.cli" in loaded
    assert not loaded & {
        "streamlit",
        "boto3",
        "sqlalchemy",
        "pandas",
        "uvicorn",
        "bedrock_playground.invocation",
    }


def test_the_console_script_is_the_same_command(alone: CommandLine) -> None:
    script = Path(sys.executable).parent / "bedrock-playground"
    ended = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == alone.run("--version").stdout


def _interrupted(command_line: CommandLine, *arguments: str) -> tuple[int, str, str]:
    """Interrupt a comparison of two lanes once the first has ended and the second stalls in mid-text."""
    process = command_line.start(
        "compare", "--json", "--prompt", "x", *lanes(PACED, STALL), "--max-tokens", "40", *arguments
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    # A terminal's Ctrl+C goes to the whole process group, an endpoint of our own included.
    os.killpg(process.pid, signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    return process.returncode, first + rest, errors


@pytest.mark.parametrize("who", ["alone", "shared"])
def test_ctrl_c_cancels_prints_and_records(who: str, request: pytest.FixtureRequest) -> None:
    command_line: CommandLine = request.getfixturevalue(who)
    status, output, errors = _interrupted(command_line)
    assert (status, errors) == (130, "")
    completed, cancelled = (json.loads(line) for line in output.splitlines())
    assert (completed["lane"], completed["state"]) == ("A", "completed")
    assert (cancelled["lane"], cancelled["state"]) == ("B", "cancelled")
    assert cancelled["error"]["type"] == "Cancelled"
    assert cancelled["text"].startswith("### Test output")
    with command_line.store() as store:
        states = {run.label: run.state for run in store.list_runs().runs}
    assert states == {"A": RunState.COMPLETED, "B": RunState.CANCELLED}
    assert command_line.survivors() == []


def test_ctrl_c_records_the_repeats_that_were_never_sent_too(shared: CommandLine) -> None:
    status, output, errors = _interrupted(shared, "--repeat", "3")
    assert (status, errors) == (130, "")
    values = [json.loads(line) for line in output.splitlines()]
    assert len(values) == 6
    assert [value["state"] for value in values if value["attempts"] == 0].count("cancelled") >= 2
    with shared.store() as store:
        recorded = {run.run_id: run.state.value for run in store.list_runs().runs}
    assert recorded == {value["run_id"]: value["state"] for value in values}


def test_a_reader_that_goes_away_ends_it_quietly(alone: CommandLine) -> None:
    process = alone.start("compare", "--json", "--prompt", "x", *lanes(PACED, STALL, PACED), "--repeat", "2")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["state"] == "completed"
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (141, "")
    assert alone.survivors() == []


def test_help_into_a_closed_pipe_is_quiet(alone: CommandLine) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "bedrock_playground.cli", "compare", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=alone.environment,
        timeout=30,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_the_endpoint_dies_with_a_killed_command(alone: CommandLine) -> None:
    process = alone.start("compare", "--json", "--prompt", "x", *lanes(PACED, STALL), "--max-tokens", "30")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.kill()
    process.communicate(timeout=20)
    assert alone.survivors() == []
    with alone.store() as store:
        states = {run.label: run.state for run in store.list_runs().runs}
    assert states == {"A": RunState.COMPLETED, "B": RunState.INTERRUPTED}


def test_the_endpoint_command_says_one_line_and_serves(alone: CommandLine) -> None:
    process = alone.start("endpoint", "--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"(http://127\.0\.0\.1:\d+)", line)
    assert found, line
    assert "region_name=local" in line
    client = boto3.Session().client(
        "bedrock-runtime",
        endpoint_url=found[1],
        region_name="local",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    answer = client.converse(
        modelId=MODEL,
        messages=[{"role": "user", "content": [{"text": "Hi"}]}],
        inferenceConfig={"maxTokens": 3},
    )
    client.close()
    assert answer["usage"]["outputTokens"] == 3
    # Another name in the Host header is a page of somebody else's in a browser on this machine.
    foreign = urllib.request.Request(f"{found[1]}/foundation-models", headers={"Host": "example.org"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(foreign, timeout=10)
    refused.value.close()
    assert refused.value.code in {400, 403, 421}
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest) in {(0, ""), (130, "")}
    assert alone.survivors() == []
