"""A hedged request: the next target is asked too when one is slow to begin; who begins first goes on.

Source: J. Dean and L. A. Barroso, "The Tail at Scale", 2013. Both requests are paid for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Any, TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Reply

Rung: TypeAlias = tuple[str, Any]
SEEN: dict[str, deque[float]] = {}
"""Seconds to the first token by target, the last 200."""


@dataclass(kw_only=True)
class Hedge:
    """When the next target is asked too."""

    after: float  # seconds without a first token
    percentile: float | None = None  # instead, once enough were measured: this quantile of the target's times

    def race(
        self,
        started: list[Rung],
        rungs: deque[Rung],
        course: Course,
        *,
        climb: Callable[[Rung, Course], Reply],
    ) -> tuple[list[Reply], Reply | None]:
        """Start the first, and the second if the first has not begun by then."""
        first, second = started[0], rungs[0]
        after = self.delay(first[1].key)
        came: queue.SimpleQueue[tuple[int, Reply | None]] = queue.SimpleQueue()
        branches: list[Course] = []

        def start(rung: Rung) -> None:
            index = len(branches)
            branches.append(course.branch(begun=lambda: came.put((index, None))))
            threading.Thread(
                target=lambda: came.put((index, climb(rung, branches[index]))), daemon=True
            ).start()

        start(first)
        replies: dict[int, Reply] = {}
        winner: int | None = None
        until: float | None = time.monotonic() + after
        while len(replies) < len(branches) and winner not in replies:
            try:
                left = None if until is None or winner is not None else max(0.0, until - time.monotonic())
                index, reply = came.get(timeout=left)
            except queue.Empty:
                until = None
                started.append(rungs.popleft())
                course.decide(
                    f"{first[0]} had not begun after {after:.2f} s, so {second[0]} is asked too.", second[0]
                )
                start(second)
                continue
            if winner is None and (reply is None or reply.ok):
                winner = index
                for other, branch in enumerate(branches):
                    if other != index:
                        branch.end()
            if reply is not None:
                replies[index] = reply
        if winner is not None and len(branches) > 1:
            role = replies[winner].role
            course.decide(f"{role} began first, so the other was ended.", role)
        # A loser that is still under way ends by itself, unseen.
        over = [
            replies.get(index) or Reply(role=rung[0], error="Cancelled", message="It was overtaken.")
            for index, rung in enumerate(started)
        ]
        return over, None if winner is None else over[winner]

    def timing(self, key: str, course: Course) -> FirstTokens:
        """Time the first token of a call that begins now."""
        return FirstTokens(key, course)

    def delay(self, key: str) -> float:
        """How long to wait for a target's first token, in seconds."""
        if self.percentile is None:
            return self.after
        found = quantile(list(SEEN.get(key, ())), self.percentile)
        return self.after if found is None else found


class FirstTokens:
    """Times the first token of one call."""

    def __init__(self, key: str, course: Course) -> None:
        self.key = key
        self.course = course
        self.since = time.monotonic()

    def begun(self) -> None:
        """Its answer begins."""
        self.add()
        self.course.begun()

    def over(self, reply: Reply) -> None:
        """It is over; one that was overtaken counts with the time until then."""
        if reply.error == "Cancelled" and not reply.began:
            self.add()

    def add(self) -> None:
        """Remember the time until now."""
        SEEN.setdefault(self.key, deque(maxlen=200)).append(time.monotonic() - self.since)


def quantile(values: list[float], p: float) -> float | None:
    """A quantile, interpolated linearly; None where fewer than 1 / (1 - p) samples tell nothing of it."""
    written = Decimal(repr(p))
    if len(values) < ceil(1 / min(written, 1 - written)):
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return below + (above - below) * (place - floor(place))
