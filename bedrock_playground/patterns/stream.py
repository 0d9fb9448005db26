"""A pattern as an ordinary invocation: it streams, can be cancelled, and ends with one result."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bedrock_playground.invocation.errors import Cancelled, UnexpectedError
from bedrock_playground.invocation.events import (
    Failed,
    Finished,
    InvocationEvent,
    ReasoningDelta,
    Started,
    TextDelta,
)
from bedrock_playground.invocation.observed import CURRENT_RUN
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.trace import Trace
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Timing
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.books import Clock, Control, Sheet, usage_of_calls
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.replies import Reply


class PatternInvoker:
    """Makes a pattern an :class:`~bedrock_playground.invocation.protocol.Invoker` like a single model.

    The run that it answers for is the one that the calling thread names (as a comparison's lanes do);
    without one it answers for a run of its own.
    """

    def __init__(self, pattern: Pattern, backing: Backing) -> None:
        """Make an invoker of a pattern and of what stands behind it."""
        self._pattern = pattern
        self._backing = backing

    def stream(self, request: InvocationRequest) -> PatternStream:
        """Start the pattern on a request; nothing is sent before the first event is asked for."""
        run = CURRENT_RUN.get()
        return PatternStream(
            self._pattern, request, self._backing, identity=run.identity if run else new_identity()
        )


class PatternStream:
    """A pattern at work on one request."""

    def __init__(
        self,
        pattern: Pattern,
        asked: InvocationRequest,
        backing: Backing,
        *,
        identity: RunIdentity,
        sheet: Sheet | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Make a pattern's stream.

        Args:
            pattern: What is played.
            asked: What it is asked.
            backing: Who answers, records and prices.
            identity: The pattern's own run, which its calls name as their parent.
            sheet: Where its trace is written; by default a new one.
            clock: Its clock; by default a new one that starts with the first event.
        """
        self._pattern = pattern
        self._asked = asked
        self._backing = backing
        self._identity = identity
        self._sheet = sheet or Sheet(pattern.kind)
        self._clock = clock
        self._control = Control()
        self._shown = _Shown()
        self._events = self._play()

    def __iter__(self) -> Iterator[InvocationEvent]:
        """Return itself."""
        return self

    def __next__(self) -> InvocationEvent:
        """Wait for the next event."""
        return next(self._events)

    def cancel(self) -> None:
        """End every call of it, from any thread; the text so far is kept."""
        self._control.cancel()

    @property
    def trace(self) -> Trace:
        """What it did so far; any thread may look while it runs."""
        return self._sheet.trace()

    def _play(self) -> Generator[InvocationEvent]:
        clock = self._clock or Clock(virtual=self._backing.journal.only)
        desk = Desk(self._backing, self._identity, sheet=self._sheet, clock=clock, control=self._control)
        yield Started(at=0.0)
        try:
            reply = yield from self._seen(self._pattern.play(self._asked, desk))
            result = self._result(reply, clock.now())
        except Exception as error:  # noqa: BLE001 - a pattern must end, and must not harm others
            wrong = UnexpectedError(f"{type(error).__name__}: {error}")
            result = self._result(None, clock.now(), error=wrong)
        if result.error is None and (missing := self._shown.missing(result.text)):
            # Nothing was shown while it happened, or not all: the answer appears now.
            yield TextDelta(at=clock.now(), text=missing)
        yield Finished(result) if result.error is None else Failed(result)

    def _seen(
        self, events: Generator[InvocationEvent, None, Reply]
    ) -> Generator[InvocationEvent, None, Reply]:
        try:
            while True:
                event = next(events)
                self._shown.note(event)
                yield event
        except StopIteration as over:
            reply: Reply = over.value
            return reply
        finally:
            events.close()

    def _result(
        self, reply: Reply | None, total: float, *, error: UnexpectedError | None = None
    ) -> InvocationResult:
        trace, shown = self._sheet.trace(), self._shown
        answer = reply.result if reply else InvocationResult(error=error)
        if self._control.cancelled:
            answer = replace(answer, error=Cancelled("Stopped."))
        first = shown.first_text
        if first is None and answer.text:
            first = total
        return replace(
            answer,
            text=answer.text or shown.text,
            usage=usage_of_calls(trace.own_calls(self._identity.run_id)),
            timing=Timing(
                time_to_first_token=first,
                time_to_first_reasoning_token=shown.first_reasoning,
                total=total,
                arrivals=tuple(shown.arrivals) or ((first,) if first is not None else ()),
                summed=sum(call.sent for call in trace.leaves) > 1,
            ),
            attempts=(),
            request_id=None,
            trace=trace,
        )


class _Shown:
    """What the pattern let through."""

    def __init__(self) -> None:
        self.text = ""
        self.first_text: float | None = None
        self.first_reasoning: float | None = None
        self.arrivals: list[float] = []

    def note(self, event: InvocationEvent) -> None:
        """Remember what was shown, and when."""
        if isinstance(event, TextDelta):
            self.text += event.text
            self.arrivals.append(event.at)
            if self.first_text is None:
                self.first_text = event.at
        elif isinstance(event, ReasoningDelta) and self.first_reasoning is None:
            self.first_reasoning = event.at

    def missing(self, text: str) -> str:
        """What is yet to be shown of an answer; nothing where something else was shown."""
        return text[len(self.text) :] if text.startswith(self.text) else ""


def new_identity(label: str = "A") -> RunIdentity:
    """Make the identity of a run that belongs to no comparison."""
    return RunIdentity(
        run_id=secrets.token_urlsafe(16),
        comparison_id=secrets.token_urlsafe(16),
        label=label,
        turn=0,
        repeat=0,
        started_at=datetime.now(UTC),
    )
