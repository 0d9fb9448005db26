"""The live view's routes: one WebSocket per watched comparison, and the browser's part as cached files."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bedrock_playground.rendering import ELEMENTS
from components.live.hub import Entry, LiveHub, get_hub
from components.live.origin import origin_allowed
from components.live.ticket import TicketRefused, check_ticket
from components.live.viewer import Viewer

FRAME_INTERVAL: Final = 0.02
"""Seconds between frames while text flows: 50 a second, for the last ms of latency; it costs little."""
IDLE_INTERVAL: Final = 0.15
"""Seconds between looks while nothing runs."""
HELLO_TIMEOUT: Final = 10.0
"""Seconds for a socket to say what it wants."""

BAD_HELLO: Final = 4400
TICKET_REFUSED: Final = 4401
ORIGIN_REFUSED: Final = 4403
NOT_FOUND: Final = 4404
SESSION_AWAY: Final = 4409

_ASSETS = Path(__file__).parent / "assets"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_MAX_MESSAGE = 100_000


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What the socket needs to know of its surroundings."""

    allowed_origins: Callable[[], Iterable[str]] = tuple
    """Further origins that may open the socket."""
    session_is_live: Callable[[str], bool] = lambda _session: True
    """Whether a Streamlit session is connected; a ticket is worth nothing without its session."""
    hub: Callable[[], LiveHub] = get_hub
    """Where comparisons are."""


@cache
def _assets() -> dict[str, bytes]:
    """Read the browser's files once; the table of elements is written from the renderer's own."""
    found = {path.name: path.read_bytes() for path in sorted(_ASSETS.iterdir()) if path.suffix in _TYPES}
    found["elements.js"] = f"export const ELEMENTS = {json.dumps(ELEMENTS)};\n".encode()
    return found


@cache
def assets_version() -> str:
    """Return a name for the assets as they are; it is part of their address, so that they cache for ever."""
    digest = hashlib.sha256()
    for name, content in sorted(_assets().items()):
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def live_routes(prefix: str = "", options: LiveOptions | None = None) -> list[BaseRoute]:
    """Return the routes ``bp/live`` (WebSocket) and ``bp/live/<version>/<file>``.

    Args:
        prefix: Where the app is mounted: empty or ``/base``.
        options: The surroundings; the defaults suit a test.
    """
    chosen = options or LiveOptions()

    async def socket(websocket: WebSocket) -> None:
        await _Session(websocket, chosen).serve()

    return [
        WebSocketRoute(f"{prefix}/bp/live", socket, name="bp_live"),
        Route(f"{prefix}/bp/live/{{version}}/{{name}}", _asset, methods=["GET"], name="bp_live_asset"),
    ]


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    content = _assets().get(name)
    if content is None:
        return Response("There is no such file.", status_code=404, media_type="text/plain")
    current = request.path_params["version"] == assets_version()
    return Response(
        content,
        media_type=_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-store"},
    )


class _Refused(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Session:
    """One socket's life: hello, frames until it closes, and the commands that come in."""

    def __init__(self, websocket: WebSocket, options: LiveOptions) -> None:
        self._socket = websocket
        self._options = options
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        await self._socket.accept()
        try:
            entry, hello = await self._hello()
        except _Refused as refused:
            await self._close(refused.code, refused.reason)
            return
        except WebSocketDisconnect:
            return
        entry.viewers += 1
        try:
            await self._run(entry, Viewer(entry.comparison, entry.rendering, hello.get("known")))
        finally:
            entry.viewers -= 1

    async def _hello(self) -> tuple[Entry, dict[str, Any]]:
        if not origin_allowed(self._socket.headers, self._options.allowed_origins()):
            raise _Refused(ORIGIN_REFUSED, "This page is not allowed to watch; see ALLOWED_ORIGINS.")
        try:
            hello = _parse(await asyncio.wait_for(self._socket.receive_text(), HELLO_TIMEOUT))
        except TimeoutError:
            raise _Refused(BAD_HELLO, "Nothing was asked for.") from None
        if hello is None or hello.get("op") != "hello":
            raise _Refused(BAD_HELLO, "The first message must be a hello.")
        try:
            ticket = check_ticket(hello.get("ticket"))
        except TicketRefused as refused:
            raise _Refused(TICKET_REFUSED, str(refused)) from None
        if not self._options.session_is_live(ticket.session_id):
            raise _Refused(SESSION_AWAY, "The page's session is not connected.")
        entry = self._options.hub().entry(ticket.comparison_id)
        if entry is None:
            raise _Refused(NOT_FOUND, "This comparison is no longer live; the history has it.")
        if not isinstance(hello.get("known"), dict):
            hello["known"] = {}
        return entry, hello

    async def _run(self, entry: Entry, viewer: Viewer) -> None:
        tasks = [asyncio.create_task(self._send(entry, viewer)), asyncio.create_task(self._listen(entry))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    raise outcome

    async def _send(self, entry: Entry, viewer: Viewer) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            self._render(entry, viewer)
            frame = viewer.next_frame()
            if frame is not None:
                await self._socket.send_text(frame)
            busy = frame is not None or not entry.comparison.done or entry.rendering.busy
            due = max(due + (FRAME_INTERVAL if busy else IDLE_INTERVAL), clock() + 0.004)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), due - clock())

    def _render(self, entry: Entry, viewer: Viewer) -> None:
        """Start a worker if something is due; at most one per comparison, whoever watches."""
        rendering = entry.rendering
        if rendering.busy:
            return
        due = rendering.due(viewer.runs())
        if not due:
            return
        rendering.busy = True
        future = asyncio.get_running_loop().run_in_executor(None, rendering.render, due)

        def over(_done: asyncio.Future[None]) -> None:
            rendering.busy = False
            self._wake.set()

        future.add_done_callback(over)

    async def _listen(self, entry: Entry) -> None:
        while True:
            message = _parse(await self._socket.receive_text())
            if message is not None:
                with contextlib.suppress(KeyError, RuntimeError):  # it ended, or began, meanwhile
                    await asyncio.to_thread(_command, entry, message)
                self._wake.set()

    async def _close(self, code: int, reason: str) -> None:
        if self._socket.client_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.close(code, reason)


def _command(entry: Entry, message: dict[str, Any]) -> None:
    label = message.get("lane")
    labels = [lane.label for lane in entry.comparison.lanes]  # compared, not hashed: it may be anything
    if message.get("op") == "stop" and (label is None or label in labels):
        entry.comparison.cancel(label)
    elif message.get("op") == "rerun" and label in labels:
        entry.comparison.rerun(label)


def _parse(text: str) -> dict[str, Any] | None:
    if len(text) > _MAX_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
