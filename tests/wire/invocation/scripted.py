"""A loopback server that does exactly what a test tells it, byte by byte, and notes what it saw.

It speaks just enough HTTP/1.1 and event-stream to be Bedrock for one request at a time per connection.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any
from zlib import crc32

Handler = Callable[["Exchange"], None]


def _short(text: str, length: str) -> bytes:
    data = text.encode()
    return struct.pack(length, len(data)) + data


def encode_frame(headers: dict[str, str], payload: bytes) -> bytes:
    """Encode one event-stream message whose headers are all strings."""
    block = b"".join(_short(name, ">B") + b"\x07" + _short(value, ">H") for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    body = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return body + struct.pack(">I", crc32(body))


def event_frame(name: str, body: dict[str, Any]) -> bytes:
    """Encode an event as Bedrock does."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return encode_frame(headers, json.dumps(body).encode())


def exception_frame(name: str, body: dict[str, Any]) -> bytes:
    """Encode an exception in a stream."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return encode_frame(headers, json.dumps(body).encode())


def text_event(text: str, index: int = 0) -> bytes:
    """Encode a delta of text."""
    return event_frame("contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}})


USAGE = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
STOP = event_frame("messageStop", {"stopReason": "end_turn"})
METADATA = event_frame("metadata", {"usage": USAGE, "metrics": {"latencyMs": 42}})


class Exchange:
    """One request and the connection to answer it on."""

    def __init__(self, sock: socket.socket, head: bytes, body: bytes, *, number: int) -> None:
        self.sock = sock
        self.received_at = perf_counter()
        self.number = number
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
        }
        self.body = body
        self.keep_alive = True

    def json(self) -> Any:
        return json.loads(self.body)

    def head(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Begin a chunked event stream."""
        told = {
            "Content-Type": "application/vnd.amazon.eventstream",
            "Transfer-Encoding": "chunked",
            "x-amzn-requestid": f"request-{self.number}",
        } | (headers or {})
        self._send_head(status, told)

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.sock.sendall(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode())

    def chunk(self, data: bytes) -> None:
        self.sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        self.sock.sendall(b"0\r\n\r\n")

    def error(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        """Answer with an error as Bedrock does."""
        self.reply({"message": message}, status=status, headers={"x-amzn-errortype": code} | (headers or {}))

    def reply(self, body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with JSON."""
        data = json.dumps(body).encode()
        told = {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "x-amzn-requestid": f"request-{self.number}",
        } | (headers or {})
        self._send_head(status, told)
        self.sock.sendall(data)

    def answer(self, *texts: str) -> None:
        """Answer normally: as a stream, or in one piece where Converse is asked."""
        if self.path.endswith("/converse"):
            content = [{"text": "".join(texts or ("Hello, world",))}]
            message = {"role": "assistant", "content": content}
            told = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE}
            self.reply(told | {"metrics": {"latencyMs": 42}})
            return
        self.head()
        self.chunk(event_frame("messageStart", {"role": "assistant"}))
        for text in texts or ("Hello", ", ", "world"):
            self.chunk(text_event(text))
        self.chunk(event_frame("contentBlockStop", {"contentBlockIndex": 0}))
        self.chunk(STOP)
        self.chunk(METADATA)
        self.end()

    def reset(self) -> None:
        """End the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        self.keep_alive = False

    def cut(self) -> None:
        """End the connection with FIN."""
        self.sock.shutdown(socket.SHUT_RDWR)
        self.keep_alive = False

    def wait_for_client_to_leave(self, timeout: float = 20.0) -> bool:
        """Say whether the client closed its connection in time."""
        self.sock.settimeout(timeout)
        self.keep_alive = False
        try:
            return self.sock.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


class ScriptedServer:
    """Answers the n-th request with the n-th handler; the last handler answers all further ones."""

    def __init__(self, *handlers: Handler) -> None:
        self.handlers = list(handlers)
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # shutdown() wakes accept(); close() alone would leave the thread waiting.
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._sockets.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def wrap(self, sock: socket.socket) -> socket.socket:
        """Lay something over a new connection."""
        return sock

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock = self.wrap(sock)
            while (request := _read_request(sock)) is not None:
                with self._lock:
                    number = len(self.exchanges)
                    exchange = Exchange(sock, *request, number=number)
                    self.exchanges.append(exchange)
                    handler = self.handlers[min(number, len(self.handlers) - 1)]
                handler(exchange)
                if not exchange.keep_alive:
                    return
        except OSError:
            return
        finally:
            sock.close()


def _read_request(sock: socket.socket) -> tuple[bytes, bytes] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        received = sock.recv(65536)
        if not received:
            return None
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


@contextlib.contextmanager
def deaf_address() -> Iterator[str]:
    """An address that neither accepts nor refuses: its queue of connections is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
