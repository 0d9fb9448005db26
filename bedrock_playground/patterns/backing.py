"""What stands behind a pattern: who answers, who keeps and prices the runs, what was recorded before."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.billing import NEVER_SENT, REFUSED, was_billed
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import PatternError, RequestRefused, SpendingRefused
from bedrock_playground.invocation.protocol import Invoker, Pricer, RunIdentity, RunRecorder
from bedrock_playground.invocation.trace import cost_of_calls
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.patterns.breakers import Breakers
from bedrock_playground.patterns.cache_store import CacheStore, shared_store
from bedrock_playground.patterns.first_tokens import FirstTokens

Shape: TypeAlias = Callable[[Variant, InvocationRequest], BuiltRequest]
"""Makes a model's own request of its settings and of what a pattern was asked."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that was made before."""

    run_id: str
    """Its run."""
    result: InvocationResult
    """What came of it."""
    cost: Cost | None = None
    """What it cost then; ``None``: unknown."""


class Journal(Protocol):
    """Calls that were recorded, to be answered from there instead of being made again."""

    @property
    def only(self) -> bool:
        """Whether nothing may be sent: a call that was not recorded fails with ``NotRecorded``."""
        ...

    def take(self, request: InvocationRequest, *, role: str) -> Recorded | None:
        """Find a recorded call of this request that was not taken yet; each is taken once."""
        ...


class NoJournal:
    """Nothing was recorded: every call is made."""

    only = False

    def take(self, request: InvocationRequest, *, role: str) -> Recorded | None:  # noqa: ARG002
        """Find nothing."""
        return None


@dataclass(frozen=True, slots=True)
class Invokers:
    """What answers in one place: with the usual tries, and with a single one."""

    usual: Invoker
    """Behind the spending guard, with its usual tries."""
    once: Invoker | None = None
    """The same with a single try; ``None``: ``usual``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """Everything that a pattern needs from outside."""

    invoker: Invoker
    """What answers: behind the spending guard, with its usual tries; takes embedding models too."""
    shape: Shape
    """Makes requests; :func:`bedrock_playground.patterns.shaping.shape_by_catalogue` as a rule."""
    once: Invoker | None = None
    """The same with a single try, for whoever tries again by rules of their own; ``None``: ``invoker``."""
    recorder: RunRecorder | None = None
    """Who keeps the calls' runs."""
    pricer: Pricer | None = None
    """Who prices them."""
    journal: Journal = field(default_factory=NoJournal)
    """What was recorded before."""
    embedding_model: str | None = None
    """The embedding model to use where a pattern names none."""
    regions: Callable[[str], Invokers] | None = None
    """Finds what answers in another Region, a client of its own, guarded as ``invoker`` is and at that
    Region's prices; may raise :class:`InvocationError`. ``None``: nothing is sent to other Regions."""
    breakers: Breakers = field(default_factory=Breakers)
    """The breakers of its targets. Whoever makes a backing for each request passes the same ones each time: a
    breaker that lived for one request would never open."""
    first_tokens: FirstTokens = field(default_factory=FirstTokens)
    """How soon its targets began to answer; kept like ``breakers``."""
    cache: CacheStore = field(default_factory=shared_store)
    """Where answers are kept for the next time; a replayed evaluation brings a fresh one."""
    namespace: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    """Whose kept answers may be used: a session's or an evaluation's. By default nobody else's."""

    def within(self, region: str | None) -> Backing:
        """The same with what answers in a Region; ``None``: where it is.

        Raises:
            InvocationError: Nothing can be sent there.
        """
        if region is None or self.journal.only:
            return self
        if self.regions is None:
            raise RequestRefused(
                f"Nothing can be sent to {region} from here: this connection has one Region."
            )
        there = self.regions(region)
        return replace(self, invoker=there.usual, once=there.once)

    def price(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        """Say what a call cost; never raises."""
        if result.trace is not None:
            return cost_of_calls(result.trace.own_calls(identity.run_id))
        if isinstance(result.error, SpendingRefused | PatternError) and not result.attempts:
            return NEVER_SENT
        if result.usage is None and not was_billed(result):
            return REFUSED
        if self.pricer is None:
            return Cost(None, note="Nobody prices this run.")
        try:
            return self.pricer.cost(identity, request, result)
        except Exception as error:  # noqa: BLE001 - a price that cannot be told must not harm the run
            return Cost(None, note=f"It could not be priced: {type(error).__name__}: {error}")
