"""What cascades come to over many requests: how often they escalate, and what a correct answer costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.invocation.trace import Trace
from bedrock_playground.measures.intervals import Interval, wilson
from bedrock_playground.patterns.cascade import Cascade


@dataclass(frozen=True, slots=True)
class Escalation:
    """How far requests went."""

    answered: tuple[tuple[str, int], ...]
    """How many requests each tier answered, by its role, in the order of the tiers."""
    untold: int
    """How many ended without any tier's answer being taken: the last one failed, or it was stopped."""
    escalated: int
    """How many the first tier did not answer, of those that some tier did."""
    rate: Interval
    """Their share, with its 95 % interval (Wilson)."""


def tier_reached(cascade: Cascade, trace: Trace) -> str | None:
    """The role of the tier whose answer was taken; ``None``: none was.

    Args:
        cascade: The cascade that answered; as a contender, not inside another pattern.
        trace: Its trace.
    """
    if not trace.calls:
        return None
    # The first call is the cascade's own, so its parent is the cascade's run; patterns inside have others.
    own = trace.calls[0].parent_id
    roles = {role for role, _ in cascade.steps()}
    taken = [
        each.role for each in trace.decisions if each.parent_id == own and each.chosen and each.role in roles
    ]
    return taken[-1] if taken else None


def escalation(cascade: Cascade, traces: Sequence[Trace]) -> Escalation:
    """Count how far requests went.

    Args:
        cascade: The cascade.
        traces: The trace of each request.
    """
    reached = [tier_reached(cascade, trace) for trace in traces]
    answered = tuple((role, reached.count(role)) for role, _ in cascade.steps())
    told = sum(number for _, number in answered)
    escalated = told - answered[0][1]
    return Escalation(
        answered=answered,
        untold=len(traces) - told,
        escalated=escalated,
        rate=wilson(escalated, told),
    )


def cost_per_correct(costs: Sequence[Decimal | None], correct: Sequence[bool]) -> Decimal | None:
    """What a correct answer costs: the cost of all requests over the number of correct answers.

    Args:
        costs: US dollars of each request, wrong ones included; ``None`` is unknown.
        correct: Whether each was answered correctly.

    Returns:
        US dollars; ``None`` where a cost is not known, or nothing is correct.

    Raises:
        ValueError: There are not as many costs as answers.
    """
    if len(costs) != len(correct):
        raise ValueError(f"{len(costs)} costs do not belong to {len(correct)} answers.")
    known, right = [cost for cost in costs if cost is not None], sum(correct)
    return sum(known, Decimal(0)) / right if right and len(known) == len(costs) else None
