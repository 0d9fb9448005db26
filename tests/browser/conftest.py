"""Chromium and Streamlit servers; everything a test needs is made here and taken down again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class AppServer:
    """A running ``streamlit run``."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chromium_path() -> str | None:
    """The system's Chromium, or ``None`` for the one that playwright installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport={"width": 1280, "height": 900})
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def wide(browser: Browser) -> Iterator[Page]:
    """A page of the size at which the app is looked at on a laptop."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@contextmanager
def running_app(
    script: Path, home: Path, *, base_path: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[AppServer]:
    """Run a Streamlit script in a process of its own, with data and cache folders under ``home``."""
    port = free_port()
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("BEDROCK_PLAYGROUND_")
    }
    variables |= {
        "BEDROCK_PLAYGROUND_DATA_DIR": str(home / "data"),
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(home / "cache"),
        "PYTHONPATH": str(ROOT),
        **(environment or {}),
    }
    command = [
        sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port),
        "--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false",
        "--server.fileWatcherType", "none",
    ]  # fmt: skip
    if base_path:
        command += ["--server.baseUrlPath", base_path]
    log = home / "streamlit.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        base = f"http://127.0.0.1:{port}" + (f"/{base_path}" if base_path else "")
        server = AppServer(url=base, process=process, home=home, log=log, environment=variables)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait_until_healthy(server: AppServer, timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"The app did not start:\n{server.output()}")


@pytest.fixture
def app_server(tmp_path: Path) -> Iterator[Callable[..., AppServer]]:
    """Start apps: ``app_server(script, base_path=…, environment=…)``; they end with the test."""
    managers: list[AbstractContextManager[AppServer]] = []

    def start(script: Path | str, **options: object) -> AppServer:
        manager = running_app(Path(script), tmp_path / f"app{len(managers)}", **options)  # type: ignore[arg-type]
        managers.append(manager)
        return manager.__enter__()

    yield start
    for manager in managers:
        manager.__exit__(None, None, None)


@pytest.fixture(scope="module")
def live_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The page of live lanes over scripted answers."""
    script = ROOT / "tests" / "browser" / "apps" / "live_app.py"
    with running_app(script, tmp_path_factory.mktemp("live")) as server:
        yield server


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[AppServer]:
    """One app with fault models for every module that needs no other: sessions leave each other alone.

    What is recorded is everybody's, so a test looks for its own runs and never counts all of them.
    """
    environment = {
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_FAULT_TEACHING": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    home = tmp_path_factory.mktemp("app")
    with running_app(ROOT / "streamlit_app.py", home, environment=environment) as server:
        yield server
