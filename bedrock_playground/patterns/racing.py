"""A hedged request: a second one is started when the first is slow to begin; who begins first goes on.

Source: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013: a second
request after the 95th percentile of the latency cuts the slowest answers short for a few per cent more load.
Both requests are paid for: the loser is ended, and what it wrote until then is billed.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bedrock_playground.invocation.errors import Cancelled, NotRecorded
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.patterns.books import Sheet
from bedrock_playground.patterns.replies import Reply

if TYPE_CHECKING:
    from bedrock_playground.patterns.desk import Desk

Runner: TypeAlias = "Callable[[Desk], Generator[InvocationEvent, None, Reply]]"
"""Asks somebody at the desk that it is given, and shows the answer while it comes."""


@dataclass(frozen=True, slots=True)
class Raced:
    """How a race ended."""

    replies: tuple[Reply, ...]
    """What those who were started came to; who was overtaken was ended, and says ``Cancelled``."""
    winner: Reply | None
    """Who began first, whatever became of it then; ``None``: all failed before they began."""


def race(
    desk: Desk, first: Runner, second: Runner, *, after: float, on_start: Callable[[Desk], None]
) -> Generator[InvocationEvent, None, Raced]:
    """Start the first, and the second if the first has shown nothing by then; show who begins first.

    Args:
        desk: Whose calls they are.
        first: Starts at once. If it fails before ``after``, the second is not started: that is for whoever
            asked to decide.
        second: Starts after ``after``.
        after: Seconds.
        on_start: Called when the second is started, with its desk.
    """
    if desk.clock.virtual:
        return (yield from _replayed(desk, first, second, after=after, on_start=on_start))
    return (yield from _Race(desk).run(first, second, after=after, on_start=on_start))


class _Race:
    """Two runners, each on a thread of its own, and the events of both in one queue."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._came: queue.SimpleQueue[tuple[int, InvocationEvent | Reply | Exception]] = queue.SimpleQueue()
        self._branches: list[Desk] = []
        self._threads: list[threading.Thread] = []
        self._replies: dict[int, Reply] = {}
        self._winner: int | None = None

    def run(
        self, first: Runner, second: Runner, *, after: float, on_start: Callable[[Desk], None]
    ) -> Generator[InvocationEvent, None, Raced]:
        """Let them run; whoever closes this ends both."""
        try:
            self._start(first)
            yield from self._shown(until=self._desk.clock.now() + after)
            if self._winner is None and 0 not in self._replies and not self._desk.control.cancelled:
                on_start(self._start(second))
            yield from self._shown(until=None)
        finally:
            for branch in self._branches:
                branch.control.cancel()
            for thread in self._threads:
                thread.join()
            while not self._came.empty():
                self._note(*self._came.get())
            for branch in self._branches:
                branch.control.close()
        # What was replayed from records took no time here; it is added as it was then.
        winner = None if self._winner is None else self._replies[self._winner]
        return _over(self._desk, tuple(self._replies[index] for index in sorted(self._replies)), winner)

    def _shown(self, *, until: float | None) -> Generator[InvocationEvent]:
        """Show the winner's events until it is over, nobody runs, or the time has come without a winner."""
        while self._winner not in self._replies and len(self._replies) < len(self._branches):
            left = None
            if until is not None and self._winner is None:
                left = max(0.0, until - self._desk.clock.now())
            try:
                index, came = self._came.get(timeout=left)
            except queue.Empty:
                return
            self._note(index, came)
            if self._winner == index and not isinstance(came, Reply | Exception):
                yield came

    def _note(self, index: int, came: InvocationEvent | Reply | Exception) -> None:
        if isinstance(came, Exception):
            raise came
        if self._winner is None and (not isinstance(came, Reply) or came.ok):
            self._winner = index
            for other, branch in enumerate(self._branches):
                if other != index:
                    branch.control.cancel()
        if isinstance(came, Reply):
            self._replies[index] = came

    def _start(self, runner: Runner) -> Desk:
        index, branch = len(self._branches), self._desk.branch()
        self._branches.append(branch)

        def work() -> None:
            events = runner(branch)
            try:
                while True:
                    self._came.put((index, next(events)))
            except StopIteration as over:
                self._came.put((index, over.value))
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                self._came.put((index, error))

        # The run that the pattern answers for is known on its own thread alone.
        context = contextvars.copy_context()
        self._threads.append(
            threading.Thread(target=context.run, args=(work,), name=f"race-{index + 1}", daemon=True)
        )
        self._threads[-1].start()
        return branch


def _replayed(
    desk: Desk, first: Runner, second: Runner, *, after: float, on_start: Callable[[Desk], None]
) -> Generator[InvocationEvent, None, Raced]:
    """The same by the recorded times: who would have begun first, and when it would have been over."""
    due = desk.clock.now() + after
    one = _Replay(desk.branch(), first)
    runs = [one]
    # One that was cancelled was overtaken then; its own time began a little later than the race's.
    failed_early = one.reply.error is not None and one.ended <= due
    if one.began > due and (not failed_early or isinstance(one.reply.error, Cancelled)):
        later, notes = _branch_at(desk, due), Sheet("race")
        later.sheet = notes
        two = _Replay(later, second)
        if not isinstance(two.reply.error, NotRecorded):  # else it was not started then
            started = _branch_at(desk, due)
            on_start(started)
            started.control.close()
            desk.sheet.copy(notes.trace())
            runs.append(two)
    best = min(runs, key=lambda run: run.began)
    if best.began < float("inf"):
        yield from best.events
    return _over(desk, tuple(run.reply for run in runs), best.reply if best.began < float("inf") else None)


def _branch_at(desk: Desk, moment: float) -> Desk:
    branch = desk.branch()
    branch.clock.skip(moment - branch.clock.now())
    return branch


class _Replay:
    """A runner gone through at a stroke; closes its branch."""

    def __init__(self, branch: Desk, runner: Runner) -> None:
        self.events: list[InvocationEvent] = []
        events = runner(branch)
        try:
            while True:
                self.events.append(next(events))
        except StopIteration as over:
            self.reply: Reply = over.value
        branch.control.close()
        self.ended = self.reply.call.ended or 0.0
        self.began = self.ended if self.reply.ok else float("inf")
        if self.events:
            self.began = getattr(self.events[0], "at", self.began)


def _over(desk: Desk, replies: tuple[Reply, ...], winner: Reply | None) -> Raced:
    # What was replayed from records took no time here; it is added as it was then.
    counted = replies if winner is None else (winner,)
    desk.clock.skip(max(reply.call.ended or 0.0 for reply in counted) - desk.clock.now())
    return Raced(replies, winner)
