"""A loopback server, in a process of its own, that streams at a set pace and knows its own clock.

The model id says what to do: ``<run>.<tokens>.<first delay ms>.<interval µs>``. ``GET /report`` tells, per
run, when by the server's clock the first token and the end were written, in seconds since the request had
been read. Run as a program it prints its port and ends with its standard input.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from zlib import crc32

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    b"Transfer-Encoding: chunked\r\nx-amzn-requestid: 3d0f1c4e-paced\r\n\r\n"
)


def _frame(name: str, body: dict[str, object]) -> bytes:
    block = b""
    for key, value in (
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ):
        block += struct.pack(">B", len(key)) + key.encode() + b"\x07"
        block += struct.pack(">H", len(value)) + value.encode()
    payload = json.dumps(body).encode()
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    message += struct.pack(">I", crc32(message))
    return b"%x\r\n%s\r\n" % (len(message), message)


# Bedrock pads its deltas with a member "p" of varying length: so does this.
_TOKEN = _frame(
    "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " token"}, "p": "abcdefghijklmnop"}
)
_START = _frame("messageStart", {"role": "assistant", "p": "abcd"})
_END = b"".join(
    (
        _frame("contentBlockStop", {"contentBlockIndex": 0, "p": "abcd"}),
        _frame("messageStop", {"stopReason": "end_turn", "p": "abcd"}),
        _frame(
            "metadata",
            {
                "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                "metrics": {"latencyMs": 1},
                "p": "abcd",
            },
        ),
        b"0\r\n\r\n",
    )
)


class _Server:
    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.told: dict[str, dict[str, float]] = {}

    def serve(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._answer_all, args=(sock,), daemon=True).start()

    def _answer_all(self, sock: socket.socket) -> None:
        with sock:
            while (path := _read_request(sock)) is not None:
                if path == "/report":
                    body = json.dumps(self.told).encode()
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                    sock.sendall(head.encode() + body)
                    return
                self._stream(sock, path.split("/")[2])

    def _stream(self, sock: socket.socket, model: str) -> None:
        received = perf_counter()
        run, tokens, delay, interval = model.split(".")
        sock.sendall(_HEAD + _START)
        due = received + int(delay) / 1e3
        first = None
        for _ in range(int(tokens)):
            left = due - perf_counter()
            if left > 0:
                sleep(left)
            if first is None:
                first = perf_counter() - received
            sock.sendall(_TOKEN)
            due += int(interval) / 1e6
        sock.sendall(_END)
        self.told[run] = {"first": first or 0.0, "total": perf_counter() - received}


def _read_request(sock: socket.socket) -> str | None:
    data = b""
    while b"\r\n\r\n" not in data:
        received = sock.recv(65536)
        if not received:
            return None
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    return head.split(b" ", 2)[1].decode()


class PacedServer:
    """A running server as its clients see it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def report(self) -> dict[str, dict[str, float]]:
        """Return what the server's clock said, by run."""
        with urllib.request.urlopen(f"{self.url}/report", timeout=10) as response:
            told: dict[str, dict[str, float]] = json.load(response)
        return told


@contextmanager
def paced_server() -> Iterator[PacedServer]:
    """Run the server in a process of its own."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The paced server has no pipes.")
        port = int(process.stdout.readline())
        try:
            yield PacedServer(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(10)


def _main() -> None:
    sys.setswitchinterval(0.0005)
    server = _Server()
    threading.Thread(target=server.serve, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main()
