"""The breakers of all targets that were called, shared by everybody who calls them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.retry import RETRIED
from bedrock_playground.patterns.breaker import Breaker, BreakerPolicy, Transition

_TROUBLE: tuple[type[InvocationError], ...] = (*RETRIED, errors.ReadTimeout, errors.StallTimeout)
"""What tells of a target in trouble: what may be gone the next time, and silence."""


def tells_of_trouble(error: InvocationError) -> bool:
    """Whether an error is the target's trouble and counts against it.

    A request that was refused as wrong, a missing permission and a spending limit are not: another request
    may be answered at once.
    """
    return isinstance(error, _TROUBLE)


class Breakers:
    """One breaker per target and policy, made when it is first asked for; any thread may use them."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        """Make none yet.

        Args:
            clock: The time in seconds; it never goes back.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._breakers: dict[tuple[str, BreakerPolicy], Breaker] = {}

    def of(self, target: str, policy: BreakerPolicy | None = None) -> Breaker:
        """The breaker of a target.

        Args:
            target: What stands or falls together: a model's id, with the Region where there are several.
            policy: When it opens; whoever asks for other limits gets another breaker.
        """
        key = target, policy or BreakerPolicy()
        with self._lock:
            return self._breakers.setdefault(key, Breaker(*key, clock=self._clock))

    @property
    def all(self) -> tuple[Breaker, ...]:
        """Those that were asked for, in that order."""
        with self._lock:
            return tuple(self._breakers.values())

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The last changes of state of all of them, the oldest first."""
        told = [transition for breaker in self.all for transition in tuple(breaker.transitions)]
        return tuple(sorted(told, key=lambda transition: transition.at))
