"""What the patterns among the contenders did: calls per answer, escalations, what caches found and saved."""

from __future__ import annotations

from collections.abc import Sequence

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.results import EvaluationResult
from bedrock_playground.evaluation.wording import between, count, percent, seconds
from bedrock_playground.history import RunStore
from bedrock_playground.invocation.trace import Trace
from bedrock_playground.measures.intervals import Interval
from bedrock_playground.patterns.cache_figures import CacheFigures, cache_figures
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.cascade_figures import Escalation, escalation
from bedrock_playground.patterns.members import Solo

MOST_ANSWERS = 1000
"""Answers whose traces are read at most: each is a document of its own."""
_AT_ONCE = 200


def said_of(store: RunStore, result: EvaluationResult) -> tuple[str, ...]:
    """Say what a pattern did over all its answers; nothing for a model, or before it answered.

    Args:
        store: The history.
        result: What the contender came to.
    """
    member = result.contender.member
    if isinstance(member, Solo):
        return ()
    traces = _traces(store, [row.run_id for row in result.rows[:MOST_ANSWERS]])
    if not traces:
        return ()
    left_out = len(result.rows) - MOST_ANSWERS
    calls = sum(call.sent for trace in traces for call in trace.leaves)
    said = [f"{calls / len(traces):.2f} calls per answer" + (_first(left_out) if left_out > 0 else "") + "."]
    if isinstance(member, Cascade):
        said.append(_escalated(escalation(member, traces)))
    figures = cache_figures(traces)
    if figures.lookups:
        said.append(_cached(figures))
    return tuple(said)


def _first(left_out: int) -> str:
    return f", of the first {count(MOST_ANSWERS, 'answer')} ({left_out:,} more were not looked into)"


def _traces(store: RunStore, run_ids: Sequence[str]) -> list[Trace]:
    pages = (run_ids[start : start + _AT_ONCE] for start in range(0, len(run_ids), _AT_ONCE))
    results = (record.result for page in pages for record in store.get_many(page).values())
    return [result.trace for result in results if result is not None and result.trace is not None]


def _escalated(told: Escalation) -> str:
    answered = sum(number for _, number in told.answered)
    if not answered:
        return "No tier's answer was taken."
    by_tier = ", ".join(f"{role} answered {number:,}" for role, number in told.answered)
    untold = f" {count(told.untold, 'answer')} came from no tier: they failed." if told.untold else ""
    return (
        f"It escalated {percent(told.escalated / answered)} of {count(answered, 'answer')}"
        f"{_sure(told.rate)}: {by_tier}.{untold}"
    )


def _cached(told: CacheFigures) -> str:
    cost = "nobody knows how much" if told.saved_cost is None else format_usd(told.saved_cost)
    time = "an unknown time" if told.saved_seconds is None else seconds(told.saved_seconds)
    found = f"{told.exact:,} the same, {told.similar:,} alike"
    looking = "" if told.embedding_cost in {None, 0} else f" Looking cost {format_usd(told.embedding_cost)}."
    return (
        f"Its cache had an answer to {percent(told.hits / told.lookups)} of {count(told.lookups, 'question')}"
        f"{_sure(told.rate)}: {found}. That saved {cost} and {time}.{looking}"
    )


def _sure(rate: Interval) -> str:
    return f" ({between(rate)} with 95 % confidence)"
