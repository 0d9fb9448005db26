"""What an answer holds besides its text, as the browser is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation import InvocationRequest, InvocationResult, LaneRun, RunIdentity, Timing
from bedrock_playground.invocation.tool_calls import result_block
from bedrock_playground.invocation.values import (
    DocumentBlock,
    ImageBlock,
    Message,
    TextBlock,
    ToolUseBlock,
    Usage,
)
from bedrock_playground.invocation.words import said
from components.live.feed import run_head, run_status
from components.live.outputs import MAX_DEPTH, MAX_NODES, answer_outputs, figures, tree_of
from components.live.rendered import Rendering
from components.live.viewer import Viewer

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def run_of(result: InvocationResult | None, **request: Any) -> LaneRun:
    identity = RunIdentity("r", "c", "A", 0, 0, datetime(2026, 11, 22, tzinfo=UTC))
    return LaneRun.restored(identity, replace(InvocationRequest.from_prompt("m", "Hi"), **request), result)


def asking(schema: object) -> dict[str, Any]:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    structure = {"jsonSchema": {"schema": text, "name": "answer"}}
    return {"output_config": {"textFormat": {"type": "json_schema", "structure": structure}}}


def test_a_plain_answer_holds_nothing_more() -> None:
    run = run_of(InvocationResult(text="Hi", usage=Usage(1, 2)))
    assert answer_outputs(run) == {}
    assert figures(run) == {}
    assert answer_outputs(run_of(None)) == {}


def test_a_valid_answer_is_said_to_be_so_and_shown_as_a_tree() -> None:
    run = run_of(InvocationResult(text=' {"age": 3, "x": [null, "é"]} '), **asking(SCHEMA))
    assert answer_outputs(run)["json"] == {
        "valid": True,
        "problems": [],
        "more": 0,
        "tree": ["o", [["age", "3"], ["x", ["a", ["null", '"é"'], 0]]], 0],
    }


def test_an_invalid_answer_tells_where_and_is_still_shown() -> None:
    told = answer_outputs(run_of(InvocationResult(text='{"age": "x"}'), **asking(SCHEMA)))["json"]
    assert told["valid"] is False  # type: ignore[index]
    assert told["problems"] == [["$.age", "'x' is not of type 'integer'"]]  # type: ignore[index]
    assert told["tree"] == ["o", [["age", '"x"']], 0]  # type: ignore[index]
    cut = answer_outputs(run_of(InvocationResult(text='{"age": '), **asking(SCHEMA)))["json"]
    assert (cut["valid"], cut["tree"]) == (False, None)  # type: ignore[index]
    no_room = InvocationResult(text="\n", stop_reason="max_tokens")
    assert answer_outputs(run_of(no_room, **asking(SCHEMA)))["json"] == {
        "valid": False,
        "problems": [["$", "The answer is empty: max tokens ended it before the first word."]],
        "more": 0,
        "tree": None,
    }
    empty = answer_outputs(run_of(InvocationResult(text=""), **asking(SCHEMA)))["json"]
    assert empty["valid"] is False  # type: ignore[index]
    only_a_call = InvocationResult(content=(ToolUseBlock("1", "weather", {}),))
    assert "json" not in answer_outputs(run_of(only_a_call, **asking(SCHEMA))), "no answer yet"


def test_a_schema_that_is_none_leaves_the_answer_undecided() -> None:
    told = answer_outputs(run_of(InvocationResult(text="{}"), **asking('{"type": "thing"}')))["json"]
    assert told["valid"] is None  # type: ignore[index]
    assert "no JSON schema" in told["problems"][0][1]  # type: ignore[index]


@pytest.mark.parametrize("number", ["12345678901234567890", "1.10", "1e400", "-0", "0.1000000000000000055"])
def test_numbers_are_shown_as_the_model_wrote_them(number: str) -> None:
    told = answer_outputs(run_of(InvocationResult(text=f'{{"age": {number}}}'), **asking({})))["json"]
    assert told["tree"] == ["o", [["age", number]], 0]  # type: ignore[index]


def test_calls_come_with_arguments_as_a_tree_or_as_they_are() -> None:
    content = (ToolUseBlock("1", "weather", {"city": "Oslo"}), ToolUseBlock("2", "weather", '{"city"'))
    told = answer_outputs(run_of(InvocationResult(content=content)))["tools"]
    assert told == [
        {"name": "weather", "id": "1", "input": ["o", [["city", '"Oslo"']], 0]},
        {"name": "weather", "id": "2", "raw": '{"city"'},
    ]


def test_a_guardrail_speaks_in_words_and_shows_its_trace() -> None:
    topic = {"name": "Advice", "type": "DENY", "action": "BLOCKED"}
    trace: Any = {"inputAssessment": {"g": {"topicPolicy": {"topics": [topic]}}}}
    told = answer_outputs(run_of(InvocationResult(guardrail_trace=trace)))["guardrail"]
    assert told["words"] == ("On the input: Denied topic: Advice: blocked.",)  # type: ignore[index]
    assert told["trace"] == tree_of(trace)  # type: ignore[index]


def test_figures_are_told_where_they_are_known_and_zero_is_a_figure() -> None:
    usage = Usage(9, 5, cache_read_input_tokens=0, cache_write_input_tokens=7, reasoning_tokens=3)
    timing = Timing(time_to_first_token=1.5, time_to_first_reasoning_token=0.25)
    result = InvocationResult(text="x", usage=usage, timing=timing, service_tier="default")
    assert figures(run_of(result, service_tier="flex", performance_latency="optimized")) == {
        "rtokens": 3,
        "cacheRead": 0,
        "cacheWrite": 7,
        "rtime": 1.25,
        "tier": ["flex", "default"],
        "latencyMode": ["optimized", None],
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def back(node: Any) -> Any:
    if isinstance(node, str):
        return json.loads(node)
    assert node[2] == 0
    return (
        {name: back(item) for name, item in node[1]} if node[0] == "o" else [back(item) for item in node[1]]
    )


@given(JSON)
def test_a_tree_loses_nothing(value: Any) -> None:
    assert back(json.loads(json.dumps(tree_of(value)))) == value


def test_a_huge_tree_is_cut_and_says_by_how_much() -> None:
    cut: Any = tree_of(list(range(10_000)))
    kind, drawn, more = cut
    assert kind == "a"
    assert len(drawn) < MAX_NODES
    assert len(drawn) + more == 10_000
    deep: Any = []
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    assert json.dumps(tree_of(deep)).count("[") < 3 * MAX_DEPTH


def test_what_the_user_said_last_is_told_with_files_and_tool_results() -> None:
    asked = Message(
        "user", (DocumentBlock("pdf", "Q3", b"x" * 2000), ImageBlock("png", b"x"), TextBlock("Why?"))
    )
    request = InvocationRequest("m", (asked,))
    assert said(request) == "Why?\nAttached: Q3 (pdf, 2 KB)\nAttached: image (png, 1 byte)"
    results = (result_block("1", '{"c": 3}'), result_block("2", "no such city", status="error"))
    request = InvocationRequest("m", (asked, Message.assistant("x"), Message("user", results)))
    assert run_head(run_of(None, messages=request.messages))["prompt"] == (
        'Tool result: {"c": 3}\nTool result (error): no such city'
    )


def test_outputs_come_with_the_end_and_only_then() -> None:
    run = run_of(InvocationResult(text='{"age": 1}'), **asking(SCHEMA))

    class One:
        id = "c"
        done = True
        pricer = None

        @property
        def lanes(self) -> Any:
            lane = type("Lane", (), {"label": "A", "runs": [run]})
            return [lane]

        def cancel(self, label: str | None = None) -> None: ...

        def rerun(self, label: str) -> object: ...

    rendering = Rendering()
    viewer = Viewer(One(), rendering)
    before = viewer.next_frame() or ""
    assert '"json"' not in before
    rendering.render(rendering.due(viewer.runs()))
    frames = [frame for _ in range(3) if (frame := viewer.next_frame())]
    assert sum(frame.count('"valid":true') for frame in frames) == 1
    assert "json" not in run_status(run)
