"""A drawing as SVG: colours are the page's custom properties, every text is escaped, nothing is loaded.

What happened to a role is told by a mark, a word and the kind of its border, and only then by a colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.patterns.picture.layout import Arrow, Box, Drawing, Point
from bedrock_playground.patterns.picture.path import WORDS, Fate, Seen

MARGIN = 6.0
_LETTER = 8.0
"""Width of a letter of a title, rather too much than too little."""
_CHARACTERS = 24
"""As many as a box's first line has room for; what is longer is cut, and whole in the box's own title."""
_MARKS: dict[Fate, str] = {
    "waiting": "○", "skipped": "–", "running": "●", "answered": "✓", "taken": "✓", "refused": "↷",
    "failed": "✕", "late": "◷", "stopped": "■",
}  # fmt: skip


def to_svg(drawing: Drawing, *, title: str, words: str, name: str) -> str:
    """Write a drawing as SVG.

    Args:
        drawing: What stands where.
        title: What it is, for whoever cannot see it.
        words: What it shows, in sentences.
        name: Tells this picture from others on the page; letters, digits and ``-``.
    """
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    view = f"{-MARGIN:g} {-MARGIN:g} {width:g} {height:g}"
    parts = [
        f'<svg class="bpp-picture" role="img" aria-labelledby="{name}-title {name}-desc" viewBox="{view}"',
        f' width="{width:g}" height="{height:g}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(words)}</desc>',
        *(_group(box) for box in drawing.boxes if box.group),
        # The way that was taken lies above the ways that were not.
        *(_arrow(arrow) for arrow in sorted(drawing.arrows, key=lambda arrow: bool(arrow.taken))),
        *(_box(box) for box in drawing.boxes if not box.group),
        "</svg>",
    ]
    return "".join(parts)


def _arrow(arrow: Arrow) -> str:
    taken = {True: " bpp-taken", False: " bpp-not", None: ""}[arrow.taken]
    path = " L".join(f"{x:g} {y:g}" for x, y in arrow.points)
    word = ""
    if arrow.word:
        # Beside the longest of its pieces.
        (ax, ay), (bx, by) = max(
            zip(arrow.points, arrow.points[1:], strict=False), key=lambda pair: _length(*pair)
        )
        upright = ax == bx
        x, y = (ax + bx) / 2, (ay + by) / 2
        place = f'x="{x + 4:g}" y="{y + 4:g}"' if upright else f'x="{x:g}" y="{y - 7:g}" text-anchor="middle"'
        word = f'<text class="bpp-word" {place}>{escape(arrow.word)}</text>'
    return (
        f'<g class="bpp-arrow{taken}{" bpp-if" if arrow.dashed else ""}"><path d="M{path}"/>'
        f'<path class="bpp-head" d="{_head(*arrow.points[-2:])}"/>{word}</g>'
    )


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _head(before: Point, end: Point) -> str:
    """A triangle at the end of a line that is upright or level."""
    (x0, y0), (x1, y1) = before, end
    if x0 == x1:
        back = y1 - 7 if y1 > y0 else y1 + 7
        return f"M{x1:g} {y1:g} L{x1 - 4:g} {back:g} L{x1 + 4:g} {back:g} Z"
    back = x1 - 7 if x1 > x0 else x1 + 7
    return f"M{x1:g} {y1:g} L{back:g} {y1 - 4:g} L{back:g} {y1 + 4:g} Z"


def _group(box: Box) -> str:
    role = _cut(f"{_mark(box.seen)}{box.role}", 22)
    title = _cut(box.title, max(8, int((box.width - 36) / _LETTER) - len(role)))
    return (
        f'<g class="bpp-group bpp-{_fate(box)}"><title>{escape(_told(box))}</title>{_rectangle(box)}'
        f'<text class="bpp-who" x="{box.x + 12:g}" y="{box.y + 19:g}">{escape(title)}</text>'
        f'<text class="bpp-role" x="{box.x + box.width - 12:g}" y="{box.y + 19:g}" text-anchor="end">'
        f"{escape(role)}</text></g>"
    )


def _box(box: Box) -> str:
    if not box.role:
        x, y = box.x + box.width / 2, box.y + box.height / 2 + 4.5
        return (
            f'<g class="bpp-end">{_rectangle(box, round_by=box.height / 2)}'
            f'<text x="{x:g}" y="{y:g}" text-anchor="middle">{escape(box.title)}</text></g>'
        )
    x = box.x + 12
    lines = [("bpp-role", box.y + 20, _cut(box.role)), ("bpp-who", box.y + 39, _cut(box.title))]
    if box.seen is not None:
        lines.append(("bpp-fate", box.y + 60, f"{_mark(box.seen)}{_fits(box.seen)}"))
    else:
        lines.append(("bpp-detail", box.y + 60, _cut(box.detail, 30)))
    where = f'<text class="bpp-word" x="{box.x + box.width - 12:g}" y="{box.y + 20:g}" text-anchor="end">'
    text = f"{where}{escape(box.where)}</text>" if box.where else ""
    text += "".join(
        f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(said)}</text>' for kind, y, said in lines
    )
    return (
        f'<g class="bpp-box bpp-{_fate(box)}"><title>{escape(_told(box))}</title>{_rectangle(box)}{text}</g>'
    )


def _rectangle(box: Box, *, round_by: float = 8.0) -> str:
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{round_by:g}"/>'
    )


def _fate(box: Box) -> str:
    return box.seen.fate if box.seen is not None else "plain"


def _mark(told: Seen | None) -> str:
    return f"{_MARKS[told.fate]} " if told is not None else ""


def _cut(text: str, most: int = _CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def short(told: Seen) -> str:
    """Say in a line what became of a role: its fate, and time and cost where it was asked."""
    parts = [WORDS[told.fate]]
    if told.seconds is not None:
        parts.append(seconds(told.seconds))
    if told.calls and told.seconds is not None:
        parts.append(money(told.cost))
    return " · ".join(parts)


def _fits(told: Seen) -> str:
    """The same as far as a box has room: what costs nothing need not be said, and unknown must be."""
    parts = [WORDS[told.fate]]
    if told.seconds is not None:
        parts.append(seconds(told.seconds))
        if told.cost != 0:
            parts.append("cost unknown" if told.cost is None else format_usd(told.cost))
    return " · ".join(parts)


def seconds(value: float) -> str:
    """Write seconds; below one as milliseconds."""
    return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"


def money(amount: Decimal | None) -> str:
    """Write US dollars; what costs nothing is said so."""
    return "no charge" if amount == 0 else format_usd(amount)


def _told(box: Box) -> str:
    who = f"{box.role}: {box.title}{f' in {box.where}' if box.where else ''}"
    return ". ".join([who, *([box.detail] if box.detail and box.seen is None else ()), *_details(box.seen)])


def _details(told: Seen | None) -> Iterator[str]:
    if told is None:
        return
    yield short(told)
    if len(told.calls) > 1:
        yield f"{len(told.calls)} calls"
    if told.tries > len(told.calls):
        yield f"{told.tries} tries"
    if told.breaker:
        yield f"circuit breaker {told.breaker}"
    if told.replayed:
        yield "answered from records"
    for call in told.calls:
        if call.error_message:
            yield f"{call.error_type}: {call.error_message}"


def in_words(drawing: Drawing) -> str:
    """Say a drawing in sentences, for whoever cannot see it: every role in order, and what became of it."""
    return " ".join(f"{_told(box)}." for box in drawing.boxes if box.role)
