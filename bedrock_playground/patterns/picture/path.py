"""What a run did with each role: asked or not, taken or not, how long, for how much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.invocation.trace import Trace, TracedCall

Fate: TypeAlias = Literal[
    "waiting", "skipped", "running", "answered", "taken", "refused", "failed", "late", "stopped"
]
"""What became of a role. ``waiting``: it may still be asked; ``skipped``: it never was; ``refused``: it
answered and was not taken; ``late``: it was not waited for; ``stopped``: somebody stopped everything."""

WORDS: dict[Fate, str] = {
    "waiting": "not asked yet",
    "skipped": "not asked",
    "running": "is answering",
    "answered": "answered",
    "taken": "taken",
    "refused": "not taken",
    "failed": "failed",
    "late": "not waited for",
    "stopped": "stopped",
}
"""A fate in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of one role's calls together."""

    fate: Fate
    """What became of it."""
    calls: tuple[TracedCall, ...] = ()
    """Its calls, in the order in which they began."""

    @property
    def seconds(self) -> float | None:
        """From its first call's beginning to its last one's end; ``None`` while that is not known."""
        ends = [call.ended for call in self.calls]
        if not ends or None in ends:
            return None
        return max(end for end in ends if end is not None) - min(call.started for call in self.calls)

    @property
    def cost(self) -> Decimal | None:
        """US dollars together; ``None`` as soon as one call's is not known."""
        costs = [call.cost for call in self.calls]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if costs and len(known) == len(costs) else None

    @property
    def tries(self) -> int:
        """How many tries all its calls took."""
        return sum(call.attempts for call in self.calls)

    @property
    def replayed(self) -> bool:
        """Whether all that it did was answered from records."""
        return bool(self.calls) and all(call.replayed for call in self.calls)

    @property
    def breaker(self) -> str | None:
        """What its circuit breaker showed when it was asked last."""
        return next((call.breaker for call in reversed(self.calls) if call.breaker), None)


def seen(trace: Trace, run_id: str, role: str, *, over: bool, roles: Collection[str] = ()) -> Seen:
    """Find out what a run did with a role.

    Args:
        trace: What it did so far.
        run_id: The run of the pattern whose role it is.
        role: The role; calls named after it with more words behind (``tier 1 sample 2``) are its own too,
            unless another role is called so.
        over: Whether the run is over.
        roles: The names of all roles.
    """
    calls = tuple(call for call in trace.own_calls(run_id) if belongs(call.role, role, roles))
    if not calls:
        return Seen(fate="skipped" if over else "waiting")
    decided = [
        decision.chosen
        for decision in trace.decisions
        if decision.parent_id == run_id and decision.role == role and decision.chosen is not None
    ]
    stopped = _all_stopped(trace.own_calls(run_id))
    return Seen(fate=_fate(calls, chosen=decided[-1] if decided else None, stopped=stopped), calls=calls)


def belongs(call_role: str, role: str, roles: Collection[str] = ()) -> bool:
    """Whether a call of this name is one of the role's; see :func:`seen`."""
    return call_role == role or (call_role not in roles and call_role.startswith(f"{role} "))


def _fate(calls: Sequence[TracedCall], *, chosen: bool | None, stopped: bool) -> Fate:
    states = {call.state for call in calls}
    if any(call.ended is None for call in calls):
        return "running"
    if "completed" not in states:
        if states != {"cancelled"}:
            return "failed"
        return "stopped" if stopped else "late"
    match chosen:
        case True:
            return "taken"
        case False:
            return "refused"
        case None:
            return "answered"


def _all_stopped(own: Sequence[TracedCall]) -> bool:
    """Whether somebody stopped everything, rather than the pattern some of it: nothing came after."""
    return own[-1].state == "cancelled" and not any(call.state == "completed" for call in own)


def answerers(trace: Trace, run_id: str, roles: Sequence[str]) -> tuple[str, ...]:
    """Whose answer became the pattern's, of the roles that can answer.

    Those that were chosen; where none was, the last one that completed.
    """
    found = {role: seen(trace, run_id, role, over=True, roles=roles) for role in roles}
    chosen = tuple(role for role, each in found.items() if each.fate == "taken")
    if chosen:
        return chosen
    completed = [
        (call.ended or 0.0, role)
        for role, each in found.items()
        for call in each.calls
        if call.state == "completed" and each.fate != "refused"
    ]
    return (max(completed)[1],) if completed else ()
