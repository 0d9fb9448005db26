"""Cancel ends an invocation whatever it is doing: none of these could end in time if it had to wait."""

from __future__ import annotations

import threading
import time

import pytest

from bedrock_playground.invocation import (
    AttemptFailed,
    BedrockStream,
    Cancelled,
    ConnectTimeout,
    Failed,
    InvocationEvent,
    InvocationRequest,
    RetryPolicy,
    RunState,
    TextDelta,
)
from bedrock_playground.invocation.client import ClientCache
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.lifeline import Lifeline
from bedrock_playground.invocation.transport import Call
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import METADATA, STOP, Exchange, deaf_address, text_event

REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say hello")
FOREVER = 60.0


class Consumer:
    """Iterates a stream in a thread, as a lane does."""

    def __init__(self, stream: BedrockStream) -> None:
        self.stream = stream
        self.events: list[InvocationEvent] = []
        self._thread = threading.Thread(target=self._consume, daemon=True)
        self._thread.start()

    def _consume(self) -> None:
        self.events.extend(self.stream)

    def cancel(self) -> Failed:
        self.stream.cancel()
        self._thread.join(10)
        assert not self._thread.is_alive(), "cancel had to wait"
        last = self.events[-1]
        assert isinstance(last, Failed)
        assert isinstance(last.result.error, Cancelled)
        assert last.result.state is RunState.CANCELLED
        return last

    def wait_for(self, kind: type[object]) -> None:
        while not any(isinstance(event, kind) for event in self.events):
            time.sleep(0.005)


class _Slow(Consumer):
    """Appends one by one, so that the test sees events as they come."""

    def _consume(self) -> None:
        for event in self.stream:
            self.events.append(event)


def test_on_a_stalled_stream_the_text_and_the_timing_are_kept_and_the_server_sees_it(serve: Serve) -> None:
    left = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(text_event("part"))
        if exchange.wait_for_client_to_leave(FOREVER):
            left.set()

    consumer = _Slow(invoker_for(serve(handler).url, stall=FOREVER).stream(REQUEST))
    consumer.wait_for(TextDelta)
    result = consumer.cancel().result
    assert result.text == "part"
    assert result.timing.time_to_first_token is not None
    assert result.timing.total is not None
    assert result.timing.total >= result.timing.time_to_first_token
    assert result.usage is None
    assert left.wait(10)


def test_while_waiting_for_the_answer_to_begin(serve: Serve) -> None:
    arrived, left = threading.Event(), threading.Event()

    def handler(exchange: Exchange) -> None:
        arrived.set()
        if exchange.wait_for_client_to_leave(FOREVER):
            left.set()

    consumer = _Slow(invoker_for(serve(handler).url, read=FOREVER).stream(REQUEST))
    assert arrived.wait(10)
    assert len(consumer.cancel().result.attempts) == 1
    assert left.wait(10)


def test_while_connecting() -> None:
    with deaf_address() as url:
        consumer = _Slow(invoker_for(url, connect=FOREVER).stream(REQUEST))
        time.sleep(0.5)
        result = consumer.cancel().result
    assert result.timing.time_to_first_token is None


def test_no_connection_within_the_connect_timeout() -> None:
    with deaf_address() as url:
        *_, last = invoker_for(url, connect=0.3, retry=RetryPolicy(max_attempts=1)).stream(REQUEST)
    assert isinstance(last, Failed)
    assert last.result.error == ConnectTimeout("No connection within 0.3 seconds.")


def test_during_back_off(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.error(429, "ThrottlingException", "slow"))
    policy = RetryPolicy(base_delay=FOREVER, max_delay=FOREVER, random=lambda: 1.0)
    consumer = _Slow(invoker_for(server.url, retry=policy).stream(REQUEST))
    consumer.wait_for(AttemptFailed)
    result = consumer.cancel().result
    [attempt] = result.attempts
    assert (attempt.error_type, attempt.backoff) == ("Throttled", FOREVER)
    assert len(server.exchanges) == 1


def test_before_it_starts_nothing_is_sent(serve: Serve) -> None:
    server = serve(Exchange.answer)
    stream = invoker_for(server.url).stream(REQUEST)
    stream.cancel()
    [last] = stream
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, Cancelled)
    assert server.exchanges == []


def test_what_was_told_before_is_kept(serve: Serve) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        for frame in (text_event("whole"), METADATA, STOP):
            exchange.chunk(frame)
        exchange.wait_for_client_to_leave(FOREVER)

    consumer = _Slow(invoker_for(serve(handler).url, stall=FOREVER).stream(REQUEST))
    while len(consumer.events) < 3:
        time.sleep(0.005)
    result = consumer.cancel().result
    assert result.text == "whole"
    assert result.usage is not None
    assert result.usage.output_tokens == 3


def test_when_it_is_over_it_changes_nothing(serve: Serve) -> None:
    stream = invoker_for(serve(Exchange.answer).url).stream(REQUEST)
    last = list(stream)[-1]
    stream.cancel()
    assert list(stream) == []
    assert not isinstance(last, Failed)


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.002, 0.005, 0.01, 0.02])
def test_at_any_moment_there_is_exactly_one_end(serve: Serve, delay: float) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.head()
        for _ in range(20):
            exchange.chunk(text_event("x"))
            time.sleep(0.001)
        exchange.chunk(STOP)
        exchange.chunk(METADATA)
        exchange.end()

    invoker = invoker_for(serve(handler).url)
    invoker.warm_up()
    consumer = _Slow(invoker.stream(REQUEST))
    time.sleep(delay)
    result = consumer.cancel().result
    assert result.text == "x" * len(result.timing.arrivals)


def test_a_late_cancel_does_not_reach_the_connections_next_user(serve: Serve) -> None:
    arrived, go = threading.Event(), threading.Event()

    def wait_then_answer(exchange: Exchange) -> None:
        arrived.set()
        assert go.wait(10)
        exchange.answer()

    server = serve(Exchange.answer, wait_then_answer)
    invoker = invoker_for(server.url)
    client = ClientCache().get(invoker.config)
    arguments = converse_arguments(REQUEST)
    # The first call has read its response to the end, so the pool has its connection, but is not closed.
    first = Call(Lifeline())
    first.perform(client.boto.converse_stream, arguments)
    while first.raw.read1(65536):
        pass
    second = Call(Lifeline())
    thread = threading.Thread(
        target=second.perform, args=(client.boto.converse_stream, arguments), daemon=True
    )
    thread.start()
    assert arrived.wait(10)
    first.lifeline.cancel()
    go.set()
    thread.join(10)
    assert b"Hello" in second.raw.read()
    assert server.connections == 1


def test_a_connection_that_a_cancel_has_shut_is_not_used_again(serve: Serve) -> None:
    server = serve(Exchange.answer)
    invoker = invoker_for(server.url)
    client = ClientCache().get(invoker.config)
    first = Call(Lifeline())
    first.perform(client.boto.converse_stream, converse_arguments(REQUEST))
    while first.raw.read1(65536):
        pass
    first.lifeline.cancel()
    second = Call(Lifeline())
    second.perform(client.boto.converse_stream, converse_arguments(REQUEST))
    assert b"Hello" in second.raw.read()
    assert server.connections == 2
