"""A member's request as Python: word for word what is sent here, with the prompt's place left open; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.invocation.values import InvocationRequest, Message
from bedrock_playground.patterns.exports.values import CannotExport, Context
from bedrock_playground.patterns.exports.writing import literal
from bedrock_playground.patterns.members import Solo
from bedrock_playground.presets.exports.python_text import Name

PROMPT = "\ue000prompt\ue000"
"""Stands where the prompt is put; nobody writes this."""
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"best": {"type": "integer", "enum": [1, 2]}, "reason": {"type": "string"}},
    "required": ["best"],
    "additionalProperties": False,
}
"""Stands for the schema of a judge's or a classifier's answer."""
BARE = InvocationRequest(model_id="", messages=(Message.user(PROMPT),))
"""What a judge is asked: a prompt, and nothing of what the pattern was asked."""


def asked_of(context: Context) -> InvocationRequest:
    """What the pattern is asked, with the prompt's place open: without attachments and earlier turns."""
    return replace(context.asked, model_id="", messages=(Message.user(PROMPT),))


def takes_schema(solo: Solo, context: Context) -> bool:
    """Whether a member's model takes the schema of its answer; else it is told in words alone."""
    return not context.shape(solo.variant, with_schema(BARE)).refusals


def with_schema(asked: InvocationRequest) -> InvocationRequest:
    """The request with the stand-in's schema."""
    structure = {"jsonSchema": {"schema": json.dumps(SCHEMA)}}
    return replace(asked, output_config={"textFormat": {"type": "json_schema", "structure": structure}})


def arguments_of(
    solo: Solo, asked: InvocationRequest, context: Context, *, streaming: bool
) -> dict[str, Any]:
    """A member's call of Converse.

    Returns:
        boto3's keyword arguments; :class:`Name` stands where the prompt or the schema is put.

    Raises:
        CannotExport: It could not be sent.
    """
    built = context.shape(solo.variant, asked)
    if built.refusals:
        raise CannotExport(f"{solo.title} could not be sent: {' '.join(built.refusals)}")
    try:
        arguments = converse_arguments(built.request, streaming=streaming)
    except ValidationFailed as error:
        raise CannotExport(f"{solo.title} could not be sent: {error}") from error
    if PROMPT not in json.dumps(arguments, ensure_ascii=False, default=str):
        raise CannotExport(f"{solo.title} is not sent the prompt, so there is nothing to ask it.")
    opened: dict[str, Any] = opened_up(arguments)
    return opened


def opened_up(value: Any, *, prompt: str = "prompt") -> Any:  # noqa: ANN401 - any of the arguments
    """Put names where the stand-ins are.

    Args:
        value: A part of a request.
        prompt: What the prompt is called there.
    """
    match value:
        case str():
            return _opened_text(value, prompt)
        case Mapping():
            return {key: opened_up(item, prompt=prompt) for key, item in value.items()}
        case list() | tuple():
            return [opened_up(item, prompt=prompt) for item in value]
        case _:
            return value


def _opened_text(text: str, prompt: str) -> str:
    if text == json.dumps(SCHEMA):
        return Name("schema")
    if PROMPT not in text:
        return text
    before, _, behind = text.partition(PROMPT)
    parts = [literal(before)] if before else []
    parts += [prompt] + ([literal(behind)] if behind else [])
    return Name(" + ".join(parts))
