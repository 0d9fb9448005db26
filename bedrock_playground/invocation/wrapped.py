"""A running invocation as somebody sees it who stands around its invoker: a guard, limits, a recorder."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.protocol import InvocationStream


class WrappedStream:
    """Other events around a running invocation; ending it ends the one inside."""

    def __init__(self, inner: InvocationStream, events: Iterator[InvocationEvent]) -> None:
        """Wrap a running invocation.

        Args:
            inner: What is ended on :meth:`cancel`.
            events: What is seen of it; the inner one itself where there is nothing to add.
        """
        self._inner = inner
        self._events = events

    def __iter__(self) -> Iterator[InvocationEvent]:
        """Return itself."""
        return self

    def __next__(self) -> InvocationEvent:
        """Wait for the next event."""
        return next(self._events)

    def cancel(self) -> None:
        """End it at once, from any thread."""
        self._inner.cancel()

    def close(self) -> None:
        """Let go of it; for the thread that iterates. Nothing follows."""
        close = getattr(self._events, "close", None)
        if close is not None:
            close()
