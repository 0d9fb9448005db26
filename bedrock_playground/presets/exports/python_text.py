r"""Values as Python source: exact, readable, and with nothing in it that a reader cannot see; pure.

Texts of several lines become a triple-quoted literal at the margin, or adjacent literals, one per line, where
they stand inside a structure. Whatever does not print is escaped, and so is a space at a line's end, which
editors take away.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bedrock_playground.presets.exports.call import Blob

_WIDTH = 96
_ONE_LINE = 60
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


class Name(str):
    """A Python expression to be written as it is: a variable's name, say."""

    __slots__ = ()


def string(text: str) -> str:
    """Write a text as one double-quoted literal."""
    return '"' + "".join(_SHORT.get(char) or _visible(char) for char in text) + '"'


def block(text: str) -> str:
    """Write a text as a literal for the left margin: triple-quoted if it has lines."""
    if "\n" not in text:
        return string(text)
    lines = [_block_line(line) for line in text.split("\n")]
    return '"""\\\n' + "\n".join(lines) + '"""'


def _block_line(line: str) -> str:
    kept = "".join("\\\\" if char == "\\" else char if char == "\t" else _visible(char) for char in line)
    # Every quote is escaped where three could meet, or where one could meet the closing three.
    kept = kept.replace('""', '\\"\\"')
    bare = kept.removesuffix('"')
    # An even number of backslashes before it are characters themselves, and leave the quote bare.
    if bare != kept and (len(bare) - len(bare.rstrip("\\"))) % 2 == 0:
        kept = bare + '\\"'
    end = len(kept.rstrip(" \t"))
    return kept[:end] + kept[end:].replace(" ", "\\x20").replace("\t", "\\t")


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def value(item: Any, *, indent: int = 0) -> str:  # noqa: ANN401 - any of a call's arguments
    """Write a value; lines after the first are indented by ``indent`` spaces and their depth."""
    if isinstance(item, Name):
        return str(item)
    if isinstance(item, Blob):
        return _blob(item)
    if isinstance(item, str):
        return _text(item, indent=indent)
    if isinstance(item, Mapping):
        rows = [f"{string(key)}: {value(inner, indent=indent + 4)}" for key, inner in item.items()]
        return _enclosed("{", rows, "}", indent=indent)
    if isinstance(item, Sequence):
        return _enclosed("[", [value(inner, indent=indent + 4) for inner in item], "]", indent=indent)
    return repr(item)


def arguments(items: Mapping[str, Any], *, indent: int = 4) -> str:
    """Write keyword arguments, one a line."""
    pad = " " * indent
    return "".join(f"{pad}{name}={value(item, indent=indent)},\n" for name, item in items.items())


def text_lines(text: str) -> list[str]:
    """Cut a long text behind its line breaks, to be written line by line; a short one stays whole."""
    return [text] if len(text) <= _ONE_LINE else re.findall(r"[^\n]*\n|[^\n]+", text)


def _text(text: str, *, indent: int) -> str:
    lines = text_lines(text)
    if len(lines) == 1:
        return string(text)
    pad = " " * (indent + 4)
    return "(\n" + "".join(f"{pad}{string(line)}\n" for line in lines) + " " * indent + ")"


def _enclosed(opening: str, rows: list[str], closing: str, *, indent: int) -> str:
    flat = opening + ", ".join(rows) + closing
    if "\n" not in flat and indent + len(flat) <= _WIDTH:
        return flat
    pad = " " * (indent + 4)
    return f"{opening}\n" + "".join(f"{pad}{row},\n" for row in rows) + " " * indent + closing


def _blob(blob: Blob) -> str:
    if blob.filename is not None:
        return f"Path({string(blob.filename)}).read_bytes()"
    return f"base64.b64decode({string(base64.b64encode(blob.data).decode('ascii'))})"


def has_inline(item: Any) -> bool:  # noqa: ANN401
    """Say whether bytes stand in the text itself."""
    if isinstance(item, Mapping):
        return any(has_inline(inner) for inner in item.values())
    if isinstance(item, list | tuple):
        return any(has_inline(inner) for inner in item)
    return isinstance(item, Blob) and item.filename is None
