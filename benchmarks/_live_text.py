"""The text that the live benchmark streams: Markdown with a numbered mark about every ten tokens."""

from __future__ import annotations

import re

from tests.wire.live.scripted import markdown_of

MARK = re.compile(r"q\d+z")


def scripts(lanes: int, tokens: int) -> list[str]:
    """Return one text per lane, each ``tokens`` pieces of 4 characters."""
    return [_marked(markdown_of(tokens, seed=lane))[: tokens * 4] for lane in range(lanes)]


def _marked(text: str) -> str:
    """Put marks after words of prose, list items, code comments and table cells alike."""
    parts: list[str] = []
    since = mark = 0
    for word in re.split(r"( )", text):
        parts.append(word)
        since += len(word)
        if word == " " and since > 36 and parts[-2].isalpha():
            parts.append(f"q{mark}z ")
            mark += 1
            since = 0
    return "".join(parts)
