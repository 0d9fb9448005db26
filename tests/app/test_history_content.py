"""One recorded run in the history: what it was asked and what it answered, block by block."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from bedrock_playground.invocation import InvocationRequest, InvocationResult
from bedrock_playground.invocation.tool_calls import result_block
from bedrock_playground.invocation.values import (
    DocumentBlock,
    ImageBlock,
    Message,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolUseBlock,
)

CALLS = (
    ReasoningBlock("Which city?", "signed"),
    ToolUseBlock("t1", "get_weather", {"city": "Oslo", "id": 12345678901234567890}),
    ToolUseBlock("t2", "get_weather", '{"city": "Os'),
)
SPEC: Any = {"toolSpec": {"name": "get_weather", "inputSchema": {"json": {"type": "object"}}}}
SCHEMA: Any = {"textFormat": {"structure": {"jsonSchema": {"schema": '{"required": ["age"]}'}}}}


def _draw(request: object, result: object) -> None:
    from components.history_content import beside_the_text, conversation

    conversation(request)  # type: ignore[arg-type]
    if result is not None:
        beside_the_text(request, result)  # type: ignore[arg-type]


def drawn(request: InvocationRequest, result: InvocationResult | None = None) -> AppTest:
    app = AppTest.from_function(_draw, kwargs={"request": request, "result": result}).run()
    assert not app.exception
    return app


def codes(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


def test_a_conversation_shows_files_tools_calls_results_and_reasoning() -> None:
    files = (ImageBlock("png", b"x" * 2000), DocumentBlock("pdf", "Q3", b"x"))
    messages = (
        Message("user", (*files, TextBlock("Why?"))),
        Message("assistant", CALLS),
        Message("user", (result_block("t1", '{"c": 3}'), result_block("t2", "no", status="error"))),
        Message("user", (RawBlock({"cachePoint": {"type": "default"}}),)),
    )
    config: Any = {"tools": [SPEC], "toolChoice": {"any": {}}}
    app = drawn(
        InvocationRequest("m", messages, system="Be brief.", tool_config=config, output_config=SCHEMA)
    )
    shown = codes(app)
    assert shown[:4] == ["Be brief.", "Attached: image (png, 2 KB)", "Attached: Q3 (pdf, 1 byte)", "Why?"]
    assert "Which city?" in shown
    assert any("12345678901234567890" in text for text in shown), "every digit of it"
    assert '{"city": "Os' in shown, "malformed arguments as they came"
    assert {'Tool result: {"c": 3}', "Tool result (error): no"} <= set(shown)
    assert any("cachePoint" in text for text in shown)
    assert any('"name": "get_weather"' in text for text in shown)
    assert '{"required": ["age"]}' in shown
    assert {expander.label for expander in app.expander} == {
        "Reasoning", "1 tool", "JSON schema for the answer",
    }  # fmt: skip


def test_an_answer_shows_its_calls_its_check_and_what_the_guardrail_did() -> None:
    asked = InvocationRequest("m", (Message.user("?"),), output_config=SCHEMA)
    topic = {"name": "Advice", "type": "DENY", "action": "BLOCKED"}
    trace: Any = {"inputAssessment": {"g": {"topicPolicy": {"topics": [topic]}}}}
    app = drawn(asked, InvocationResult(text="{}", content=CALLS, guardrail_trace=trace))
    texts = [text.value for text in app.text]
    assert "Calls get_weather (t1)" in texts
    assert "Invalid: does not follow the schema." in texts
    assert "$: 'age' is a required property" in texts
    assert "On the input: Denied topic: Advice: blocked." in texts
    valid = drawn(asked, InvocationResult(text='{"age": 3}'))
    assert [text.value for text in valid.text] == ["Valid: follows the schema."]
