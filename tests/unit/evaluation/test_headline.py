"""What the headline says, and what it must not: computed by hand from a few right and wrong answers."""

from __future__ import annotations

from decimal import Decimal

from bedrock_playground.evaluation.headline import Entrant, headline, versus
from bedrock_playground.evaluation.pareto import Call, point_of
from bedrock_playground.evaluation.statistics import Outcome


def entrant(name: str, values: str, *, cost: str | None = "0.01", latency: float = 1.0) -> Entrant:
    """A contender whose answers are right (1), wrong (0), failed (x) or not scored (-)."""
    outcomes = tuple(
        Outcome(case=case, value=float(value) if value in "01" else None, failed=value == "x")
        for case, value in enumerate(values, 1)
    )
    amount = None if cost is None else Decimal(cost)
    calls = tuple(Call(latency, amount, outcome.failed) for outcome in outcomes)
    return Entrant(point_of(name, calls, outcomes), outcomes)


def test_a_cheaper_one_within_chance_is_not_called_equal() -> None:
    told = headline(
        [entrant("Large", "1" * 19 + "0", cost="0.02"), entrant("Small", "1" * 17 + "000", cost="0.005")]
    )
    assert told.message == "Small answers at 25 % of Large’s cost: it scored 85.0 %, and Large 95.0 %."
    (margin,) = told.rest
    assert (
        "Over 20 cases that difference in accuracy is within chance, which does not make them equal" in margin
    )
    assert "Small may be anything from" in margin


def test_a_cheaper_one_that_is_worse_beyond_chance_is_no_recommendation() -> None:
    told = headline(
        [entrant("Large", "1" * 20, cost="0.02"), entrant("Small", "1" * 10 + "0" * 10, cost="0.001")]
    )
    assert (
        told.message
        == "Large is the most accurate: it scored 100.0 %, and Small 50.0 % at 5 % of Large’s cost."
    )
    assert told.rest == ("Over 20 cases that difference in accuracy is more than chance.",)


def test_of_equally_accurate_ones_none_is_called_the_most_accurate() -> None:
    told = headline([
        entrant("Large", "1" * 20, cost="0.02"),
        entrant("Cascade", "1" * 20, cost="0.01"),
        entrant("Small", "0" * 20, cost="0.001"),
    ])  # fmt: skip
    assert told.message == (
        "Cascade and Large scored highest, 100.0 % each; Cascade answers at 50 % of Large’s cost."
    )
    assert told.rest[0].startswith("Small scored 0.0 % at 10 % of Cascade’s cost.")


def test_what_costs_nothing_is_compared_by_time() -> None:
    told = headline([
        entrant("Slow", "1" * 20, cost="0", latency=2.0),
        entrant("Quick", "1" * 19 + "0", cost="0", latency=0.5),
    ])  # fmt: skip
    assert told.message == "Quick answers in 25 % of Slow’s median time: it scored 95.0 %, and Slow 100.0 %."


def test_a_tenth_less_is_not_much_cheaper() -> None:
    told = headline([entrant("One", "1" * 20, cost="0.010"), entrant("Other", "1" * 19 + "0", cost="0.0095")])
    assert "None that can be compared is much cheaper or quicker." in told.message


def test_an_unknown_price_is_never_a_saving() -> None:
    told = headline([entrant("Known", "1" * 20), entrant("Strange", "1" * 20, cost=None)])
    assert "Strange answers" not in told.message
    assert "What Strange costs is unknown, so cost says nothing about it." in told.rest


def test_who_never_was_right_is_no_bargain() -> None:
    told = headline([entrant("Large", "111"), entrant("Broken", "xxx", cost="0")])
    assert told.message == "Large is the most accurate: it scored 100.0 %, and Broken 0.0 % at no cost."


def test_what_the_interval_tells_apart_is_not_called_within_chance() -> None:
    # Five of five differing cases: 2 · 2⁻⁵ = 0.0625, but every resample of the difference is below 0.
    told = headline([entrant("Large", "1" * 20), entrant("Small", "1" * 15 + "0" * 5, cost="0.001")])
    assert told.message.startswith("Large is the most accurate")
    assert told.rest == (
        "Over 20 cases that difference in accuracy is at the edge of chance: more cases would settle it.",
    )


def test_failures_count_as_wrong_and_what_was_not_scored_is_left_out() -> None:
    told = headline([entrant("Alone", "11x-")])
    assert told.message.startswith("Alone scored 66.7 % on 3 cases, and lies between")


def test_without_a_score_nothing_is_said_of_accuracy() -> None:
    assert "nothing can be said of accuracy" in headline([entrant("A", "---"), entrant("B", "---")]).message


def test_several_comparisons_are_adjusted_for_each_other() -> None:
    best = entrant("Best", "1" * 8)
    others = {name: entrant(name, "1" * 2 + "0" * 6).outcomes for name in ("B", "C", "D")}
    found = versus(best.outcomes, others)
    # Six of six differing cases: 2 · 2⁻⁶ = 0.03125 alone, three times that together.
    assert [round(one.paired.p_value or 0, 5) for one in found.values()] == [0.03125] * 3
    assert [round(one.p_value or 0, 5) for one in found.values()] == [0.09375] * 3
    assert not any(one.more_than_chance for one in found.values())


def test_the_same_gap_on_each_of_a_few_cases_is_no_recommendation() -> None:
    def graded(name: str, value: float, cost: str) -> Entrant:
        outcomes = tuple(Outcome(case=case, value=value) for case in range(1, 6))
        return Entrant(point_of(name, [Call(1.0, Decimal(cost))] * 5, outcomes), outcomes)

    # Five equal differences tell no interval, and no test of five cases gets below 0.05.
    told = headline([graded("Large", 1.0, "0.02"), graded("Small", 0.2, "0.001")])
    assert told.message.startswith("Large is the most accurate: it scored 100.0 %, and Small 20.0 %")
    assert told.rest == ("Over 5 cases that difference in accuracy is within chance.",)
