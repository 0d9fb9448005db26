"""The Pareto view's arithmetic: hand-computed cases, and what must hold of any points."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.evaluation.pareto import (
    Axis,
    Call,
    CostEstimate,
    Point,
    cheapest,
    dominates,
    frontier,
    point_of,
)
from bedrock_playground.evaluation.statistics import Estimate, Outcome

ALL: tuple[Axis, ...] = ("cost", "p95", "accuracy")
UNPRICED = "The cost of 1 of 3 completed runs is unknown."


def exactly(value: float | None) -> Estimate:
    """An estimate that nobody doubts."""
    return Estimate(value, value, value, 100, "P95 needs at least 20 runs; there are 3 runs.")


def point(name: str, accuracy: float | None, seconds: float | None, *costs: str | None) -> Point:
    """A point of what was measured, without intervals of any width."""
    [cost] = costs
    amount = None if cost is None else Decimal(cost)
    return Point(
        contender=name,
        accuracy=exactly(accuracy),
        p50=exactly(seconds),
        p95=exactly(seconds),
        cost=CostEstimate(amount, amount, amount, 100, "" if cost else UNPRICED),
        per_correct=None,
    )


@st.composite
def many_points(draw: st.DrawFn) -> list[Point]:
    """Points with many ties and unknowns among them."""
    values = draw(
        st.lists(
            st.tuples(
                st.sampled_from([None, 0.5, 0.8, 0.9]),
                st.sampled_from([None, 1.0, 2.0, 3.0]),
                st.sampled_from([None, "0", "0.001", "0.01"]),
            ),
            max_size=9,
        )
    )
    return [point(f"m{number}", *one) for number, one in enumerate(values)]


axes_of = st.sampled_from([ALL, ("cost", "accuracy"), ("p95", "accuracy"), ("cost", "p50"), ("cost",)])


def test_the_frontier_is_what_nothing_beats() -> None:
    points = [
        point("small", 0.6, 1.0, "0.001"),
        point("large", 0.9, 3.0, "0.01"),
        point("slow", 0.6, 2.0, "0.001"),
        point("poor", 0.5, 4.0, "0.02"),
    ]
    found = frontier(points, ALL)
    assert found.members == ("small", "large")
    assert found.dominated == {"slow": ("small",), "poor": ("small", "large")}
    assert not found.apart


def test_contenders_with_the_same_values_stay_on_the_frontier_together() -> None:
    found = frontier([point("b", 0.8, 1.0, "0.01"), point("a", 0.8, 1.0, "0.01")], ALL)
    assert found.members == ("a", "b")


def test_an_unknown_cost_neither_dominates_nor_is_dominated_on_cost() -> None:
    unpriced, priced = point("unpriced", 0.99, 0.5, None), point("priced", 0.5, 3.0, "1")
    assert not dominates(unpriced, priced, ALL)
    assert not dominates(priced, unpriced, ALL)
    found = frontier([unpriced, priced], ALL)
    assert found.members == ("priced",)
    assert found.apart == {"unpriced": f"Its cost per request is unknown: {UNPRICED}"}
    assert frontier([unpriced, priced], ("p95", "accuracy")).members == ("unpriced",)


@given(many_points(), axes_of)
def test_members_are_never_dominated_and_everybody_has_one_place(
    points: list[Point], axes: tuple[Axis, ...]
) -> None:
    found = frontier(points, axes)
    by_name = {one.contender: one for one in points}
    for member in found.members:
        assert not any(dominates(other, by_name[member], axes) for other in points)
    for name, by in found.dominated.items():
        assert by
        assert all(dominates(by_name[other], by_name[name], axes) for other in by)
    placed = [*found.members, *found.dominated, *found.apart]
    assert sorted(placed) == sorted(by_name)


@given(many_points(), axes_of)
def test_the_frontier_knows_no_order(points: list[Point], axes: tuple[Axis, ...]) -> None:
    mixed = random.Random(1).sample(points, len(points))
    assert frontier(points, axes) == frontier(mixed, axes)
    assert cheapest(points, min_accuracy=0.8, max_latency=2) == cheapest(
        mixed, min_accuracy=0.8, max_latency=2
    )


@given(many_points(), st.sampled_from([None, "5"]))
def test_a_dominated_point_changes_nothing_for_the_others(points: list[Point], cost: str | None) -> None:
    worst = point("worst", 0.1, 9.0, cost)
    before, after = frontier(points, ALL), frontier([*points, worst], ALL)
    assert before.members or after.members in {(), ("worst",)}
    if before.members:
        assert after.members == before.members
        assert {name: by for name, by in after.dominated.items() if name != "worst"} == before.dominated


def test_two_of_one_name_and_no_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="contenders of different names"):
        frontier([point("a", 1, 1, "1")] * 2, ALL)
    with pytest.raises(ValueError, match="at least one axis"):
        frontier([], ())


def test_the_cheapest_that_is_good_and_quick_enough_and_why_not_the_others() -> None:
    points = [
        point("cheap", 0.7, 1.0, "0.001"),
        point("slow", 0.9, 9.0, "0.002"),
        point("right", 0.9, 2.0, "0.005"),
        point("dear", 0.95, 2.0, "0.05"),
        point("unpriced", 0.99, 1.0, None),
        point("few", 0.9, None, "0.001"),
    ]
    found = cheapest(points, min_accuracy=0.8, max_latency=3)
    assert found.contender == "right"
    assert found.qualified == ("right", "dear")
    assert found.refused == {
        "cheap": "Its accuracy of 70.0% is below 80.0%.",
        "few": "Its P95 latency is unknown: P95 needs at least 20 runs; there are 3 runs.",
        "slow": "Its P95 latency of 9.00 s is above 3 s.",
        "unpriced": f"Its cost is unknown: {UNPRICED}",
    }
    assert cheapest(points, min_accuracy=0.999).contender is None
    assert cheapest(points).qualified[:2] == ("few", "cheap")


def test_equally_cheap_ones_are_told_apart_by_accuracy_then_time_then_name() -> None:
    points = [point("b", 0.9, 1.0, "1"), point("a", 0.9, 2.0, "1"), point("c", 0.8, 0.5, "1")]
    assert cheapest(points).qualified == ("b", "a", "c")


def test_of_too_few_runs_for_p95_the_median_tells_which_is_quicker() -> None:
    runs = [Outcome(case=n, value=1.0) for n in range(1, 4)]
    slow, quick = (
        point_of(name, [Call(total, Decimal(0))] * 3, runs) for name, total in (("a", 4.0), ("b", 1.0))
    )
    assert slow.p95.value is quick.p95.value is None
    assert cheapest([slow, quick]).contender == "b"


def test_being_sure_looks_at_the_unfavourable_ends() -> None:
    runs = [Outcome(case=n, value=float(n > 1)) for n in range(1, 11)]
    told = point_of("m", [Call(1.0, Decimal("0.001"))] * 10 + [Call(2.0, Decimal("0.001"))] * 10, runs)
    assert cheapest([told], min_accuracy=0.9, max_latency=2).contender == "m"
    found = cheapest([told], min_accuracy=0.9, max_latency=2, sure=True)
    assert found.refused["m"] == (
        "Its accuracy could be as low as 59.6%, which is below 90.0%. "
        "Of 20 runs nobody can be sure that P95 is within 2 s."
    )


def calls(*costs: str | None, failed: Sequence[str | None] = ()) -> list[Call]:
    """A completed call per cost, and a failed one."""

    def made(cost: str | None, *, is_failed: bool) -> Call:
        return Call(1.0, None if cost is None else Decimal(cost), is_failed)

    return [made(cost, is_failed=False) for cost in costs] + [made(cost, is_failed=True) for cost in failed]


def test_what_wrong_answers_cost_is_paid_for_the_right_ones() -> None:
    runs = [Outcome(case=n, value=value) for n, value in enumerate([1.0, 0.0, 1.0, 0.0], 1)]
    found = point_of("m", calls("0.01", "0.02", "0.03", "0.04"), runs)
    assert found.cost.value == Decimal("0.025")
    assert found.per_correct == Decimal("0.05")
    assert found.cost.low is not None
    assert found.cost.high is not None
    assert Decimal("0.01") <= found.cost.low < found.cost.value < found.cost.high <= Decimal("0.04")


def test_without_a_correct_answer_there_is_no_cost_of_one() -> None:
    found = point_of("m", calls("0.01"), [Outcome(case=1, value=0.0)])
    assert (found.per_correct, found.per_correct_note) == (None, "No answer was correct.")
    unscored = point_of("m", calls("0.01"), [Outcome(case=1)])
    assert (unscored.per_correct, unscored.per_correct_note) == (None, "Nothing could be scored.")
    assert unscored.why_unknown("accuracy") == "Nothing could be scored."


def test_one_unknown_cost_makes_the_mean_unknown_and_a_failure_without_one_does_not() -> None:
    found = point_of("m", calls("0.01", None, "0.01"), [Outcome(case=1, value=1.0)])
    assert (found.cost.value, found.cost.note) == (None, UNPRICED)
    assert (found.per_correct, found.per_correct_note) == (None, UNPRICED)
    failing = point_of("m", calls("0.01", "0.01", failed=[None, "0.04"]), [])
    assert failing.cost.value == Decimal("0.02")
    assert failing.cost.note == "1 failed runs of unknown cost are left out."
    assert point_of("m", calls(failed=[None]), []).cost.note == "No run has a known cost."


def test_latency_is_that_of_completed_runs_and_p95_wants_twenty() -> None:
    took = [Call(float(n), Decimal(1)) for n in range(1, 12)] + [Call(99.0, Decimal(1), failed=True)]
    found = point_of("m", took, [])
    assert (found.p50.value, found.p50.low, found.p50.high, found.p50.samples) == (6.0, 2.0, 10.0, 11)
    assert found.p95.value is None
    assert found.why_unknown("p95") == "P95 needs at least 20 runs; there are 11 runs."
    # Every request cost the same: nothing else can be drawn.
    assert found.cost == CostEstimate(Decimal(1), Decimal(1), Decimal(1), 12)
