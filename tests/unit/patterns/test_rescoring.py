"""Thresholds dragged over recorded calls: hand-computed curves, and what was never called stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Cancelled, CircuitOpen, InvocationError, Throttled
from bedrock_playground.invocation.serialization import (
    request_from_json,
    request_to_json,
    result_from_json,
    result_to_json,
)
from bedrock_playground.invocation.values import Attempt, InvocationRequest, InvocationResult, Timing, Usage
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.backing import Recorded
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.criteria_asking import Agrees
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.merging import Vote
from bedrock_playground.patterns.rescoring import (
    RecordedCall,
    RecordedCase,
    Replayed,
    curve,
    replay,
    replaying,
)
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.shaping import asking
from bedrock_playground.patterns.trying import Target

shaped: list[InvocationRequest] = []
numbers = count()


def plain(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    shaped.append(asked)
    return BuiltRequest(replace(asked, model_id=variant.model))


def solo(model: str) -> Solo:
    return Solo(variant=Variant(model=model))


def call(
    request: InvocationRequest,
    text: str = "",
    *,
    seconds: float = 1.0,
    cents: int | None = 1,
    error: InvocationError | None = None,
    role: str | None = None,
) -> RecordedCall:
    """A recorded call as the history brings it back."""
    result = InvocationResult(
        text=text,
        stop_reason="end_turn",
        usage=Usage(10, 2),
        timing=Timing(time_to_first_token=seconds / 2, total=seconds),
        attempts=(Attempt(1, 0.0, seconds),),
        error=error,
    )
    cost = Cost(None) if cents is None else Cost(Decimal(cents) / 100, confidence=Confidence.EXACT)
    kept = Recorded(f"run {next(numbers)}", result_from_json(result_to_json(result)), cost)
    return RecordedCall(request_from_json(request_to_json(request)), kept, role)


ROUTER = Routing(
    routes=(Route(name="small", member=solo("small")), Route(name="large", member=solo("large"))),
    by=Classifier(member=solo("judge"), template="{{prompt}}", threshold=0.5),
)


def routed(number: int, confidence: float, *, models: Sequence[str] = ("small", "large")) -> RecordedCase:
    """A case that the classifier sends to ``large``, and what each model answered."""
    asked = asking(f"Case {number}")
    seen: list[InvocationRequest] = []

    def spy(variant: Variant, request: InvocationRequest) -> BuiltRequest:
        built = plain(variant, request)
        seen.append(built.request)
        return built

    replay(ROUTER, RecordedCase(number, asked, ()), backing=replaying(spy))
    classified = seen[1]
    told = f'{{"route": "large", "confidence": {confidence}}}'
    answers = {
        "small": call(replace(asked, model_id="small"), "small", cents=1, seconds=1.0),
        "large": call(replace(asked, model_id="large"), "large", cents=10, seconds=4.0),
    }
    first = call(classified, told, cents=2, seconds=0.5)
    return RecordedCase(number, asked, (first, *(answers[model] for model in models)))


def right_if_large(each: Replayed) -> float:
    return float(each.result.text == "large")


def test_a_routers_confidence_against_cost_accuracy_and_latency() -> None:
    cases = [routed(1, 0.9), routed(2, 0.6), routed(3, 0.2)]
    points = curve(
        ROUTER, "by.threshold", cases, score=right_if_large, shape=plain, values=(0.0, 0.5, 0.7, 1.0)
    )
    assert [point.accuracy for point in points] == [1.0, pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0]
    assert [point.cost for point in points] == [
        Decimal("0.12"),
        Decimal("0.09"),
        Decimal("0.06"),
        Decimal("0.03"),
    ]
    assert [point.latency.value for point in points] == [4.5, 4.5, 1.5, 1.5]
    assert {(point.unknown, point.scored, point.unpriced, point.calls) for point in points} == {
        (0, 3, 0, 2.0)
    }
    assert points[0].p95.value is None, "three samples tell no 95th percentile"


def test_what_was_never_called_is_unknown_and_counts_nowhere() -> None:
    cases = [routed(1, 0.9), routed(2, 0.6, models=("large",))]
    low, high = curve(ROUTER, "by.threshold", cases, score=right_if_large, shape=plain, values=(0.5, 1.0))
    assert (low.unknown, low.accuracy, low.cost) == (0, 1.0, Decimal("0.12"))
    assert (high.unknown, high.accuracy, high.scored, high.cost) == (1, 0.0, 1, Decimal("0.03"))
    assert [each.known for each in high.replayed] == [True, False]
    nothing = curve(ROUTER, "by.threshold", cases[1:], score=right_if_large, shape=plain, values=(1.0,))[0]
    assert (nothing.accuracy, nothing.cost, nothing.calls, nothing.unknown) == (None, None, None, 1)
    assert nothing.latency.value is None


def test_an_unknown_cost_is_not_0_and_a_failure_is_wrong() -> None:
    asked = asking("Case 1")
    failed = call(replace(asked, model_id="small"), cents=None, error=Throttled("Slow down."))
    base = routed(1, 0.9)
    case = replace(base, calls=(base.calls[0], failed))
    (found,) = curve(ROUTER, "by.threshold", [case], score=right_if_large, shape=plain, values=(1.0,))
    assert (found.accuracy, found.scored, found.cost, found.unpriced) == (0.0, 1, None, 1)


def agreeing(number: int, *votes: str) -> RecordedCase:
    asked = asking(f"Case {number}")
    small, large = replace(asked, model_id="small"), replace(asked, model_id="large")
    first, *more = votes
    calls = [call(small, first), *(call(small, vote, seconds=2.0) for vote in more)]
    return RecordedCase(number, asked, (*calls, call(large, "large", cents=10, seconds=4.0)))


def test_agreement_can_be_asked_for_more_and_less_of() -> None:
    pattern = Cascade(
        tiers=(Tier(member=solo("small")), Tier(member=solo("large"))), criteria=(Agrees(n=3, k=2),)
    )
    cases = [agreeing(1, "a", "a", "a"), agreeing(2, "a", "a", "b"), agreeing(3, "a", "b", "c")]
    points = curve(pattern, "criteria[0].k", cases, score=right_if_large, shape=plain)
    assert [point.value for point in points] == [1, 2, 3]
    assert [point.accuracy for point in points] == [0.0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    # Three small calls, the last two of them at once, and the large one where they do not agree.
    assert [point.cost for point in points] == [
        Decimal("0.03"),
        Decimal("0.19") / 3,
        Decimal("0.29") / 3,
    ]
    assert [each.result.timing.total for each in points[1].replayed] == [3.0, 3.0, 7.0]


def test_a_quorum_can_be_dragged_and_who_was_ended_early_is_unknown() -> None:
    pattern = Aggregation(members=tuple(Panelist(member=solo(name)) for name in "abc"), by=Vote(), quorum=2)
    asked = asking("Case 1")
    whole = RecordedCase(
        1,
        asked,
        tuple(
            call(replace(asked, model_id=name), text, seconds=seconds)
            for name, text, seconds in (("a", "x", 3.0), ("b", "large", 1.0), ("c", "large", 2.0))
        ),
    )
    ended = call(replace(asked, model_id="a"), seconds=2.0, error=Cancelled("Stopped."))
    cut = RecordedCase(2, asked, (ended, *whole.calls[1:]))
    points = curve(pattern, "quorum", [whole, cut], score=right_if_large, shape=plain)
    assert [[each.known for each in point.replayed] for point in points] == [
        [True, True],
        [True, True],
        [True, False],
    ]
    assert [point.replayed[0].result.timing.total for point in points] == [1.0, 2.0, 3.0]


def test_a_caches_similarity_sees_the_cases_in_order_and_starts_empty_at_each_value() -> None:
    pattern = Cache(member=solo("large"), semantic=Semantic(similarity=0.9, embedding_model="embedder"))
    directions = {1: (1.0, 0.0), 2: (0.8, 0.6), 3: (0.0, 1.0)}
    cases = []
    for number, direction in directions.items():
        asked = asking(f"Case {number}")
        embedded = call(replace(asked, model_id="embedder"), cents=0, seconds=0.5)
        fields = replace(embedded.recorded.result, additional_model_response_fields={"embedding": direction})
        vectors = replace(embedded, recorded=replace(embedded.recorded, result=fields))
        answer = call(replace(asked, model_id="large"), f"Answer {number}", cents=10, seconds=4.0)
        cases.append(RecordedCase(number, asked, (vectors, answer)))

    def right(each: Replayed) -> float:
        return float(each.result.text == f"Answer {each.number}")

    points = curve(pattern, "semantic.similarity", cases, score=right, shape=plain, values=(0.5, 0.7, 0.9))
    # Cases 1 and 2 are 0.8 alike, 2 and 3 are 0.6: the looser it is, the more false hits there are.
    assert [[each.result.text for each in point.replayed] for point in points] == [
        ["Answer 1", "Answer 1", "Answer 3"],
        ["Answer 1", "Answer 1", "Answer 3"],
        ["Answer 1", "Answer 2", "Answer 3"],
    ]
    assert [point.cost for point in points] == [Decimal("0.2") / 3, Decimal("0.2") / 3, Decimal("0.1")]
    assert [point.calls for point in points] == [pytest.approx(5 / 3), pytest.approx(5 / 3), 2.0]


def test_of_equal_requests_that_of_the_same_role_is_taken() -> None:
    asked = asking("Case 1")
    request = replace(asked, model_id="small")
    calls = (call(request, "alone"), call(request, "first", role="tier 1"), call(request, "last"))
    case = RecordedCase(1, asked, calls)
    cascade = Cascade(tiers=(Tier(member=solo("small")),))
    assert replay(cascade, case, backing=replaying(plain)).result.text == "first"
    assert replay(solo("small"), case, backing=replaying(plain)).result.text == "alone"
    assert not replay(solo("huge"), case, backing=replaying(plain)).known


@pytest.mark.parametrize("error", [Cancelled("Overtaken."), CircuitOpen("It is open.")])
def test_what_was_cut_short_in_one_role_stands_for_no_other(error: InvocationError) -> None:
    asked = asking("Case 1")
    request = replace(asked, model_id="small")
    case = RecordedCase(1, asked, (call(request, role="target 1", error=error),))
    assert not replay(Cascade(tiers=(Tier(member=solo("small")),)), case, backing=replaying(plain)).known
    ladder = Fallback(targets=(Target(member=solo("small")),), when=("any",))
    replayed = replay(ladder, case, backing=replaying(plain))
    assert replayed.known
    assert replayed.result.trace is not None
    assert replayed.result.trace.calls[0].error_type == type(error).__name__


def test_equal_requests_are_made_once_and_equal_answers_scored_once() -> None:
    cases = [routed(1, 0.9), routed(2, 0.6)]
    shaped.clear()
    asked_to_score: list[tuple[int, str]] = []

    def score(each: Replayed) -> float:
        asked_to_score.append((each.number, each.result.text))
        return 1.0

    curve(ROUTER, "by.threshold", cases, score=score, shape=plain)
    # Per case: whether the classifier takes a schema, its request, and each route's.
    assert len(shaped) == 2 * 3
    assert len(asked_to_score) == len(set(asked_to_score)) == 4


def test_there_is_no_such_knob() -> None:
    with pytest.raises(KeyError):
        curve(ROUTER, "by.k", [], score=right_if_large, shape=plain)
