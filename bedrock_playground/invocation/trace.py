"""What a pattern did to come to its answer: every call, every decision, in words and numbers.

A trace is part of a pattern's result, so it is recorded, exported and read back with it. Times are seconds
since the pattern began. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bedrock_playground.invocation.cost import Confidence, Cost

if TYPE_CHECKING:
    from bedrock_playground.invocation.values import Usage

PATTERN_PREFIX = "pattern:"
"""What the ``modelId`` of a pattern's own run begins with; it is never sent anywhere."""


def is_pattern(model_id: str) -> bool:
    """Whether a run is a pattern's own, whose calls are runs of their own and carry the tokens and money."""
    return model_id.startswith(PATTERN_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCall:
    """One call that a pattern made, or a pattern inside it."""

    run_id: str
    """The call's own run."""
    parent_id: str
    """The run of the pattern that made it: the traced one's, or that of a pattern inside it."""
    role: str
    """What it was for: ``tier 1``, ``judge``, ``target 2`` …"""
    model_id: str
    """What was sent as ``modelId``; ``pattern:…`` for a pattern inside."""
    invoked_model_id: str | None = None
    """The model that a prompt router chose, where told; ``model_id`` is then the router."""
    region: str | None = None
    """The Region called, where it is known."""
    started: float
    """When it began, in seconds."""
    first_token: float | None = None
    """When its first visible text came, in seconds since the pattern began; ``None``: there was none."""
    ended: float | None = None
    """When it ended, in seconds; ``None`` while it runs."""
    state: str = "running"
    """``running``, ``completed``, ``failed`` or ``cancelled``."""
    attempts: int = 0
    """How many tries it took; 0 where nothing was sent."""
    stop_reason: str | None = None
    """Converse's ``stopReason``."""
    error_type: str | None = None
    """The error's class name; ``None`` if it did not fail."""
    error_message: str | None = None
    """The error's words."""
    usage: Usage | None = None
    """Its tokens; ``None``: the service did not tell."""
    cost: Decimal | None = None
    """US dollars; ``None`` is unknown."""
    cost_confidence: str = Confidence.UNKNOWN.value
    """How far ``cost`` can be trusted."""
    replayed: bool = False
    """Whether it was answered from a recorded call: nothing was sent, and its time and cost are those that
    were measured then."""
    breaker: str | None = None
    """The state of its target's circuit breaker when it was asked: ``closed``, ``open``, ``half-open``."""
    note: str | None = None
    """Anything else worth saying, in words."""

    @property
    def sent(self) -> bool:
        """Whether anything went out for it, now or when it was recorded."""
        return self.attempts > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Something that a pattern decided, in words."""

    at: float
    """When, in seconds."""
    parent_id: str
    """The run of the pattern that decided."""
    text: str
    """What and why: ``tier 1 was not accepted: its answer is no JSON``."""
    role: str | None = None
    """The role that it was about."""
    chosen: bool | None = None
    """Whether that role's answer was taken (true), turned down (false), or neither was the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A look into a cache of answers: what was found there, and what that saved."""

    at: float
    """When, in seconds."""
    parent_id: str
    """The run of the pattern that looked."""
    role: str
    """Whose answer was looked for."""
    found: str | None = None
    """``exact``: the same request; ``similar``: one near enough; ``None``: nothing."""
    similarity: float | None = None
    """The cosine of the nearest prompt, found or not; ``None``: none was compared."""
    saved_cost: Decimal | None = None
    """US dollars that the original call cost; ``None``: unknown, or nothing was found."""
    saved_seconds: float | None = None
    """How long the original call took; ``None``: unknown, or nothing was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything a pattern did."""

    pattern: str
    """Its kind: ``cascade``, ``routing`` …"""
    calls: tuple[TracedCall, ...] = ()
    """Every call in the order in which they began, those of patterns inside it included."""
    decisions: tuple[Decision, ...] = ()
    """Every decision, in order."""
    lookups: tuple[Lookup, ...] = ()
    """Every look into a cache of answers, in order."""

    def own_calls(self, run_id: str) -> tuple[TracedCall, ...]:
        """The calls that the pattern of this run made itself; a pattern inside it is one of them."""
        return tuple(call for call in self.calls if call.parent_id == run_id)

    @property
    def leaves(self) -> tuple[TracedCall, ...]:
        """The calls that are no patterns themselves: what is paid for."""
        return tuple(call for call in self.calls if not is_pattern(call.model_id))


_TRUST = tuple(Confidence)


def cost_of_calls(calls: Iterable[TracedCall]) -> Cost:
    """Add up what calls cost: unknown as soon as one of them is, and as sure as the least sure one."""
    amounts, worst, unknown = Decimal(0), Confidence.EXACT, 0
    for call in calls:
        if call.cost is None:
            unknown += 1
            continue
        amounts += call.cost
        worst = max(worst, Confidence(call.cost_confidence), key=_TRUST.index)
    if unknown:
        known = f" The others came to ${amounts:f}." if amounts else ""
        return Cost(None, note=f"What {unknown} of its calls cost is not known.{known}")
    return Cost(amounts, confidence=worst, source="the sum of its calls")
