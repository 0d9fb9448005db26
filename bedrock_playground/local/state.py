"""The folder in which the endpoint keeps buckets and batch jobs."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_logger = logging.getLogger(__name__)


class StateFolder:
    """A folder that one process alone works in; one that nobody named goes with the process.

    Args:
        wanted: The folder; ``None``: one that goes with the process. It does too where another process works
            in the folder that was wanted.
    """

    def __init__(self, wanted: Path | None) -> None:
        self._lock: FileLock | None = None
        self._passing: Path | None = None
        self.path = self._locked(wanted) or self._temporary()
        """Where it is."""

    def close(self) -> None:
        """Let go of it; harmless when that was done."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
        passing, self._passing = self._passing, None
        if passing is not None:
            shutil.rmtree(passing, ignore_errors=True)

    def _locked(self, wanted: Path | None) -> Path | None:
        if wanted is None:
            return None
        wanted.mkdir(parents=True, exist_ok=True)
        lock = FileLock(wanted / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _logger.warning(
                "Another local endpoint keeps its buckets and batch jobs in %s; this one's go with it.",
                wanted,
            )
            return None
        self._lock = lock
        return wanted

    def _temporary(self) -> Path:
        self._passing = Path(tempfile.mkdtemp(prefix="bedrock-playground-"))
        return self._passing
