"""The Markdown of a comparison's runs, rendered once and shared by everybody who watches.

Rendering happens in a worker thread and spends at most one twentieth of the time on any one growing tail, so
that neither the server's event loop nor the text itself ever waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bedrock_playground.rendering import IncrementalMarkdown, Template, encode_template
from bedrock_playground.rendering.template import utf16_length
from components.live.feed import LiveRun
from components.live.outputs import answer_outputs

TAIL_INTERVAL = 0.25
"""Seconds between two renderings of a growing tail, at least."""
_COST_FACTOR = 20.0


@dataclass(frozen=True, slots=True)
class WirePiece:
    """A rendered stretch of source, ready for the wire."""

    start: int
    """Where it begins in the text, in characters."""
    end: int
    """Where it ends, in characters."""
    units: int
    """Its length in UTF-16 units."""
    template: Template
    """How to rebuild its HTML from the source."""


class RenderedRun:
    """One run's blocks so far and its tail; written by one worker at a time, read by any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.blocks: list[WirePiece] = []
        self.tail: WirePiece | None = None
        self.complete = False
        self.outputs: dict[str, object] = {}
        """What the answer holds besides its text, once it is over."""
        self._markdown = IncrementalMarkdown()
        self._clock = clock
        self._next = 0.0

    def due(self, run: LiveRun) -> bool:
        """Whether rendering now would show something new."""
        if self.complete:
            return False
        if run.state.is_final:
            return True
        return self._clock() >= self._next and len(run.text) > len(self._markdown.text)

    def render(self, run: LiveRun) -> None:
        """Render what is new."""
        begun = self._clock()
        final = run.state.is_final  # before the text: what is read after the end is the end
        text = run.text
        for block in self._markdown.feed(text, final=final):
            self.blocks.append(_piece(text, (block.start, block.end), block.html))
        start = self._markdown.start
        self.tail = None if start == len(text) else _piece(text, (start, len(text)), self._markdown.tail())
        if final:
            self.outputs = answer_outputs(run)
        self.complete = final
        ended = self._clock()
        self._next = ended + max(TAIL_INTERVAL, _COST_FACTOR * (ended - begun))


class Rendering:
    """The rendered runs of one comparison."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._runs: dict[str, RenderedRun] = {}
        self._clock = clock
        self.busy = False
        """Whether a worker is at it; set and cleared on the event loop alone."""

    def of(self, run: LiveRun) -> RenderedRun:
        """Return the rendering of ``run``."""
        return self._runs.setdefault(run.identity.run_id, RenderedRun(self._clock))

    def due(self, runs: Iterable[LiveRun]) -> list[LiveRun]:
        """Return the runs that have something new to render."""
        return [run for run in runs if self.of(run).due(run)]

    def render(self, runs: Iterable[LiveRun]) -> None:
        """Render these runs; for a worker thread."""
        for run in runs:
            self.of(run).render(run)


def _piece(text: str, span: tuple[int, int], html: str) -> WirePiece:
    start, end = span
    source = text[start:end]
    return WirePiece(start=start, end=end, units=utf16_length(source), template=encode_template(html, source))
