"""One HTTP exchange: reading a request, writing an answer, noticing that the client has gone."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
import urllib.parse
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from xml.sax.saxutils import escape

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.eventstream import json_bytes
from bedrock_playground.local.fields import JsonObject

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 25_000_000
"""Bytes; Bedrock's limit for InvokeModel."""
_LINGER_FORMAT = "hh" if sys.platform == "win32" else "ii"
_MAX_DRAINED = 4 * MAX_BODY


class ClientGone(Exception):
    """The client closed the connection; there is nobody to answer."""


def elapsed_ms(since: float) -> int:
    """Milliseconds since a time of the monotonic clock."""
    return round((time.monotonic() - since) * 1000)


class Exchange:
    """One request and its answer.

    Args:
        scope: ASGI's description of the request.
        receive: ASGI's.
        send: ASGI's.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers: dict[str, str] = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.request_id = str(uuid.uuid4())
        self.started = time.monotonic()
        self.head_sent = False
        self._receive = receive
        self._send = send
        self._body_read = asyncio.Event()
        self._transport: asyncio.Transport | None = scope.get("state", {}).get("transport")

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters behind the path's question mark."""
        return dict(urllib.parse.parse_qsl(self.query))

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since the request arrived."""
        return elapsed_ms(self.started)

    async def read_json(self) -> JsonObject:
        """Read the body as a JSON object.

        Raises:
            ApiError: It is too large, of another type, or not a JSON object.
            ClientGone: The client went away while sending it.
        """
        kind = self.headers.get("content-type", "application/json").split(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(
                "UnsupportedMediaTypeException",
                f"The content type {kind!r} is not supported. Send application/json.",
                status=415,
            )
        body = await self.read_body()
        try:
            value = json.loads(body or b"{}")
        except ValueError:
            raise ApiError("SerializationException", "The request body is not valid JSON.") from None
        except RecursionError:
            raise ApiError("SerializationException", "The request body is nested too deeply.") from None
        if not isinstance(value, dict):
            raise ApiError("SerializationException", "The request body must be a JSON object.")
        return value

    async def read_form(self) -> dict[str, str]:
        """Read the body as a form, as AWS's query protocol sends it.

        Raises:
            ApiError: It is too large.
            ClientGone: The client went away while sending it.
        """
        body = await self.read_body()
        return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))

    async def body_parts(self) -> AsyncIterator[bytes]:
        """Read the body piece by piece, however large it is.

        Raises:
            ClientGone: The client went away while sending it.
        """
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            yield message.get("body", b"")
            more = message.get("more_body", False)
        self._body_read.set()

    async def leave_body(self) -> dict[str, str]:
        """Deal with a body that nobody wants, so that the answer is seen and the next request understood.

        A client that waits to be told to go on will not send it, and its connection is of no more use; any
        other is sending it, and would not see the answer before its end.

        Returns:
            Headers to answer with.

        Raises:
            ClientGone: The client went away while sending it.
        """
        if self._body_read.is_set():
            return {}
        if self.headers.get("expect", "").lower() == "100-continue":
            return {"Connection": "close"}
        async for _ in self.body_parts():
            pass
        return {}

    async def read_body(self) -> bytes:
        """Read the body as it is.

        Raises:
            ApiError: It is too large.
            ClientGone: The client went away while sending it.
        """
        parts = bytearray()
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            if size <= MAX_BODY:
                parts += part
            elif size > _MAX_DRAINED:
                break
            more = message.get("more_body", False)
        self._body_read.set()
        if size > MAX_BODY:
            # Read to its end although it is refused: a client that is still sending would not see the answer.
            raise ApiError(
                "RequestEntityTooLargeException",
                f"The request body exceeds the limit of {MAX_BODY} bytes.",
                status=413,
                headers={"Connection": "close"},
            )
        return bytes(parts)

    async def answer(self, work: Awaitable[None]) -> None:
        """Do the work, cancelled at once when the client closes the connection.

        Raises:
            ClientGone: The client closed it.
        """
        task = asyncio.ensure_future(work)
        watcher = asyncio.ensure_future(self._gone())
        try:
            await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ClientGone
            await task
        finally:
            for future in (task, watcher):
                future.cancel()
            await asyncio.gather(task, watcher, return_exceptions=True)

    async def _gone(self) -> None:
        await self._body_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def send_json(
        self, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole answer as JSON."""
        body = json_bytes(value)
        length = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        await self.send_head(status, {**length, **(headers or {})})
        await self._send({"type": "http.response.body", "body": body})

    async def send_xml(
        self, text: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole answer as XML, as AWS's query protocol and S3 do."""
        body = text.encode("utf-8")
        length = {"Content-Type": "text/xml", "Content-Length": str(len(body))}
        await self.send_head(status, {**length, **(headers or {})})
        await self._send({"type": "http.response.body", "body": body})

    async def send_error(self, error: ApiError) -> None:
        """Send an error in the REST-JSON shape, or to a call of the query protocol in its XML."""
        if (self.method, self.path) == ("POST", "/"):
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
                f"<Message>{escape(error.message)}</Message></Error>"
                f"<RequestId>{self.request_id}</RequestId></ErrorResponse>"
            )
            await self.send_xml(text, status=error.status)
            return
        headers = {"x-amzn-ErrorType": error.code, **error.headers}
        await self.send_json({"message": error.message, **error.fields}, status=error.status, headers=headers)

    async def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers; without a Content-Length the body is chunked."""
        self.head_sent = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        raw.append((b"x-amzn-RequestId", self.request_id.encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes) -> None:
        """Send part of the body now."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """End the body properly."""
        await self._send({"type": "http.response.body", "body": b""})

    async def cut(self) -> None:
        """Close the connection in the middle of the body."""
        if self._transport is not None:
            self._transport.close()
        raise ClientGone

    async def reset(self) -> None:
        """Reset the connection: the client sees ECONNRESET."""
        if self._transport is not None:
            # What was written before must be seen before the reset; a reset discards what is still unread.
            await asyncio.sleep(0.05)
            peer = self._transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER_FORMAT, 1, 0))
            self._transport.abort()
        raise ClientGone
