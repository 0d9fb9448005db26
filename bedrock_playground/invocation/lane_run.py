"""One run of a lane while it happens, and after.

A :class:`LaneRun` is written by its lane's thread alone and read by anyone at any time: what grows only
grows, what is replaced is replaced in one step, so readers need no lock and never hold the writer up.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.events import (
    AttemptFailed,
    InvocationEvent,
    ReasoningDelta,
    Started,
    TextDelta,
    UsageReported,
)
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InvocationRequest,
    InvocationResult,
    RunState,
    Timing,
    Usage,
)


class GrowingText:
    """Text that one thread appends to and any thread reads."""

    __slots__ = ("_joined", "_parts")

    def __init__(self, text: str = "") -> None:
        self._parts = [text] if text else []
        self._joined = (0, "")

    def append(self, text: str) -> None:
        """Append; for the writer."""
        self._parts.append(text)

    def __str__(self) -> str:
        # Two readers may both join the same new pieces; both come to the same text.
        count, text = self._joined
        available = len(self._parts)
        if available > count:
            text += "".join(self._parts[count:available])
            self._joined = (available, text)
        return text


class LaneRun:
    """One run: identity, request, and what has come of it so far."""

    def __init__(self, identity: RunIdentity, request: InvocationRequest) -> None:
        self.identity = identity
        """Which run this is; ``started_at`` is when it was asked for, until it starts or is stopped."""
        self.request = request
        """What is sent."""
        self.state = RunState.PENDING
        """Where it stands."""
        self.result: InvocationResult | None = None
        """What came of it; ``None`` until it is over."""
        self.cost: Cost | None = None
        """What it cost, once it is over; ``None`` where nobody was there to price it."""
        self.attempts: tuple[Attempt, ...] = ()
        """The tries so far that failed; all of them once it is over."""
        self.usage: Usage | None = None
        """Token counts, once told."""
        self.time_to_first_token: float | None = None
        """Seconds from the request's first byte to the first visible text."""
        self.time_to_first_reasoning_token: float | None = None
        """Seconds from the request's first byte to the first reasoning text."""
        self.record_error: str | None = None
        """Why this run is not in the history, if the recorder failed."""
        self.settled = False
        """Whether it is over and the recorder is done with it too: whoever reports it then reports a run that
        is kept."""
        self.began = False
        """Whether it was ever started: a run stopped while it waited was not."""
        self.superseded = False
        """Whether a rerun took its place."""
        self._text = GrowingText()
        self._reasoning = GrowingText()
        self._arrivals: list[tuple[float, int]] = []
        self._characters = 0
        self._zero: float | None = None

    @classmethod
    def restored(
        cls,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult | None,
        *,
        cost: Cost | None = None,
    ) -> LaneRun:
        """Make a run that is over; without a result it was interrupted."""
        run = cls(identity, request)
        # One that was stopped while it waited has nothing to show, and no time: nothing was ever sent.
        run.began = (
            result is None or result.timing.total is not None or result.state is not RunState.CANCELLED
        )
        run.settled = True
        if result is None:
            run.state = RunState.INTERRUPTED
            return run
        run._text = GrowingText(result.text)
        run._reasoning = GrowingText(result.reasoning)
        run.time_to_first_token = result.timing.time_to_first_token
        run.finish(result, cost)
        return run

    @property
    def text(self) -> str:
        """The visible text so far; it only grows."""
        return str(self._text)

    @property
    def reasoning(self) -> str:
        """The reasoning so far; it only grows."""
        return str(self._reasoning)

    @property
    def arrivals(self) -> Sequence[tuple[float, int]]:
        """When text arrived: (seconds, visible characters so far); grows, not to be changed.

        Empty for a restored run, whose pieces' lengths are not kept.
        """
        return self._arrivals

    @property
    def elapsed(self) -> float | None:
        """Seconds since the request was sent, or its total once over; ``None`` before it starts."""
        if self.result is not None:
            return self.result.timing.total
        return None if self._zero is None else perf_counter() - self._zero

    # For the lane's thread

    def begin(self, identity: RunIdentity) -> None:
        """Note that it starts now."""
        self.identity = identity
        self.began = True
        self._zero = perf_counter()
        self.state = RunState.RUNNING

    def apply(self, event: InvocationEvent) -> None:
        """Take in what happened."""
        match event:
            case TextDelta(at, text):
                self._characters += len(text)
                self._arrivals.append((at, self._characters))
                self._text.append(text)
                if self.time_to_first_token is None:
                    self.time_to_first_token = at
            case ReasoningDelta(at, text):
                self._reasoning.append(text)
                if self.time_to_first_reasoning_token is None:
                    self.time_to_first_reasoning_token = at
            case UsageReported(_, usage):
                self.usage = usage
            case Started(at):
                # The stream's clock starts at the first byte sent: the live one follows it.
                self._zero = perf_counter() - at
            case AttemptFailed(at, attempt):
                self._zero = perf_counter() - at
                self.attempts = (*self.attempts, attempt)
            case _:
                pass

    def finish(self, result: InvocationResult, cost: Cost | None = None) -> None:
        """Note how it ended, and what it cost."""
        self.attempts = result.attempts
        self.usage = result.usage
        self.cost = cost
        # The state is what readers go by: the result must be there before it.
        self.result = result
        self.state = result.state

    def partial(self, error: InvocationError) -> InvocationResult:
        """Make a result of what was seen so far, for an invoker that did not make one."""
        return InvocationResult(
            text=self.text,
            reasoning=self.reasoning,
            usage=self.usage,
            timing=Timing(
                time_to_first_token=self.time_to_first_token,
                time_to_first_reasoning_token=self.time_to_first_reasoning_token,
                total=self.elapsed,
                arrivals=tuple(at for at, _ in self._arrivals),
            ),
            attempts=self.attempts,
            error=error,
        )
