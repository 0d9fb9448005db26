"""Asking a member for JSON: by schema where its model takes one, in words everywhere, and read tolerantly.

Judges and classifiers answer so. Small models write a sentence before the object, or a code fence around it;
that is read. What is no object at all is not guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import InvocationRequest, Json
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import asking

_FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n(?P<inside>.*?)\n[ \t]*```", re.DOTALL)


def ask_for_json(
    desk: Desk, member: Member, prompt: str, *, schema: Mapping[str, Json], role: str
) -> tuple[Reply, Mapping[str, Any] | None]:
    """Ask, and read the answer.

    Args:
        desk: Makes the call.
        member: Who.
        prompt: What; it says in words which JSON is wanted.
        schema: The JSON schema of the answer.
        role: What for.

    Returns:
        The reply, and the object in it; ``None`` where there is none.
    """
    reply = desk.ask(member, for_json(desk, member, prompt, schema=schema), role=role)
    return reply, read_object(reply.text) if reply.ok else None


def for_json(desk: Desk, member: Member, prompt: str, *, schema: Mapping[str, Json]) -> InvocationRequest:
    """Make the request: with the schema where the member's model takes one."""
    plain = asking(prompt)
    structure: Json = {"jsonSchema": {"schema": json.dumps(schema)}}
    asked = replace(plain, output_config={"textFormat": {"type": "json_schema", "structure": structure}})
    if not isinstance(member, Solo):
        return plain
    return plain if desk.backing.shape(member.variant, asked).refusals else asked


def read_object(text: str) -> Mapping[str, Any] | None:
    """The first JSON object in a text: all of it, in a code fence, or after some words; ``None``: none."""
    for candidate in (text, *(match["inside"] for match in _FENCE.finditer(text)), *_braced(text)):
        try:
            value = strict_json(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def _braced(text: str) -> list[str]:
    """What begins at the first brace and ends where the object does."""
    start = text.find("{")
    if start < 0:
        return []
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return []
    return [text[start:end]]
