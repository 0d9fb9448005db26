"""Values as JavaScript source: exact, readable, and with nothing in it that a reader cannot see; pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bedrock_playground.presets.exports.call import Blob
from bedrock_playground.presets.exports.python_text import Name, text_lines

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_WIDTH = 96
_SAFE_INTEGER = 2**53 - 1


def string(text: str) -> str:
    """Write a text as one double-quoted literal."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else _escaped(text)


def _escaped(text: str) -> str:
    inner = "".join(
        json.dumps(char, ensure_ascii=False)[1:-1] if char.isprintable() or char in "\n\r\t" else _code(char)
        for char in text
    )
    return f'"{inner}"'


def block(text: str) -> str:
    """Write a text as a template literal if it has lines."""
    if "\n" not in text:
        return string(text)
    # A template literal turns CR and CRLF into LF, so a CR is escaped.
    kept = "".join(
        f"\\{char}" if char in "\\`$" else char if char == "\n" else "\\r" if char == "\r" else _shown(char)
        for char in text
    )
    # A space at a line's end would be taken away by editors.
    return "`" + re.sub(r" (?=\n|\Z)", r"\\x20", kept) + "`"


def _shown(char: str) -> str:
    return char if char.isprintable() else "\\t" if char == "\t" else _code(char)


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def value(item: Any, *, indent: int = 0) -> str:  # noqa: ANN401 - any of a call's arguments
    """Write a value; lines after the first are indented by ``indent`` spaces and their depth."""
    if isinstance(item, Name):
        return str(item)
    if isinstance(item, Blob):
        return _blob(item)
    if isinstance(item, str):
        return _text(item, indent=indent)
    if isinstance(item, Mapping):
        rows = [f"{_key(key)}: {value(inner, indent=indent + 2)}" for key, inner in item.items()]
        return _enclosed("{ ", rows, " }", indent=indent) if rows else "{}"
    if isinstance(item, Sequence):
        return _enclosed("[", [value(inner, indent=indent + 2) for inner in item], "]", indent=indent)
    # Numbers, true, false and null are JSON's.
    return json.dumps(item)


def _key(key: str) -> str:
    if key == "__proto__":
        # As a plain key it would set the object's prototype.
        return '["__proto__"]'
    return key if _IDENTIFIER.fullmatch(key) else string(key)


def _text(text: str, *, indent: int) -> str:
    lines = text_lines(text)
    if len(lines) == 1:
        return string(text)
    pad = " " * (indent + 2)
    return "[\n" + "".join(f"{pad}{string(line)},\n" for line in lines) + " " * indent + '].join("")'


def _enclosed(opening: str, rows: list[str], closing: str, *, indent: int) -> str:
    flat = opening + ", ".join(rows) + closing
    if "\n" not in flat and indent + len(flat) <= _WIDTH:
        return flat
    pad = " " * (indent + 2)
    body = "".join(f"{pad}{row},\n" for row in rows)
    return f"{opening.strip()}\n{body}{' ' * indent}{closing.strip()}"


def _blob(blob: Blob) -> str:
    if blob.filename is not None:
        return f"await readFile({string(blob.filename)})"
    return f'Buffer.from({string(base64.b64encode(blob.data).decode("ascii"))}, "base64")'


def has_unsafe_number(item: Any) -> bool:  # noqa: ANN401
    """Say whether a whole number stands in it that JavaScript would round."""
    if isinstance(item, Mapping):
        return any(has_unsafe_number(inner) for inner in item.values())
    if isinstance(item, list | tuple):
        return any(has_unsafe_number(inner) for inner in item)
    return isinstance(item, int) and abs(item) > _SAFE_INTEGER
