"""The seams: what can be invoked, what a running invocation is, and who wants to know of runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult


class InvocationStream(Protocol):
    """A running invocation: an iterator of events that any thread can cancel.

    Iterating never raises for what the service or the network did: the last event is
    :class:`~bedrock_playground.invocation.events.Finished` or
    :class:`~bedrock_playground.invocation.events.Failed`.
    """

    def __iter__(self) -> Iterator[InvocationEvent]:
        """Return itself."""
        ...

    def __next__(self) -> InvocationEvent:
        """Wait for the next event."""
        ...

    def cancel(self) -> None:
        """End it at once, from any thread; it then fails with ``Cancelled``. Harmless when it is over."""
        ...


class Invoker(Protocol):
    """Anything that answers a request: a model, or a pattern over several."""

    def stream(self, request: InvocationRequest) -> InvocationStream:
        """Start the request; nothing is sent before the first event is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Which run this is; identity lives beside the values, never inside them."""

    run_id: str
    """Unguessable, unique."""
    comparison_id: str
    """The comparison it belongs to; unguessable."""
    label: str
    """The variant's letter, A–H."""
    turn: int
    """0 for the first prompt, 1 for the first follow-up."""
    repeat: int
    """0 for the first of the repeats."""
    started_at: datetime
    """When, in UTC."""
    region: str | None = None
    """The Region called."""
    endpoint: str | None = None
    """Where it went: ``local``, ``bedrock``, or another endpoint's URL."""
    parent_id: str | None = None
    """The run of the pattern that made this call; ``None``: nobody's but the user's."""
    role: str | None = None
    """What it was for inside the pattern, or beside an evaluation's answer: ``tier 1``, ``judge``."""
    case_number: int | None = None
    """The case of an evaluation that it answers, from 1; ``comparison_id`` is the evaluation's then."""


class RunRecorder(Protocol):
    """Who keeps runs. Called from lane threads; an exception here never harms the lane."""

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        """Record that a run began, before anything is sent."""
        ...

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        """Record how a run ended and what it cost; called exactly once per started run."""
        ...


class Pricer(Protocol):
    """Who knows what a run cost. Called from lane threads; must not wait for anything."""

    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        """Price a run by what the service echoed; unknown where nobody knows."""
        ...
