"""Running the endpoint: weights, listener, engine, life with a parent, and the end."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bedrock_playground.local.app import Batch, EndpointApp
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.guard import Guard
from bedrock_playground.local.registry import REGION, Registry
from bedrock_playground.local.reporting import Access, Reporter
from bedrock_playground.local.s3.remote import S3Access
from bedrock_playground.local.state import StateFolder
from bedrock_playground.local.weights import WeightsError, WeightsStore

HOST = "127.0.0.1"
EXIT_CANNOT_START = 3
"""Trying again without a change is useless or needs a person: weights, packages, port."""
DUMMY_KEY_ID = "local"
DUMMY_SECRET = "local"  # noqa: S105 - stand-alone mode accepts anything, and says so
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PACKAGES = ("xllamacpp", "wordllama")


@dataclass(frozen=True, slots=True)
class Options:
    """How the process was asked to run."""

    port: int
    """0 lets the system choose."""
    cache_dir: Path
    """Where weights live."""
    models_dir: Path | None = None
    """The user's own ``.gguf`` files."""
    access_key_id: str | None = None
    """The only key to accept; ``None`` accepts any."""
    secret_access_key: str | None = None
    """The key's secret, which the parent is told again; whoever has it may set faults."""
    parent_watch: bool = False
    """Whether to end when standard input does."""
    list_faults: bool = False
    """Whether fault ids are listed as models."""
    state_dir: Path | None = None
    """Where buckets and batch jobs are kept; ``None``: in a folder that goes with the process."""
    s3: S3Access | None = None
    """The S3 of batch jobs; ``None``: the endpoint's own."""


class _Protocol(H11Protocol):
    """uvicorn's, which lets the application reach the connection it is to break on purpose."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def run(options: Options, reporter: Reporter) -> int:
    """Serve until told to stop.

    Returns:
        The exit status: 0, or ``EXIT_CANNOT_START`` after the reason was reported.
    """
    store = WeightsStore(options.cache_dir)
    with ExitStack() as stack:

        def last_wish() -> None:
            store.abandon()
            stack.close()

        if options.parent_watch:
            _die_with_parent(last_wish)
        return _run(options, reporter, store=store, stack=stack)


def _run(options: Options, reporter: Reporter, *, store: WeightsStore, stack: ExitStack) -> int:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        reporter.error(
            "packages",
            f"The local endpoint needs {' and '.join(missing)}: pip install 'bedrock-playground[local]'.",
        )
        return EXIT_CANNOT_START
    try:
        listener = _listen(options.port)
    except OSError as error:
        reporter.error(
            "port", f"Port {options.port} on {HOST} cannot be opened: {error.strerror}. Choose another one."
        )
        return EXIT_CANNOT_START
    with listener:
        try:
            weights = store.ensure(reporter.progress)
        except WeightsError as error:
            reporter.error("weights", str(error))
            return EXIT_CANNOT_START
        except KeyboardInterrupt:
            store.abandon()
            return 0
        state = StateFolder(options.state_dir)
        stack.callback(state.close)

        def leave(_number: int, _frame: object) -> None:
            stack.close()
            os._exit(0)

        # uvicorn raises the signal that ended it once more, for the handlers that were there before: these.
        for number in _SIGNALS:
            signal.signal(number, leave)
        batch = Batch(state.path, options.s3)
        return asyncio.run(_serve(options, reporter, listener=listener, weights=weights, batch=batch))


async def _serve(
    options: Options, reporter: Reporter, *, listener: socket.socket, weights: Path, batch: Batch
) -> int:
    loop = asyncio.get_running_loop()

    def after_load() -> None:
        loop.call_soon_threadsafe(_take_signals_back)

    registry = Registry(
        weights,
        models_dir=options.models_dir,
        list_faults=options.list_faults,
        after_load=after_load,
    )
    app = EndpointApp(registry, Guard(options.access_key_id, options.secret_access_key), batch)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
    )
    reporter.progress("Loading the model", 0, None)
    try:
        if registry.text_engine is not None:
            await registry.text_engine.load()
    except ApiError as error:
        reporter.error("weights", error.message)
        return EXIT_CANNOT_START
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.005)  # uvicorn offers no event for it
    if not serving.done():
        app.resume()
        reporter.ready(_access(options, listener))
    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        await serving
    return 0


def _access(options: Options, listener: socket.socket) -> Access:
    return Access(
        url=f"http://{HOST}:{listener.getsockname()[1]}",
        region=REGION,
        access_key_id=options.access_key_id or DUMMY_KEY_ID,
        secret_access_key=options.secret_access_key or DUMMY_SECRET,
    )


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY on such sockets alone; without it every short
    # answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":
            # So that a restarted endpoint gets its port back at once; on Windows it would share the port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _take_signals_back() -> None:
    """Undo llama.cpp's taking over of SIGINT and SIGTERM: install what Python believes is installed."""
    for number in _SIGNALS:
        handler: Any = signal.getsignal(number)
        if handler is not None:
            signal.signal(number, handler)


def read_credentials() -> tuple[str, str]:
    """Read the first line of standard input: ``{"access_key_id": …, "secret_access_key": …}``.

    Raises:
        ValueError: It is something else.
    """
    line = _read_line(sys.stdin.fileno())
    try:
        value = json.loads(line)
        return str(value["access_key_id"]), str(value["secret_access_key"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            "Standard input must begin with a line of JSON that has access_key_id and secret_access_key."
        ) from None


def _read_line(descriptor: int) -> bytes:
    """Read a line and no further: a buffered reader would race the thread that waits for the end."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            break
        line += byte
    return line


def _die_with_parent(last_wish: Callable[[], None]) -> None:
    """End this process when standard input ends, which it does however the parent dies."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        last_wish()
        os._exit(0)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
