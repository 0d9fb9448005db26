"""JSON written one way, so that answers are compared by what they say, not by how they are laid out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL | re.IGNORECASE)


class _Number(str):
    """A number as it was written: 1.0 and 1 are different answers, and long ones must not be rounded."""

    __slots__ = ()


def canonical_json(text: str) -> str | None:
    """Write an answer that is a JSON object or list with sorted names, one value per line.

    Args:
        text: The answer; it may stand in a code fence, as models like to write it.

    Returns:
        The same JSON, numbers as they were; ``None`` where the answer is anything else.
    """
    fenced = _FENCED.fullmatch(text)
    try:
        value = json.loads(
            fenced[1] if fenced else text, parse_float=_Number, parse_int=_Number, parse_constant=_Number
        )
        return _written(value, "") if isinstance(value, dict | list) else None
    except (ValueError, RecursionError):
        return None


def _written(value: object, indent: str) -> str:
    if isinstance(value, _Number):
        return str(value)
    inner = indent + "  "
    if isinstance(value, Mapping):
        members = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_written(value[name], inner)}"
            for name in sorted(value)
        ]
        return f"{{\n{f',{chr(10)}'.join(members)}\n{indent}}}" if members else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [inner + _written(item, inner) for item in value]
        return f"[\n{f',{chr(10)}'.join(items)}\n{indent}]" if items else "[]"
    return json.dumps(value, ensure_ascii=False)
