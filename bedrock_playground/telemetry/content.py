"""What was said, as the conventions write it: only for those who asked for it. Pure.

Follows the JSON schemas of ``gen_ai.input.messages``, ``gen_ai.output.messages``,
``gen_ai.system_instructions`` and ``gen_ai.tool.definitions``, version 1.41.1, as JSON text, which any
receiver takes on a span. The bytes of images and documents are left out; a part of its own kind says what and
how large they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bedrock_playground.invocation.observed import EndedCall
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    InvocationRequest,
    InvocationResult,
    Json,
    Message,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)

_Json = dict[str, Any]


def content_attributes(call: EndedCall) -> dict[str, str]:
    """Everything that was said in a call, one attribute per kind; what there is none of is left out."""
    request = call.request
    said = {
        "gen_ai.system_instructions": _system(request),
        "gen_ai.input.messages": _input(request),
        "gen_ai.tool.definitions": _tools(request),
        "gen_ai.output.messages": _output(call.result),
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in said.items() if value}


def _system(request: InvocationRequest | None) -> list[_Json]:
    return [{"type": "text", "content": request.system}] if request and request.system else []


def _input(request: InvocationRequest | None) -> list[_Json]:
    return [told for message in request.messages for told in _messages(message)] if request else []


def _messages(message: Message) -> list[_Json]:
    """A message, and apart from it what tools answered: for Converse those are the user's words."""
    results = [block for block in message.content if isinstance(block, ToolResultBlock)]
    others = [block for block in message.content if not isinstance(block, ToolResultBlock)]
    told: list[tuple[str, Sequence[ContentBlock]]] = [("tool", results), (message.role, others)]
    return [{"role": role, "parts": [_part(block) for block in blocks]} for role, blocks in told if blocks]


def _output(result: InvocationResult) -> list[_Json]:
    if not result.content:
        return []
    parts = [_part(block) for block in result.content]
    # The conventions want a reason; "error" is their word for an answer that did not end as it should.
    return [{"role": "assistant", "parts": parts, "finish_reason": result.stop_reason or "error"}]


def _part(block: ContentBlock) -> _Json:  # noqa: PLR0911 - one kind each
    match block:
        case TextBlock(text):
            return {"type": "text", "content": text}
        case ReasoningBlock(text):
            return {"type": "reasoning", "content": text}
        case ToolUseBlock(id_, name, arguments):
            return {"type": "tool_call", "id": id_, "name": name, "arguments": arguments}
        case ToolResultBlock(id_, content):
            return {"type": "tool_call_response", "id": id_, "response": [_piece(one) for one in content]}
        case ImageBlock(format_, data):
            return {"type": "image", "mime_type": f"image/{format_}", "bytes": len(data)}
        case DocumentBlock(format_, name, data):
            return {"type": "document", "name": name, "format": format_, "bytes": len(data)}
        case RawBlock(value):
            # It may hold anything, bytes among it.
            return {"type": next(iter(value), "unknown")}


def _piece(value: Json) -> Json:
    """A piece of what a tool answered; of what may hold bytes (all but text and JSON) its kind alone."""
    if not isinstance(value, Mapping) or {"text", "json"} & value.keys():
        return value
    return {"type": next(iter(value), "unknown")}


def _tools(request: InvocationRequest | None) -> list[_Json]:
    tools = (request.tool_config or {}).get("tools") if request else None
    listed = tools if isinstance(tools, Sequence) and not isinstance(tools, str) else ()
    specs = (tool.get("toolSpec") for tool in listed if isinstance(tool, Mapping))
    return [_tool(spec) for spec in specs if isinstance(spec, Mapping)]


def _tool(spec: Mapping[str, Any]) -> _Json:
    schema = spec.get("inputSchema")
    told = {
        "type": "function",
        "name": spec.get("name"),
        "description": spec.get("description"),
        "parameters": schema.get("json") if isinstance(schema, Mapping) else None,
    }
    return {name: value for name, value in told.items() if value is not None}
