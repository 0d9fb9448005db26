"""The wheel as somebody else installs it: what is in it, and that the app in it works elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("bedrock_playground", "components", "pages", ".streamlit")
_FILES = ("pyproject.toml", "README.md", "LICENSE", "streamlit_app.py")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing but what is listed can get into it."""
    source = tmp_path_factory.mktemp("source")
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, source / name)
    # Left by an interpreter or an editor: neither may end up in the wheel.
    (source / "components" / "__pycache__").mkdir()
    (source / "components" / "__pycache__" / "asgi.cpython-311.pyc").write_bytes(b"x")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", source / "dist"],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (built,) = (source / "dist").glob("*.whl")
    return built


def test_the_wheel_has_all_that_the_checkout_has(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {"bedrock_playground/_app/streamlit_app.py", "bedrock_playground/_app/.streamlit/config.toml"}
    for folder, inside in (("bedrock_playground", ""), ("components", "_app/"), ("pages", "_app/")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                relative = path.relative_to(ROOT).as_posix()
                wanted.add(f"bedrock_playground/{inside}{relative}" if inside else relative)
    installed = {name for name in names if ".dist-info/" not in name}
    assert installed == wanted
    # The comparison above would pass if the checkout itself had lost them.
    assert {Path(name).suffix for name in installed} >= {
        ".py",
        ".js",
        ".css",
        ".svg",
        ".toml",
        ".typed",
        ".json",
    }
    assert any("history/migrations/versions/r0001" in name for name in installed)
    assert {name.split("/")[0] for name in installed} == {"bedrock_playground"}
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "bedrock-playground = bedrock_playground.cli:main" in archive.read(entry_points).decode()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment's ``bin`` folder, with the wheel installed; what it needs is borrowed."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # A path in a .pth comes after the environment's own folder, and .pth files in it are not followed: the
    # checkout's editable installation stays out of sight.
    (Path(where) / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ["install", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *install],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path, weights_cache: Path) -> tuple[Path, dict[str, str]]:
    """A working folder with traps in it, and an environment without the checkout."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    # A user's own files of these names must not stand in for the app's or Python's.
    for name in ("random.py", "components.py", "pages.py", "bedrock_playground.py"):
        (folder / name).write_text("raise RuntimeError('the working folder was imported from')\n")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "AWS_", "BEDROCK_PLAYGROUND_", "STREAMLIT_"))
    }
    return folder, environment | {
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(weights_cache),
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path / "data"),
    }


def test_what_is_imported_is_the_installed_package(
    installed: Path, elsewhere: tuple[Path, dict[str, str]]
) -> None:
    folder, environment = elsewhere
    found = subprocess.run(
        [installed / "python", "-P", "-c", "import bedrock_playground; print(bedrock_playground.__file__)"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert found.startswith(str(installed.parent))


@pytest.fixture
def address(
    installed: Path,
    elsewhere: tuple[Path, dict[str, str]],
    free_tcp_port: Callable[[], int],
) -> Iterator[tuple[str, Path]]:
    """The app, started from the other folder by the installed command; its address and its output."""
    folder, environment = elsewhere
    port = free_tcp_port()
    log = folder.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [installed / "bedrock-playground", "run", "--", "--server.port", str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"The app did not start:\n{log.read_text()}")


@pytest.mark.timeout(500)
def test_the_installed_app_works_from_another_folder(address: tuple[str, Path]) -> None:
    url, log = address
    with urllib.request.urlopen(url, timeout=10) as answer:
        # Our middleware is in place: `st.App` was found, and its imports, beside the script.
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    # Only our own configuration binds to this address.
    assert f"URL: {url}" in log.read_text()
    flags = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=flags)
        page = context.pages[0]
        failed: list[str] = []
        page.on("response", lambda got: failed.append(got.url) if got.status >= 400 else None)
        page.goto(url)
        page.locator(".st-key-run button:not([disabled])").click(timeout=40_000)
        # The live view's route and the components' assets are there: an answer arrives through them.
        for letter in "AB":
            metrics = page.locator(f".st-key-lane_{letter} [data-testid=lane-metrics]")
            # The real model writes 256 tokens: seconds, or minutes where the machine has much to do.
            metrics.get_by_text("completed").first.wait_for(timeout=240_000)
        # B draws its words at temperature 1, and may draw the end at once: an empty answer, rarely.
        assert page.locator(".st-key-lane_A [data-testid=lane-text]").inner_text().strip()
        assert page.locator("[data-testid=stException]").count() == 0
        context.close()
    assert failed == []
    assert "Traceback" not in log.read_text()


def test_the_installed_command_compares(installed: Path, elsewhere: tuple[Path, dict[str, str]]) -> None:
    folder, environment = elsewhere
    command = [installed / "bedrock-playground", "compare", "--json", "--prompt", "Hi", "--max-tokens", "3"]
    ended = subprocess.run(
        [str(part) for part in (*command, "--model", "local.smollm2-135m-instruct-v1:0")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert '"state": "completed"' in ended.stdout
