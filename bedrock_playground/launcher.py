"""Starts the local endpoint as a child process, watches it, and restarts it when it crashes.

The only module, beside the command line, that knows there is a local endpoint; and it knows it as a program
that is started, not as code that is imported.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal

from bedrock_playground.settings import Settings

EndpointState = Literal["stopped", "starting", "fetching", "ready", "restarting", "failed"]
_SETTLED = frozenset({"ready", "failed", "stopped"})
_LOG_LINES = 200
_STABLE_AFTER = 60.0
"""Seconds of life after which earlier crashes are forgotten."""
_STOP_GRACE = 3.0
"""Seconds a child gets to end by itself."""
_INSTALL_HINT = "Install what it needs: pip install 'bedrock-playground[local]'."


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """How the local endpoint is doing, and how to reach it."""

    state: EndpointState
    """``fetching``: the weights are downloaded; ``failed`` lasts until ``start`` is called again."""
    progress: float | None = None
    """Share of the download or other work that is done, 0–1; ``None`` where it is unknown."""
    detail: str = ""
    """In words for people: what is being done, or what went wrong and what to do."""
    url: str | None = None
    """``http://127.0.0.1:<port>`` once it has been ready; it stays the same over restarts."""
    region: str | None = None
    """The Region to sign for."""
    access_key_id: str | None = None
    """The one access key that it accepts."""
    secret_access_key: str | None = field(default=None, repr=False)
    """The key's secret."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When to try again and when to give up."""

    max_crashes: int = 5
    """Crashes in a row before giving up."""
    first_delay: float = 0.2
    """Seconds before the first restart; doubled each time."""
    longest_delay: float = 5.0
    """Seconds at most between two tries."""

    def delay(self, crashes: int) -> float:
        """Return the seconds to wait after that many crashes in a row."""
        return min(self.longest_delay, self.first_delay * 2.0 ** (crashes - 1))


class EndpointSupervisor:
    """Keeps one local endpoint alive. Every method can be called from any thread.

    Args:
        cache_dir: Where the weights are kept.
        models_dir: A folder with the user's own ``.gguf`` files.
        list_faults: Whether the endpoint lists its fault ids as models.
        state_dir: Where it keeps buckets and batch jobs; ``None``: they go with it.
        s3_endpoint: Another S3 for its batch jobs than its own.
        policy: When to restart.
        command: The program, for tests; by default the endpoint in this Python.
    """

    def __init__(
        self,
        *,
        cache_dir: Path,
        models_dir: Path | None = None,
        list_faults: bool = False,
        state_dir: Path | None = None,
        s3_endpoint: str | None = None,
        policy: RestartPolicy | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._policy = policy or RestartPolicy()
        # -P keeps the user's working folder, and what lies in it, off the module path. A checkout is the
        # working folder itself, and need not be installed: there it must stay on.
        safe_path = () if _checkout() else ("-P",)
        self._command = list(command or (sys.executable, *safe_path, "-m", "bedrock_playground.local"))
        self._options = ["--cache-dir", str(cache_dir.resolve())]
        if models_dir is not None:
            self._options += ["--models-dir", str(models_dir.resolve())]
        if list_faults:
            self._options.append("--fault-models")
        if state_dir is not None:
            self._options += ["--state-dir", str(state_dir.resolve())]
        if s3_endpoint is not None:
            self._options += ["--s3-endpoint", s3_endpoint]
        self._changed = threading.Condition()
        self._status = EndpointStatus("stopped")
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stop_asked = threading.Event()
        self._port = 0
        self._credentials = ("LOCAL" + secrets.token_hex(16).upper(), secrets.token_urlsafe(30))

    @classmethod
    def from_settings(cls, settings: Settings) -> EndpointSupervisor:
        """Return a supervisor, not started, for the app's settings."""
        return cls(
            cache_dir=settings.cache_dir,
            models_dir=settings.models_dir,
            list_faults=settings.fault_teaching,
            state_dir=settings.data_dir / "local-endpoint",
        )

    @property
    def status(self) -> EndpointStatus:
        """How it is doing now."""
        with self._changed:
            return self._status

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        with self._changed:
            return None if self._child is None or self._child.poll() is not None else self._child.pid

    def start(self) -> None:
        """Start it in the background, unless it is running or on its way; after a failure this tries anew."""
        with self._changed:
            if self._thread is not None and self._thread.is_alive() and self._status.state not in _SETTLED:
                return
            if self._status.state == "ready":
                return
            before = self._thread
            self._stop_asked = threading.Event()
            self._set(EndpointStatus("starting", detail="Starting the local endpoint"))
            self._thread = threading.Thread(
                target=self._supervise,
                args=(self._stop_asked, before),
                name="endpoint-supervisor",
                daemon=True,
            )
            self._thread.start()

    def wait_ready(self, timeout: float) -> EndpointStatus:
        """Wait until it is ready, failed or stopped, at most ``timeout`` seconds; return how it is then."""
        with self._changed:
            self._changed.wait_for(lambda: self._status.state in _SETTLED, timeout)
            return self._status

    def log_tail(self) -> list[str]:
        """Return the last lines the child wrote on standard error."""
        with self._changed:
            return list(self._log)

    def stop(self) -> None:
        """End the child and wait for its end; harmless when there is none."""
        with self._changed:
            self._stop_asked.set()
            child, thread = self._child, self._thread
        if child is not None:
            _end(child)
        if thread is not None and thread is not threading.current_thread():
            thread.join(_STOP_GRACE)
        with self._changed:
            self._set(EndpointStatus("stopped"))

    def _supervise(self, stop: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        crashes = 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                code = self._run_once(stop)
            except OSError as error:
                self._fail(f"The local endpoint cannot be started: {error}.")
                return
            if stop.is_set() or self.status.state == "failed":
                return
            crashes = 1 if time.monotonic() - began > _STABLE_AFTER else crashes + 1
            if crashes >= self._policy.max_crashes:
                self._fail(self._gave_up(crashes, code))
                return
            with self._changed:
                detail = f"The local endpoint ended unexpectedly ({_describe(code)}); restarting it"
                self._set(replace(self._status, state="restarting", progress=None, detail=detail))
            stop.wait(self._policy.delay(crashes))

    def _run_once(self, stop: threading.Event) -> int:
        """Run one child until it ends; returns its exit status."""
        flags = ["--port", str(self._port), "--json-events", "--credentials-from-stdin", "--parent-watch"]
        child = subprocess.Popen(
            [*self._command, *self._options, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_checkout(),
        )
        with self._changed:
            self._child = child
        if stop.is_set():
            _end(child)
        with child:
            assert child.stdin is not None  # noqa: S101 - all three are pipes
            assert child.stdout is not None  # noqa: S101
            assert child.stderr is not None  # noqa: S101
            reader = threading.Thread(target=self._read_log, args=(child.stderr,), daemon=True)
            reader.start()
            self._hand_over_credentials(child.stdin)
            for line in child.stdout:
                if not stop.is_set():
                    self._take_event(line)
            child.wait()
            reader.join(_STOP_GRACE)
        return child.returncode

    def _hand_over_credentials(self, stdin: IO[bytes]) -> None:
        """By a pipe, because others can read arguments. It stays open: its end tells the child to end."""
        key, secret = self._credentials
        line = json.dumps({"access_key_id": key, "secret_access_key": secret}).encode() + b"\n"
        try:
            stdin.write(line)
            stdin.flush()
        except OSError:  # it died at once; its exit status and its log say why
            return

    def _read_log(self, stream: IO[bytes]) -> None:
        for line in stream:
            with self._changed:
                self._log.append(line.decode("utf-8", "replace").rstrip())

    def _take_event(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError):
            with self._changed:
                self._log.append(line.decode("utf-8", "replace").rstrip())
            return
        if kind == "error" and event.get("kind") == "port" and self._port:
            self._port = 0  # somebody took it while it was free; clients have to learn the new one
        elif kind == "error":
            self._fail(str(event.get("message", "")))
        elif kind == "progress":
            self._progress(str(event["what"]), int(event["done"]), event.get("total"))
        elif kind == "ready":
            key, secret = self._credentials
            status = EndpointStatus(
                "ready",
                progress=1.0,
                detail="Ready",
                url=event["url"],
                region=event["region"],
                access_key_id=key,
                secret_access_key=secret,
            )
            self._port = urllib.parse.urlsplit(event["url"]).port or 0
            with self._changed:
                self._set(status)

    def _progress(self, what: str, done: int, total: int | None) -> None:
        with self._changed:
            state = self._status.state
            if state == "starting" and what.startswith(("Downloading", "Unpacking")):
                state = "fetching"
            share = done / total if total else None
            self._set(replace(self._status, state=state, progress=share, detail=what))

    def _fail(self, message: str) -> None:
        with self._changed:
            self._set(EndpointStatus("failed", detail=message))

    def _gave_up(self, crashes: int, code: int) -> str:
        said = " ".join(self.log_tail()[-3:])
        if "No module named" in said:
            return f"The local endpoint cannot be started: {said[-300:]}. {_INSTALL_HINT}"
        last = f"It last said: {said[-300:]}. " if said else ""
        return (
            f"The local endpoint ended {crashes} times in a row ({_describe(code)}) and was given up. "
            f"{last}Start it again, or use AWS or another endpoint."
        )

    def _set(self, status: EndpointStatus) -> None:
        """Change the status and wake those who wait; the caller holds the lock."""
        self._status = status
        self._changed.notify_all()


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child: its standard input ends, which it obeys; then by force."""
    actions: Sequence[Callable[[], None]] = (
        lambda: child.stdin.close() if child.stdin else None,
        child.terminate,
        child.kill,
    )
    for action in actions:
        try:
            action()
            child.wait(_STOP_GRACE / 3)
        except (OSError, subprocess.TimeoutExpired):
            continue
        return


def _checkout() -> Path | None:
    """Where to start the child so that it finds the package: a checkout need not be installed."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").exists() else None


def _describe(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
