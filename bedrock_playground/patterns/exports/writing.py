"""Expressions as a formatter would write them: on one line where they fit, else one element a line; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bedrock_playground.presets.exports import python_text
from bedrock_playground.presets.exports.call import Blob
from bedrock_playground.presets.exports.python_text import Name

WIDTH = 110
"""Columns of a line."""


@dataclass(frozen=True, slots=True)
class CallOf:
    """A call, or a keyword's value of one."""

    function: str
    """What is called."""
    arguments: tuple[Any, ...] = ()
    """Its positional arguments."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """Its keyword arguments."""
    method: str = ""
    """What is called on what it makes: ``.run(prompt, course)``."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A value with a comment above it."""

    comment: str
    """The comment, without its mark."""
    value: Any
    """The value."""


def written(value: Any, *, indent: int = 0, before: int = 0, after: int = 0) -> str:  # noqa: ANN401
    """Write a value as Python source.

    Args:
        value: Anything of a request, :class:`Name`, :class:`CallOf` and :class:`Noted` included.
        indent: Columns before the line that it stands on.
        before: Columns on that line before it.
        after: Columns behind it.
    """
    if isinstance(value, Noted):
        value = value.value
    opening, items, closing = _parts(value)
    if not opening:
        return _atom(value)
    if not any(isinstance(item, Noted) for _, item in items):
        flat = [prefix + written(item, indent=-10_000) for prefix, item in items]
        lone = "," if closing == ")" and opening == "(" and len(items) == 1 else ""
        line = f"{opening}{', '.join(flat)}{lone}{closing}"
        if "\n" not in line and indent + before + len(line) + after <= WIDTH:
            return line
    pad = " " * (max(indent, 0) + 4)
    rows = [
        (f"{pad}# {item.comment}\n" if isinstance(item, Noted) else "")
        + f"{pad}{prefix}{written(item, indent=len(pad), before=len(prefix), after=1)},\n"
        for prefix, item in items
    ]
    return f"{opening}\n{''.join(rows)}{' ' * max(indent, 0)}{closing}"


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:  # noqa: ANN401
    match value:
        case CallOf(function, arguments, keywords, method):
            named = [(f"{name}=", item) for name, item in keywords.items()]
            return f"{function}(", [*(("", item) for item in arguments), *named], f"){method}"
        case Mapping():
            return "{", [(f"{literal(str(key))}: ", item) for key, item in value.items()], "}"
        case list():
            return "[", [("", item) for item in value], "]"
        case tuple():
            return "(", [("", item) for item in value], ")"
        case _:
            return "", [], ""


def _atom(value: Any) -> str:  # noqa: ANN401
    match value:
        case Name() | Blob():
            return python_text.value(value)
        case str():
            return literal(value)
        case Sequence():
            return written(list(value))
        case _:
            return repr(value)


def literal(text: str) -> str:
    """Write a text as one literal, in the quotes that need fewer escapes."""
    double = python_text.string(text)
    if text.count("'") >= text.count('"'):
        return double
    inner = double[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def raw(text: str) -> Name:
    """Write an expression with backslashes as a raw literal where it can be one."""
    if "\\" not in text or '"' in text or not text.isprintable() or text.endswith("\\"):
        return Name(literal(text))
    return Name(f'r"{text}"')
