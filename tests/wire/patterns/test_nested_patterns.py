"""What holds of every pattern however it is nested: its accounts, its replay, its JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation import InvocationResult
from bedrock_playground.invocation.trace import Trace, cost_of_calls
from bedrock_playground.patterns.codec import member_from_json, member_to_json
from bedrock_playground.patterns.members import Member, Pattern
from tests.wire.invocation.scripted import STOP, Exchange, event_frame, text_event
from tests.wire.patterns.growing import cached, contenders, patterns
from tests.wire.patterns.kitchen import Kitchen, play

PROMPTS = ["hello", "Tell me.\n\nAlpha bravo gamma delta. Epsilon zeta eta theta iota kappa.\n\nLambda my."]
WIRED = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


def says(model: str, prompt: str, exchange: Exchange) -> None:
    """Answer the same to the same, with as many tokens as it has words; ``fails`` fails."""
    if model == "fails":
        exchange.error(400, "ValidationException", "No.")
    elif model == "embedder":
        exchange.reply({"embedding": [len(prompt) % 5 - 2.0, 1.0], "inputTextTokenCount": 3})
    else:
        told = {"route": "two", "confidence": 0.5, "score": len(prompt) % 5 + 1, "best": 1}
        text = json.dumps(told) if model == "judge" else f"{model} of {len(prompt)}"
        tokens = {"inputTokens": len(prompt), "outputTokens": len(text.split()), "totalTokens": 1}
        exchange.head()
        exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
        exchange.chunk(text_event(text))
        exchange.chunk(event_frame("contentBlockStop", {"contentBlockIndex": 0}))
        exchange.chunk(STOP)
        exchange.chunk(event_frame("metadata", {"usage": tokens, "metrics": {"latencyMs": 1}}))
        exchange.end()


@pytest.fixture(scope="module")
def kitchen() -> Iterator[Kitchen]:
    started = Kitchen(says)
    yield started
    started.close()


def told(result: InvocationResult) -> tuple[str, str, Counter[str], Counter[tuple[str, str, str]]]:
    """All of a result but for times and ids; parallel calls have no order."""
    assert result.trace is not None
    return (
        result.text,
        str(result.error),
        Counter(decision.text for decision in result.trace.decisions),
        Counter((call.role, call.model_id, str(call.usage)) for call in result.trace.calls),
    )


@WIRED
@given(patterns, st.sampled_from(PROMPTS))
def test_accounts_are_the_sum_of_the_calls_and_a_replay_is_the_live_run(
    kitchen: Kitchen, pattern: Member, prompt: str
) -> None:
    assert isinstance(pattern, Pattern)
    kitchen.ended.clear()
    live, _ = play(pattern, kitchen.backing(), prompt)
    assert live.trace is not None
    sent = {identity.run_id: (result, cost) for identity, _, result, cost in kitchen.ended}
    leaves = live.trace.leaves
    assert {call.run_id for call in live.trace.calls} == set(sent)
    if live.usage is not None:
        paid = [sent[call.run_id][0].usage for call in leaves]
        assert live.usage.output_tokens == sum(usage.output_tokens or 0 for usage in paid if usage)
        assert live.usage.input_tokens == sum(usage.input_tokens or 0 for usage in paid if usage)
    own = {call.parent_id for call in live.trace.calls} - {call.run_id for call in live.trace.calls}
    assert len(own) == 1, "every call belongs to the pattern or to a pattern inside it"
    assert cost_of_calls(live.trace.own_calls(own.pop())).amount == sum(
        (call.cost or Decimal(0) for call in leaves), Decimal(0)
    )
    assert_times_are_nested(live.trace, live.timing.total or 0.0)

    asked = len(kitchen.asked)
    again, _ = play(pattern, kitchen.backing(journal=kitchen.journal()), prompt)
    assert len(kitchen.asked) == asked
    assert told(again) == told(live)
    assert again.usage == live.usage
    totals = [sent[call.run_id][0].timing.total or 0.0 for call in leaves]
    assert max(totals) - 1e-9 <= (again.timing.total or 0.0) <= sum(totals) + 1e-9


def assert_times_are_nested(trace: Trace, total: float) -> None:
    by_id = {call.run_id: call for call in trace.calls}
    for call in trace.calls:
        assert 0.0 <= call.started <= (call.ended or 0.0) <= total + 1e-6
        if (outer := by_id.get(call.parent_id)) is not None:
            assert outer.started - 1e-6 <= call.started
            assert (call.ended or 0.0) <= (outer.ended or 0.0) + 1e-6


@given(contenders | cached)
def test_json_brings_back_the_very_contender(member: Member) -> None:
    assert member_from_json(json.loads(json.dumps(member_to_json(member)))) == member


@WIRED
@given(patterns, st.randoms(use_true_random=False))
def test_a_vote_is_the_same_whoever_is_listed_first(kitchen: Kitchen, pattern: Member, order: object) -> None:
    from bedrock_playground.patterns.aggregation import Aggregation, Panelist
    from bedrock_playground.patterns.merging import Vote
    from bedrock_playground.patterns.votes import normal

    members = [member for _, member in pattern.roles()] if isinstance(pattern, Pattern) else []
    panel = Aggregation(members=tuple(Panelist(member=member) for member in members), by=Vote())
    shuffled = list(panel.members)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    one, _ = play(panel, kitchen.backing())
    other, _ = play(replace(panel, members=tuple(shuffled)), kitchen.backing())
    assert normal(one.text) == normal(other.text)
