"""What every variant is asked, as the session keeps it: prompt, system prompt, files, JSON schema, tools.

Only the prompt's and the texts' keys belong to widgets. The rest is plain state, so that it outlives a page
switch, and so that a comparison from the history can be put back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, ToolDefinition
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock, InvocationRequest

PROMPT = "prompt"
SYSTEM = "system"
SCHEMA_ON = "schema_on"
"""Whether the answer shall follow the schema."""
SCHEMA = "schema"
"""The schema, as text."""
_ATTACHMENTS = "attachments"
_TOOLS = "tools"
_TOOL_CHOICE = "tool_choice_set"


def read_inputs() -> Inputs:
    """What all variants are asked now."""
    state = st.session_state
    tools = tool_definitions()
    choice = tool_choice()
    return Inputs(
        prompt=state.get(PROMPT) or "",
        system=state.get(SYSTEM) or None,
        attachments=attachments(),
        output_schema=(state.get(SCHEMA) or "") if state.get(SCHEMA_ON) else None,
        tools=tools,
        tool_choice=choice if tools else None,
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
    set_tool_choice(inputs.tool_choice)


def attachments() -> tuple[ImageBlock | DocumentBlock, ...]:
    """The images and documents that go beside the prompt."""
    found: tuple[ImageBlock | DocumentBlock, ...] = st.session_state.get(_ATTACHMENTS, ())
    return found


def set_attachments(blocks: Sequence[ImageBlock | DocumentBlock]) -> None:
    """Make these the attachments."""
    st.session_state[_ATTACHMENTS] = tuple(blocks)


def tool_definitions() -> tuple[ToolDefinition, ...]:
    """The tools on offer."""
    found: tuple[ToolDefinition, ...] = st.session_state.get(_TOOLS, ())
    return found


def set_tools(tools: Sequence[ToolDefinition]) -> None:
    """Make these the tools."""
    st.session_state[_TOOLS] = tuple(tools)
    if tool_choice() not in {None, "auto", "any", *(tool.name for tool in tools)}:
        set_tool_choice(None)


def tool_choice() -> str | None:
    """``auto``, ``any`` or a tool's name; ``None`` sends none."""
    found: str | None = st.session_state.get(_TOOL_CHOICE)
    return found


def set_tool_choice(choice: str | None) -> None:
    """Make this the tool choice."""
    st.session_state[_TOOL_CHOICE] = choice


def inputs_of(request: InvocationRequest) -> Inputs:
    """Read back from a request what it asked; canned results were never in it."""
    first = request.messages[0]
    return Inputs(
        prompt=first.text,
        system=request.system,
        attachments=tuple(block for block in first.content if isinstance(block, ImageBlock | DocumentBlock)),
        output_schema=_schema_of(request.output_config),
        tools=_tools_of(request.tool_config),
        tool_choice=_choice_of(request.tool_config),
    )


def _schema_of(config: Mapping[str, Any] | None) -> str | None:
    match config:
        case {"textFormat": {"structure": {"jsonSchema": {"schema": str(text)}}}}:
            return text
        case _:
            return None


def _tools_of(config: Mapping[str, Any] | None) -> tuple[ToolDefinition, ...]:
    found = []
    for tool in (config or {}).get("tools") or ():
        match tool:
            case {"toolSpec": {"name": str(name), **others}}:
                schema = others.get("inputSchema")
                found.append(
                    ToolDefinition(
                        name=name,
                        description=str(others.get("description") or ""),
                        input_schema=schema.get("json") if isinstance(schema, Mapping) else None,
                    )
                )
            case _:
                pass
    return tuple(found)


def _choice_of(config: Mapping[str, Any] | None) -> str | None:
    match (config or {}).get("toolChoice"):
        case {"tool": {"name": str(name)}}:
            return name
        case {"any": _}:
            return "any"
        case {"auto": _}:
            return "auto"
        case _:
            return None


def schema_as_text(schema: object) -> str:
    """Write a schema so that it can be read and edited."""
    return json.dumps(schema, indent=2, ensure_ascii=False)
