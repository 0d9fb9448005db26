"""JSON in a model's answer: all of it, in a code fence, or after some words."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n(?P<inside>.*?)\n[ \t]*```", re.DOTALL)


def strict_json(text: str) -> Any:
    """Parse JSON; NaN and the infinities, which Python takes as well, are none."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def read_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text; None: there is none."""
    for candidate in (text, *(match["inside"] for match in FENCE.finditer(text)), *braced(text)):
        try:
            value = strict_json(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def braced(text: str) -> list[str]:
    """What begins at the first brace and ends where the object does."""
    start = text.find("{")
    if start < 0:
        return []
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return []
    return [text[start:end]]
