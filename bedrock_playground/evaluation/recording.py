"""No call without its record: what an evaluation sends is in the history before it is sent.

Calls wait for their turn first (:mod:`bedrock_playground.limits`) and are recorded then, so that what only
waited when a process died was never sent, and is known not to have been.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import TypeAlias

from bedrock_playground.history import HistoryError
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import (
    Cancelled,
    InvocationError,
    NotKept,
    SetupError,
    SpendingRefused,
)
from bedrock_playground.invocation.events import Failed, InvocationEvent
from bedrock_playground.invocation.observed import CURRENT_RUN
from bedrock_playground.invocation.protocol import InvocationStream, Invoker, RunIdentity
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.invocation.wrapped import WrappedStream

HALTING = (SpendingRefused, SetupError)
"""What stands in the way of every call, not of this one: nothing was sent, and it is no outcome."""

_ONCE: ContextVar[bool] = ContextVar("once", default=False)

Called = Callable[[RunIdentity, Cost | None], None]
"""Told of every call that ended, and what it cost."""
Halted = Callable[[RunIdentity, InvocationError], None]
"""Told of a call that something stood in the way of."""
Key: TypeAlias = tuple[str, int, int]
"""Which answer: contender's letter, case, repeat."""


def key_of_item(identity: RunIdentity) -> Key:
    """Which answer a run belongs to."""
    return (identity.label, identity.case_number or 0, identity.repeat)


def halting_names() -> frozenset[str]:
    """The class names of everything in :data:`HALTING`, as the history has them."""
    found: set[str] = set()
    level: list[type[InvocationError]] = list(HALTING)
    while level:
        cls = level.pop()
        found.add(cls.__name__)
        level += cls.__subclasses__()
    return frozenset(found)


class Recording:
    """Records an evaluation's calls where they are sent; a recorder and an invoker in one."""

    def __init__(
        self,
        recorder: BatchRecorder,
        usual: Invoker,
        once: Invoker | None,
        *,
        called: Called,
        halted: Halted,
    ) -> None:
        """Stand between the limits and the guard.

        Args:
            recorder: Keeps the runs.
            usual: What answers, guarded.
            once: The same with a single try; ``None``: the usual one.
            called: Told of every call that ended.
            halted: Told of a call that something stood in the way of.
        """
        self._recorder = recorder
        self._usual = usual
        self._once = once or usual
        self._called = called
        self._halted = halted
        self._begun: dict[str, Key] = {}
        self._afterwards: dict[Key, Callable[[], None]] = {}
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> frozenset[Key]:
        """Let nothing more be sent; return the answers for which calls are under way.

        What was begun by then is sent, and everything else is told that it was ended.
        """
        with self._lock:
            self._closed = True
            return frozenset(self._begun.values())

    def once_idle(self, key: Key, act: Callable[[], None]) -> None:
        """Do something as soon as no call is under way for an answer, now if there is none.

        What was sent is paid for: it ends and is kept, so that going on need not send it again.
        """
        with self._lock:
            if key in self._begun.values():
                self._afterwards[key] = act
                return
        act()

    # The recorder

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        """Record that a pattern begins; a call is recorded when its turn has come."""
        if is_pattern(request.model_id):
            self._recorder.run_started(identity, request)

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        """Record how a run ended; a call that was ended before it began leaves no trace."""
        pattern = is_pattern(request.model_id)
        with self._lock:
            begun = self._begun.pop(identity.run_id, None)
            idle = begun is not None and begun not in self._begun.values()
            act = self._afterwards.pop(begun, None) if begun is not None and idle else None
        try:
            if begun is None and not pattern and isinstance(result.error, Cancelled | NotKept):
                return
            self._recorder.run_finished(identity, request, result, cost=cost)
            if not pattern:
                self._called(identity, cost)
        finally:
            if act is not None:
                act()

    # The invoker

    def stream(self, request: InvocationRequest) -> WrappedStream:
        """Start a request; it is recorded when the first event is asked for, then it is sent."""
        return self.stream_by(self._usual, self._once, request)

    def stream_by(self, usual: Invoker, once: Invoker, request: InvocationRequest) -> WrappedStream:
        """The same by other invokers."""
        inner = (once if _ONCE.get() else usual).stream(request)
        return WrappedStream(inner, self._events(inner, request))

    def _events(self, inner: InvocationStream, request: InvocationRequest) -> Generator[InvocationEvent]:
        run = CURRENT_RUN.get()
        if run is None:
            yield Failed(InvocationResult(error=NotKept("Nobody said which run this call is made for.")))
            return
        try:
            self._begin(run.identity, request)
        except (Cancelled, NotKept) as error:
            self._halted(run.identity, error)
            yield Failed(InvocationResult(error=error))
            return
        for event in inner:
            if isinstance(event, Failed) and isinstance(event.result.error, HALTING):
                self._halted(run.identity, event.result.error)
            yield event

    def _begin(self, identity: RunIdentity, request: InvocationRequest) -> None:
        with self._lock:
            if self._closed:
                raise Cancelled("Nothing more was sent.")
            self._begun[identity.run_id] = key_of_item(identity)
        try:
            self._recorder.run_started(identity, request)
        except HistoryError as error:
            with self._lock:
                del self._begun[identity.run_id]
            raise NotKept(error.message) from error


class Elsewhere:
    """Sends to another Region what a :class:`Recording` records."""

    def __init__(self, recording: Recording, usual: Invoker, once: Invoker | None) -> None:
        """Take what answers there."""
        self._recording = recording
        self._usual = usual
        self._once = once or usual

    def stream(self, request: InvocationRequest) -> WrappedStream:
        """Start a request there."""
        return self._recording.stream_by(self._usual, self._once, request)


class Once:
    """Has an invoker around a :class:`Recording` try a single time."""

    def __init__(self, around: Invoker) -> None:
        """Take what stands around it."""
        self._around = around

    def stream(self, request: InvocationRequest) -> InvocationStream:
        """Start a request; which invoker answers is decided here and now."""
        token = _ONCE.set(True)
        try:
            return self._around.stream(request)
        finally:
            _ONCE.reset(token)
