"""Bars as inline SVG: drawn once, without a script, in colours that are the page's. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from bedrock_playground.catalog.money import UNKNOWN
from bedrock_playground.sharing.report.facts import (
    NOT_AVAILABLE,
    LaneFacts,
    ReportFacts,
    RunFacts,
    milliseconds,
    speed,
)

_WIDTH, _LEFT, _RIGHT, _ROW, _BAR = 460, 34, 96, 34, 18
_ROOM = _WIDTH - _LEFT - _RIGHT


@dataclass(frozen=True, slots=True)
class Bar:
    """One variant's bar."""

    letter: str
    """Its name."""
    value: float | None
    """How long it is; ``None``: nothing was measured."""
    words: str
    """What is written at its end."""
    part: float | None = None
    """How much of it is hatched, from its beginning."""
    points: tuple[float, ...] = ()
    """Each repeat's own value, where there are several."""


def charts(facts: ReportFacts) -> list[tuple[str, str, str]]:
    """Draw a report's charts: title, note and SVG of each that has anything to show."""
    times = [_bar(lane, "total", milliseconds, part="ttft") for lane in facts.lanes]
    speeds = [_bar(lane, "tokens_per_second", _per_second) for lane in facts.lanes]
    costs = [_cost(lane) for lane in facts.lanes]
    many = "; medians of the completed, a dot each" if facts.repeated else ""
    drawn = (
        ("Total time", f"hatched: until the first token{many}; shorter is better", times),
        ("Output speed", f"tokens per second{many}; longer is better", speeds),
        ("Cost of 1,000 such requests", f"US dollars{many}; shorter is better", costs),
    )
    return [
        (title, note, draw(title, bars))
        for title, note, bars in drawn
        # Bars of nothing say nothing that the table does not.
        if any(bar.value for bar in bars)
    ]


def _per_second(value: float | None) -> str:
    return speed(value) if value is None else f"{speed(value)} /s"


def _bar(lane: LaneFacts, name: str, words: Callable[[float | None], str], *, part: str | None = None) -> Bar:
    known = _known(lane.latest, name)
    value = median(known) if known else None
    hatched = _known(lane.latest, part) if part else ()
    return Bar(
        lane.letter,
        value,
        words(value),
        part=median(hatched) if hatched else None,
        points=known if len(known) > 1 else (),
    )


def _cost(lane: LaneFacts) -> Bar:
    known = tuple(sorted(_known(lane.latest, "dollars")))
    if not known:
        complete = any(run.state == "completed" for run in lane.latest)
        return Bar(lane.letter, None, UNKNOWN if complete else NOT_AVAILABLE)
    # Of an even number the lower of the two in the middle: its words are exact, a mean's would have to be
    # computed from floats.
    middle = known[(len(known) - 1) // 2]
    words = next(run.per_thousand for run in lane.latest if run.dollars == middle)
    return Bar(lane.letter, middle, words, points=known if len(known) > 1 else ())


def _known(runs: Sequence[RunFacts], name: str) -> tuple[float, ...]:
    # How long it took to fail says nothing of how long an answer takes; the table tells it.
    complete = [run for run in runs if run.state == "completed"]
    return tuple(value for run in complete if (value := getattr(run, name)) is not None)


def draw(title: str, bars: Sequence[Bar]) -> str:
    """Draw bars, one below the other, from 0 to the longest.

    Args:
        title: What they show, for whoever cannot see it.
        bars: In the order of display.
    """
    longest = max((value for bar in bars for value in (bar.value or 0.0, *bar.points)), default=0.0) or 1.0
    told = "; ".join(f"{bar.letter}: {bar.words}" for bar in bars)
    height = _ROW * len(bars) + 4
    rows = "".join(_row(bar, place, scale=_ROOM / longest) for place, bar in enumerate(bars))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(f"{title}. {told}.")}">'
        f'<line class="axis" x1="{_LEFT}" y1="0" x2="{_LEFT}" y2="{height}"/>{rows}</svg>'
    )


def _row(bar: Bar, place: int, *, scale: float) -> str:
    top = _ROW * place + (_ROW - _BAR) / 2
    middle = top + _BAR / 2
    label = (
        f'<text class="letter" x="{_LEFT - 10}" y="{middle + 4:.1f}" text-anchor="end">{bar.letter}</text>'
    )
    width = (bar.value or 0.0) * scale
    drawn = ""
    if bar.value is not None:
        drawn = (
            f'<rect class="c{place % 8}" x="{_LEFT}" y="{top}" width="{max(width, 1.5):.1f}" '
            f'height="{_BAR}" rx="2"/>'
        )
        if bar.part:
            drawn += (
                f'<rect class="part" x="{_LEFT}" y="{top}" width="{min(bar.part * scale, width):.1f}" '
                f'height="{_BAR}" rx="2"/>'
            )
        drawn += "".join(
            f'<circle class="point" cx="{_LEFT + point * scale:.1f}" cy="{middle}" r="3"/>'
            for point in bar.points
        )
    end = _LEFT + max([width, *(point * scale for point in bar.points)]) + 8
    return f'{label}{drawn}<text class="value" x="{end:.1f}" y="{middle + 4:.1f}">{escape(bar.words)}</text>'
