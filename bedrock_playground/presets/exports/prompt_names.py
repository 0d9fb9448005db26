"""Prompt and system prompt lifted out of a call, so that an export has them at its top; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bedrock_playground.presets.exports.python_text import Name


@dataclass(frozen=True, slots=True)
class Named:
    """A call's arguments with names in place of the two texts that people edit."""

    arguments: dict[str, Any]
    """The arguments; :class:`Name` where a constant stands."""
    texts: dict[str, str]
    """The constants: ``SYSTEM_PROMPT`` and ``PROMPT``, as far as there are any."""


def with_names(arguments: dict[str, Any]) -> Named:
    """Give names to the system prompt and to the last text of the last user message."""
    texts: dict[str, str] = {}
    named = dict(arguments)
    system = arguments.get("system")
    if system and "text" in system[0]:
        texts["SYSTEM_PROMPT"] = system[0]["text"]
        named["system"] = [{"text": Name("SYSTEM_PROMPT")}, *system[1:]]
    last = arguments["messages"][-1]
    places = [at for at, block in enumerate(last["content"]) if isinstance(block.get("text"), str)]
    if places and last["role"] == "user":
        content = list(last["content"])
        texts["PROMPT"] = content[places[-1]]["text"]
        content[places[-1]] = {"text": Name("PROMPT")}
        named["messages"] = [*arguments["messages"][:-1], {**last, "content": content}]
    return Named(named, texts)
