"""HTML for somebody who has the source text already: only the markup travels, the words are copied.

A block's HTML repeats nearly all of its Markdown source. A template is a short program that rebuilds the HTML
from that source, with a cursor that starts at 0 and a stack of open elements:

- ``12`` copies the next 12 units of the source, escaped; ``-2`` skips 2; ``,`` separates two numbers;
- a letter, or ``_`` and a letter, opens the element that :data:`ELEMENTS` has for it;
- ``)`` closes the innermost open element; what is open at the end is closed;
- ``'x`` inserts one character, ``$`` the next literal, which is HTML text;
- ``a`` opens a link to the next literal, ``g`` a code block in the language that it names,
  ``@`` the element whose opening tag it is.

Units are UTF-16 code units, which is what JavaScript's strings count. Every element and literal comes out of
the sanitiser; everything copied is escaped where it is copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

ELEMENTS = {
    "p": "<p>", "b": "<strong>", "e": "<em>", "c": "<code>", "d": "<s>", "l": "<li>", "u": "<ul>",
    "o": "<ol>", "q": "<blockquote>", "i": "<h1>", "j": "<h2>", "k": "<h3>", "m": "<h4>", "n": "<h5>",
    "r": "<h6>", "t": "<table>", "v": "<thead>", "w": "<tbody>", "x": "<tr>", "y": "<th>", "z": "<td>",
    "Y": '<th align="right">', "Z": '<td align="right">', "f": '<div class="bp-scroll">', "h": "<br>",
    "H": "<hr>", "P": '<pre class="bp-code">', "M": '<div class="bp-math">', "K": '<span class="bp-k">',
    "S": '<span class="bp-s">', "C": '<span class="bp-c">', "N": '<span class="bp-n">',
    "F": '<span class="bp-f">', "B": '<span class="bp-b">', "D": '<span class="bp-d">',
    "T": '<span class="bp-t">', "A": '<span class="bp-a">', "G": '<span class="bp-g">',
    "R": '<span class="bp-r">', "_m": '<math display="inline">', "_d": '<math display="block">',
    "_r": "<mrow>", "_i": "<mi>", "_n": "<mn>", "_o": "<mo>", "_p": "<msup>", "_b": "<msub>",
    "_s": "<msubsup>", "_f": "<mfrac>", "_q": "<msqrt>", "_t": "<mtext>", "_u": "<munder>", "_v": "<mover>",
    "_w": "<munderover>",
}  # fmt: skip
"""Opening tags by code; ``assets/template.js`` is given the same table."""

LINK = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">'
CODE = '<pre class="bp-code" data-lang="{}">'

_CODES = {tag: code for code, tag in ELEMENTS.items()}
_VOID = {"<br>", "<hr>"}
_PIECE = re.compile(r"(<[^>]*>)|([^<]+)")
_LINK = re.compile(re.escape(LINK).replace(r"\{\}", '([^"]*)'))
_CODE = re.compile(re.escape(CODE).replace(r"\{\}", '([^"]*)'))
_STEP = re.compile(r"-(\d+)|(\d+)|,|'(.)|(\))|([$@ag])|(_?[A-Za-z])", re.DOTALL)
_NAME = re.compile(r"<([a-z0-9]+)")
_WINDOW = 200


@dataclass(frozen=True, slots=True)
class Template:
    """How to rebuild a block's HTML."""

    code: str
    """The program."""
    literals: tuple[str, ...] = ()
    """What it inserts, in order."""

    def after(self, earlier: Template) -> Template:
        """Return this for somebody who has ``earlier``: ``~5,2~`` is its first 5 signs and 2 literals."""
        signs = _shared(self.code, earlier.code)
        shared = _shared(self.literals, earlier.literals)
        reference = f"~{signs},{shared}~"
        if signs < len(reference) and not shared:
            return self
        return Template(reference + self.code[signs:], self.literals[shared:])

    def only_grew_from(self, earlier: Template) -> bool:
        """Whether this is ``earlier`` with more text copied at its end, and nothing else."""
        old, new = earlier.code, self.code
        prefix = new.rstrip("0123456789")
        if self.literals != earlier.literals or prefix != old.rstrip("0123456789") or prefix.endswith("-"):
            return False
        before, after = old[len(prefix) :], new[len(prefix) :]
        return before.isdigit() and after.isdigit() and int(before) <= int(after)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items two sequences have in common at their beginnings."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as JavaScript counts it."""
    return len(text) if text.isascii() else len(text) + sum(sign > "\uffff" for sign in text)


def encode_template(html: str, source: str) -> Template:
    """Express ``html`` by its source.

    Args:
        html: Sanitised, well-formed HTML. Line feeds between blocks are left out.
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
    """Rebuild the HTML, as the browser does it; equal to the encoded but for line feeds between blocks."""
    expander = _Expander(template, source)
    for skip, copy, sign, close, special, code in _STEP.findall(template.code):
        if skip or copy:
            expander.move(int(skip or copy), copied=bool(copy))
        elif close:
            expander.close()
        elif special:
            expander.special(special)
        elif code:
            expander.open(ELEMENTS[code])
        else:
            expander.parts.append(escape(sign, quote=False))
    while expander.stack:
        expander.close()
    return "".join(expander.parts)


class _Expander:
    """What a template's steps do."""

    def __init__(self, template: Template, source: str) -> None:
        self._units = source.encode("utf-16-le", "surrogatepass")
        self._cursor = 0
        self._literals = iter(template.literals)
        self.parts: list[str] = []
        self.stack: list[str] = []

    def move(self, length: int, *, copied: bool) -> None:
        raw = self._units[2 * self._cursor : 2 * (self._cursor + length)]
        self._cursor += length
        if copied:
            self.parts.append(escape(raw.decode("utf-16-le", "surrogatepass"), quote=False))

    def open(self, tag: str) -> None:
        self.parts.append(tag)
        name = _NAME.match(tag)
        if tag not in _VOID and name:
            self.stack.append(f"</{name[1]}>")

    def close(self) -> None:
        self.parts.append(self.stack.pop())

    def special(self, kind: str) -> None:
        literal = next(self._literals)
        if kind == "$":
            self.parts.append(literal)
        else:
            self.open({"a": LINK, "g": CODE, "@": "{}"}[kind].format(literal))


class _Encoder:
    """Collects a template while it walks source and HTML in parallel."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._cursor = 0
        self._code: list[str] = []
        self._literals: list[str] = []
        self._copied = 0
        self._preformatted = 0

    def tag(self, tag: str) -> None:
        self._flush()
        if tag.startswith("</"):
            self._code.append(")")
            self._preformatted -= tag == "</pre>"
            return
        self._preformatted += tag.startswith("<pre")
        if tag in _CODES:
            self._code.append(_CODES[tag])
        elif link := _LINK.fullmatch(tag):
            self._literal("a", link[1])
        elif code := _CODE.fullmatch(tag):
            self._literal("g", code[1])
        else:
            self._literal("@", tag)

    def text(self, text: str) -> None:
        if text == "\n" and not self._preformatted:
            return
        if self._source.startswith(text, self._cursor):
            self._copy(text)
            return
        for line in text.splitlines(keepends=True):
            body = line.rstrip("\n")
            if body:
                self._words(body)
            if line != body:
                self._words("\n")

    def finish(self) -> Template:
        self._flush()
        while self._code and self._code[-1] == ")":
            self._code.pop()
        return Template("".join(self._code), tuple(self._literals))

    def _words(self, words: str) -> None:
        reach = _WINDOW if len(words) > 2 else 3
        at = self._source.find(words, self._cursor, self._cursor + len(words) + reach)
        if at < 0 or (at > self._cursor and len(words) == 1):
            self._flush()
            self._insert(words)
            return
        if at > self._cursor:
            self._flush()
            self._number("-", utf16_length(self._source[self._cursor : at]))
            self._cursor = at
        self._copy(words)

    def _insert(self, words: str) -> None:
        if len(words) == 1 and words.isprintable() and words not in '"\\' and words <= "\uffff":
            self._code.append("'" + words)
        else:
            self._literal("$", escape(words, quote=False))

    def _copy(self, text: str) -> None:
        self._copied += utf16_length(text)
        self._cursor += len(text)

    def _flush(self) -> None:
        if self._copied:
            self._number("", self._copied)
            self._copied = 0

    def _number(self, sign: str, value: int) -> None:
        comma = "," if not sign and self._code and self._code[-1][-1].isdigit() else ""
        self._code.append(f"{comma}{sign}{value}")

    def _literal(self, code: str, literal: str) -> None:
        self._code.append(code)
        self._literals.append(literal)
