"""The arithmetic of limits: a window of concurrent requests that adapts, and buckets that fill. Pure.

*The window* follows AIMD (additive increase, multiplicative decrease), with which TCP shares a line fairly:
Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
Networks" (1989), and RFC 5681. It begins at what was asked for. One throttled answer halves it; further ones
to requests that were under way by then tell of the same congestion and halve nothing. Each success adds
1/window, so that a whole window of them allows one request more, up to what was asked for. A window of one
request cannot be halved: throttled once more, nothing begins for a pause, which doubles until a success.

*The buckets* hold requests and tokens. One that holds B and fills by R a second lets less than B + 60 R + 1
through in any minute; R is chosen so that this is the limit: not even a burst after a pause exceeds it. What
does is one request with more tokens than the bucket holds: it goes when the bucket is full, and what it takes
beyond is owed, so that those after it wait.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 0.05
"""The part of a minute's limit that may go at once: three seconds' worth."""
FIRST_PAUSE = 0.5
"""Seconds of the first pause, where the service tells no ``Retry-After``."""
LONGEST_PAUSE = 20.0
"""Seconds of a pause at most."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What one model may be asked, at most."""

    concurrency: int = 8
    """Requests under way at the same time."""
    requests_per_minute: int | None = None
    """Requests that begin in any minute; ``None``: as many as the window lets through."""
    tokens_per_minute: int | None = None
    """Tokens in any minute, as the service counts them towards its quota; ``None``: no limit."""

    def __post_init__(self) -> None:
        told = (self.concurrency, self.requests_per_minute, self.tokens_per_minute)
        if any(limit is not None and limit < 1 for limit in told):
            raise ValueError("A limit is at least 1; leave it out where there is none.")


class Bucket:
    """Fills steadily, and lets through what is in it."""

    __slots__ = ("_at", "capacity", "level", "rate")

    def __init__(self, capacity: float, rate: float, now: float) -> None:
        """Make a full one.

        Args:
            capacity: What it holds.
            rate: By how much it fills a second.
            now: The time, in seconds.
        """
        self.capacity = capacity
        self.rate = rate
        self.level = capacity
        """What is in it; negative while something is owed."""
        self._at = now

    @classmethod
    def of_requests(cls, per_minute: int, now: float) -> Bucket:
        """The bucket that lets through so many requests in any minute, and no more."""
        capacity = max(1.0, per_minute * BURST)
        # Requests are whole: less than limit + 1 is the limit.
        return cls(capacity, (per_minute - capacity + 1) / 60, now)

    @classmethod
    def of_tokens(cls, per_minute: int, now: float) -> Bucket:
        """The bucket that lets through so many tokens in any minute, and what one large request owes."""
        capacity = per_minute * BURST
        return cls(capacity, (per_minute - capacity) / 60, now)

    def wait(self, amount: float, now: float) -> float:
        """Seconds until an amount may be taken; 0 if it may be now."""
        self._fill(now)
        lacking = min(amount, self.capacity) - self.level
        return 0.0 if lacking <= _ROUNDING else lacking / self.rate

    def take(self, amount: float, now: float) -> None:
        """Take an amount; a negative one gives back. What is not there is owed."""
        self._fill(now)
        self.level = min(self.capacity, self.level - amount)

    def _fill(self, now: float) -> None:
        if now > self._at:
            self.level = min(self.capacity, self.level + (now - self._at) * self.rate)
            self._at = now


class Window:
    """How many requests may be under way, as the service's answers have it."""

    __slots__ = ("_pause", "ceiling", "epoch", "paused_until", "size", "throttled")

    def __init__(self, ceiling: int) -> None:
        """Begin with a window of a size that it never exceeds."""
        self.ceiling = ceiling
        self.size = float(ceiling)
        """Its size; whole requests count."""
        self.epoch = 0
        """How often it was halved: a request that began in an earlier epoch tells nothing new."""
        self.throttled = 0
        """How many answers said to slow down."""
        self.paused_until = 0.0
        """Until when no request may begin."""
        self._pause = FIRST_PAUSE

    @property
    def allowed(self) -> int:
        """How many requests may be under way: at least one."""
        return max(1, int(self.size))

    def succeeded(self, *, busy: bool) -> None:
        """Learn that a request was answered.

        Args:
            busy: Whether the window was in use; one that is not says nothing of whether it could be larger.
        """
        self._pause = FIRST_PAUSE
        if busy:
            self.size = min(float(self.ceiling), self.size + 1 / self.size)

    def slowed(self, epoch: int, now: float, retry_after: float | None) -> None:
        """Learn that the service said to slow down.

        Args:
            epoch: In which epoch the request began.
            now: The time, in seconds.
            retry_after: For how many seconds, where it told.
        """
        self.throttled += 1
        if retry_after is not None:
            self.paused_until = max(self.paused_until, now + retry_after)
        if epoch < self.epoch:
            return
        self.epoch += 1
        at_least, self.size = self.size <= 1, max(1.0, self.size / 2)
        if at_least and retry_after is None:
            self.paused_until = max(self.paused_until, now + self._pause)
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
