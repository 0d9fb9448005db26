"""Several calls at the same time: who is in time, who is late, and what that means in a replay."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from bedrock_playground.invocation.errors import Cancelled, NotRecorded
from bedrock_playground.patterns.replies import Ask, Reply

if TYPE_CHECKING:
    from bedrock_playground.patterns.desk import Desk

_SLACK = 0.25
"""Seconds by which calls that began together may differ in when they were ended."""
Enough = Callable[[Sequence[Reply]], bool]


def gather(desk: Desk, asks: Sequence[Ask], *, enough: Enough, deadline: float | None) -> tuple[Reply, ...]:
    """See :meth:`bedrock_playground.patterns.desk.Desk.ask_all`."""
    if desk.clock.virtual:
        return _replayed(desk, asks, enough=enough, deadline=deadline)
    return _Round(desk, asks).run(enough=enough, deadline=deadline)


class _Round:
    """The calls of one :func:`gather`, each on a thread of its own."""

    def __init__(self, desk: Desk, asks: Sequence[Ask]) -> None:
        self._desk = desk
        self._asks = asks
        self._branches = [desk.branch() for _ in asks]
        self._came: queue.SimpleQueue[tuple[int, Reply]] = queue.SimpleQueue()

    def run(self, *, enough: Enough, deadline: float | None) -> tuple[Reply, ...]:
        """Start all, wait as long as it takes, end the rest."""
        threads = [self._start(index) for index in range(len(self._asks))]
        began, in_time = self._desk.clock.now(), dict[int, Reply]()
        while len(in_time) < len(self._asks):
            left = None if deadline is None else began + deadline - self._desk.clock.now()
            try:
                index, reply = self._came.get(timeout=None if left is None else max(0.0, left))
            except queue.Empty:
                break
            in_time[index] = reply
            if enough(tuple(in_time.values())):
                break
        for index, branch in enumerate(self._branches):
            if index not in in_time:
                branch.control.cancel()
        for thread in threads:
            thread.join()
        late: dict[int, Reply] = {}
        while not self._came.empty():
            index, reply = self._came.get()
            late[index] = replace(reply, late=True)
        for branch in self._branches:
            branch.control.close()
        # What was replayed on a branch took no time here; the slowest one that counts is what it would have.
        ends = [in_time[index].call.ended or 0.0 for index in in_time]
        self._desk.clock.skip(max(ends, default=0.0) - self._desk.clock.now())
        return tuple((late | in_time)[index] for index in range(len(self._asks)))

    def _start(self, index: int) -> threading.Thread:
        ask, branch = self._asks[index], self._branches[index]

        def work() -> None:
            self._came.put((index, _asked(branch, ask)))

        # The run that the pattern answers for is known on its own thread alone.
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), name=f"pattern-{ask.role}", daemon=True)
        thread.start()
        return thread


def _asked(branch: Desk, ask: Ask) -> Reply:
    """Ask one of several; one whose request cannot even be made must not hold up the others."""
    try:
        return branch.ask(ask.member, ask.asked, role=ask.role)
    except Exception as error:  # noqa: BLE001 - whatever it was, the others are waited for
        return branch.unasked(ask, error)


def _replayed(
    desk: Desk, asks: Sequence[Ask], *, enough: Enough, deadline: float | None
) -> tuple[Reply, ...]:
    """The same by the recorded times: who would have been in time, and when it would have been over."""
    began = desk.clock.now()
    branches = [desk.branch() for _ in asks]
    replies = [_asked(branch, ask) for branch, ask in zip(branches, asks, strict=True)]
    for branch in branches:
        branch.control.close()
    ends = [_end(reply, began) for reply in replies]
    in_time: list[int] = []
    for index in sorted(range(len(asks)), key=lambda index: (ends[index], index)):
        if ends[index] == inf or (deadline is not None and ends[index] > began + deadline):
            break
        in_time.append(index)
        if enough([replies[each] for each in in_time]):
            break
    over = max((ends[index] for index in in_time), default=began)
    if len(in_time) < len(asks) and not enough([replies[i] for i in in_time]):
        over = inf if deadline is None else began + deadline
    told = [
        reply if index in in_time else _late(desk, reply, over=over) for index, reply in enumerate(replies)
    ]
    if over == inf:
        over = max((reply.call.ended or began for reply in replies), default=began)
    desk.clock.skip(over - desk.clock.now())
    return tuple(told)


def _end(reply: Reply, began: float) -> float:
    """When a recorded call ended; infinite where it was ended because nobody waited for it."""
    return inf if isinstance(reply.error, Cancelled) else reply.call.ended or began


def _late(desk: Desk, reply: Reply, *, over: float) -> Reply:
    """A reply that was not waited for; or not recorded, where it was not waited for then but would be now."""
    if not isinstance(reply.error, Cancelled) or over <= (reply.call.ended or 0.0) + _SLACK:
        return replace(reply, late=True)
    error = NotRecorded("It was ended before it answered when it was recorded.")
    reply = replace(reply, result=replace(reply.result, error=error))
    return desk.annotate(reply, error_type=type(error).__name__, error_message=error.message)
