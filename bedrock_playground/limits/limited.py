"""The Invoker around an Invoker that waits for its turn: one queue per model, shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from time import monotonic

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.errors import Cancelled, InvocationError
from bedrock_playground.invocation.events import AttemptFailed, Failed, Finished, InvocationEvent
from bedrock_playground.invocation.protocol import InvocationStream, Invoker
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.invocation.wrapped import WrappedStream
from bedrock_playground.limits.rates import RateLimits
from bedrock_playground.limits.turns import LimitState, Ticket, Turns
from bedrock_playground.planning.quota import burndown
from bedrock_playground.spending.tokens import estimate_input_tokens

_SLOW_DOWN: tuple[type[InvocationError], ...] = (
    errors.Throttled,
    errors.Overloaded,
    errors.ServiceUnavailable,
)
"""What says that too much is asked of the service: its quota's refusal, and its lack of capacity."""
_SLOW_DOWN_NAMES = frozenset(error.__name__ for error in _SLOW_DOWN)
_SHORTEST = 0.001
"""Seconds that a thread waits at least: an instant too early it would only ask again."""


def expected_tokens(request: InvocationRequest) -> float:
    """What a request takes of a quota of tokens when it begins: its input, and max tokens where asked for.

    Source: Bedrock user guide, "How tokens are counted in Amazon Bedrock". Without max tokens the service
    takes the model's own ceiling, which would hold everything up: here the input alone is taken beforehand.
    """
    return estimate_input_tokens(request).text + (request.parameters.max_tokens or 0)


def used_tokens(request: InvocationRequest, result: InvocationResult) -> float | None:
    """What a request has taken of it when it is over: input, cache writes, and output by its burndown rate.

    Returns:
        Tokens; ``None`` where the service did not tell.
    """
    usage = result.usage
    if usage is None or usage.input_tokens is None:
        return None
    output = (usage.output_tokens or 0) * burndown(request.model_id)
    return usage.input_tokens + (usage.cache_write_input_tokens or 0) + output


class LimitedInvoker:
    """Sends each request when its turn has come, and learns from the answers how fast that may be.

    Put it around the guarded invoker, so that nothing is reserved while it waits. Retries are the inner
    invoker's; each is counted, and what it was told is learnt from.
    """

    def __init__(
        self,
        inner: Invoker,
        limits: RateLimits | Mapping[str, RateLimits] | None = None,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Limit an invoker.

        Args:
            inner: What answers.
            limits: The limits of every model, or by ``modelId``; a model that is not named, and all where
                nothing is given, have the default ones.
            clock: The time in seconds; it never goes back.
        """
        self._inner = inner
        self._limits = limits
        self._clock = clock
        self._queues: dict[str, _Queue] = {}
        self._lock = threading.Lock()

    def stream(self, request: InvocationRequest) -> LimitedStream:
        """Start a request; it takes its place in the queue when the first event is asked for."""
        return LimitedStream(self._inner.stream(request), request, self._queue(request.model_id))

    def state(self, model_id: str) -> LimitState:
        """What a model's queue is doing now; of one that was never asked, nothing."""
        return self._queue(model_id).state()

    @property
    def states(self) -> dict[str, LimitState]:
        """What the queues of all models that were asked are doing now."""
        with self._lock:
            queues = dict(self._queues)
        return {model_id: queue.state() for model_id, queue in queues.items()}

    def _queue(self, model_id: str) -> _Queue:
        queue = self._queues.get(model_id)
        if queue is None:
            told = self._limits
            limits = told.get(model_id) if isinstance(told, Mapping) else told
            with self._lock:
                queue = self._queues.setdefault(model_id, _Queue(limits or RateLimits(), self._clock))
        return queue


class LimitedStream(WrappedStream):
    """A running invocation, or one that waits for its turn."""

    def __init__(self, inner: InvocationStream, request: InvocationRequest, queue: _Queue) -> None:
        """Use :meth:`LimitedInvoker.stream`."""
        self._place = _Place()
        super().__init__(inner, _events(inner, request=request, queue=queue, place=self._place))

    def cancel(self) -> None:
        """End it at once, from any thread, whether it waits or runs."""
        self._place.cancel()
        super().cancel()


class _Place:
    """Where one request waits, and can be called away from."""

    __slots__ = ("cancelled", "wake")

    def __init__(self) -> None:
        self.cancelled = False
        self.wake: threading.Event | None = None

    def cancel(self) -> None:
        self.cancelled = True
        if (wake := self.wake) is not None:
            wake.set()


def _events(
    inner: InvocationStream, *, request: InvocationRequest, queue: _Queue, place: _Place
) -> Generator[InvocationEvent]:
    """Everything that happens, once its turn has come."""
    try:
        ticket = queue.enter(request, place)
    except Cancelled as cancelled:
        yield Failed(InvocationResult(error=cancelled))
        return
    result: InvocationResult | None = None
    try:
        for event in inner:
            match event:
                case AttemptFailed(_, attempt):
                    queue.tried_again(ticket, slowed=attempt.error_type in _SLOW_DOWN_NAMES)
                case Finished(result) | Failed(result):
                    pass
                case _:
                    pass
            if result is not None:
                # Whoever takes the result may wait long before asking for more.
                queue.leave(ticket, request, result)
                yield event
                return
            yield event
    finally:
        if result is None:
            queue.leave(ticket, request, None)


class _Queue:
    """One model's turns, with threads that wait for theirs."""

    def __init__(self, limits: RateLimits, clock: Callable[[], float]) -> None:
        self._counts_tokens = limits.tokens_per_minute is not None
        self._clock = clock
        self._turns = Turns(limits, now=clock())
        self._waiting: dict[Ticket, threading.Event] = {}
        self._lock = threading.Lock()

    def state(self) -> LimitState:
        with self._lock:
            return self._turns.state(self._clock())

    def enter(self, request: InvocationRequest, place: _Place) -> Ticket:
        """Wait for one's turn.

        Raises:
            Cancelled: Somebody asked to stop meanwhile.
        """
        tokens = expected_tokens(request) if self._counts_tokens else 0.0
        with self._lock:
            ticket = self._turns.ask(tokens, self._clock())
            if ticket.started:
                return ticket
            wake = self._waiting[ticket] = place.wake = threading.Event()
        while True:
            with self._lock:
                wake.clear()
                self._admit()
                if ticket not in self._waiting:
                    return ticket
                if place.cancelled:
                    del self._waiting[ticket]
                    self._turns.give_up(ticket)
                    self._admit(nudge=True)
                    raise Cancelled("Stopped while it waited for its turn.")
                seconds = self._turns.wait(self._clock()) if self._turns.head is ticket else None
            wake.wait(None if seconds is None else max(_SHORTEST, seconds))

    def tried_again(self, ticket: Ticket, *, slowed: bool) -> None:
        """Learn that the inner invoker sends a request once more."""
        with self._lock:
            now = self._clock()
            if slowed:
                self._turns.slowed(ticket, now)
            self._turns.tried_again(now)

    def leave(self, ticket: Ticket, request: InvocationRequest, result: InvocationResult | None) -> None:
        """Learn that a request is over; without a result, that nobody listens any more."""
        error = result.error if result else None
        used = used_tokens(request, result) if result and self._counts_tokens else None
        sent = (
            result is None or error is None or any(attempt.sent is not False for attempt in result.attempts)
        )
        with self._lock:
            now = self._clock()
            if isinstance(error, _SLOW_DOWN):
                self._turns.slowed(ticket, now, retry_after=error.retry_after)
            succeeded = result is not None and error is None
            self._turns.leave(ticket, now, used=used, succeeded=succeeded, sent=sent)
            if self._waiting:
                self._admit(nudge=True)

    def _admit(self, *, nudge: bool = False) -> None:
        """Wake those whose turn has come, and the next one, which has to look how long to wait."""
        through = self._turns.admit(self._clock())
        for ticket in through:
            self._waiting.pop(ticket).set()
        head = self._turns.head
        if head is not None and (nudge or through):
            self._waiting[head].set()
