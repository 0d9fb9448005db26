"""CommonMark with tables, strikethrough, task lists and mathematics; no raw HTML, no images, no surprises.

What the model typed as ``:smile:``, ``->`` or ``:red[…]`` stays as typed. Reference definitions are off: a
later line must never change a block that is on the screen already, and as text they stay readable.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bedrock_playground.rendering.highlight import highlight
from bedrock_playground.rendering.mathematics import use_mathematics
from bedrock_playground.rendering.sanitise import sanitise

_ABSOLUTE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,20}")
_TASK = re.compile(r"\[([ xX])\]\s")


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        """Only absolute web and mail addresses are links; a relative one would lead into our own app."""
        return _ABSOLUTE.match(url.strip()) is not None


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Return the one parser; parsing keeps no state in it, so threads may share it."""
    md = _Parser("commonmark", {"html": False, "breaks": True, "maxNesting": 40})
    md.enable(["table", "strikethrough"])
    md.disable(["reference", "html_block", "html_inline"])
    use_mathematics(md)
    md.core.ruler.after("inline", "bp_tasks", _tasks)
    md.core.ruler.after("block", "bp_align", _align)
    md.add_render_rule("fence", _render_code)
    md.add_render_rule("code_block", _render_code)
    md.add_render_rule("image", _render_image)
    md.add_render_rule("table_open", _render_table_open)
    md.add_render_rule("table_close", _render_table_close)
    return md


def render_markdown(text: str) -> str:
    """Render untrusted Markdown as HTML that is safe to put into a page.

    Args:
        text: Markdown, complete.

    Returns:
        Sanitised HTML. It loads nothing by itself; links open in a new tab with ``noopener``.
    """
    return sanitise(parser().render(text))


def _tasks(state: StateCore) -> None:
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or index < 2 or state.tokens[index - 2].type != "list_item_open":
            continue
        first = token.children[0] if token.children else None
        box = _TASK.match(first.content) if first is not None and first.type == "text" else None
        if first is not None and box is not None:
            first.content = ("☐ " if box[1] == " " else "☑ ") + first.content[box.end() :]


def _align(state: StateCore) -> None:
    """Say a cell's alignment as an attribute: ``style`` never passes the sanitiser."""
    for token in state.tokens:
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}


def _render_code(_self: object, tokens: list[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    words = token.info.split(maxsplit=1)
    language = words[0] if words and _LANGUAGE.fullmatch(words[0]) else ""
    label = f' data-lang="{escape(language)}"' if language else ""
    return f'<pre class="bp-code"{label}><code>{highlight(token.content, language)}</code></pre>\n'


def _render_image(_self: object, tokens: list[Token], index: int, _options: object, _env: object) -> str:
    """An image is named, never loaded: loading would tell the target who reads what, and when."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    label = escape(f"[image: {token.content or source}]")
    depth = sum(earlier.nesting for earlier in tokens[:index] if earlier.type.startswith("link_"))
    if depth or not _ABSOLUTE.match(source):
        return f'<span class="bp-image">{label}</span>'
    return f'<a href="{escape(source)}">{label}</a>'


def _render_table_open(*_: object) -> str:
    return '<div class="bp-scroll"><table>\n'


def _render_table_close(*_: object) -> str:
    return "</table></div>\n"
