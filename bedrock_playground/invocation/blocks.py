"""One content block of an answer while it grows, and our values out of pieces of Converse's JSON; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bedrock_playground.invocation.codec import Document, clean, decode_blob, strict_json, to_json
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    Json,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)


@dataclass(slots=True)
class Block:
    """A content block that is still being received."""

    kind: str
    """``text``, ``reasoning``, ``toolUse``, ``toolResult``, ``image``, or ``whole`` for what came whole."""
    parts: list[str] = field(default_factory=list)
    """The text, or the JSON text of a tool's arguments, piece by piece."""
    fields: dict[str, Any] = field(default_factory=dict)
    """What the block's start and its smaller deltas said, by Converse's names."""
    items: list[Json] = field(default_factory=list)
    """A tool's result, piece by piece."""
    data: bytearray = field(default_factory=bytearray)
    """Binary content: an image's bytes, redacted reasoning."""
    complete: bool = False
    """Whether the service said that the block is finished."""
    value: ContentBlock | None = None
    """The block itself, if it came whole."""

    def add_data(self, value: str | bytes) -> None:
        """Append binary content, given as bytes or base64."""
        self.data += decode_blob(value)

    def finish(self) -> ContentBlock | None:
        """Make the block's value; ``None`` if nothing came."""
        text = "".join(self.parts)
        match self.kind:
            case "whole":
                return self.value
            case "text":
                return TextBlock(text) if text else None
            case "reasoning":
                return self._reasoning(text)
            case "image":
                return self._image()
            case "toolUse":
                return tool_use({**self.fields, "input": _arguments(text)})
            case _:
                return tool_result({**self.fields, "content": _joined(self.items)})

    def _reasoning(self, text: str) -> ContentBlock | None:
        signature = self.fields.get("signature")
        redacted = bytes(self.data) or None
        if not text and signature is None and redacted is None:
            return None
        return ReasoningBlock(text, signature, redacted)

    def _image(self) -> ContentBlock | None:
        if self.data:
            # Half an image is no image: unlike half a text, nobody can use it.
            whole = ImageBlock(str(self.fields.get("format", "")), bytes(self.data))
            return whole if self.complete else None
        return RawBlock({"image": dict(self.fields)}) if self.fields else None


def block_from_converse(value: Document) -> ContentBlock:  # noqa: PLR0911 - one return per kind of block
    """Make a content block of one in a Converse response, as boto3 parses it or as JSON."""
    match value:
        case {"text": str(text)}:
            return TextBlock(clean(text))
        case {"reasoningContent": {"reasoningText": Mapping() as told}}:
            return ReasoningBlock(clean(told.get("text") or ""), told.get("signature"))
        case {"reasoningContent": {"redactedContent": redacted}}:
            return ReasoningBlock(redacted_content=decode_blob(redacted))
        case {"image": {"format": str(format_), "source": {"bytes": data}}}:
            return ImageBlock(format_, decode_blob(data))
        case {"document": {"format": str(format_), "name": str(name), "source": {"bytes": data}}}:
            return DocumentBlock(format_, name, decode_blob(data))
        case {"toolUse": Mapping() as use}:
            return tool_use(clean(to_json(use)))
        case {"toolResult": Mapping() as result}:
            return tool_result(clean(to_json(result)))
        case _:
            return RawBlock(clean(to_json(value)))


def tool_use(fields: Mapping[str, Any]) -> ContentBlock:
    """Make a tool call's block; a server tool's keeps its ``type``, which must be sent back."""
    if fields.get("type") is not None:
        return RawBlock({"toolUse": dict(fields)})
    return ToolUseBlock(fields.get("toolUseId", ""), fields.get("name", ""), fields.get("input"))


def tool_result(fields: Mapping[str, Any]) -> ContentBlock:
    """Make a tool result's block; a server tool's keeps its ``type``, which must be sent back."""
    status = fields.get("status")
    if fields.get("type") is not None or status not in {None, "success", "error"}:
        return RawBlock({"toolResult": dict(fields)})
    return ToolResultBlock(fields.get("toolUseId", ""), tuple(fields.get("content") or ()), status)


def usage_of(usage: Mapping[str, Any]) -> Usage:
    """Make our counts of Converse's ``usage``; what is absent or no number is unknown."""
    details = usage.get("cacheDetails")
    hour = [
        count
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, Mapping) and detail.get("ttl") == "1h"
        if (count := _integer(detail.get("inputTokens"))) is not None
    ]
    return Usage(
        input_tokens=_integer(usage.get("inputTokens")),
        output_tokens=_integer(usage.get("outputTokens")),
        cache_read_input_tokens=_integer(usage.get("cacheReadInputTokens")),
        cache_write_input_tokens=_integer(usage.get("cacheWriteInputTokens")),
        cache_write_1h_input_tokens=sum(hour) if hour else None,
        total_tokens=_integer(usage.get("totalTokens")),
    )


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number_of(value: object) -> float | None:
    """Return a number; anything else is unknown."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def document_of(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a structure's member that is itself a structure; empty where it is not."""
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _arguments(text: str) -> Json:
    if not text:
        return {}
    try:
        return clean(strict_json(text))  # type: ignore[no-any-return]
    except ValueError:
        return clean(text)  # type: ignore[no-any-return]


def _joined(items: list[Json]) -> list[Json]:
    """Join neighbouring pieces of text: deltas cut a text anywhere."""
    joined: list[Json] = []
    for item in items:
        text, last = _only_text(item), _only_text(joined[-1]) if joined else None
        if text is not None and last is not None:
            joined[-1] = {"text": clean(last + text)}
        else:
            joined.append(item)
    return joined


def _only_text(item: Json) -> str | None:
    match item:
        case {"text": str(text), **others} if not others:
            return text
        case _:
            return None
