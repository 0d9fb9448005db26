"""One call of a pattern as a run: begun, recorded, watched, priced, ended; however its reader leaves it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import StreamInterrupted, UnexpectedError
from bedrock_playground.invocation.events import (
    CitationFound,
    Failed,
    Finished,
    ImageReceived,
    InvocationEvent,
    ReasoningDelta,
    TextDelta,
    ToolUseDelta,
)
from bedrock_playground.invocation.observed import CURRENT_RUN, RunContext
from bedrock_playground.invocation.values import InvocationResult

if TYPE_CHECKING:
    from bedrock_playground.invocation.protocol import InvocationStream, RunIdentity
    from bedrock_playground.invocation.values import InvocationRequest
    from bedrock_playground.patterns.backing import Backing
    from bedrock_playground.patterns.books import Control

_SHOWN = (TextDelta, ReasoningDelta, ToolUseDelta, CitationFound, ImageReceived)
"""What a pattern lets through of its members' events; its trace tells the rest."""


def invoke(
    backing: Backing,
    identity: RunIdentity,
    request: InvocationRequest,
    *,
    start: Callable[[RunIdentity], Any],
    control: Control,
) -> Generator[InvocationEvent, None, tuple[InvocationResult, Cost]]:
    """Make a call and yield its events, but for the last one.

    Args:
        backing: Who records and prices.
        identity: The call's run.
        request: What is recorded as sent.
        start: Starts it.
        control: What ends it early.

    Returns:
        What came of it, and what it cost. Whoever closes this generator ends the call, which is recorded all
        the same.
    """
    recorder = backing.recorder
    if recorder is not None:
        with suppress(Exception):  # a history that fails must not harm the call; run_finished writes it whole
            recorder.run_started(identity, request)
    context = RunContext(identity, lambda result: backing.price(identity, request, result))
    watched = _Watched(context, lambda: start(identity))
    control.hold(watched)
    ended: tuple[InvocationResult, Cost] | None = None
    try:
        while (event := watched.next()) is not None:
            yield event
    finally:
        control.drop(watched)
        result = watched.result()
        ended = result, backing.price(identity, request, result)
        if recorder is not None:
            with suppress(Exception):  # as above
                recorder.run_finished(identity, request, result, cost=ended[1])
    return ended


def passed_on(
    events: Generator[InvocationEvent, None, tuple[InvocationResult, Cost]], began: float
) -> Generator[InvocationEvent, None, tuple[InvocationResult, Cost]]:
    """Let through what a pattern shows of a call, by the pattern's clock.

    Args:
        events: The call's events, by its own clock.
        began: When it began, by the pattern's clock.
    """
    try:
        while True:
            event = next(events)
            if isinstance(event, _SHOWN):
                yield replace(event, at=event.at + began)
    except StopIteration as over:
        ended: tuple[InvocationResult, Cost] = over.value
        return ended
    finally:
        events.close()


class _Watched:
    """A stream whose call says which run it is made for, and that always comes to a result."""

    def __init__(self, context: RunContext, start: Callable[[], InvocationStream]) -> None:
        self._context = context
        self._start = start
        self._stream: InvocationStream | None = None
        self._cancelled = False
        self._result: InvocationResult | None = None

    def next(self) -> InvocationEvent | None:
        """The next event; ``None``: it is over."""
        if self._result is not None:
            return None
        token = CURRENT_RUN.set(self._context)
        try:
            event = next(self._opened(), None)
        except Exception as error:  # noqa: BLE001 - one call must not harm the others
            self._result = InvocationResult(error=UnexpectedError(f"{type(error).__name__}: {error}"))
            return None
        finally:
            CURRENT_RUN.reset(token)
        if event is None:
            self._result = InvocationResult(error=StreamInterrupted("The invoker ended without saying how."))
        elif isinstance(event, Finished | Failed):
            self._result = event.result
        else:
            return event
        return None

    def result(self) -> InvocationResult:
        """What came of it; a call that still runs is ended first."""
        if self._result is None:
            self.cancel()
            while self.next() is not None:
                pass
        assert self._result is not None  # noqa: S101 - that is what the loop ends with
        return self._result

    def cancel(self) -> None:
        """End it at once, from any thread."""
        self._cancelled = True
        if self._stream is not None:
            self._stream.cancel()

    def _opened(self) -> InvocationStream:
        if self._stream is None:
            self._stream = self._start()
            if self._cancelled:
                self._stream.cancel()
        return self._stream
