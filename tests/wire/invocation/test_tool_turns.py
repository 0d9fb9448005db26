"""Tool calls in a comparison, over real boto3: a lane waits, is answered, and goes on."""

from __future__ import annotations

from typing import Any

import pytest

from bedrock_playground.invocation import Comparison, InvocationRequest, NotReadyError, RunState
from bedrock_playground.invocation.tool_calls import result_block
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import METADATA, Exchange, event_frame


def tool_call(exchange: Exchange, *calls: tuple[str, str]) -> None:
    """Stream some calls of the tool ``weather``, their arguments in two pieces."""
    exchange.head()
    exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
    for index, (id_, arguments) in enumerate(calls):
        start = {"toolUse": {"toolUseId": id_, "name": "weather"}}
        exchange.chunk(event_frame("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        for piece in (arguments[:5], arguments[5:]):
            delta = {"toolUse": {"input": piece}}
            exchange.chunk(event_frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}))
        exchange.chunk(event_frame("contentBlockStop", {"contentBlockIndex": index}))
    exchange.chunk(event_frame("messageStop", {"stopReason": "tool_use"}))
    exchange.chunk(METADATA)
    exchange.end()


def weather(exchange: Exchange) -> None:
    """Call the tool twice in lane A, once malformed; answer in words once the results are there."""
    last = exchange.json()["messages"][-1]["content"]
    results = [block["toolResult"] for block in last if "toolResult" in block]
    if results:
        exchange.answer(f"{len(results)} results; ", f"{len(exchange.json()['messages'])} messages")
    elif "model-B" in exchange.path:
        exchange.answer("No tool needed.")
    else:
        tool_call(exchange, ("t1", '{"city": "Oslo"}'), ("t2", '{"city": "Os'))


def started(url: str, *, repeat: int = 1) -> Comparison:
    comparison = Comparison(invoker_for(url))
    tools: dict[str, Any] = {
        "tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]
    }
    comparison.start(
        [
            InvocationRequest(
                model_id=f"model-{letter}",
                messages=InvocationRequest.from_prompt("m", "Weather in Oslo?").messages,
                tool_config=tools,
            )
            for letter in "AB"
        ],
        repeat=repeat,
    )
    assert comparison.wait(20)
    return comparison


def answers(comparison: Comparison) -> list[Any]:
    return [
        result_block("t1", '{"celsius": 3}'),
        result_block("t2", "Give the city as JSON.", status="error"),
    ]


def test_a_lane_with_calls_waits_and_goes_on_with_all_results_together(serve: Serve) -> None:
    server = serve(weather)
    comparison = started(server.url)
    assert [(call.tool_use_id, call.input) for call in comparison.pending_calls("A")] == [
        ("t1", {"city": "Oslo"}),
        ("t2", '{"city": "Os'),
    ]
    assert comparison.pending_calls("B") == ()
    comparison.answer_calls("A", answers(comparison))
    assert comparison.wait(20)
    run = comparison.lane("A").current
    assert run is not None
    assert (run.state, run.text) == (RunState.COMPLETED, "2 results; 3 messages")
    assert (run.identity.turn, comparison.lane("B").runs[-1].identity.turn) == (1, 0)
    assert comparison.pending_calls("A") == ()
    sent = server.exchanges[-1].json()
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Oslo"}}},
                {
                    "toolUse": {
                        "toolUseId": "t2",
                        "name": "weather",
                        "input": {"INVALID_JSON": '{"city": "Os'},
                    }
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"json": {"celsius": 3}}]}},
                {
                    "toolResult": {
                        "toolUseId": "t2",
                        "content": [{"text": "Give the city as JSON."}],
                        "status": "error",
                    }
                },
            ],
        },
    ]
    assert sent["toolConfig"]["tools"], "the tools go along: Converse wants them wherever a call is"


def test_the_wrong_results_are_refused_and_nothing_is_sent(serve: Serve) -> None:
    server = serve(weather)
    comparison = started(server.url)
    count = len(server.exchanges)
    for results in ([], answers(comparison)[:1], [*answers(comparison), result_block("t3", "x")]):
        with pytest.raises(NotReadyError, match=r"A waits for the results of 2 calls \(t1, t2\)"):
            comparison.answer_calls("A", results)
    with pytest.raises(NotReadyError, match="B waits for no tool result"):
        comparison.answer_calls("B", answers(comparison))
    with pytest.raises(KeyError):
        comparison.answer_calls("C", answers(comparison))
    assert len(server.exchanges) == count


def test_a_question_to_all_leaves_out_the_lane_that_waits_for_results(serve: Serve) -> None:
    server = serve(weather)
    comparison = started(server.url)
    assert comparison.follow_up("And tomorrow?") == ("A",)
    assert comparison.wait(20)
    assert len(comparison.pending_calls("A")) == 2
    comparison.answer_calls("A", answers(comparison))
    assert comparison.wait(20)
    assert comparison.follow_up("And tomorrow?") == ()
    assert comparison.wait(20)


def test_results_that_did_not_get_through_can_be_sent_again(serve: Serve) -> None:
    refusals = [1]

    def handler(exchange: Exchange) -> None:
        if len(exchange.json()["messages"]) > 1 and refusals:
            refusals.pop()
            exchange.error(400, "ValidationException", "not now")
        else:
            weather(exchange)

    comparison = started(serve(handler).url)
    comparison.answer_calls("A", answers(comparison))
    assert comparison.wait(20)
    assert comparison.lane("A").state is RunState.FAILED
    assert len(comparison.pending_calls("A")) == 2, "it still waits"
    comparison.answer_calls("A", answers(comparison))
    assert comparison.wait(20)
    assert comparison.lane("A").state is RunState.COMPLETED


def test_of_several_repeats_the_last_one_goes_on(serve: Serve) -> None:
    comparison = started(serve(weather).url, repeat=2)
    comparison.answer_calls("A", answers(comparison))
    assert comparison.wait(20)
    assert [(run.identity.turn, run.identity.repeat) for run in comparison.lane("A").runs] == [
        (0, 0), (0, 1), (1, 1),
    ]  # fmt: skip


def test_a_comparison_out_of_the_history_waits_as_it_did(serve: Serve) -> None:
    server = serve(weather)
    comparison = started(server.url)
    runs = [(run.identity, run.request, run.result) for lane in comparison.lanes for run in lane.runs]
    again = Comparison.restore(invoker_for(server.url), runs=runs)
    assert again.pending_calls("A") == comparison.pending_calls("A") != ()
    again.answer_calls("A", answers(again))
    assert again.wait(20)
    assert again.lane("A").runs[-1].text == "2 results; 3 messages"
