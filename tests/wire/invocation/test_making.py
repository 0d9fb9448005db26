"""Requests are made one after the other; none of these waits may hold up who comes next."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bedrock_playground.invocation import (
    BedrockInvoker,
    BedrockStream,
    Failed,
    Finished,
    InvocationEvent,
    InvocationRequest,
    RetryPolicy,
)
from bedrock_playground.invocation import transport as module
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import Exchange, deaf_address

REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say hello")
FOREVER = 60.0


@pytest.fixture(autouse=True)
def _endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has to wait must be seen to, and not go on by itself after a moment."""
    monkeypatch.setattr(module, "_PATIENCE", FOREVER)


@contextmanager
def under_way(stream: BedrockStream) -> Iterator[None]:
    """Have a stream read by a thread meanwhile."""
    thread = threading.Thread(target=lambda: list(stream), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stream.cancel()
        thread.join(10)
        assert not thread.is_alive()


def last_of(invoker: BedrockInvoker) -> InvocationEvent:
    """The last event of a call, which must not have to wait for another one."""
    events: list[InvocationEvent] = []
    thread = threading.Thread(target=lambda: events.extend(invoker.stream(REQUEST)), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "another call held it up"
    return events[-1]


def test_who_cannot_connect_holds_nobody_up(serve: Serve) -> None:
    server = serve(Exchange.answer)
    with deaf_address() as url:
        deaf = invoker_for(url, connect=FOREVER)
        deaf.warm_up()
        with under_way(deaf.stream(REQUEST)):
            time.sleep(0.5)
            assert isinstance(last_of(invoker_for(server.url)), Finished)


def test_who_waits_for_an_answer_holds_nobody_up(serve: Serve) -> None:
    arrived = threading.Event()

    def silent(exchange: Exchange) -> None:
        arrived.set()
        exchange.wait_for_client_to_leave(FOREVER)

    server, other = serve(Exchange.answer, silent), serve(Exchange.answer)
    invoker = invoker_for(server.url, read=FOREVER)
    # Connecting would let the next one go ahead by itself.
    assert isinstance(last_of(invoker), Finished)
    with under_way(invoker.stream(REQUEST)):
        assert arrived.wait(10)
        assert isinstance(last_of(invoker_for(other.url)), Finished)
    assert server.connections == 1


def test_a_large_request_that_nobody_reads_holds_nobody_up(serve: Serve) -> None:
    server = serve(Exchange.answer)
    large = InvocationRequest.from_prompt("test.model-v1:0", "long " * 4_000_000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        invoker = invoker_for(f"http://127.0.0.1:{listener.getsockname()[1]}", read=FOREVER)
        first = threading.Thread(target=lambda: list(invoker.stream(REQUEST)), daemon=True)
        first.start()
        connection, _ = listener.accept()
        received = b""
        while b"Say hello" not in received:
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")
        first.join(10)
        with connection, under_way(invoker.stream(large)):
            assert connection.recv(4) == b"POST"
            assert isinstance(last_of(invoker_for(server.url)), Finished)


def test_a_request_that_cannot_be_made_lets_go(serve: Serve) -> None:
    server = serve(Exchange.answer)
    invoker = invoker_for(server.url, retry=RetryPolicy(max_attempts=1))
    *_, last = invoker.stream(InvocationRequest.from_prompt("", "Say hello"))
    assert isinstance(last, Failed)
    assert not module._making.locked()
    assert isinstance(last_of(invoker), Finished)


def test_nobody_waits_for_ever(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    server = serve(Exchange.answer)
    with module._making:
        assert isinstance(last_of(invoker_for(server.url)), Finished)
        assert module._making.locked(), "a call let go of what it did not hold"
