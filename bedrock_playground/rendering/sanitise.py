"""The last gate: whatever the renderer produced, only what is listed here leaves it."""

from __future__ import annotations

import nh3

TEXT_TAGS = frozenset({
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr",
    "ul",
})  # fmt: skip
"""HTML that Markdown can make. No image, form, media, frame, style or script: nothing that loads or acts."""

MATH_TAGS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup",
    "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom",
    "menclose", "mmultiscripts", "mprescripts", "none", "mfenced",
})  # fmt: skip
"""MathML presentation elements (MathML Core and what latex2mathml emits); none of them can load or link."""

_MATH_ATTRIBUTES = frozenset({
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "columnspan", "depth",
    "display", "displaystyle", "fence", "form", "frame", "height", "linethickness", "lspace", "mathvariant",
    "maxsize", "minsize", "movablelimits", "notation", "rowalign", "rowlines", "rowspacing", "rowspan",
    "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
})  # fmt: skip

_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
    "pre": {"data-lang"},
    **{tag: set(_MATH_ATTRIBUTES) for tag in MATH_TAGS},
}

_CLASSES: dict[str, set[str]] = {
    "span": {*(f"bp-{name}" for name in "kscnfbdotagr"), "bp-image", "bp-task"},
    "pre": {"bp-code", "bp-plain"},
    "div": {"bp-math", "bp-scroll"},
}

_CLEANER = nh3.Cleaner(
    tags=set(TEXT_TAGS | MATH_TAGS),
    clean_content_tags={"script", "style", "iframe", "object", "svg", "template", "noscript"},
    attributes=_ATTRIBUTES,
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def sanitise(html: str) -> str:
    """Return ``html`` with everything removed that is not listed in this module.

    Links always open elsewhere (``target=_blank``) and tell the target nothing (``rel``).
    """
    return _CLEANER.clean(html)
