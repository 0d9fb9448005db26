"""A server in front of an endpoint that notes every call which arrives, and passes it on as it is."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Calls:
    """What arrived."""

    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    noted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, path: str, body: bytes) -> None:
        """Note a call for an answer: its model and its body."""
        parts = path.split("/")
        if len(parts) == 4 and parts[1] == "model" and parts[3].startswith("converse"):
            with self.lock:
                self.noted.append((unquote(parts[2]), json.loads(body)))


@contextmanager
def recorded_calls(target: str) -> Iterator[Calls]:
    """Stand in front of an endpoint; ``url`` is where."""
    calls = Calls()
    where = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls.note(self.path, body)
            self.pass_on(body)

        def do_GET(self) -> None:
            self.pass_on(None)

        def pass_on(self, body: bytes | None) -> None:
            upstream = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
            try:
                upstream.request(self.command, self.path, body, dict(self.headers.items()))
                answer = upstream.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {
                        "transfer-encoding",
                        "content-length",
                        "connection",
                        "date",
                        "server",
                    }:
                        self.send_header(name, value)
                # Its end is told by closing: an event stream has no length.
                self.send_header("Connection", "close")
                self.end_headers()
                while piece := answer.read1(65536):
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                pass  # The caller was killed.
            finally:
                self.close_connection = True
                upstream.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    calls.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield calls
    finally:
        with suppress(OSError):
            server.shutdown()
        server.server_close()
