"""Cutting a long text into pieces that fit: between paragraphs, sentences, words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

BYTES_PER_TOKEN = 4  # bytes of UTF-8 to a token, by the rule of thumb
BOUNDARIES = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+"),
    re.compile(r"\s+"),
)  # where to cut, best first


def split(text: str, *, tokens: int, overlap: int = 0) -> list[str]:
    """Cut a text into pieces of so many tokens, each beginning with the last words of the one before."""
    room = (tokens - overlap) * BYTES_PER_TOKEN
    pieces: list[str] = []
    piece, size = "", 0
    for unit in units(text, room, 0):
        more = size_of(unit)
        if piece and size + more > room:
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + unit, size + more
    pieces.append(piece)
    before = ("", *pieces)
    return [end_of(before[index], overlap) + piece for index, piece in enumerate(pieces)]


def units(text: str, room: int, level: int) -> Iterator[str]:
    """The largest parts that fit."""
    if size_of(text) <= room:
        yield text
    elif level == len(BOUNDARIES):
        step = max(1, room // 4)  # no character has more than four bytes
        yield from (text[start : start + step] for start in range(0, len(text), step))
    else:
        start = 0
        for boundary in BOUNDARIES[level].finditer(text):
            yield from units(text[start : boundary.end()], room, level + 1)
            start = boundary.end()
        if start < len(text):
            yield from units(text[start:], room, level + 1)


def end_of(text: str, tokens: int) -> str:
    """The last words of a text, as many as fit."""
    if not tokens or not text:
        return ""
    words, size = list[str](), 0
    for word in reversed(re.findall(r"\S+\s*", text)):
        size += size_of(word)
        if size > tokens * BYTES_PER_TOKEN:
            break
        words.insert(0, word)
    end = "".join(words)
    return end if not end or end[-1].isspace() else f"{end} "


def grouped(parts: Sequence[str], *, tokens: int) -> Iterator[list[str]]:
    """Put neighbours together as long as they fit, but at least two: so that rounds come to an end."""
    group: list[str] = []
    for part in parts:
        if len(group) > 1 and sum(map(tokens_of, (*group, part))) > tokens:
            yield group
            group = []
        group.append(part)
    yield group


def tokens_of(text: str) -> int:
    """How many tokens a text has, about."""
    return -(-size_of(text) // BYTES_PER_TOKEN)


def size_of(text: str) -> int:
    """Its bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))
