"""A member's request as it is sent here, with stand-ins where the prompt and the schema are put; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.invocation.values import InvocationRequest, Message
from bedrock_playground.patterns.exports.values import CannotExport, Context
from bedrock_playground.patterns.members import Solo

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
        boto3's keyword arguments; the stand-ins are where the prompt and the schema are put.

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
    return arguments
