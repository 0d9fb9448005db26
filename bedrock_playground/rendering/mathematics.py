r"""TeX in Markdown: ``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]`` become MathML, prices stay prices.

The rules for ``$`` are Pandoc's (``tex_math_dollars``): the opening dollar has no space to its right, the
closing one none to its left and no digit after it; on top of that, what reads as prose is not mathematics. A
display formula never crosses a blank line, so that a stream can tell early whether one is open.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MAX_FORMULA = 2_000
"""Characters; longer formulas are shown as code. It also bounds how far a dollar looks for its partner."""

_PROSE = re.compile(r"(?:^|\s)[A-Za-z]{2,}[,.;]?\s+[A-Za-z]{2,}|^\d[\d.,]*\s+[A-Za-z]{2,}")
_TEX_SIGNS = re.compile(r"[\\^_={}+<>]")
_DISPLAY = {"$$": "$$", "\\[": "\\]"}


def use_mathematics(md: MarkdownIt) -> None:
    """Teach ``md`` the four notations.

    With ``env["growing"]`` set, ``env["open_line"]`` tells the first line from which a formula is open
    at the end of the text: blocks from there on may still change.
    """
    md.inline.ruler.before("escape", "bp_math", _inline)
    md.block.ruler.before(
        "fence", "bp_math_block", _block, {"alt": ["paragraph", "blockquote", "list", "table"]}
    )
    md.add_render_rule("bp_math", _render)
    md.add_render_rule("bp_math_block", _render)


@lru_cache(maxsize=512)
def to_mathml(tex: str, *, display: bool) -> str:
    """Return MathML for ``tex``, or the source as code where it cannot be understood."""
    if len(tex) <= MAX_FORMULA and _depth(tex) <= 40:
        try:
            return _serialise(convert_to_element(tex, display="block" if display else "inline"))
        except Exception:  # noqa: BLE001, S110 - the converter raises whatever a malformed formula leads it to
            pass
    return f"<code>{escape(tex, quote=False)}</code>"


def _serialise(math: Element) -> str:
    r"""Write MathML with every text escaped once, and without rows that hold a single thing.

    The converter's own writer leaves ``\text{<img>}`` as a tag.
    """
    for element in list(math.iter()):
        element.text = unescape(element.text) if element.text else None
        for place, child in enumerate(list(element)):
            while child.tag == "mrow" and len(child) == 1 and not child.attrib:
                child = child[0]  # noqa: PLW2901 - peels nested rows
            element[place] = child
    if len(math) == 1 and math[0].tag == "mrow" and not math[0].attrib:
        math[:] = list(math[0])
    return tostring(math, encoding="unicode", short_empty_elements=False)


def _depth(tex: str) -> int:
    depth = deepest = 0
    for sign in tex:
        depth += (sign == "{") - (sign == "}")
        deepest = max(deepest, depth)
    return max(deepest, tex.count(r"\left"), tex.count(r"\begin"))


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    source, start = state.src, state.pos
    opener = source[start : start + 2]
    if opener in {"\\(", "\\[", "$$"}:
        closer = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}[opener]
        end = source.find(closer, start + 2, start + 2 + MAX_FORMULA)
        width = 2
    elif opener[:1] == "$":
        end = _closing_dollar(source, start)
        width = 1
    else:
        return False
    tex = source[start + width : end].strip()
    if end < 0 or not tex:
        return False
    if not silent:
        token = state.push("bp_math", "math", 0)
        token.content = tex
        token.meta = {"display": opener in _DISPLAY}
    state.pos = end + width
    return True


def _closing_dollar(source: str, start: int) -> int:
    """Return where ``$…$`` that opens at ``start`` closes, or -1 where it is no formula."""
    before, after = source[start - 1 : start], source[start + 1 : start + 2]
    if not after or after.isspace() or before.isalnum() or before == "$":
        return -1
    limit = min(len(source), start + MAX_FORMULA)
    end = source.find("$", start + 1, limit)
    while end > 0 and source[end - 1] == "\\":
        end = source.find("$", end + 1, limit)
    if end < 0 or source[end - 1].isspace() or source[end + 1 : end + 2].isdigit():
        return -1
    tex = source[start + 1 : end]
    prose = _PROSE.search(tex) and not _TEX_SIGNS.search(tex)
    return -1 if prose or "`" in tex else end


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:  # noqa: FBT001, PLR0917 - its signature
    line = state.src[state.bMarks[first] + state.tShift[first] : state.eMarks[first]]
    if line[:2] not in _DISPLAY or state.is_code_block(first):
        return False
    closer = _DISPLAY[line[:2]]
    lines = [line[2:].rstrip()]
    at = first
    while not lines[-1].endswith(closer):
        if closer in lines[-1]:
            return False
        at += 1
        if at >= last or state.isEmpty(at) or state.sCount[at] < state.blkIndent:
            if at >= state.lineMax and not state.level and state.env.get("growing"):
                state.env.setdefault("open_line", first)
            return False
        lines.append(state.src[state.bMarks[at] + state.tShift[at] : state.eMarks[at]].rstrip())
    if closer in "\n".join(lines)[:-2]:
        return False
    if not silent:
        token = state.push("bp_math_block", "math", 0)
        token.block = True
        token.content = "\n".join(lines)[:-2].strip()
        token.map = [first, at + 1]
        token.meta = {"display": True}
        state.line = at + 1
    return True


def _render(_self: object, tokens: list[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    mathml = to_mathml(token.content, display=bool(token.meta["display"]))
    return f'<div class="bp-math">{mathml}</div>\n' if token.block else mathml
