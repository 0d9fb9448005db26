"""The circuit breaker: a target that keeps failing is left alone for a while, then tried with care.

Closed, all calls pass. After too many failures it is open: none pass. When its time is over it is half-open:
probes pass, and it closes when all of them succeeded, or opens again when one failed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import RETRIED, Reply

TROUBLE = RETRIED | {"ReadTimeout", "StallTimeout"}  # what counts against a target


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """When a breaker opens, and how it closes again."""

    failures: int | None = 5  # in a row
    share: float | None = None  # of the last calls
    window: float = 60.0  # seconds that count as the last ones
    least: int = 10  # fewer calls than this say nothing of a share
    open_for: float = 30.0  # seconds for which nothing passes
    probes: int = 1  # calls that pass while it is half-open

    def of(self, target: str) -> Guard:
        """A target's guard: one for the whole process; one that lived for one request would never open."""
        with GUARDS_LOCK:
            return GUARDS.setdefault((target, self), Guard(self))


class Guard:
    """One target's breaker at work."""

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.lock = threading.RLock()
        self.state = "closed"
        self.epoch = self.row = self.out = self.passed = 0
        self.until = 0.0
        self.calls: deque[tuple[float, bool]] = deque()

    def ask(self) -> int | None:
        """Ask to make a call: its number, to be told with what came of it; None: not now."""
        with self.lock:
            if self.state == "open" and time.monotonic() >= self.until:
                self.change("half-open")
            probing = self.state == "half-open"
            if self.state == "open" or (probing and self.out + self.passed >= self.breaker.probes):
                return None
            self.out += probing
            return self.epoch

    def tell(self, number: int, reply: Reply) -> None:
        """Say what came of a call; a request that was wrong itself tells nothing of the target."""
        with self.lock:
            if number != self.epoch:
                return
            if reply.error is not None and reply.error not in TROUBLE:
                self.out -= self.state == "half-open"
            elif self.state == "half-open" and reply.error is None:
                self.out, self.passed = self.out - 1, self.passed + 1
                if self.passed >= self.breaker.probes:
                    self.change("closed")
            elif self.state == "half-open" or self.too_many(failed=reply.error is not None):
                self.until = time.monotonic() + self.breaker.open_for
                self.change("open")

    def too_many(self, *, failed: bool) -> bool:
        """Count a call; says whether a limit is reached."""
        breaker, now = self.breaker, time.monotonic()
        self.row = self.row + 1 if failed else 0
        if failed and breaker.failures is not None and self.row >= breaker.failures:
            return True
        if breaker.share is None:
            return False
        self.calls.append((now, failed))
        while self.calls[0][0] <= now - breaker.window:
            self.calls.popleft()
        bad, of = sum(one for _, one in self.calls), len(self.calls)
        return failed and of >= breaker.least and bad >= breaker.share * of

    def change(self, state: str) -> None:
        """Go to another state."""
        self.state = state
        self.epoch += 1
        self.row = self.out = self.passed = 0
        self.calls.clear()


GUARDS: dict[tuple[str, Breaker], Guard] = {}
GUARDS_LOCK = threading.Lock()
