"""Real boto3 over loopback: every way in which a stream can go."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from bedrock_playground.invocation import (
    Failed,
    Finished,
    InvocationEvent,
    InvocationRequest,
    InvocationResult,
    RetryPolicy,
    RunState,
    Started,
    TextDelta,
    Usage,
    UsageReported,
)
from bedrock_playground.invocation import errors as e
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import (
    METADATA,
    STOP,
    Exchange,
    Handler,
    event_frame,
    exception_frame,
    text_event,
)

REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say hello")


def run(url: str, **options: Any) -> tuple[list[InvocationEvent], InvocationResult]:
    events = list(invoker_for(url, **options).stream(REQUEST))
    last = events[-1]
    assert isinstance(last, Finished | Failed)
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1
    return events, last.result


def begin(*frames: bytes) -> Handler:
    """Send a head and frames, and leave the stream open."""

    def handler(exchange: Exchange) -> None:
        exchange.head()
        for frame in frames:
            exchange.chunk(frame)

    return handler


def whole(*frames: bytes) -> Handler:
    """Send a head and frames, and end the body properly."""

    def handler(exchange: Exchange) -> None:
        begin(*frames)(exchange)
        exchange.end()

    return handler


def test_a_normal_answer(serve: Serve) -> None:
    server = serve(Exchange.answer)
    events, result = run(server.url)
    assert [type(event) for event in events] == [
        Started, TextDelta, TextDelta, TextDelta, UsageReported, Finished,
    ]  # fmt: skip
    assert result.text == "Hello, world"
    assert result.stop_reason == "end_turn"
    assert result.usage == Usage(input_tokens=7, output_tokens=3, total_tokens=10)
    assert result.timing.server_latency == 0.042
    assert result.request_id == "request-0"
    assert result.state is RunState.COMPLETED
    timing = result.timing
    assert timing.time_to_first_token is not None
    assert timing.total is not None
    assert 0 < timing.time_to_first_token == timing.arrivals[0] <= timing.arrivals[-1] <= timing.total
    [attempt] = result.attempts
    assert (attempt.number, attempt.started, attempt.error_type, attempt.status) == (1, 0.0, None, 200)
    sent = server.exchanges[0]
    assert sent.path == "/model/test.model-v1%3A0/converse-stream"
    assert sent.json() == {"messages": [{"role": "user", "content": [{"text": "Say hello"}]}]}
    assert "AWS4-HMAC-SHA256" in sent.headers["authorization"]


def test_a_connection_is_reused(serve: Serve) -> None:
    server = serve(Exchange.answer)
    for _ in range(3):
        assert run(server.url)[1].error is None
    assert server.connections == 1


def test_frames_may_be_cut_anywhere(serve: Serve) -> None:
    body = b"".join([text_event("one "), text_event("two "), text_event("thrée"), STOP, METADATA])

    def dribble(exchange: Exchange) -> None:
        exchange.head()
        for at in range(0, len(body), 7):
            exchange.chunk(body[at : at + 7])
        exchange.end()

    assert run(serve(dribble).url)[1].text == "one two thrée"


def test_a_body_that_ends_with_the_connection_still_streams(serve: Serve) -> None:
    seen = threading.Event()

    def handler(exchange: Exchange) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n\r\n"
        exchange.sock.sendall(head.encode() + text_event("early"))
        assert seen.wait(10)
        exchange.sock.sendall(STOP + METADATA)
        exchange.cut()

    stream = invoker_for(serve(handler).url).stream(REQUEST)
    texts = []
    for event in stream:
        if isinstance(event, TextDelta):
            texts.append(event.text)
            seen.set()
    assert texts == ["early"]
    assert isinstance(event, Finished)


def test_reasoning_is_timed_apart(serve: Serve) -> None:
    thought = event_frame(
        "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}
    )

    def handler(exchange: Exchange) -> None:
        begin(thought)(exchange)
        time.sleep(0.1)
        for frame in (text_event("yes", 1), STOP, METADATA):
            exchange.chunk(frame)
        exchange.end()

    timing = run(serve(handler).url)[1].timing
    assert timing.time_to_first_reasoning_token is not None
    assert timing.time_to_first_token is not None
    assert timing.time_to_first_token > timing.time_to_first_reasoning_token + 0.05


def test_surrogate_halves_split_across_deltas_are_joined(serve: Serve) -> None:
    frames = [text_event("smile \ud83d"), text_event("\ude00 half \ud83d"), text_event("x"), STOP, METADATA]
    events, result = run(serve(whole(*frames)).url)
    assert result.text == "smile \U0001f600 half \ufffdx"
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == result.text
    for piece in pieces:
        piece.encode()


def test_unknown_events_and_deltas_are_survived(serve: Serve) -> None:
    frames = [
        event_frame("somethingNew", {"x": 1}),
        event_frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"hologram": {"x": 1}}}),
        text_event("fine"),
        event_frame("messageStop", {"stopReason": "a_reason_of_next_year"}),
        METADATA,
    ]
    result = run(serve(whole(*frames)).url)[1]
    assert (result.text, result.stop_reason, result.error) == ("fine", "a_reason_of_next_year", None)


def test_missing_metadata_means_unknown_usage(serve: Serve) -> None:
    result = run(serve(whole(text_event("done"), STOP)).url)[1]
    assert result.error is None
    assert result.text == "done"
    assert result.usage is None


def test_a_cut_after_message_stop_loses_nothing_but_the_metadata(serve: Serve) -> None:
    def handler(exchange: Exchange) -> None:
        begin(text_event("done"), STOP)(exchange)
        exchange.cut()

    result = run(serve(handler).url)[1]
    assert (result.error, result.text, result.usage) == (None, "done", None)


def test_a_body_that_does_not_end_after_its_last_event_is_not_waited_for(serve: Serve) -> None:
    def handler(exchange: Exchange) -> None:
        begin(text_event("done"), STOP, METADATA)(exchange)
        exchange.wait_for_client_to_leave(60)

    result = run(serve(handler).url, stall=60)[1]
    assert (result.error, result.text) == (None, "done")
    assert result.usage is not None


def cut_in_a_frame(exchange: Exchange) -> None:
    begin(text_event("part"), text_event("never seen")[:20])(exchange)
    exchange.cut()


def ended_in_a_frame(exchange: Exchange) -> None:
    begin(text_event("part"), text_event("never seen")[:20])(exchange)
    exchange.end()


def cut_between_frames(exchange: Exchange) -> None:
    begin(text_event("part"))(exchange)
    exchange.cut()


def reset_between_frames(exchange: Exchange) -> None:
    begin(text_event("part"))(exchange)
    time.sleep(0.1)  # a reset discards what the client has not read yet
    exchange.reset()


@pytest.mark.parametrize(
    "handler",
    [
        cut_in_a_frame,
        ended_in_a_frame,
        cut_between_frames,
        reset_between_frames,
        whole(text_event("part")),
        whole(text_event("part"), METADATA),
    ],
    ids=["cut in a frame", "ended in a frame", "cut", "reset", "no messageStop", "metadata, no messageStop"],
)
def test_truncation_is_an_error_that_keeps_the_text_and_is_not_retried(
    serve: Serve, handler: Handler
) -> None:
    server = serve(handler, Exchange.answer)
    result = run(server.url)[1]
    assert type(result.error) is e.StreamInterrupted
    assert result.text == "part"
    assert result.timing.time_to_first_token is not None
    assert result.timing.total is not None
    assert len(server.exchanges) == 1


def test_an_empty_body_is_an_error_and_is_retried(serve: Serve) -> None:
    result = run(serve(whole()).url, retry=RetryPolicy(max_attempts=1))[1]
    assert type(result.error) is e.StreamInterrupted
    assert "without sending anything" in result.error.message
    again = run(serve(whole(), Exchange.answer).url)[1]
    assert again.error is None
    assert [attempt.error_type for attempt in again.attempts] == ["StreamInterrupted", None]


@pytest.mark.parametrize("place", [10, 60, -2], ids=["prelude", "payload", "checksum"])
def test_a_wrong_checksum_is_an_error_of_its_own(serve: Serve, place: int) -> None:
    damaged = bytearray(text_event("damaged"))
    damaged[place] ^= 0xFF
    result = run(serve(whole(text_event("part"), bytes(damaged), STOP, METADATA)).url)[1]
    assert type(result.error) is e.StreamCorrupted
    assert result.text == "part"


def test_a_body_that_is_no_json_is_corruption(serve: Serve) -> None:
    headers = {":event-type": "contentBlockDelta", ":message-type": "event"}
    from tests.wire.invocation.scripted import encode_frame

    result = run(serve(whole(text_event("part"), encode_frame(headers, b"{not json"))).url)[1]
    assert type(result.error) is e.StreamCorrupted


IN_STREAM = {
    "internalServerException": e.InternalServerError,
    "modelStreamErrorException": e.ModelStreamError,
    "validationException": e.ValidationFailed,
    "throttlingException": e.Throttled,
    "serviceUnavailableException": e.ServiceUnavailable,
}


@pytest.mark.parametrize(("name", "expected"), IN_STREAM.items(), ids=list(IN_STREAM))
def test_an_exception_within_the_stream(serve: Serve, name: str, expected: type[e.InvocationError]) -> None:
    frame = exception_frame(name, {"message": "the reason", "originalStatusCode": 500})
    server = serve(whole(text_event("part"), frame), Exchange.answer)
    result = run(server.url)[1]
    assert type(result.error) is expected
    assert result.error.message == "the reason"
    assert result.error.code == name
    assert result.text == "part"
    assert len(server.exchanges) == 1, "what was seen must not be asked for again"


@pytest.mark.parametrize("name", [name for name in IN_STREAM if name != "validationException"])
def test_an_exception_before_any_output_is_retried(serve: Serve, name: str) -> None:
    server = serve(whole(exception_frame(name, {"message": "not yet"})), Exchange.answer)
    events, result = run(server.url)
    assert result.error is None
    assert [attempt.error_type for attempt in result.attempts] == [IN_STREAM[name].__name__, None]
    assert [event.attempt for event in events if isinstance(event, Started)] == [1, 2]


def test_a_failed_try_leaves_nothing_behind_in_the_next(serve: Serve) -> None:
    failing = whole(STOP, METADATA, exception_frame("throttlingException", {"message": "slow"}))
    result = run(serve(failing, whole(text_event("part"))).url)[1]
    assert type(result.error) is e.StreamInterrupted, "the first try's messageStop is not the second's"
    assert (result.text, result.usage, result.stop_reason) == ("part", None, None)


def test_a_stall_is_an_error_of_its_own_and_is_not_retried(serve: Serve) -> None:
    def handler(exchange: Exchange) -> None:
        begin(text_event("part"))(exchange)
        exchange.wait_for_client_to_leave()

    server = serve(handler)
    result = run(server.url, stall=0.3)[1]
    assert result.error == e.StallTimeout("Nothing arrived for 0.3 seconds in the middle of the answer.")
    assert result.text == "part"
    assert len(server.exchanges) == 1


def slow_head(exchange: Exchange) -> None:
    time.sleep(0.5)
    exchange.answer()


def slow_first_event(exchange: Exchange) -> None:
    exchange.head()
    time.sleep(0.5)
    for frame in (text_event("late"), STOP, METADATA):
        exchange.chunk(frame)
    exchange.end()


@pytest.mark.parametrize("handler", [slow_head, slow_first_event])
def test_a_slow_first_token_is_no_stall(serve: Serve, handler: Handler) -> None:
    result = run(serve(handler).url, stall=0.2)[1]
    assert result.error is None
    assert result.timing.time_to_first_token is not None
    assert result.timing.time_to_first_token >= 0.5


def no_head(exchange: Exchange) -> None:
    exchange.wait_for_client_to_leave()


def no_event(exchange: Exchange) -> None:
    exchange.head()
    exchange.wait_for_client_to_leave()


@pytest.mark.parametrize("handler", [no_head, no_event])
def test_no_answer_within_the_read_timeout(serve: Serve, handler: Handler) -> None:
    server = serve(handler)
    result = run(server.url, read=0.3)[1]
    assert result.error == e.ReadTimeout("The answer did not begin within 0.3 seconds.")
    assert len(server.exchanges) == 1


def test_converse_gives_the_answer_as_a_whole(serve: Serve) -> None:
    body = {
        "output": {"message": {"role": "assistant", "content": [{"text": "All at once"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
        "metrics": {"latencyMs": 42},
    }
    server = serve(lambda exchange: exchange.reply(body))
    events, result = run(server.url, streaming=False)
    assert server.exchanges[0].path.endswith("/converse")
    assert [type(event) for event in events] == [Started, TextDelta, UsageReported, Finished]
    assert (result.text, result.stop_reason) == ("All at once", "end_turn")
    assert result.timing.time_to_first_token is None, "nothing was streamed: there is no such time"
    assert result.timing.total is not None


def test_a_stream_that_is_left_early_is_closed(serve: Serve) -> None:
    left = threading.Event()

    def handler(exchange: Exchange) -> None:
        begin(text_event("part"))(exchange)
        if exchange.wait_for_client_to_leave():
            left.set()

    for event in invoker_for(serve(handler).url).stream(REQUEST):
        if isinstance(event, TextDelta):
            break
    assert left.wait(10)
