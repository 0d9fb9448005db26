"""The books of a pattern: its clock, its trace while it grows, and what ends it early."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from bedrock_playground.invocation.trace import Decision, Lookup, Trace, TracedCall
from bedrock_playground.invocation.values import RunState, Usage


class Clock:
    """Seconds since a pattern began; what is replayed from records takes the time it took then.

    Two clocks show the same whatever was replayed: a real one adds the recorded durations to the time that
    passes, a virtual one (when nothing at all may be sent) knows nothing else.
    """

    def __init__(self, *, virtual: bool = False) -> None:
        """Start at 0."""
        self.virtual = virtual
        """Whether no real time counts."""
        self.skipped = 0.0
        """Seconds that were not waited for, because they were when it was recorded."""
        self._zero = perf_counter()

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.skipped + (0.0 if self.virtual else perf_counter() - self._zero)

    def skip(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.skipped += max(0.0, seconds)


class Stoppable(Protocol):
    """Anything that another thread can end."""

    def cancel(self) -> None:
        """End it at once."""
        ...


class Control:
    """Ends what runs: a pattern as a whole, or one branch of it."""

    def __init__(self, parent: Control | None = None) -> None:
        """Make one; a branch also ends with its parent."""
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._running: set[Stoppable] = set()
        self._parent = parent
        if parent is not None:
            parent.hold(self)

    @property
    def cancelled(self) -> bool:
        """Whether it was ended."""
        return self._stopped.is_set()

    def cancel(self) -> None:
        """End everything that runs here, and let nothing new begin; from any thread."""
        with self._lock:
            self._stopped.set()
            running = tuple(self._running)
        for stream in running:
            stream.cancel()

    def hold(self, stream: Stoppable) -> None:
        """Note something that runs; it is ended at once if everything was."""
        with self._lock:
            self._running.add(stream)
            stopped = self._stopped.is_set()
        if stopped:
            stream.cancel()

    def drop(self, stream: Stoppable) -> None:
        """Forget something that is over."""
        with self._lock:
            self._running.discard(stream)

    def close(self) -> None:
        """Leave the parent: this branch is over."""
        if self._parent is not None:
            self._parent.drop(self)

    def wait(self, seconds: float) -> bool:
        """Wait, and not a moment longer than until ended; returns whether it was."""
        return self._stopped.wait(max(0.0, seconds))


class Sheet:
    """A trace while it grows; any thread writes, any thread looks.

    A pattern inside a pattern has a sheet of its own, and what it writes appears on the outer one too, with
    the outer one's times.
    """

    def __init__(self, pattern: str, *, outer: Sheet | None = None, offset: float = 0.0) -> None:
        """Start empty.

        Args:
            pattern: The pattern's kind.
            outer: The sheet of the pattern around this one.
            offset: When this one began by the outer one's clock, in seconds.
        """
        self._pattern = pattern
        self._outer = outer
        self._offset = offset
        self._lock = threading.Lock()
        self._calls: dict[str, TracedCall] = {}
        self._decisions: list[Decision] = []
        self._lookups: list[Lookup] = []

    def put(self, call: TracedCall) -> None:
        """Write a call, or write it anew."""
        with self._lock:
            self._calls[call.run_id] = call
        if self._outer is not None:
            self._outer.put(_moved(call, self._offset))

    def decide(self, decision: Decision) -> None:
        """Write a decision."""
        with self._lock:
            self._decisions.append(decision)
        if self._outer is not None:
            self._outer.decide(replace(decision, at=decision.at + self._offset))

    def looked(self, lookup: Lookup) -> None:
        """Write a look into a cache of answers."""
        with self._lock:
            self._lookups.append(lookup)
        if self._outer is not None:
            self._outer.looked(replace(lookup, at=lookup.at + self._offset))

    def copy(self, trace: Trace) -> None:
        """Write everything that stands in another trace of the same clock."""
        for call in trace.calls:
            self.put(call)
        for decision in trace.decisions:
            self.decide(decision)
        for lookup in trace.lookups:
            self.looked(lookup)

    def trace(self) -> Trace:
        """What is written so far."""
        with self._lock:
            return Trace(
                pattern=self._pattern,
                calls=tuple(self._calls.values()),
                decisions=tuple(self._decisions),
                lookups=tuple(self._lookups),
            )


def _moved(call: TracedCall, offset: float) -> TracedCall:
    def later(at: float | None) -> float | None:
        return None if at is None else at + offset

    return replace(
        call, started=call.started + offset, first_token=later(call.first_token), ended=later(call.ended)
    )


def usage_of_calls(calls: Iterable[TracedCall]) -> Usage | None:
    """Add up the tokens of calls, bucket by bucket; ``None`` as soon as one that wrote anything told none.

    A bucket is ``None`` where no call told it.
    """
    told = []
    for call in calls:
        if call.usage is not None:
            told.append(call.usage)
        elif call.sent and (call.state == RunState.COMPLETED.value or call.first_token is not None):
            return None
    if not told:
        return None
    return Usage(**{name: _sum(getattr(usage, name) for usage in told) for name in _BUCKETS})


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


_BUCKETS = tuple(Usage.__dataclass_fields__)
