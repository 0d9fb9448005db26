"""How a generation is written down, read back by botocore's own parser; and what a defect looks like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any, cast

import pytest
from botocore.eventstream import EventStreamBuffer

from bedrock_playground.local import answers
from bedrock_playground.local.app import EndpointApp
from bedrock_playground.local.guard import Guard
from bedrock_playground.local.process import _listen
from bedrock_playground.local.registry import Registry
from bedrock_playground.local.values import Completion, Piece

DONE = Completion("end_turn", input_tokens=3, output_tokens=4)
THOUGHT = [Piece("hm", reasoning=True), Piece(" so", reasoning=True), Piece("Yes"), Piece("!")]


def parse(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(event.headers[":event-type"], json.loads(event.payload)) for event in buffer]


def test_thinking_is_a_content_block_of_its_own() -> None:
    shape = answers.ConverseStreamShape()
    data = shape.begin() + b"".join(shape.piece(piece) for piece in THOUGHT) + shape.end(DONE, 12)
    events = parse(data)
    assert [(kind, body.get("contentBlockIndex")) for kind, body in events] == [
        ("messageStart", None),
        ("contentBlockDelta", 0),
        ("contentBlockDelta", 0),
        ("contentBlockStop", 0),
        ("contentBlockDelta", 1),
        ("contentBlockDelta", 1),
        ("contentBlockStop", 1),
        ("messageStop", None),
        ("metadata", None),
    ]
    assert events[1][1]["delta"] == {"reasoningContent": {"text": "hm"}}
    assert events[-1][1] == {
        "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
        "metrics": {"latencyMs": 12},
    }


def test_thinking_in_whole_answers() -> None:
    body = answers.converse_body(
        THOUGHT, DONE, latency_ms=1, omits="", tier={"serviceTier": {"type": "default"}}
    )
    message = cast("dict[str, Any]", body["output"])["message"]
    assert message["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "hm so"}}},
        {"text": "Yes!"},
    ]
    assert body["serviceTier"] == {"type": "default"}
    invoked = answers.invoke_body(THOUGHT, DONE, omits="")
    (choice,) = cast("list[dict[str, Any]]", invoked["choices"])
    assert choice["message"] == {"role": "assistant", "content": "Yes!", "reasoning_content": "hm so"}


class Broken(Registry):
    """A registry with a defect, to see what a defect looks like from outside."""

    def listed(self) -> list[Any]:
        raise RuntimeError("a defect")


def test_a_defect_is_an_internal_server_error(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/foundation-models",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(EndpointApp(Broken(None), Guard())(scope, receive, send))
    assert sent[0]["status"] == 500
    assert (b"x-amzn-ErrorType", b"InternalServerException") in sent[0]["headers"]
    assert "a defect" not in sent[1]["body"].decode()
    assert "a defect" in caplog.text


def test_connections_do_not_wait_for_delayed_acknowledgements() -> None:
    async def accepted() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            import socket

            seen.set_result(
                writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            )
            writer.close()

        server = await asyncio.start_server(connected, sock=_listen(0))
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            nodelay = await seen
            writer.close()
            await writer.wait_closed()
        return nodelay

    assert asyncio.run(accepted())
