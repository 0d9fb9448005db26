"""The same over TLS: timeouts and cancel reach through the encryption."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bedrock_playground.invocation import (
    Cancelled,
    Failed,
    Finished,
    InvocationEvent,
    InvocationRequest,
    StallTimeout,
    TextDelta,
    TlsFailed,
)
from tests.wire.invocation.conftest import invoker_for
from tests.wire.invocation.scripted import Exchange, Handler, ScriptedServer, text_event

CERTIFICATE = str(Path(__file__).with_name("loopback.pem"))
REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say hello")


class TlsServer(ScriptedServer):
    """A scripted server behind TLS."""

    def wrap(self, sock: socket.socket) -> socket.socket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        return context.wrap_socket(sock, server_side=True)


@pytest.fixture
def serve_tls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Handler], str]]:
    monkeypatch.setenv("AWS_CA_BUNDLE", CERTIFICATE)
    servers: list[TlsServer] = []

    def start(handler: Handler) -> str:
        servers.append(TlsServer(handler))
        return servers[-1].url.replace("http:", "https:")

    yield start
    for server in servers:
        server.close()


def silent(exchange: Exchange) -> None:
    exchange.head()
    exchange.chunk(text_event("part"))
    exchange.wait_for_client_to_leave(60)


def test_a_normal_answer(serve_tls: Callable[[Handler], str]) -> None:
    *_, last = invoker_for(serve_tls(Exchange.answer)).stream(REQUEST)
    assert isinstance(last, Finished)
    assert last.result.text == "Hello, world"


def test_a_stall(serve_tls: Callable[[Handler], str]) -> None:
    *_, last = invoker_for(serve_tls(silent), stall=0.3).stream(REQUEST)
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, StallTimeout)
    assert last.result.text == "part"


def test_cancel_on_a_stalled_stream(serve_tls: Callable[[Handler], str]) -> None:
    stream = invoker_for(serve_tls(silent), stall=60).stream(REQUEST)
    events: list[InvocationEvent] = []

    def consume() -> None:
        for event in stream:
            events.append(event)  # noqa: PERF402 - the test sees them as they come

    thread = threading.Thread(target=consume, daemon=True)
    thread.start()
    while not any(isinstance(event, TextDelta) for event in events):
        time.sleep(0.005)
    stream.cancel()
    thread.join(10)
    assert not thread.is_alive()
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, Cancelled)
    assert last.result.text == "part"


def test_a_certificate_that_nobody_trusts(
    serve_tls: Callable[[Handler], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    *_, last = invoker_for(serve_tls(Exchange.answer)).stream(REQUEST)
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, TlsFailed)
