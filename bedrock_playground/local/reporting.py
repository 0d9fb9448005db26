"""What the process says about itself: lines for a program (JSON) or for a person."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import Protocol, TextIO


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the endpoint."""

    url: str
    """``http://127.0.0.1:<port>``."""
    region: str
    """The Region to sign for."""
    access_key_id: str
    """The access key to sign with."""
    secret_access_key: str
    """Its secret."""


class Reporter(Protocol):
    """Tells what goes on."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Something takes time: ``done`` of ``total`` bytes, ``None`` when the total is unknown."""
        ...

    def ready(self, access: Access) -> None:
        """The endpoint answers."""
        ...

    def error(self, kind: str, message: str) -> None:
        """It cannot start. ``kind``: ``weights``, ``packages`` or ``port``."""
        ...


class JsonReporter:
    """One JSON object per line on standard output, for the supervisor."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """See ``Reporter``."""
        self._say({"event": "progress", "done": done, "total": total, "what": what})

    def ready(self, access: Access) -> None:
        """See ``Reporter``."""
        self._say(
            {
                "event": "ready",
                "url": access.url,
                "region": access.region,
                "access_key_id": access.access_key_id,
                "secret_access_key": access.secret_access_key,
            }
        )

    def error(self, kind: str, message: str) -> None:
        """See ``Reporter``."""
        self._say({"event": "error", "kind": kind, "message": message})

    @staticmethod
    def _say(value: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


class TerminalReporter:
    """One line on standard output when ready; progress and errors on standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._open_line = False
        self._what = ""
        self._next = 0.0

    def progress(self, what: str, done: int, total: int | None) -> None:
        """See ``Reporter``; a terminal gets a bar in place, a file at most a line every five seconds."""
        now = time.monotonic()
        if not self._live and what == self._what and now < self._next:
            return
        self._what, self._next = what, now + 5
        text = what if not total else f"{what} {_bar(done / total)} {done / 1e6:5.1f} of {total / 1e6:.1f} MB"
        self._stream.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        self._stream.flush()
        self._open_line = self._live

    def ready(self, access: Access) -> None:
        """See ``Reporter``."""
        self._close_line()
        sys.stdout.write(
            f"Bedrock endpoint ready: endpoint_url={access.url} region_name={access.region} "
            f"aws_access_key_id={access.access_key_id} aws_secret_access_key={access.secret_access_key}\n"
        )
        sys.stdout.flush()

    def error(self, kind: str, message: str) -> None:
        """See ``Reporter``."""
        self._close_line()
        self._stream.write(f"{kind}: {message}\n")
        self._stream.flush()

    def _close_line(self) -> None:
        if self._open_line:
            self._stream.write("\n")
            self._open_line = False


def _bar(share: float) -> str:
    filled = round(20 * min(1.0, share))
    return f"[{'#' * filled}{'.' * (20 - filled)}] {share:4.0%}"
