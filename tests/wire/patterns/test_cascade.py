"""Cascades over loopback: who is asked, which verdict in which words, what it comes to over many requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from threading import Lock

import pytest

from bedrock_playground.invocation import InvocationRequest, InvocationResult
from bedrock_playground.invocation.errors import NotRecorded
from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.cascade_figures import cost_per_correct, escalation, tier_reached
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import Ended, FollowsSchema, Likely, Matches, NotRefused
from bedrock_playground.patterns.votes import Ballot
from tests.wire.invocation.scripted import METADATA, Exchange, event_frame, text_event
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import Says, play, solo

SCHEMA = '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}'


def cascade(*criteria: Criterion) -> Cascade:
    return Cascade(tiers=(Tier(member=solo("small")), Tier(member=solo("large"))), criteria=criteria)


def answers(**said: Sequence[str]) -> Says:
    """Each model says one after the other, and then the last for ever; ``large`` says “Large.”."""
    lock, left = Lock(), {model: list(texts) for model, texts in said.items()}

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        with lock:
            texts = left.get(model, ["Large."])
            text = texts.pop(0) if len(texts) > 1 else texts[0]
        exchange.answer(text)

    return says


def words(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [decision.text for decision in result.trace.decisions]


@pytest.mark.parametrize(
    ("criterion", "said", "why"),
    [
        (FollowsSchema(schema=SCHEMA), '{"n": 1}', "accepted: its answer follows the schema"),
        (
            FollowsSchema(schema=SCHEMA),
            '{"n": "1"}',
            "not accepted: its answer does not follow the schema at $.n",
        ),
        (
            FollowsSchema(schema=SCHEMA),
            "One",
            "not accepted: its answer does not follow the schema at $: The",
        ),
        (FollowsSchema(), "One", "accepted: no schema is asked for"),
        (Matches(regex=r"^\d+$"), " 42\n", r"accepted: its answer matches “^\d+$”"),
        (Matches(regex=r"^\d+$"), "42!", r"not accepted: its answer has nothing like “^\d+$” in it"),
        (Ended(), "Hi", "accepted: its stop reason is end_turn"),
        (Ended(reasons=("tool_use",)), "Hi", "not accepted: its stop reason is end_turn"),
        (NotRefused(), "Paris.", "accepted: it does not refuse"),
        (NotRefused(), "I’m sorry, but no.", "not accepted: it refuses: “i'm sorry, but”"),
        (NotRefused(), " ", "not accepted: its answer is empty"),
        (NotRefused(), "x" * 200 + " I cannot", "accepted: it does not refuse"),
        (Likely(), "Hi", "accepted: its tokens' probabilities were not told"),
    ],
)
def test_what_looks_at_an_answer_decides_in_words(  # noqa: PLR0917
    cook: Cook, criterion: Criterion, said: str, why: str
) -> None:
    kitchen = cook(answers(small=[said]))
    result, shown = play(cascade(criterion), kitchen.backing())
    accepted = why.startswith("accepted")
    assert words(result)[0].startswith(f"tier 1 is {why}")
    assert result.text == shown == (said if accepted else "Large.")
    assert [model for model, _ in kitchen.asked] == (["small"] if accepted else ["small", "large"])
    assert words(result)[1:] == (
        [] if accepted else ["tier 2 is the last tier: its answer is taken as it is."]
    )


def test_the_schema_that_the_request_asks_for_is_the_one(cook: Cook) -> None:
    kitchen = cook(answers(small=["{}"]))
    form: dict[str, Json] = {
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": SCHEMA}}}
    }
    asked = replace(InvocationRequest.from_prompt("", "Hi"), output_config=form)
    result, _ = play(cascade(FollowsSchema()), kitchen.backing(), asked)
    assert "does not follow the schema at $: 'n' is a required" in words(result)[0]


def test_a_tier_that_fails_is_left_and_the_last_one_is_shown_as_it_is(cook: Cook) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.error(400, "ValidationException", f"{model} says no.")

    result, _ = play(cascade(), cook(says).backing())
    assert words(result)[0] == "tier 1 is not accepted: it failed: small says no."
    assert result.error is not None
    assert result.error.message == "large says no."
    assert words(result)[1] == "tier 2 is the last tier: it failed: large says no."
    assert result.trace is not None
    found = escalation(cascade(), [result.trace])
    assert (found.answered, found.untold, found.rate.share) == ((("tier 1", 0), ("tier 2", 0)), 1, None)


@pytest.mark.parametrize(
    ("stop", "told"),
    [("guardrail_intervened", "its answer was withheld: guardrail_intervened"), ("end_turn", "not refuse")],
)
def test_a_withheld_answer_is_a_refusal(cook: Cook, stop: str, told: str) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
        exchange.chunk(text_event("Blocked."))
        exchange.chunk(event_frame("contentBlockStop", {"contentBlockIndex": 0}))
        exchange.chunk(event_frame("messageStop", {"stopReason": stop}))
        exchange.chunk(METADATA)
        exchange.end()

    result, _ = play(cascade(NotRefused()), cook(says).backing())
    assert told in words(result)[0]


@pytest.mark.parametrize(("log", "tier"), [(-0.1, "tier 1"), (-1.0, "tier 2")])
def test_unlikely_words_escalate_where_the_engine_tells(cook: Cook, log: float, tier: str) -> None:
    fields = {"logprobs": {"content": [{"token": "Hi", "logprob": log}, {"token": "!", "logprob": log}]}}

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        stop = {"stopReason": "end_turn", "additionalModelResponseFields": fields}
        exchange.head()
        exchange.chunk(event_frame("messageStart", {"role": "assistant"}))
        exchange.chunk(text_event("Hi!"))
        exchange.chunk(event_frame("contentBlockStop", {"contentBlockIndex": 0}))
        exchange.chunk(event_frame("messageStop", stop))
        exchange.chunk(METADATA)
        exchange.end()

    pattern = cascade(Likely(threshold=0.6))
    result, _ = play(pattern, cook(says).backing())
    assert result.trace is not None
    assert tier_reached(pattern, result.trace) == tier
    side = "0.90, at least 0.60" if tier == "tier 1" else "0.37, below 0.60"
    assert f"its mean token probability is {side}" in words(result)[0]


@pytest.mark.parametrize(
    ("said", "text", "why"),
    [
        (["4", "5", "4."], "4.", "accepted: of 3 answers 2 of 3 say “4”; 2 have to agree"),
        (["4", "5", "6"], "Large.", "not accepted: of 3 answers 1 of 3 say “4”, a tie with 2 others; 2 have"),
    ],
)
def test_self_consistency_takes_what_most_agree_on(  # noqa: PLR0917
    cook: Cook, said: list[str], text: str, why: str
) -> None:
    kitchen = cook(answers(small=said))
    result, _ = play(cascade(Agrees(n=3, k=2)), kitchen.backing())
    assert words(result)[0].startswith(f"tier 1 is {why}")
    assert result.text.strip(".") == text.strip(".")
    assert [model for model, _ in kitchen.asked].count("small") == 3
    assert result.trace is not None
    assert [call.role for call in result.trace.calls][:3] == ["tier 1"] * 3


def test_the_answer_that_most_agree_on_is_taken_though_it_was_not_the_first(cook: Cook) -> None:
    labels = Ballot(labels=("cat", "dog"))
    kitchen = cook(answers(small=["A dog!", "The cat.", "A cat?"]))
    result, _ = play(cascade(Agrees(n=3, k=2, ballot=labels)), kitchen.backing())
    assert "cat" in result.text


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        ('{"score": 5, "reason": "Right."}', "accepted: the judge's score is 5, at least 4: Right."),
        ('{"score": 2}', "not accepted: the judge's score is 2, below 4."),
        ("It is fine.", "not accepted: the judge's answer has no score from 1 to 5."),
        ('{"score": 9}', "not accepted: the judge's answer has no score from 1 to 5."),
    ],
)
def test_a_judge_decides(cook: Cook, verdict: str, why: str) -> None:
    kitchen = cook(answers(small=["Paris"], judge=[verdict]))
    pattern = cascade(Scored(judge=solo("judge"), rubric="Is it a city?"))
    result, _ = play(pattern, kitchen.backing(), "Which?")
    assert words(result)[0] == f"tier 1 is {why}"
    asked = kitchen.asked[1][1]
    assert "<request>\nWhich?\n</request>" in asked
    assert "<answer>\nParis\n</answer>" in asked
    assert "Is it a city?" in asked
    assert [role for role, _ in pattern.roles()] == ["tier 1", "tier 2", "judge"]


def test_cheap_criteria_spare_the_costly_ones(cook: Cook) -> None:
    kitchen = cook(answers(small=["No number"]))
    play(cascade(Matches(regex=r"\d"), Scored(judge=solo("judge"))), kitchen.backing())
    assert [model for model, _ in kitchen.asked] == ["small", "large"]


def test_what_is_not_recorded_does_not_escalate(cook: Cook) -> None:
    kitchen = cook()
    play(Chain(steps=(Step(name="only", member=solo("large")),)), kitchen.backing())
    result, _ = play(cascade(), kitchen.backing(journal=kitchen.journal()))
    assert isinstance(result.error, NotRecorded)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="4 of 3 answers cannot agree"):
        Agrees(n=3, k=4)
    with pytest.raises(ValueError, match="at least one tier"):
        Cascade(tiers=())
    with pytest.raises(ValueError, match="no two tiers or judges"):
        Cascade(tiers=(Tier(member=solo("a"), name="x"), Tier(member=solo("b"), name="x")))
    with pytest.raises(ValueError, match="schema"):
        FollowsSchema(schema="{")


def test_figures_over_many_requests(cook: Cook) -> None:
    kitchen = cook(answers(small=["1", "x", "x", "2"]))
    pattern = cascade(Matches(regex=r"\d"))
    inside = Cascade(tiers=(Tier(member=pattern), Tier(member=solo("huge"))))
    results = [play(pattern, kitchen.backing())[0] for _ in range(4)]
    traces = [result.trace for result in results if result.trace is not None]
    found = escalation(pattern, traces)
    assert found.answered == (("tier 1", 2), ("tier 2", 2))
    assert (found.escalated, found.untold, found.rate.share, found.rate.samples) == (2, 0, 0.5, 4)
    nested = play(inside, kitchen.backing())[0].trace
    assert nested is not None
    assert tier_reached(inside, nested) == "tier 1"


def test_cost_per_correct_answer_counts_the_wrong_ones() -> None:
    cents = [Decimal("0.01"), Decimal("0.02"), Decimal("0.03")]
    assert cost_per_correct(cents, [True, False, True]) == Decimal("0.03")
    assert cost_per_correct(cents, [False, False, False]) is None
    assert cost_per_correct([*cents, None], [True] * 4) is None
    with pytest.raises(ValueError, match="do not belong"):
        cost_per_correct(cents, [True])
