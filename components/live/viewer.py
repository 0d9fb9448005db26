r"""What one browser has seen of a comparison, and the next frame it needs.

A frame begins with new text, each piece behind a mark that says whose it is: one of 26 control characters
(:data:`MARKS`) for the first runs, ``\x1f`` and a character whose code is 33 + the number for others.
``\x1e`` ends that, and what follows, if anything, is a JSON list of operations. Those that the text needs
are applied before it:

- ``["l", labels]``: the lanes, in order;
- ``["r", n, head, chars]``: from now on ``n`` means this run, of which you have ``chars`` characters; with
  a ``1`` after that, drop what you have of it: it is sent anew;

and the others after it, in order:

- ``["t", n, text]``: more text, where it could not go into the first part;
- ``["b", n, units, code, literals…]``: the next ``units`` of its text are a finished block;
- ``["h", n, units, code, literals…]``: its unfinished rest looks like this so far;
  in both, ``~5,2~`` before the code stands for 5 signs and 2 literals of the ``h`` before;
- ``["c", n]``: that rest, as it looks, is a finished block;
- ``["g", n, text]``: more reasoning;
- ``["m", n, {…}]``: changed facts (state, times, tokens, error, and what the answer holds besides its text);
- ``["e", key]``: everything is over; ``key`` names this end;
- ``["w"]``: something runs again.

Text never waits for rendering, blocks never overtake their text, and the rich tail is sent only while all
bytes together stay below twice the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bedrock_playground.rendering import Template
from components.live.feed import LiveComparison, LiveRun, run_head, run_status
from components.live.outputs import figures
from components.live.rendered import Rendering, WirePiece

FRAME_CHARACTERS = 48_000
"""Characters of text in one frame at most; more would make a long task of it in the browser."""
FRAME_BLOCKS = 40
"""Blocks of one run in one frame at most."""
TAIL_BUDGET = 1.7
"""Rich tails are sent while all bytes stay below this many times the text's."""
_ALLOWANCE = 1_500
_ARRIVAL_POINTS = 40
_PARAGRAPH = Template("p0")  # what the browser makes of a tail that nothing was said about
_PLAIN_RUNS = 90

MARKS = [chr(code) for code in range(1, 30) if chr(code) not in "\t\n\r"]
"""What stands before a piece of text of run 0, 1, 2 …"""
_MARK = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(slots=True)
class _Seen:
    """How far this browser is with one run."""

    number: int
    chars: int = 0
    blocks: int = 0
    reasoning: int = 0
    tail: WirePiece | None = None
    status: dict[str, object] = field(default_factory=dict)
    announced: bool = False
    anew: bool = False
    complete: bool = False

    def restart(self) -> None:
        """Send everything again; the browser is told to drop what it has."""
        self.chars = self.blocks = self.reasoning = 0
        self.tail = None
        self.status = {}
        self.announced = False
        self.anew = True


@dataclass(slots=True)
class _Frame:
    """A frame in the making."""

    operations: list[list[object]]
    texts: list[str] = field(default_factory=list)
    budget: int = FRAME_CHARACTERS

    def take(self, text: str, start: int) -> str:
        """Return what is new in ``text``, as far as this frame has room for it."""
        new = text[start : start + max(self.budget, 0)]
        self.budget -= len(new)
        return new

    def put(self, number: int, text: str) -> None:
        """Add text of a run; plain where nothing in it could be taken for a mark."""
        if number > _PLAIN_RUNS or _MARK.search(text):
            self.operations.append(["t", number, text])
        else:
            self.texts += [MARKS[number] if number < len(MARKS) else "\x1f" + chr(33 + number), text]

    def dump(self) -> str:
        if self.operations:
            return "".join([*self.texts, "\x1e", _dump(self.operations)])
        return "".join(self.texts)


class Viewer:
    """Makes frames for one socket."""

    def __init__(
        self, comparison: LiveComparison, rendering: Rendering, known: Mapping[str, Any] | None = None
    ) -> None:
        self._comparison = comparison
        self._rendering = rendering
        self._seen: dict[str, _Seen] = {}
        self._known = known or {}
        self._labels: list[str] = []
        self._end = ""
        self._running = False
        self.bytes_sent = 0
        self.text_bytes = 0

    def runs(self) -> list[LiveRun]:
        """Return the runs that are worth showing."""
        return [run for lane in self._comparison.lanes for run in lane.runs if not run.superseded]

    def next_frame(self) -> str | None:
        """Return what is new as JSON text, or ``None``."""
        done = self._comparison.done  # first: what is read after the end is all there is
        runs = self.runs()
        frame = _Frame(operations=self._layout(runs))
        for run in runs:
            seen = self._seen.get(run.identity.run_id) or self._meet(run)
            if seen.complete:
                self._record_problem(run, seen, frame.operations)
                continue
            rendered = self._rendering.of(run)
            if rendered.complete and seen.blocks > len(rendered.blocks):
                seen.restart()  # the browser saw a longer text than there is now
            if not seen.announced:
                anew = [1] if seen.anew else []
                frame.operations.append(
                    ["r", seen.number, run_head(run, self._comparison.pricer), seen.chars, *anew]
                )
            self._text(run, seen, frame)
            self._reasoning(run, seen, frame)
            self._blocks(run, seen, frame.operations)
            self._status(run, seen, frame.operations)
            seen.announced = True
        self._ending(runs, frame.operations, done=done)
        if not frame.texts and not frame.operations:
            return None
        text = frame.dump()
        self.bytes_sent += len(text.encode())
        return text

    def _meet(self, run: LiveRun) -> _Seen:
        seen = _Seen(number=len(self._seen))
        known = self._known.get(run.identity.run_id)
        if isinstance(known, list) and len(known) == 3 and all(isinstance(count, int) for count in known):
            seen.chars, seen.blocks, seen.reasoning = known
            # A restart may have kept less of a run than the browser saw, or nothing: then it starts anew.
            if min(known) < 0 or seen.chars > len(run.text) or seen.reasoning > len(run.reasoning):
                seen.restart()
        self._seen[run.identity.run_id] = seen
        return seen

    def _layout(self, runs: list[LiveRun]) -> list[list[object]]:
        labels = list(dict.fromkeys(run.identity.label for run in runs))
        if labels == self._labels:
            return []
        self._labels = labels
        return [["l", labels]]

    def _text(self, run: LiveRun, seen: _Seen, frame: _Frame) -> None:
        new = frame.take(run.text, seen.chars)
        if new:
            seen.chars += len(new)
            self.text_bytes += len(new.encode())
            frame.put(seen.number, new)

    def _reasoning(self, run: LiveRun, seen: _Seen, frame: _Frame) -> None:
        new = frame.take(run.reasoning, seen.reasoning)
        if new:
            seen.reasoning += len(new)
            self.text_bytes += len(new.encode())
            frame.operations.append(["g", seen.number, new])

    def _blocks(self, run: LiveRun, seen: _Seen, operations: list[list[object]]) -> None:
        rendered = self._rendering.of(run)
        blocks = rendered.blocks
        for piece in blocks[seen.blocks : seen.blocks + FRAME_BLOCKS]:
            if piece.end > seen.chars:
                return
            shown = seen.tail
            same = shown is not None and shown.end == piece.end and shown.template == piece.template
            operations.append(["c", seen.number] if same else _piece("b", seen, piece))
            seen.blocks += 1
            seen.tail = None
        tail = rendered.tail
        if tail is not None and seen.blocks == len(blocks) and tail.end <= seen.chars:
            self._tail(tail, seen, operations)

    def _tail(self, tail: WirePiece, seen: _Seen, operations: list[list[object]]) -> None:
        shown = seen.tail.template if seen.tail and seen.tail.start == tail.start else _PARAGRAPH
        if tail is seen.tail or tail.template.only_grew_from(shown):
            return
        operation = _piece("h", seen, tail)
        cost = len(_dump(operation))
        if self.bytes_sent + cost > TAIL_BUDGET * self.text_bytes + _ALLOWANCE:
            return
        operations.append(operation)
        seen.tail = tail

    def _status(self, run: LiveRun, seen: _Seen, operations: list[list[object]]) -> None:
        final = run.state.is_final
        rendered = self._rendering.of(run)
        status = run_status(run) | figures(run) | (rendered.outputs if rendered.complete else {})
        changed = {key: value for key, value in status.items() if seen.status.get(key) != value}
        caught_up = (
            final
            and rendered.complete
            and seen.chars == len(run.text)
            and seen.reasoning == len(run.reasoning)
            and seen.blocks == len(rendered.blocks)
        )
        if final and not caught_up:
            return
        if changed:
            changed["elapsed"] = _rounded(run.elapsed)
            if not seen.status and run.arrivals:
                changed["arrivals"] = sample_arrivals(run)
            seen.status = status
            operations.append(["m", seen.number, changed])
        seen.complete = caught_up

    @staticmethod
    def _record_problem(run: LiveRun, seen: _Seen, operations: list[list[object]]) -> None:
        """Tell what recording a run that is over came to: that is known only after its end."""
        if run.record_error != seen.status.get("unrecorded"):
            seen.status["unrecorded"] = run.record_error
            operations.append(["m", seen.number, {"unrecorded": run.record_error}])

    def _ending(self, runs: list[LiveRun], operations: list[list[object]], *, done: bool) -> None:
        caught_up = done and all(self._seen[run.identity.run_id].complete for run in runs)
        if not caught_up:
            if not done and not self._running:
                operations.append(["w"])
            self._running = not done
            return
        self._running = False
        end = f"{self._comparison.id}:{sum(len(lane.runs) for lane in self._comparison.lanes)}"
        if runs and end != self._end:
            self._end = end
            operations.append(["e", end])


def sample_arrivals(run: LiveRun, points: int = _ARRIVAL_POINTS) -> list[tuple[float, int]]:
    """Return at most ``points + 1`` of the run's arrivals, the last one included."""
    arrivals = list(run.arrivals)
    step = max(1, -(-len(arrivals) // points))
    chosen = arrivals[::step]
    if arrivals and chosen[-1] != arrivals[-1]:
        chosen.append(arrivals[-1])
    return [(round(seconds, 3), chars) for seconds, chars in chosen]


def _piece(kind: str, seen: _Seen, piece: WirePiece) -> list[object]:
    template = piece.template
    if seen.tail is not None and seen.tail.start == piece.start:
        template = template.after(seen.tail.template)
    return [kind, seen.number, piece.units, template.code, *template.literals]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
