"""What every variant is asked, as the session keeps it: prompt, system prompt, files, JSON schema, tools.

Only the prompt's and the texts' keys belong to widgets. The rest is plain state, so that it outlives a page
switch, and so that a comparison from the history can be put back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, ToolDefinition
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.structured import SchemaRefused, read_schema
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock

PROMPT = "prompt"
SYSTEM = "system"
SCHEMA_ON = "schema_on"
"""Whether the answer shall follow the schema."""
SCHEMA = "schema"
"""The schema, as text."""
_ATTACHMENTS = "attachments"
_TOOLS = "tools"
TOOL_TEXTS = ("name", "description", "schema", "canned")
"""What is written of a tool."""
TOOL_CHOICE = "tool_choice"
"""Which tool shall be called; empty: nothing is sent, the model chooses."""


def read_inputs() -> Inputs:
    """What all variants are asked now."""
    state = st.session_state
    tools = tool_definitions()
    return Inputs(
        prompt=state.get(PROMPT) or "",
        system=state.get(SYSTEM) or None,
        attachments=attachments(),
        output_schema=(state.get(SCHEMA) or "") if state.get(SCHEMA_ON) else None,
        tools=tools,
        tool_choice=tool_choice() if tools else None,
    )


def write_inputs(inputs: Inputs) -> None:
    """Put these where the widgets will find them."""
    state = st.session_state
    state[PROMPT] = inputs.prompt
    state[SYSTEM] = inputs.system or ""
    set_attachments(inputs.attachments)
    state[SCHEMA_ON] = inputs.output_schema is not None
    if inputs.output_schema is not None:
        state[SCHEMA] = inputs.output_schema
    canned = {tool.name: tool.canned_result for tool in tool_definitions()}
    # A canned result is nothing the model is sent, so no request has it; what stands here still serves.
    set_tools([
        replace(tool, canned_result=tool.canned_result or canned.get(tool.name)) for tool in inputs.tools
    ])  # fmt: skip
    state[TOOL_CHOICE] = inputs.tool_choice or ""


def attachments() -> tuple[ImageBlock | DocumentBlock, ...]:
    """The images and documents that go beside the prompt."""
    found: tuple[ImageBlock | DocumentBlock, ...] = st.session_state.get(_ATTACHMENTS, ())
    return found


def set_attachments(blocks: Sequence[ImageBlock | DocumentBlock]) -> None:
    """Make these the attachments."""
    st.session_state[_ATTACHMENTS] = tuple(blocks)


def tool_ids() -> list[int]:
    """The tools' numbers in the order of display; a tool's texts are under :func:`tool_key`."""
    found: list[int] = st.session_state.get(_TOOLS, [])
    return found


def tool_key(number: int, name: str) -> str:
    """The session state's key of one text of one tool: ``name``, ``description``, ``schema``, ``canned``."""
    return f"tool_{number}_{name}"


def tool_definitions() -> tuple[ToolDefinition, ...]:
    """The tools on offer, as they are written; a schema that is not JSON stays a text."""
    return tuple(_tool(number) for number in tool_ids())


def _tool(number: int) -> ToolDefinition:
    texts = {name: st.session_state.get(tool_key(number, name)) or "" for name in TOOL_TEXTS}
    try:
        schema = strict_json(texts["schema"])
    except (ValueError, RecursionError):
        schema = texts["schema"]
    return ToolDefinition(
        name=texts["name"].strip(),
        description=texts["description"].strip(),
        input_schema=schema,
        canned_result=texts["canned"] or None,
    )


def add_tool(tool: ToolDefinition) -> None:
    """Put one more tool on offer."""
    number = max(tool_ids(), default=0) + 1
    schema = tool.input_schema
    texts = {
        "name": tool.name,
        "description": tool.description,
        "schema": schema if isinstance(schema, str) else schema_as_text(schema),
        "canned": tool.canned_result or "",
    }
    for name in TOOL_TEXTS:
        st.session_state[tool_key(number, name)] = texts[name]
    st.session_state[_TOOLS] = [*tool_ids(), number]


def remove_tool(number: int) -> None:
    """Take a tool away."""
    st.session_state[_TOOLS] = [other for other in tool_ids() if other != number]
    for name in TOOL_TEXTS:
        st.session_state.pop(tool_key(number, name), None)


def set_tools(tools: Sequence[ToolDefinition]) -> None:
    """Make these the tools."""
    for number in tool_ids():
        remove_tool(number)
    for tool in tools:
        add_tool(tool)


def tool_choice() -> str | None:
    """``auto``, ``any`` or the name of a tool that is there; ``None`` sends none."""
    found: str | None = st.session_state.get(TOOL_CHOICE)
    return found if found in {"auto", "any", *(tool.name for tool in tool_definitions())} else None


def schema_problem(inputs: Inputs) -> str | None:
    """Say why the schema cannot be used, if one is asked for and it cannot."""
    if inputs.output_schema is None:
        return None
    try:
        read_schema(inputs.output_schema)
    except SchemaRefused as refused:
        return str(refused)
    return None


def schema_as_text(schema: object) -> str:
    """Write a schema so that it can be read and edited."""
    return json.dumps(schema, indent=2, ensure_ascii=False)
