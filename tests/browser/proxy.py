"""A small reverse proxy for tests: plain TCP forwarding that rewrites the first line of each request.

Good enough to stand for nginx with a base path: it passes WebSocket upgrades through, and either strips the
base path or leaves it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def reverse_proxy(target: int, *, base: str, strip: bool) -> Iterator[int]:
    """Forward ``/base/…`` to ``127.0.0.1:target`` and yield the proxy's own port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(
                    target=_serve, args=(client, target, base if strip else ""), daemon=True
                ).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield port
    finally:
        listener.close()


def _serve(client: socket.socket, target: int, strip: str) -> None:
    """One request per connection: what follows the head goes through untouched."""
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        first, _, rest = head.partition(b"\r\n")
        method, path, version = first.split(b" ", 2)
        if strip and path.startswith(strip.encode()):
            path = path[len(strip) :] or b"/"
        upgrade = b"upgrade: websocket" in rest.lower()
        lines = rest if upgrade else _closing(rest)
        with socket.create_connection(("127.0.0.1", target)) as server:
            server.sendall(b" ".join((method, path, version)) + b"\r\n" + lines)
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            _pump(server, client)


def _closing(rest: bytes) -> bytes:
    head, mark, body = rest.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close"]) + mark + body


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
