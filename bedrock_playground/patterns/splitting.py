"""Cutting a long text into pieces that fit, where it hurts least: between paragraphs, sentences, words. Pure.

Sizes are estimated as the spending guard does: a token per four bytes of UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

BYTES_PER_TOKEN = 4
"""Bytes of UTF-8 to a token, by the rule of thumb."""
_BOUNDARIES = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+"),
    re.compile(r"\s+"),
)
"""Where to cut, best first."""


def tokens_of(text: str) -> int:
    """How many tokens a text has, about."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def split(text: str, *, tokens: int, overlap: int = 0) -> tuple[str, ...]:
    """Cut a text into pieces.

    Args:
        text: The text.
        tokens: The most that a piece may have, about.
        overlap: How many tokens of the piece before each begins with, at most, in whole words: so that what
            stands across a cut is not lost.

    Returns:
        The pieces. Without overlap they are the text when joined.

    Raises:
        ValueError: The overlap leaves no room.
    """
    if not 0 <= overlap < tokens:
        raise ValueError(f"Pieces of {tokens} tokens cannot overlap by {overlap}.")
    room = (tokens - overlap) * BYTES_PER_TOKEN
    pieces: list[str] = []
    piece, size = "", 0
    for unit in _units(text, room, 0):
        more = _bytes(unit)
        if piece and size + more > room:
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + unit, size + more
    pieces.append(piece)
    before = ("", *pieces)
    return tuple(_end(before[index], overlap) + piece for index, piece in enumerate(pieces))


def _units(text: str, room: int, level: int) -> Iterator[str]:
    """What must not be cut any further: the largest parts that fit."""
    if _bytes(text) <= room:
        yield text
    elif level == len(_BOUNDARIES):
        # No character has more than four bytes.
        step = max(1, room // 4)
        yield from (text[start : start + step] for start in range(0, len(text), step))
    else:
        start = 0
        for boundary in _BOUNDARIES[level].finditer(text):
            yield from _units(text[start : boundary.end()], room, level + 1)
            start = boundary.end()
        if start < len(text):
            yield from _units(text[start:], room, level + 1)


def _end(text: str, tokens: int) -> str:
    """The last words of a text, as many as fit."""
    if not tokens or not text:
        return ""
    words, size = list[str](), 0
    for word in reversed(re.findall(r"\S+\s*", text)):
        size += _bytes(word)
        if size > tokens * BYTES_PER_TOKEN:
            break
        words.insert(0, word)
    end = "".join(words)
    return end if not end or end[-1].isspace() else f"{end} "


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
