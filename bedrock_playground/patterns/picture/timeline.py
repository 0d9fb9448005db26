"""When what happened: every call of a pattern as a bar, with what is worth knowing of it, in order.

Values first (:func:`rows`, for the table and its CSV), then the picture of them (:func:`to_html`), whose
lengths are shares of the whole, so that it fits any screen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import floor, log10

from bedrock_playground.invocation.trace import Trace, TracedCall, is_pattern
from bedrock_playground.patterns.picture.svg import money, seconds
from bedrock_playground.texts.spreadsheets import guarded

_STATES = {"running": "is answering", "completed": "answered", "failed": "failed", "cancelled": "cut off"}
_MARKS = {"running": "●", "completed": "✓", "failed": "✕", "cancelled": "◷"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One call."""

    role: str
    """What for, after the roles of the patterns that it is inside of: ``tier 2 / judge``."""
    depth: int
    """How many patterns it is inside of, besides the outermost."""
    model_id: str
    """What was called."""
    started: float
    """Seconds since the pattern began."""
    first_token: float | None
    """The same, of its first text; ``None``: there was none."""
    ended: float | None
    """The same, of its end; ``None`` while it runs."""
    state: str
    """``running``, ``completed``, ``failed`` or ``cancelled``."""
    tries: int
    """How many tries it took; 0: nothing was sent."""
    cost: Decimal | None
    """US dollars; ``None`` is unknown."""
    input_tokens: int | None
    output_tokens: int | None
    breaker: str | None
    """Its circuit breaker's state when it was asked."""
    replayed: bool
    """Whether it was answered from a recorded call."""
    group: bool
    """Whether it is a pattern, whose calls follow."""
    error: str | None
    """What went wrong, in words."""
    note: str | None
    run_id: str
    """Its run."""

    @property
    def seconds(self) -> float | None:
        """How long it took; ``None`` while it runs."""
        return None if self.ended is None else self.ended - self.started

    @property
    def ttft(self) -> float | None:
        """Seconds from its start to its first text."""
        return None if self.first_token is None else self.first_token - self.started

    @property
    def remarks(self) -> tuple[str, ...]:
        """Whatever is unusual about it, in a few words each."""
        return tuple(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if self.state in {"failed", "cancelled"}:
            yield _STATES[self.state]
        if self.state != "running" and not self.tries and not self.group and not self.replayed:
            # Whoever answers without a call had the answer already.
            yield "from the cache" if self.state == "completed" else "not sent"
        if self.tries > 1:
            yield f"{self.tries} tries"
        if self.breaker:
            yield f"breaker {self.breaker}"
        if self.replayed:
            yield "from records"


def rows(trace: Trace, run_id: str) -> tuple[Row, ...]:
    """Every call in the order in which it began, those of a pattern inside right behind it.

    Args:
        trace: What the pattern did.
        run_id: The run of the outermost pattern.
    """
    return tuple(_rows(trace, run_id, "", 0))


def _rows(trace: Trace, run_id: str, before: str, depth: int) -> Iterator[Row]:  # noqa: PLR0917 - walks down
    for call in sorted(trace.own_calls(run_id), key=lambda call: call.started):
        row = _row(call, before, depth)
        yield row
        if row.group:
            yield from _rows(trace, call.run_id, f"{row.role} / ", depth + 1)


def _row(call: TracedCall, before: str, depth: int) -> Row:
    usage = call.usage
    return Row(
        role=f"{before}{call.role}",
        depth=depth,
        model_id=call.model_id,
        started=call.started,
        first_token=call.first_token,
        ended=call.ended,
        state=call.state,
        tries=call.attempts,
        cost=call.cost,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        breaker=call.breaker,
        replayed=call.replayed,
        group=is_pattern(call.model_id),
        error=f"{call.error_type}: {call.error_message}" if call.error_type else None,
        note=call.note,
        run_id=call.run_id,
    )


def to_csv(found: Sequence[Row]) -> str:
    """The rows as CSV; unknown is an empty field, never 0."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = (
        "role", "model_id", "started_s", "first_token_s", "ended_s", "state", "tries", "cost_usd",
        "input_tokens", "output_tokens", "breaker", "replayed", "error", "run_id",
    )  # fmt: skip
    writer.writerow(names)
    for row in found:
        cells = (
            row.role, row.model_id, row.started, row.first_token, row.ended, row.state, row.tries,
            None if row.cost is None else f"{row.cost:f}", row.input_tokens, row.output_tokens, row.breaker,
            row.replayed, row.error, row.run_id,
        )  # fmt: skip
        writer.writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: object) -> object:
    """Keep a spreadsheet from taking text for a formula."""
    return guarded(cell) if isinstance(cell, str) else cell


def ticks(total: float, *, about: int = 5) -> tuple[float, ...]:
    """Round seconds for an axis from 0 to ``total``: steps of 1, 2 or 5 times a power of ten.

    Args:
        total: Where the axis ends.
        about: How many steps there should be, more or less.
    """
    if total <= 0:
        return (0.0,)
    rough = total / about
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return tuple(round(step * place, 9) for place in range(int(total / step + 1e-9) + 1))


def to_html(found: Sequence[Row], *, now: float | None = None) -> str:
    """Draw the rows: a bar from start to end, lighter until the first token, and words beside it.

    Args:
        found: The rows.
        now: Seconds since the pattern began, while it runs: where bars end that have no end yet.
    """
    ends = [row.ended if row.ended is not None else max(now or 0.0, row.started) for row in found]
    total = max([*ends, now or 0.0, 1e-9])
    marks = ticks(total)
    axis = "".join(f'<i style="left:{_share(at, total)}">{escape(_axis(at, marks))}</i>' for at in marks)
    bars = "".join(_bar(row, end, total) for row, end in zip(found, ends, strict=True))
    return (
        f'<div class="bpp-timeline" role="list" aria-label="Timeline of every call">{bars}'
        '<div class="bpp-axis" aria-hidden="true"><span></span>'
        f'<span class="bpp-track">{axis}</span><span></span></div></div>'
    )


def _axis(at: float, marks: Sequence[float]) -> str:
    return f"{at * 1000:g} ms" if marks[-1] < 1 else f"{at:g} s"


def _share(at: float, total: float) -> str:
    return f"{100 * at / total:.3f}%"


def _bar(row: Row, end: float, total: float) -> str:
    width = max(end - row.started, 0.0)
    first = row.ttft if row.ttft is not None else width if row.state != "completed" or row.group else 0.0
    wait = 100.0 if width == 0 else min(100.0, 100 * first / width)
    told = " · ".join(part for part in (_length(row), *row.remarks) if part)
    kinds = ["bpp-call", f"bpp-{row.state}"]
    kinds += [name for name, yes in (("bpp-inside", row.group), ("bpp-replayed", row.replayed)) if yes]
    words, name = escape(in_words(row), quote=True), escape(row.role.rsplit(" / ", 1)[-1])
    bar = f"left:{_share(row.started, total)};width:{_share(width, total)};--bpp-wait:{wait:.1f}%"
    return (
        f'<div class="{" ".join(kinds)}" role="listitem" aria-label="{words}" title="{words}">'
        f'<span class="bpp-name" style="padding-left:{0.9 * row.depth:g}rem">'
        f"<b>{_MARKS[row.state]} {name}</b><small>{escape(row.model_id)}</small></span>"
        f'<span class="bpp-track"><span class="bpp-bar" style="{bar}"></span></span>'
        f'<small class="bpp-said">{escape(told)}</small></div>'
    )


def _length(row: Row) -> str:
    if row.seconds is None:
        return _STATES["running"]
    return f"{seconds(row.seconds)} · {money(row.cost)}"


def in_words(row: Row) -> str:
    """Say a row in a sentence."""
    parts = [f"{row.role}, {row.model_id}: {_STATES[row.state]}", f"from {seconds(row.started)}"]
    if row.ended is not None:
        parts.append(f"to {seconds(row.ended)}")
    if row.ttft is not None:
        parts.append(f"first token after {seconds(row.ttft)}")
    if row.ended is not None:
        parts.append(f"cost {money(row.cost)}")
    parts += [remark for remark in row.remarks if remark not in _STATES.values()]
    if row.error:
        parts.append(row.error)
    return ", ".join(parts)
