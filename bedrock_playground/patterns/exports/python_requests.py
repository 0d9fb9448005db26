"""Requests as Python: names stand where the prompt and the schema are put; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bedrock_playground.patterns.exports.member_requests import PROMPT, SCHEMA
from bedrock_playground.patterns.exports.writing import literal
from bedrock_playground.presets.exports.python_text import Name


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
