"""The very source of a pattern, as a page shows it to whoever wants to learn how it works."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass

from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.walking import parts_of

_ROOM = "bedrock_playground.patterns."
_COMMON = frozenset({"members"})


@dataclass(frozen=True, slots=True)
class Source:
    """One module."""

    name: str
    """Its file: ``cascade.py``."""
    summary: str
    """The first line of its docstring."""
    text: str
    """All of it."""


def sources_of(pattern: Pattern) -> tuple[Source, ...]:
    """The modules that say what a pattern does: its own first, then those of the parts it is set up with.

    Args:
        pattern: The pattern; the sources of patterns inside it are their own.
    """
    modules = [type(part).__module__ for part in parts_of(pattern, inside=False)]
    names = dict.fromkeys(name for name in modules if name.startswith(_ROOM))
    return tuple(_source(name) for name in names if name.removeprefix(_ROOM) not in _COMMON)


def _source(name: str) -> Source:
    module = sys.modules[name]
    summary = (module.__doc__ or "").strip().partition("\n")[0]
    return Source(f"{name.removeprefix(_ROOM)}.py", summary, inspect.getsource(module))
