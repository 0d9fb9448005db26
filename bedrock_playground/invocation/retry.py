"""When to try again, and after how long; pure but for the dice."""

from __future__ import annotations

import random as dice
from collections.abc import Callable
from dataclasses import dataclass, field

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.errors import InvocationError

RETRIED: tuple[type[InvocationError], ...] = (
    errors.Throttled,
    errors.ModelNotReady,
    errors.ServiceUnavailable,
    errors.InternalServerError,
    errors.ModelTimeout,
    errors.ModelError,
    errors.Overloaded,
    errors.ConnectionFailed,
    errors.StreamInterrupted,
    errors.StreamCorrupted,
    errors.ModelStreamError,
)
"""What is tried again without asking. ``ReadTimeout``, ``StallTimeout`` and ``TlsFailed`` are not: the first
two cost minutes and possibly money already, the last fails the same way again."""

_NEVER: tuple[type[InvocationError], ...] = (errors.ReadTimeout, errors.TlsFailed)


def _roll() -> float:
    return dice.random()  # noqa: S311 - spreads load, keeps no secret


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter; ``Retry-After`` is honoured.

    Source of the formula: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """

    max_attempts: int = 3
    """Tries per invocation, the first included."""
    base_delay: float = 0.5
    """Ceiling of the wait after the first try, in seconds; it doubles with every further try."""
    max_delay: float = 20.0
    """Ceiling of the wait after any try, in seconds."""
    max_retry_after: float = 60.0
    """The longest ``Retry-After`` to sit out, in seconds; beyond it the person decides."""
    random: Callable[[], float] = field(default=_roll, compare=False, repr=False)
    """Gives a number from 0 up to 1."""

    def backoff(self, error: InvocationError, *, attempt: int, has_output: bool) -> float | None:
        """Decide how long to wait before the next try.

        Args:
            error: Why the last try failed.
            attempt: The number of the last try, from 1.
            has_output: Whether the consumer has seen anything of the answer: it must not see it twice, nor
                should the service bill it twice.

        Returns:
            Seconds; ``None`` means not to try again.
        """
        if has_output or attempt >= self.max_attempts:
            return None
        if not isinstance(error, RETRIED) or isinstance(error, _NEVER):
            return None
        jitter = self.random() * min(self.max_delay, self.base_delay * 2.0 ** (attempt - 1))
        if error.retry_after is None:
            return jitter
        return None if error.retry_after > self.max_retry_after else error.retry_after + jitter
