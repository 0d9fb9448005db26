"""The content of a request: messages, system prompt, schema, tools; and what a model cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bedrock_playground.catalog.draft import Draft
from bedrock_playground.catalog.rules import content
from bedrock_playground.catalog.variant import Inputs, ToolDefinition
from bedrock_playground.invocation.attachments import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    size_words,
)
from bedrock_playground.invocation.codec import cache_point
from bedrock_playground.invocation.structured import SchemaRefused, read_schema
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    Json,
    Message,
    RawBlock,
    TextBlock,
)

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9\s\-()\[\]]")
_LONGEST_NAME = 200


def system_of(draft: Draft, inputs: Inputs) -> str | None:
    """Choose the system prompt: the variant's own, or the shared one; an empty one is none."""
    own = draft.case.variant.system
    system = (own if own is not None else inputs.system) or None
    if system is None:
        return None
    if draft.case.is_prompt:
        draft.refusals.append(
            "A stored prompt brings its own system prompt, and Converse refuses another one beside it. Empty "
            "the system prompt for this variant."
        )
    return system if draft.takes("system", system) else None


def message_of(draft: Draft, inputs: Inputs, *, cache_ttl: str | None) -> Message:
    """Make the first message: attachments, prompt, cache point."""
    blocks: list[ContentBlock] = [*_attachments(draft, inputs)]
    if inputs.prompt or not blocks:
        blocks.append(TextBlock(inputs.prompt))
    if cache_ttl is not None:
        blocks.append(RawBlock({"cachePoint": cache_point(cache_ttl)}))
    return Message("user", tuple(blocks))


def _attachments(draft: Draft, inputs: Inputs) -> Iterator[ContentBlock]:
    if not inputs.attachments:
        return
    draft.refusals += _complaints(draft, inputs)
    draft.warn(draft.rules["attachments"].warning if _has_documents(inputs) or _untold(draft) else None)
    names: set[str] = set()
    for block in inputs.attachments:
        if isinstance(block, ImageBlock):
            yield block
            continue
        name = _unique(_fit(block.name), names)
        names.add(name)
        if name != block.name:
            reason = (
                "A document's name takes letters, digits, single spaces, hyphens and brackets, once each."
            )
            draft.note("attachments", "translated", given=block.name, sent=name, reason=reason)
        yield replace(block, name=name)


def _has_documents(inputs: Inputs) -> bool:
    return any(isinstance(block, DocumentBlock) for block in inputs.attachments)


def _untold(draft: Draft) -> bool:
    spec = draft.case.spec
    return spec is None or not spec.input_modalities


def _complaints(draft: Draft, inputs: Inputs) -> Iterator[str]:
    """Say why these attachments cannot be sent to this model."""
    rule, name = draft.rules["attachments"], draft.case.name
    images = [block for block in inputs.attachments if isinstance(block, ImageBlock)]
    documents = [block for block in inputs.attachments if isinstance(block, DocumentBlock)]
    if not rule.usable:
        yield f"{rule.reason} Remove the attachments, or choose another model."
        return
    if images and not set(content.IMAGE_FORMATS) & set(rule.options):
        yield f"{name} takes no images. Remove them, or choose another model."
    if documents and not set(content.DOCUMENT_FORMATS) & set(rule.options):
        yield f"{name} takes no documents. Remove them, or choose another model."
    if len(images) > MAX_IMAGES:
        yield f"There are {len(images)} images; a request takes at most {MAX_IMAGES}. Remove some."
    if len(documents) > MAX_DOCUMENTS:
        yield (f"There are {len(documents)} documents; a request takes at most {MAX_DOCUMENTS}. Remove some.")
    if documents and not inputs.prompt.strip():
        yield "A document needs a prompt beside it. Write one."
    yield from _each(images, formats=content.IMAGE_FORMATS, limit=MAX_IMAGE_BYTES)
    yield from _each(documents, formats=content.DOCUMENT_FORMATS, limit=MAX_DOCUMENT_BYTES)


def _each(
    blocks: Sequence[ImageBlock | DocumentBlock], *, formats: tuple[str, ...], limit: int
) -> Iterator[str]:
    for number, block in enumerate(blocks, 1):
        what = f"The document {block.name!r}" if isinstance(block, DocumentBlock) else f"Image {number}"
        if block.format not in formats:
            found = block.format or "of no known format"
            yield f"{what} is {found}; taken are {', '.join(formats)}. Convert it."
        if len(block.data) > limit:
            size = size_words(len(block.data))
            yield f"{what} has {size}; at most {limit / 1_000_000:g} MB are taken. Make it smaller."
        if not block.data:
            yield f"{what} is empty. Choose another file."


def _fit(name: str) -> str:
    words = _NOT_IN_A_NAME.sub(" ", name).split()
    return " ".join(words)[:_LONGEST_NAME].strip() or "Document"


def _unique(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        ending = f" ({number})"
        candidate = name[: _LONGEST_NAME - len(ending)] + ending
    return candidate


def add_schema(draft: Draft, inputs: Inputs) -> None:
    """Hold the answer to a JSON schema."""
    schema = inputs.output_schema
    if schema is None:
        return
    rule = draft.rules["output_schema"]
    if not rule.usable:
        draft.refusals.append(rule.reason)
    draft.warn(rule.warning if rule.usable else None)
    try:
        read_schema(schema)
    except SchemaRefused as error:
        draft.refusals.append(f"{error} Mend the schema, or ask for none.")
    draft.output["textFormat"] = {
        "type": "json_schema",
        "structure": {"jsonSchema": {"schema": schema.strip()}},
    }
    reason = "Sent as outputConfig.textFormat, which takes the schema as a text."
    draft.note("output_schema", "translated", given=schema, sent=schema.strip(), reason=reason)


def tool_config_of(draft: Draft, inputs: Inputs) -> Mapping[str, Json] | None:
    """Make Converse's ``toolConfig``; ``None`` without tools."""
    if not inputs.tools:
        if inputs.tool_choice is not None:
            draft.drop("tool_choice", inputs.tool_choice, "There is no tool to choose.")
        return None
    rule = draft.rules["tools"]
    if not rule.usable:
        draft.refusals.append(f"{rule.reason} Remove the tools, or choose another model.")
    draft.warn(rule.warning if rule.usable else None)
    draft.refusals += _tool_complaints(inputs.tools)
    config: dict[str, Json] = {"tools": [_tool(tool) for tool in inputs.tools]}
    choice = _tool_choice(draft, inputs)
    if choice is not None:
        config["toolChoice"] = choice
    return config


def _tool(tool: ToolDefinition) -> Json:
    spec: dict[str, Json] = {"name": tool.name}
    if tool.description.strip():
        spec["description"] = tool.description
    return {"toolSpec": spec | {"inputSchema": {"json": tool.input_schema}}}


def _tool_complaints(tools: Sequence[ToolDefinition]) -> Iterator[str]:
    names = [tool.name for tool in tools]
    for tool in tools:
        if not _TOOL_NAME.fullmatch(tool.name):
            yield (
                f"{tool.name!r} cannot be a tool's name: it takes 1 to 64 letters, digits, hyphens and "
                "underscores."
            )
        if not isinstance(tool.input_schema, Mapping):
            yield f"The tool {tool.name!r} needs a JSON schema of its arguments: an object."
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"Two tools are named {name!r}. Rename one."


def _tool_choice(draft: Draft, inputs: Inputs) -> Json:
    choice = inputs.tool_choice
    if choice is None or not draft.takes("tool_choice", choice):
        return None
    if choice == "auto":
        family = draft.case.family
        if family is not None and "auto" in family.tool_choice:
            return {"auto": {}}
        # What it does anyway; not every model takes the words.
        draft.drop("tool_choice", choice, "Choosing itself is what a model does unless told otherwise.")
        return None
    word = "any" if choice == "any" else "tool"
    if word not in draft.rules["tool_choice"].options:
        draft.drop("tool_choice", choice)
        return None
    if word == "tool" and choice not in {tool.name for tool in inputs.tools}:
        draft.drop("tool_choice", choice, f"There is no tool named {choice!r}.")
        return None
    return {"any": {}} if word == "any" else {"tool": {"name": choice}}
