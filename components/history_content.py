"""What a recorded run was asked and what it answered, block by block.

Everything a model or a service wrote is shown as plain text, never as Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from bedrock_playground.invocation.attachments import attachment_words
from bedrock_playground.invocation.guardrail_words import trace_in_words
from bedrock_playground.invocation.structured import SchemaRefused, asked_schema, check_answer, read_schema
from bedrock_playground.invocation.tool_calls import calls_of, is_malformed, result_text
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    InvocationRequest,
    InvocationResult,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)


def conversation(request: InvocationRequest) -> None:
    """Draw what was sent: system prompt, messages, tools, schema.

    Args:
        request: As recorded.
    """
    if request.system is not None:
        st.caption("System prompt")
        _plain(request.system)
    for message in request.messages:
        st.caption("User" if message.role == "user" else "Model")
        for block in message.content:
            _block(block)
    _tools(request.tool_config)
    schema = asked_schema(request)
    if schema is not None:
        with st.expander("JSON schema for the answer"):
            st.code(schema, language="json", wrap_lines=True)


def _block(block: ContentBlock) -> None:
    match block:
        case TextBlock(text):
            _plain(text or "(no text)")
        case ImageBlock() | DocumentBlock():
            _plain(f"Attached: {attachment_words(block)}")
        case ToolUseBlock():
            _call(block)
        case ToolResultBlock():
            _plain(f"Tool result{' (error)' if block.status == 'error' else ''}: {result_text(block)}")
        case ReasoningBlock(text):
            with st.expander("Reasoning"):
                _plain(text or "(redacted by the service)")
        case RawBlock(value):
            _json(value)


def _tools(config: Mapping[str, Any] | None) -> None:
    if not config:
        return
    tools: Sequence[Any] = config.get("tools") or ()
    with st.expander(f"{len(tools)} tools" if len(tools) != 1 else "1 tool"):
        for tool in tools:
            _json(tool)
        if config.get("toolChoice") is not None:
            st.text("Tool choice")
            _json(config["toolChoice"])


def _call(call: ToolUseBlock) -> None:
    st.text(f"Calls {call.name} ({call.tool_use_id})")
    if is_malformed(call):
        st.caption("The arguments are not a JSON object; as they came:")
        _plain(call.input if isinstance(call.input, str) else json.dumps(call.input, ensure_ascii=False))
    else:
        _json(call.input)


def beside_the_text(request: InvocationRequest, result: InvocationResult) -> None:
    """Draw what an answer holds besides its text: tool calls, the check of its JSON, a guardrail's findings.

    Args:
        request: What was asked.
        result: What came of it.
    """
    calls = calls_of(result)
    for call in calls:
        _call(call)
    schema = asked_schema(request)
    if schema is not None and result.error is None and (result.text or not calls):
        _checked(result.text, schema)
    if result.guardrail_trace is not None:
        with st.expander("Guardrail", expanded=True):
            for sentence in trace_in_words(result.guardrail_trace):
                st.text(sentence)
        with st.expander("The guardrail's whole trace"):
            _json(result.guardrail_trace)


def _checked(text: str, schema: str) -> None:
    try:
        check = check_answer(text, read_schema(schema))
    except SchemaRefused as refused:
        st.text(f"Whether it follows the schema cannot be told. {refused}")
        return
    st.text("Valid: follows the schema." if check.valid else "Invalid: does not follow the schema.")
    for problem in check.problems:
        st.text(f"{problem.path}: {problem.message}")
    if check.more:
        st.text(f"… {check.more} more")


def _plain(text: str) -> None:
    st.code(text, language=None, wrap_lines=True)


def _json(value: object) -> None:
    # Not st.json: the browser would round long numbers.
    st.code(json.dumps(value, indent=2, ensure_ascii=False), language="json", wrap_lines=True)
