"""Markdown that grows: every finished top-level block is rendered once, only the last one again.

CommonMark decides block structure line by line, so a top-level block is finished as soon as a complete line
starts the next one (or sooner: a blank line ends a paragraph, the closing fence ends code). Work per call is
proportional to the unfinished tail, and the tail is bounded: hostile output cannot make a stream quadratic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it.token import Token

from bedrock_playground.rendering.markdown import parser, render_markdown

MAX_BLOCK = 16_000
"""Characters; a longer block other than code is cut here and shown as plain text."""
MAX_OPEN_CODE = 200_000
"""Characters; a longer code block is cut here and shown as plain text."""

_LINE = re.compile(r"\r\n?|\n")
_FENCE = re.compile(r"(?:[ \t]*(?:\r\n?|\n))*( {0,3})(`{3,}(?=[^`\r\n]*(?:[\r\n]|$))|~{3,})")

_SELF_CONTAINED = {"heading_open", "hr", "bp_math_block"}
_ENDED_BY_BLANK = {"paragraph_open", "table_open"}


@dataclass(frozen=True, slots=True)
class Block:
    """One finished top-level block."""

    start: int
    """Where it begins in the text, in characters."""
    end: int
    """Where it ends; the next block begins here."""
    html: str
    """Safe HTML."""


class IncrementalMarkdown:
    """Renders one growing text; not thread-safe, its owner takes turns."""

    def __init__(self) -> None:
        self._text = ""
        self._start = 0
        self._code_scanned = 0
        self._final = False

    @property
    def start(self) -> int:
        """Where the unfinished tail begins, in characters."""
        return self._start

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text

    def feed(self, text: str, *, final: bool = False) -> list[Block]:
        """Take the text as it is now and return the blocks that got finished.

        Args:
            text: The whole text so far; it begins with what was given before.
            final: Whether nothing will follow; then everything gets finished.

        Raises:
            ValueError: The text shrank, or something follows a final text.
        """
        if len(text) < len(self._text) or (self._final and len(text) != len(self._text)):
            raise ValueError("A growing text can only grow, and not after its end.")
        self._text, self._final = text, final
        return list(self._finish())

    def tail(self) -> str:
        """Render the unfinished tail as it would look if the text ended here; safe HTML.

        Open code is not coloured yet: lexing it again and again would be quadratic.
        """
        tail = self._text[self._start :]
        fence = _FENCE.match(tail)
        if fence is None:
            return render_markdown(tail[:MAX_BLOCK])
        first = _LINE.search(tail, fence.end())
        code = tail[first.end() :] if first else ""
        return f'<pre class="bp-code"><code>{escape(code, quote=False)}</code></pre>'

    def _finish(self) -> Iterator[Block]:
        while self._start < len(self._text):
            before = self._start
            if _FENCE.match(self._text, before):
                yield from self._finish_code()
            else:
                yield from self._finish_blocks()
            if self._start == before:
                return

    def _finish_code(self) -> Iterator[Block]:
        """Finish a fenced block by looking for its closing line alone: linear, however long it gets."""
        text = self._text
        fence = _FENCE.match(text, self._start)
        opened = _LINE.search(text, fence.end()) if fence else None
        if fence and opened and (opened.end() < len(text) or text[-1] == "\n"):
            mark = fence[2]
            closer = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*(?:\r\n|\n|\r(?!\Z))")
            position = max(opened.end(), self._code_scanned)
            while line := _LINE.search(text, position):
                if closer.match(text, position):
                    yield self._take(line.end())
                    return
                if line.end() == len(text) and line[0] == "\r":
                    break
                position = line.end()
            self._code_scanned = position
        if len(text) - self._start > MAX_OPEN_CODE:
            yield self._take(self._start + MAX_OPEN_CODE, plain=True)
        elif self._final:
            yield self._take(len(text))

    def _finish_blocks(self) -> Iterator[Block]:
        text, begin = self._text, self._start
        cut = len(text) - begin > MAX_BLOCK
        final = self._final and not cut
        source = text[begin : begin + MAX_BLOCK]
        lines = [0, *(match.end() for match in _LINE.finditer(source))]
        if lines[-1] == len(source) and source[-1:] == "\r" and not final:
            lines.pop()  # the line feed that belongs to it may follow
        starts = self._block_starts(source if final else source[: lines[-1]], final=final)
        ends = [begin + lines[line] for line in starts[1:]]
        if final:
            ends.append(len(text))
        for end in ends:
            yield self._take(end)
            if _FENCE.match(text, end):
                return
        if cut and not ends:
            yield self._take(begin + MAX_BLOCK, plain=True)

    @staticmethod
    def _block_starts(source: str, *, final: bool) -> list[int]:
        """Return the lines on which top-level blocks begin, up to the last one that cannot change."""
        env: dict[str, Any] = {} if final else {"growing": True}
        md = parser()
        normalised = _LINE.sub("\n", source).replace("\0", "\ufffd")
        tokens = md.block.parse(normalised, md, env, []) or []
        blocks = [token for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
        starts = [token.map[0] for token in blocks if token.map]
        if blocks and not final and (ended := _end_line(blocks[-1], normalised)) is not None:
            starts.append(ended)
        if "open_line" in env:
            starts = [line for line in starts if line <= env["open_line"]]
        return starts

    def _take(self, end: int, *, plain: bool = False) -> Block:
        source = self._text[self._start : end]
        if plain:
            html = f'<pre class="bp-plain">{escape(source, quote=False)}</pre>'
        else:
            html = render_markdown(source)
        block = Block(start=self._start, end=end, html=html)
        self._start = self._code_scanned = end
        return block


def _end_line(token: Token, source: str) -> int | None:
    """Return the line after the last block where nothing that follows can change it any more."""
    if token.map is None:
        return None
    after = token.map[1]
    if token.type in _SELF_CONTAINED:
        return after
    lines = source.split("\n")
    blank_follows = after < len(lines) - 1 and not lines[after].strip(" \t")
    return after if token.type in _ENDED_BY_BLANK and blank_follows else None
