"""Whose turn it is: a queue in front of one model, first come, first served. Pure: it is told the time.

Only the head of the queue is ever let through, so that a large request waits for its tokens and is not passed
by small ones for ever.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.limits.rates import Bucket, RateLimits, Window

Reason: TypeAlias = Literal["pause", "concurrency", "requests", "tokens"]
"""What the next request waits for."""

_WORDS: dict[Reason, str] = {
    "pause": "the service asked to slow down",
    "concurrency": "as many requests as allowed are under way",
    "requests": "this minute's requests are used up",
    "tokens": "this minute's tokens are used up",
}


@dataclass(frozen=True, slots=True)
class LimitState:
    """What a model's queue is doing."""

    allowed: int
    """Requests that may be under way now: the limit, or fewer after throttling."""
    running: int
    """Requests that are under way."""
    waiting: int
    """Requests that wait for their turn."""
    throttled: int
    """How often the service said to slow down, since the beginning."""
    reason: Reason | None = None
    """What the next one waits for; ``None`` where nothing waits."""
    seconds: float | None = None
    """Seconds until that is over; ``None`` where it depends on a request's end."""

    @property
    def words(self) -> str | None:
        """In words, why something waits and how long; ``None`` where nothing does."""
        if self.reason is None:
            return None
        told = "" if self.seconds is None else f": {self.seconds:.1f} s"
        return f"{_WORDS[self.reason]}{told}"


@dataclass(slots=True, eq=False)
class Ticket:
    """One request's place in the queue."""

    tokens: float
    """Tokens that it is expected to take."""
    started: bool = False
    """Whether its turn has come."""
    epoch: int = 0
    """In which of the window's epochs it began, or was last throttled."""


class Turns:
    """The queue of one model."""

    def __init__(self, limits: RateLimits, *, now: float) -> None:
        """Make an empty queue.

        Args:
            limits: The model's.
            now: The time, in seconds of any clock that never goes back.
        """
        self.window = Window(limits.concurrency)
        """How many may be under way."""
        self.running = 0
        """How many are."""
        self._queue: deque[Ticket] = deque()
        per_minute, tokens = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = Bucket.of_requests(per_minute, now) if per_minute else None
        self._tokens = Bucket.of_tokens(tokens, now) if tokens else None

    @property
    def head(self) -> Ticket | None:
        """Whose turn is next."""
        return self._queue[0] if self._queue else None

    def ask(self, tokens: float, now: float) -> Ticket:
        """Take a place; its turn may have come at once.

        Args:
            tokens: Tokens that the request is expected to take.
            now: The time.
        """
        ticket = Ticket(tokens)
        self._queue.append(ticket)
        if len(self._queue) == 1:
            self.admit(now)
        return ticket

    def admit(self, now: float) -> list[Ticket]:
        """Let through whose turn has come; returns them."""
        through: list[Ticket] = []
        while self._queue and self._waits_for(self._queue[0], now) is None:
            ticket = self._queue.popleft()
            ticket.started, ticket.epoch = True, self.window.epoch
            self.running += 1
            if self._requests:
                self._requests.take(1, now)
            if self._tokens:
                self._tokens.take(ticket.tokens, now)
            through.append(ticket)
        return through

    def give_up(self, ticket: Ticket) -> None:
        """Leave the queue before one's turn has come."""
        self._queue.remove(ticket)

    def tried_again(self, now: float) -> None:
        """Learn that a request that is under way is sent once more."""
        if self._requests:
            self._requests.take(1, now)

    def slowed(self, ticket: Ticket, now: float, *, retry_after: float | None = None) -> None:
        """Learn that the service said to slow down."""
        self.window.slowed(ticket.epoch, now, retry_after)
        # What it is told when it tries again is news.
        ticket.epoch = self.window.epoch

    def leave(
        self, ticket: Ticket, now: float, *, used: float | None, succeeded: bool, sent: bool = True
    ) -> None:
        """Learn that a request is over.

        Args:
            ticket: Its place.
            now: The time.
            used: Tokens that it has taken; ``None`` where nobody told, so that what was expected stays taken.
            succeeded: Whether it was answered.
            sent: Whether anything was sent; else it has taken nothing.
        """
        if succeeded:
            self.window.succeeded(busy=self.running >= self.window.allowed)
        self.running -= 1
        if self._requests and not sent:
            self._requests.take(-1, now)
        if self._tokens and (used is not None or not sent):
            self._tokens.take((used or 0.0 if sent else 0.0) - ticket.tokens, now)

    def wait(self, now: float) -> float | None:
        """Seconds until the next one's turn may come; ``None`` if nobody waits, or for a request's end."""
        return self.state(now).seconds

    def state(self, now: float) -> LimitState:
        """What it is doing."""
        waits = self._waits_for(self._queue[0], now) if self._queue else None
        reason, seconds = waits or (None, None)
        return LimitState(
            self.window.allowed, self.running, len(self._queue), self.window.throttled, reason, seconds
        )

    def _waits_for(self, ticket: Ticket, now: float) -> tuple[Reason, float | None] | None:
        """What a request waits for and how long, the longest wait first; ``None`` if its turn has come."""
        if self.running >= self.window.allowed:
            return "concurrency", None
        waits: list[tuple[Reason, float]] = [("pause", self.window.paused_until - now)]
        if self._requests:
            waits.append(("requests", self._requests.wait(1, now)))
        if self._tokens:
            waits.append(("tokens", self._tokens.wait(ticket.tokens, now)))
        longest = max(waits, key=lambda wait: wait[1])
        return longest if longest[1] > 0 else None
