"""Bad arguments: told on standard error with what would do, exit status 2, nothing on standard output."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.wire.cli.command_line import MODEL, CommandLine

GOOD = ("compare", "--json", "--prompt", "x", "--model", MODEL)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "--model", MODEL), "--prompt"),
        (("compare", "--prompt", "x"), "--model"),
        (("compare", "--prompt", " ", "--model", MODEL), "--prompt is empty"),
        (("compare", "--prompt", "x", "--model", " "), "--model is empty"),
        (("compare", "--prompt", "x", *(["--model", MODEL] * 9)), "At most 8 lanes"),
        ((*GOOD, "--system", ""), "--system is empty"),
        ((*GOOD, "--temperature", "1.5"), "--temperature must be between 0 and 1"),
        ((*GOOD, "--temperature", "nan"), "--temperature must be between 0 and 1"),
        ((*GOOD, "--temperature", "warm"), "--temperature: invalid float value"),
        ((*GOOD, "--top-p", "-0.1"), "--top-p must be between 0 and 1"),
        ((*GOOD, "--top-k", "-1"), "--top-k must be at least 0"),
        ((*GOOD[:-1], "amazon.titan-embed-text-v2:0"), "makes embeddings, not text"),
        ((*GOOD, "--max-tokens", "0"), "--max-tokens must be between 1"),
        ((*GOOD, "--max-tokens", "1.5"), "--max-tokens: invalid int value"),
        ((*GOOD, "--stop", ""), "--stop is empty"),
        ((*GOOD, "--repeat", "0"), "--repeat must be between 1 and 1000"),
        ((*GOOD, "--stall-timeout", "0"), "--stall-timeout must be a number of seconds above 0"),
        ((*GOOD, "--stall-timeout", "inf"), "--stall-timeout must be a number of seconds above 0"),
        ((*GOOD, "--endpoint-url", "localhost:8000"), "is not an address"),
        ((*GOOD, "--endpoint-url", "http://"), "is not an address"),
        ((*GOOD, "--temp", "0.5"), "unrecognized arguments: --temp"),
        (("dance",), "invalid choice: 'dance'"),
        (("--dance",), "--dance"),
        (("--",), "error:"),
        (("endpoint", "--port", "70000"), "Port 70000 does not exist"),
    ],
)
def test_bad_arguments(alone: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    ended = alone.run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (alone.folder / "data").exists()


def test_a_setting_that_cannot_be_used(alone: CommandLine) -> None:
    ended = alone.run(*GOOD, BEDROCK_PLAYGROUND_READ_TIMEOUT="soon")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "BEDROCK_PLAYGROUND_READ_TIMEOUT='soon'" in ended.stderr


def test_text_that_is_not_utf_8(alone: CommandLine) -> None:
    command = [sys.executable, "-m", "bedrock_playground.cli", "compare", "--model", MODEL, "--prompt"]
    for argument, stdin in ((b"\xff\xfe", b""), (b"-", b"caf\xe9")):
        ended = subprocess.run(
            [*(part.encode() for part in command), argument],
            input=stdin,
            capture_output=True,
            cwd=alone.folder,
            env=alone.environment,
            timeout=30,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (2, b"")
        assert b"UTF-8" in ended.stderr
        assert b"Traceback" not in ended.stderr


def test_what_a_model_does_not_take_is_left_out_or_clamped_and_that_is_said(shared: CommandLine) -> None:
    ended = shared.run(
        *GOOD, "--model", "meta.llama3-3-70b-instruct-v1:0", "--top-k", "501", "--max-tokens", "2"
    )
    assert ended.returncode == 1  # the endpoint has no Llama
    assert "--top-k is not sent to meta.llama3-3-70b-instruct-v1:0: Llama 3.3" in ended.stderr
    assert f"--top-k is sent to {MODEL} as 500" in ended.stderr
    with shared.store() as store:
        sent = {run.label: store.get(run.run_id) for run in store.list_runs().runs}
    fields = {
        label: record.request.parameters.additional_model_request_fields if record else "missing"
        for label, record in sent.items()
    }
    assert fields == {"A": {"top_k": 500}, "B": None}


def test_the_account_is_asked_what_stands_behind_an_application_profile(shared: CommandLine) -> None:
    """The endpoint's test-only profile names Claude Haiku 4.5, which takes temperature or top-p, not both."""
    arn = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"
    ended = shared.run(
        *("compare", "--json", "--prompt", "x", "--model", arn),
        *("--temperature", "0", "--top-p", "0.5", "--max-tokens", "9"),
    )
    assert ended.returncode == 0, ended.stderr
    assert "--top-p is not sent" in ended.stderr
    assert "takes temperature or top-p, not both" in ended.stderr
    with shared.store() as store:
        (run,) = store.list_runs().runs
        record = store.get(run.run_id)
    assert record is not None
    assert record.request.parameters.temperature == 0
    assert record.request.parameters.top_p is None
