"""The command line as a real process of its own, far from any AWS account."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bedrock_playground.history import RunStore
from bedrock_playground.launcher import EndpointStatus

ROOT = Path(__file__).resolve().parents[3]
MODEL = "local.smollm2-135m-instruct-v1:0"
PACED = "local.fault-paced-v1:0"
"""A fixed text at 100 tokens/s, written by the endpoint's fixture: fast, and the same every time."""


@dataclass
class CommandLine:
    """Runs ``bedrock-playground`` in an empty folder with an environment of its own."""

    folder: Path
    environment: dict[str, str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start it in a process group of its own, as a terminal does."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bedrock_playground.cli", *arguments],
            cwd=self.folder,
            env={**self.environment, "TEST_MARK": self.mark, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(stdin, timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def compare(
        self, *arguments: str, warns: str | None = None, **options: str
    ) -> tuple[int, list[dict[str, Any]]]:
        """Run ``compare --json``; returns the exit status and the objects in the order printed.

        Standard error has one line with the words of ``warns``, or nothing.
        """
        ended = self.run("compare", "--json", *arguments, **options)
        said = ended.stderr.splitlines()
        assert [warns in line for line in said] == [True] if warns else said == [], ended.stderr
        return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]

    def store(self) -> RunStore:
        """Open the history that the runs are in."""
        data_dir = self.folder / "data"
        return RunStore.open(f"sqlite:///{data_dir / 'history.sqlite3'}", data_dir=data_dir)

    def survivors(self, within: float = 5.0) -> list[str]:
        """What still runs of all that was started here, children included, after so many seconds at most."""
        deadline = time.monotonic() + within
        while (found := self._alive()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _alive(self) -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"TEST_MARK={self.mark}".encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it ended in between, or is a zombie
                continue
        return [command for command in found if command]

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def environment_without_aws(folder: Path, weights: Path) -> dict[str, str]:
    """Nothing of this machine's AWS set-up or settings, and nowhere to find any."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "BEDROCK_PLAYGROUND_", "PYTEST_", "PYTHON"))
    }
    return kept | {
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights),
        "BEDROCK_PLAYGROUND_DATA_DIR": str(folder / "data"),
    }


def keys_of(endpoint: EndpointStatus) -> dict[str, str]:
    """The AWS variables that the endpoint accepts."""
    return {
        "AWS_ACCESS_KEY_ID": str(endpoint.access_key_id),
        "AWS_SECRET_ACCESS_KEY": str(endpoint.secret_access_key),
        "AWS_REGION": str(endpoint.region),
    }


def lanes(*model_ids: str) -> list[str]:
    """The arguments that name models."""
    return [argument for model_id in model_ids for argument in ("--model", model_id)]
