"""HTML for somebody who has the source text already: only the markup travels, the words are copied.

A block's HTML repeats nearly all of its Markdown source. A template is a JSON list that rebuilds the HTML
from that source with a cursor that starts at 0:

- a string is HTML to insert as it is (it comes out of the sanitiser);
- a number ``n ≥ 0`` copies the next ``n`` units of the source, escaped; ``-n`` skips ``n``;
- ``["k3,1f4"]`` copies runs: 3 units inside ``<span class="bp-k">``, 1 bare (``,``), 4 inside ``bp-f``.

Units are UTF-16 code units, which is what JavaScript's strings count.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TypeAlias

Template: TypeAlias = list[str | int | list[str]]
"""What :func:`encode_template` makes and :func:`expand_template` (or the browser) expands."""

_PIECE = re.compile(r"(<[^>]*>)|([^<]+)")
_RUN = re.compile(r"([a-z,])(\d+)")
_SPAN = re.compile(r'<span class="bp-([a-z])">')
_WINDOW = 200


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as JavaScript counts it."""
    return len(text) if text.isascii() else len(text) + sum(sign > "\uffff" for sign in text)


def encode_template(html: str, source: str) -> Template:
    """Express ``html`` by its source.

    Args:
        html: Sanitised HTML.
        source: The Markdown it was made from. A poor match costs bytes, never correctness.
    """
    encoder = _Encoder(source)
    for piece in _PIECE.finditer(html):
        if piece[1]:
            encoder.tag(piece[1])
        else:
            encoder.text(unescape(piece[2]))
    return encoder.finish()


def expand_template(template: Template, source: str) -> str:
    """Rebuild the HTML, as the browser does it; equal to the encoded one up to how signs are escaped."""
    units = source.encode("utf-16-le", "surrogatepass")
    cursor = 0
    parts: list[str] = []

    def copy(length: int) -> str:
        nonlocal cursor
        cursor += length
        raw = units[2 * (cursor - length) : 2 * cursor]
        return escape(raw.decode("utf-16-le", "surrogatepass"), quote=False)

    for item in template:
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item, int):
            parts.append(copy(max(item, 0)))
            cursor -= min(item, 0)
        else:
            for name, length in _RUN.findall(item[0]):
                text = copy(int(length))
                parts.append(text if name == "," else f'<span class="bp-{name}">{text}</span>')
    return "".join(parts)


class _Encoder:
    """Collects a template while it walks source and HTML in parallel."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._cursor = 0
        self._items: Template = []
        self._literal: list[str] = []
        self._runs: list[tuple[str, int]] = []
        self._span: str | None = None
        self._in_code = False

    def tag(self, tag: str) -> None:
        self._in_code = tag.startswith("<pre") or (self._in_code and tag != "</pre>")
        coloured = _SPAN.fullmatch(tag)
        if coloured:
            self._span = coloured[1]
        elif self._span and tag == "</span>":
            self._span = None
        else:
            self._put_literal(tag)

    def text(self, text: str) -> None:
        if text == "\n" and not self._in_code:
            # Between blocks; copying it would make a tail's template change with every line it grows by.
            self._put_literal(text)
            return
        if self._source.startswith(text, self._cursor):
            self._copy(text)
            return
        for line in text.splitlines(keepends=True):
            self._line(line)

    def finish(self) -> Template:
        self._flush_runs()
        self._flush_literal()
        return self._items

    def _line(self, line: str) -> None:
        body = line.rstrip("\n")
        at = self._source.find(body, self._cursor, self._cursor + len(body) + _WINDOW) if body else -1
        if at == self._cursor or (at > 0 and len(body) >= 2):
            self._skip(at)
            self._copy(body)
            body = ""
        if body:
            self._write(body)
        if line.endswith("\n"):
            if self._source.startswith("\n", self._cursor):
                self._copy("\n")
            else:
                self._write("\n")

    def _write(self, text: str) -> None:
        safe = escape(text, quote=False)
        self._put_literal(f'<span class="bp-{self._span}">{safe}</span>' if self._span else safe)

    def _put_literal(self, html: str) -> None:
        self._flush_runs()
        self._literal.append(html)

    def _skip(self, to: int) -> None:
        if to == self._cursor:
            return
        self._flush_runs()
        self._flush_literal()
        self._items.append(-utf16_length(self._source[self._cursor : to]))
        self._cursor = to

    def _copy(self, text: str) -> None:
        self._flush_literal()
        name = self._span or ","
        length = utf16_length(text)
        if self._runs and self._runs[-1][0] == name:
            self._runs[-1] = (name, self._runs[-1][1] + length)
        else:
            self._runs.append((name, length))
        self._cursor += len(text)

    def _flush_runs(self) -> None:
        if len(self._runs) == 1 and self._runs[0][0] == ",":
            self._items.append(self._runs[0][1])
        elif self._runs:
            self._items.append(["".join(f"{name}{length}" for name, length in self._runs)])
        self._runs.clear()

    def _flush_literal(self) -> None:
        if self._literal:
            self._items.append("".join(self._literal))
            self._literal.clear()
