"""The circuit breaker: a target that keeps failing is left alone for a while, then tried with care.

::

               too many failures, in a row or by share
    ┌───► closed ─────────────────────────────────────► open ◄───┐
    │   (all calls pass)                       (all are refused) │
    │                                    its time is over │      │ a probe failed
    │   all probes succeeded                              ▼      │
    └──────────────────────────────────────────────── half-open ─┘

Sources: Michael T. Nygard, "Release It!" (2007), "Stability Patterns"; states and transitions as in "Circuit
Breaker pattern" of Microsoft's Azure Architecture Center and of AWS Prescriptive Guidance.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal, TypeAlias

BreakerState: TypeAlias = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a breaker opens, and how it closes again."""

    failures: int | None = 5
    """It opens after so many failures in a row; ``None``: however many."""
    share: float | None = None
    """It opens when so large a share of the last calls failed, 0–1; ``None``: whatever the share."""
    window: float = 60.0
    """Seconds that count as the last ones for ``share``."""
    least: int = 10
    """Fewer calls than this say nothing of a share."""
    open_for: float = 30.0
    """Seconds for which nothing passes."""
    probes: int = 1
    """How many calls pass while it is half-open; it closes when all of them succeeded."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state of a target's breaker, by the breaker's clock, with its reason in words."""

    at: float
    target: str
    before: BreakerState
    after: BreakerState
    reason: str


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call; what began before a change of state has no say after it."""

    epoch: int


class Breaker:
    """One target's breaker; any thread may use it."""

    def __init__(
        self, target: str, policy: BreakerPolicy | None = None, *, clock: Callable[[], float] = monotonic
    ) -> None:
        """Make a closed one."""
        self.target = target
        self.policy = policy or BreakerPolicy()
        self.transitions: deque[Transition] = deque(maxlen=100)
        """The last changes of state, the newest at the end."""
        self._clock = clock
        self._lock = threading.Lock()
        self._state: BreakerState = "closed"
        self._epoch = self._row = self._out = self._passed = 0
        self._until = 0.0
        self._calls: deque[tuple[float, bool]] = deque()

    @property
    def state(self) -> BreakerState:
        """Its state now."""
        with self._lock:
            self._look()
            return self._state

    def ask(self) -> Permit | None:
        """Ask to make a call; ``None``: not now, take another target."""
        with self._lock:
            self._look()
            probing = self._state == "half-open"
            if self._state == "open" or (probing and self._out + self._passed >= self.policy.probes):
                return None
            self._out += probing
            return Permit(self._epoch)

    def succeeded(self, permit: Permit) -> None:
        """Say that a call was answered."""
        with self._lock:
            if permit.epoch == self._epoch and self._state == "closed":
                self._count(failed=False)
            elif permit.epoch == self._epoch:
                self._out, self._passed = self._out - 1, self._passed + 1
                if self._passed >= self.policy.probes:
                    self._change("closed", f"probes that succeeded: {self._passed}")

    def failed(self, permit: Permit, why: str = "") -> None:
        """Say that a call failed by the target's fault; ``why`` is added to the reason."""
        with self._lock:
            if permit.epoch != self._epoch:
                return
            cause = "the probe failed" if self._state == "half-open" else self._count(failed=True)
            if cause:
                self._until = self._clock() + self.policy.open_for
                self._change("open", f"{cause}{f' ({why})' if why else ''}")

    def dropped(self, permit: Permit) -> None:
        """Say that a call tells nothing of the target: it was cancelled, or the request was wrong."""
        with self._lock:
            if permit.epoch == self._epoch and self._state == "half-open":
                self._out -= 1

    def _look(self) -> None:
        if self._state == "open" and self._clock() >= self._until:
            self._change("half-open", f"{self.policy.open_for:g} seconds are over: the next call is a probe")

    def _count(self, *, failed: bool) -> str | None:
        """Count a call; in words, which limit it reached."""
        policy, now = self.policy, self._clock()
        self._row = self._row + 1 if failed else 0
        if failed and policy.failures is not None and self._row >= policy.failures:
            return f"failures in a row: {self._row}"
        if policy.share is None:
            return None
        self._calls.append((now, failed))
        while self._calls[0][0] <= now - policy.window:
            self._calls.popleft()
        bad, of = sum(one for _, one in self._calls), len(self._calls)
        reached = failed and of >= policy.least and bad >= policy.share * of
        return f"{bad} of the last {of} calls failed" if reached else None

    def _change(self, after: BreakerState, reason: str) -> None:
        self.transitions.append(Transition(self._clock(), self.target, self._state, after, reason))
        self._state = after
        self._epoch += 1
        self._row = self._out = self._passed = 0
        self._calls.clear()
