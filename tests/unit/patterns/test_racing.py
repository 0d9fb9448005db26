"""A race in a replay: who began first, and when it was over by the recorded times."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled, InvocationError, ServiceUnavailable
from bedrock_playground.invocation.values import (
    Attempt,
    InvocationRequest,
    InvocationResult,
    Timing,
    Usage,
)
from bedrock_playground.patterns.backing import Recorded
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.rescoring import RecordedCall, RecordedCase, replay, replaying
from bedrock_playground.patterns.shaping import asking
from bedrock_playground.patterns.trying import Target

numbers = count()
ASKED = asking("Case 1")


def shape(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    return BuiltRequest(replace(asked, model_id=variant.model))


def call(
    model: str, first: float | None, total: float, *, error: InvocationError | None = None
) -> RecordedCall:
    result = InvocationResult(
        text=model if first is not None else "",
        usage=Usage(10, 2) if error is None else None,
        timing=Timing(time_to_first_token=first, total=total),
        attempts=(Attempt(1, 0.0, total),),
        error=error,
    )
    request = replace(ASKED, model_id=model)
    return RecordedCall(request, Recorded(f"run {next(numbers)}", result, Cost(None)), f"target {model}")


def hedged(after: float, *calls: RecordedCall) -> InvocationResult:
    """Replay two targets, 1 and 2, with a hedge."""
    targets = tuple(Target(member=Solo(variant=Variant(model=model)), tries=1) for model in "12")
    pattern = Fallback(targets=targets, hedge=Hedge(after=after))
    return replay(pattern, RecordedCase(1, ASKED, calls), backing=replaying(shape)).result


def told(result: InvocationResult) -> tuple[str, float]:
    """Who answered, and when it was over."""
    return result.text, round(result.timing.total or 0.0, 9)


def roles(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [each.role for each in result.trace.calls]


def test_the_second_is_started_only_when_the_first_has_not_begun_by_then() -> None:
    first, second = call("1", 2.0, 3.0), call("2", 0.1, 0.2)
    result = hedged(2.0, first, second)
    assert (result.text, result.timing.total, roles(result)) == ("1", 3.0, ["target 1"])
    result = hedged(1.5, first, second)
    assert told(result) == ("2", 1.7)
    assert roles(result) == ["target 1", "target 2"]
    assert result.trace is not None
    started = [decision.at for decision in result.trace.decisions if "is asked too" in decision.text]
    assert started == [pytest.approx(1.5)]
    assert result.trace.calls[1].started == pytest.approx(1.5)


def test_a_first_that_fails_before_the_hedge_is_followed_at_once() -> None:
    failed = call("1", None, 0.5, error=ServiceUnavailable("Down."))
    result = hedged(2.0, failed, call("2", 0.1, 0.2))
    assert told(result) == ("2", 0.7)


def test_a_first_that_fails_after_the_hedge_leaves_the_second_alone() -> None:
    failed = call("1", None, 5.0, error=ServiceUnavailable("Down."))
    result = hedged(2.0, failed, call("2", 4.0, 4.5))
    assert told(result) == ("2", 6.5)


def test_a_first_that_was_overtaken_then_is_overtaken_again() -> None:
    # It was ended a little before the moment, by its own clock, which began a little later.
    result = hedged(2.0, call("1", None, 1.99, error=Cancelled("Overtaken.")), call("2", 0.5, 1.0))
    assert told(result) == ("2", 3.0)


def test_when_both_fail_it_is_over_with_the_later_one() -> None:
    down = ServiceUnavailable("Down.")
    result = hedged(1.0, call("1", None, 5.0, error=down), call("2", None, 1.0, error=down))
    assert type(result.error).__name__ == "NobodyAnswered"
    assert result.timing.total == pytest.approx(5.0)


_times = st.floats(0.01, 100, allow_nan=False)


@given(after=_times, first=_times, second=_times, rest=_times)
def test_whoever_begins_first_answers_and_nobody_waits_longer(
    *, after: float, first: float, second: float, rest: float
) -> None:
    result = hedged(after, call("1", first, first + rest), call("2", second, second + rest))
    begins = min(first, after + second)
    assert result.timing.time_to_first_token == pytest.approx(begins)
    assert result.timing.total == pytest.approx(begins + rest)
    assert result.text == ("1" if first <= after + second else "2")
    assert len(roles(result)) == (1 if first <= after else 2)
