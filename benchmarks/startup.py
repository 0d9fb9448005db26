"""From nothing to a usable first page, beside the smallest Streamlit app there can be, in the same run.

*Healthy* is the server's own word; *usable* is the page in Chromium: Run can be pressed, which means that
the local model is loaded and its models are listed. The baseline's page is usable when its one line is there.
Each start has a process, a browser context and (but for *second start*) a data folder of its own; the weights
are in the cache. The two take turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep

from playwright.sync_api import Browser, sync_playwright

from bedrock_playground.local.weights import WeightsStore
from benchmarks._table import Row, print_table
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path

ROOT = Path(__file__).resolve().parents[1]
LINE = "hello from the baseline"
_RUN_BUTTON = ".st-key-run button:not([disabled])"


@dataclass(slots=True)
class Samples:
    """Seconds from the process's start, one per round."""

    healthy: list[float] = field(default_factory=list)
    """Until the health check answered."""
    usable: list[float] = field(default_factory=list)
    """Until the page could be used."""


@contextmanager
def server(command: Sequence[str | Path], environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Start a server, wait until it is healthy, and yield its address and when it was started."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    began = perf_counter()
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _healthy(url):
            if process.poll() is not None or perf_counter() - began > 60:
                raise RuntimeError(f"The server did not start: {command}")
            sleep(0.005)
        yield url, began
    finally:
        process.terminate()
        process.wait(20)


def _healthy(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
    except OSError:
        return False
    return True


def start(
    command: Sequence[str | Path],
    browser: Browser,
    *,
    environment: dict[str, str],
    selector: str,
    into: Samples,
) -> None:
    """Start once, open the page at once, and take both times."""
    context = browser.new_context()
    page = context.new_page()
    with server(command, environment) as (url, began):
        into.healthy.append(perf_counter() - began)
        page.goto(url, wait_until="commit")
        page.locator(selector).first.wait_for(timeout=120_000)
        into.usable.append(perf_counter() - began)
    context.close()


@contextmanager
def _environment() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder that goes away, and variables without this machine's AWS set-up."""
    cache = Path(os.environ.get("BEDROCK_PLAYGROUND_TEST_CACHE") or ROOT / ".cache" / "test")
    WeightsStore(cache).ensure(lambda *_progress: None)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STREAMLIT_"))}
    with tempfile.TemporaryDirectory() as folder:
        yield (
            Path(folder),
            kept
            | {
                "HOME": folder,
                "AWS_EC2_METADATA_DISABLED": "true",
                "BEDROCK_PLAYGROUND_CACHE_DIR": str(cache),
            },
        )


def measure_pages(rounds: int) -> list[Row]:
    """Measure starts of the app and of the baseline, which reads the same ``.streamlit/config.toml``."""
    first, second, baseline = Samples(), Samples(), Samples()
    ours = [sys.executable, "-m", "bedrock_playground.cli", "run", "--"]
    found = chromium_path()
    with _environment() as (folder, common), sync_playwright() as playwright:
        smallest = folder / "baseline.py"
        smallest.write_text(f"import streamlit as st\n\nst.write({LINE!r})\n", encoding="utf-8")
        theirs = [sys.executable, "-m", "streamlit", "run", str(smallest)]
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        for number in range(rounds + 1):
            environment = common | {"BEDROCK_PLAYGROUND_DATA_DIR": str(folder / f"data{number}")}
            starts = (
                (theirs, f"text={LINE}", baseline),
                (ours, _RUN_BUTTON, first),
                (ours, _RUN_BUTTON, second),
            )
            for command, selector, samples in starts:
                # The first round only brings files into the system's cache.
                into = samples if number else Samples()
                start(command, browser, environment=environment, selector=selector, into=into)
        browser.close()
    smallest_app = "st.write app"
    return [
        _row("process to healthy", first.healthy, beside=smallest_app, baseline=baseline.healthy),
        _row(
            "process to usable page, empty data folder",
            first.usable,
            beside=smallest_app,
            baseline=baseline.usable,
        ),
        _row(
            "process to usable page, second start",
            second.usable,
            beside=smallest_app,
            baseline=baseline.usable,
        ),
    ]


def measure_imports(rounds: int) -> list[Row]:
    """Measure short processes beside a Python that does nothing."""
    commands = {
        "python -c pass": ["-c", "pass"],
        "import bedrock_playground.invocation": ["-c", "import bedrock_playground.invocation"],
        "bedrock-playground --version": ["-m", "bedrock_playground.cli", "--version"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds * 2 + 1):
        for name, arguments in commands.items():
            began = perf_counter()
            subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            if number:
                seconds[name].append(perf_counter() - began)
    bare = seconds.pop("python -c pass")
    return [_row(name, values, beside="bare python", baseline=bare) for name, values in seconds.items()]


def _row(name: str, values: Sequence[float], *, beside: str, baseline: Sequence[float]) -> Row:
    median, other = statistics.median(values), statistics.median(baseline)
    return Row(
        f"startup: {name}",
        f"{median * 1e3:.0f} ms ({min(values) * 1e3:.0f}-{max(values) * 1e3:.0f})",
        f"{beside} {other * 1e3:.0f} ms",
        median / other,
        "",
        None,
    )


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Run the benchmark and return the table's rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="starts of each kind, after one that warms up")
    options = parser.parse_args(arguments)
    return measure_imports(options.rounds) + measure_pages(options.rounds)


if __name__ == "__main__":
    print_table(main())
