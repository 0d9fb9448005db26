"""What the process says about itself, and the ``endpoint`` command."""

from __future__ import annotations

import argparse
import io
import json

import pytest

from bedrock_playground.cli import endpoint
from bedrock_playground.local.reporting import Access, JsonReporter, TerminalReporter

ACCESS = Access("http://127.0.0.1:8000", "local", "key", "secret")


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = JsonReporter()
    reporter.progress("Downloading", 5, 10)
    reporter.ready(ACCESS)
    reporter.error("weights", "No network.")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "progress", "what": "Downloading", "done": 5, "total": 10},
        {
            "event": "ready",
            "url": "http://127.0.0.1:8000",
            "region": "local",
            "access_key_id": "key",
            "secret_access_key": "secret",
        },
        {"event": "error", "kind": "weights", "message": "No network."},
    ]


def test_in_a_file_progress_is_one_line_per_step(capsys: pytest.CaptureFixture[str]) -> None:
    log = io.StringIO()
    reporter = TerminalReporter(log)
    for done in range(100):
        reporter.progress("Downloading", done, 100)
    reporter.progress("Unpacking", 0, None)
    reporter.error("weights", "No network.")
    reporter.ready(ACCESS)
    assert log.getvalue().splitlines() == [
        "Downloading [....................]   0%   0.0 of 0.0 MB",
        "Unpacking",
        "weights: No network.",
    ]
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "endpoint_url=http://127.0.0.1:8000 region_name=local" in out


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_redrawn_in_place() -> None:
    screen = Terminal()
    reporter = TerminalReporter(screen)
    reporter.progress("Downloading", 46_435_520, 92_871_040)
    reporter.progress("Unpacking", 0, None)
    reporter.error("weights", "No network.")
    assert screen.getvalue() == (
        "\r\x1b[KDownloading [##########..........]  50%  46.4 of 92.9 MB\r\x1b[KUnpacking\n"
        "weights: No network.\n"
    )


def test_the_command_refuses_a_port_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    endpoint.add_parser(parser.add_subparsers())
    args = parser.parse_args(["endpoint", "--port", "70000"])
    assert args.run(args) == 2
    assert "Port 70000 does not exist" in capsys.readouterr().err
