"""What outcomes say: hand-computed cases, and what must hold of any."""

from __future__ import annotations

import random
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.evaluation.statistics import (
    NO_LABEL,
    Outcome,
    adjusted,
    agreement,
    bootstrap,
    by_tag,
    case_means,
    changes,
    compare,
    confusion,
    estimate_mean,
    outcome_of,
    preference,
    same_cases,
    summarise,
    variation,
)
from bedrock_playground.evaluation.values import Case, DataSet, Score

# 16 graded values; the intervals are those of scipy.stats.bootstrap with 200,000 resamples.
GRADED = [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0.75, 1, 1, 1, 1, 1, 1, 1, 1]

outcome = st.builds(
    Outcome,
    case=st.integers(1, 12),
    repeat=st.integers(1, 3),
    value=st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]),
    failed=st.sampled_from([False, False, False, True]),
    answer=st.sampled_from([None, "x", "y"]),
    label=st.sampled_from([None, "a", "b", "c"]),
    expected=st.sampled_from([None, "a", "b"]),
    tags=st.sampled_from([(), ("easy",), ("hard", "long")]),
)
outcomes = st.lists(outcome, max_size=40)


def scored(*values: float | None) -> list[Outcome]:
    """An outcome for each value, on the cases 1, 2, 3 …"""
    return [Outcome(case=number, value=value) for number, value in enumerate(values, 1)]


def shuffled(found: list[Outcome]) -> list[Outcome]:
    """The same in another order, always the same one."""
    return random.Random(len(found)).sample(found, len(found))


def test_a_failure_counts_as_wrong_and_what_was_not_scored_is_left_out_aloud() -> None:
    found = summarise(
        [
            Outcome(case=1, value=1.0),
            Outcome(case=2, value=1.0, failed=True),
            Outcome(case=3),
            Outcome(case=4, value=1.0),
        ]
    )
    assert found.accuracy.value == pytest.approx(2 / 3)
    assert (found.accuracy.samples, found.cases, found.runs, found.failed, found.unscored) == (3, 4, 4, 1, 1)
    assert found.failure_rate.share == 0.25
    assert (
        found.caveat == "1 of 4 runs failed and count as wrong; 1 of 4 could not be scored and are left out."
    )


def test_nothing_scored_is_unknown_and_not_zero() -> None:
    found = summarise(scored(None, None))
    assert found.accuracy.value is None
    assert (found.accuracy.low, found.accuracy.high) == (0.0, 1.0)
    assert summarise([]).accuracy.value is None
    assert summarise(scored(1.0)).caveat is None


def test_a_case_counts_once_by_the_mean_of_its_repeats() -> None:
    runs = [Outcome(case=1, repeat=n, value=1.0) for n in range(1, 10)] + [Outcome(case=2, value=0.0)]
    found = summarise([*runs, Outcome(case=2, repeat=2)])
    assert found.accuracy.value == 0.5
    assert found.accuracy.samples == 2


def test_shares_have_wilsons_interval_and_graded_values_a_bootstrap() -> None:
    shares = estimate_mean([1.0] * 8 + [0.0] * 2)
    assert (shares.value, shares.method) == (0.8, "Wilson")
    assert shares.low == pytest.approx(0.4902, abs=1e-4)
    assert shares.high == pytest.approx(0.9433, abs=1e-4)
    graded = estimate_mean(GRADED)
    assert graded.method == "bootstrap (BCa, 2,000 resamples)"
    assert graded.low == pytest.approx(0.546875, abs=0.02)
    assert graded.high == pytest.approx(0.875, abs=0.02)


def test_a_percentile_bootstrap_is_not_moved_for_skew() -> None:
    found = bootstrap(GRADED, kind="percentile", resamples=20_000)
    assert found.value == 0.734375
    assert found.low == pytest.approx(0.5625, abs=0.016)
    assert found.high == pytest.approx(0.890625, abs=0.016)


def test_few_or_equal_graded_values_get_an_interval_that_is_rather_too_wide() -> None:
    few, same = estimate_mean([0.5, 0.75, 1.0]), estimate_mean([0.75] * 40)
    assert few.method == same.method == "Wilson, of graded values: rather too wide than too narrow"
    assert few.value == same.value == 0.75
    assert few.low is not None
    assert same.low is not None
    assert few.low < same.low < 0.75


def test_one_value_tells_no_interval_and_what_is_no_score_is_refused() -> None:
    assert (bootstrap([0.3]).low, bootstrap([0.3, 0.3]).high, bootstrap([]).value) == (None, None, None)
    with pytest.raises(ValueError, match=r"1\.5 does not"):
        estimate_mean([1.5])
    with pytest.raises(ValueError, match="make no interval"):
        bootstrap([0.1, 0.2], resamples=10)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 5))
def test_an_estimate_holds_its_mean_and_knows_no_order(values: list[float], seed: int) -> None:
    found = estimate_mean(values, seed=seed)
    assert found == estimate_mean(values[::-1], seed=seed)
    if found.value is None or found.low is None or found.high is None:
        assert not values
    else:
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1


@given(outcomes)
def test_statistics_know_no_order(found: list[Outcome]) -> None:
    other = shuffled(found)
    assert summarise(found) == summarise(other)
    assert by_tag(found) == by_tag(other)
    assert confusion(found) == confusion(other)
    assert agreement(found) == agreement(other)
    half = [one for one in found if one.case % 2]
    assert compare(found, half) == compare(other, shuffled(half))
    assert changes(found, half) == changes(other, shuffled(half))


def test_accuracy_by_tag_counts_a_case_under_each() -> None:
    found = by_tag(
        [
            Outcome(case=1, value=1.0, tags=("easy", "short")),
            Outcome(case=2, value=0.0, tags=("hard", "short")),
            Outcome(case=3, value=1.0),
        ]
    )
    assert {tag: (one.accuracy.value, one.cases) for tag, one in found.items()} == {
        "easy": (1.0, 1),
        "hard": (0.0, 1),
        "short": (0.5, 2),
    }


def test_mcnemars_exact_test_looks_at_the_cases_that_differ() -> None:
    # 2 against 8 of 10 differing: 2 · (1 + 10 + 45) / 1024 = 0.109375.
    first = scored(*[1.0] * 2, *[0.0] * 8, *[1.0] * 50)
    second = scored(*[0.0] * 2, *[1.0] * 8, *[1.0] * 50)
    found = compare(first, second)
    assert found.p_value == 0.109375
    assert found.first_better == (1, 2)
    assert found.second_better == tuple(range(3, 11))
    assert (found.equal, found.left_out, found.test) == (50, 0, "McNemar's exact test")
    assert found.difference.value == pytest.approx(0.1)
    assert found.difference.low is not None
    assert found.difference.low < 0.1
    assert found.more_than_chance is False
    assert found.words("A", "B") == (
        "B did better on 8 cases and worse on 2. That may be chance: chance alone makes a difference this "
        "large 10.9 % of the time."
    )
    assert compare(scored(*[0.0] * 6), scored(*[1.0] * 6)).p_value == 0.03125


def test_thousands_of_differing_cases_do_not_vanish() -> None:
    found = compare(scored(*[0.0, 1.0] * 3000), scored(*[1.0, 0.0] * 3000), resamples=100)
    assert found.p_value == 1.0
    assert compare(scored(*[0.0] * 3000), scored(*[1.0] * 3000)).more_than_chance


def test_graded_scores_are_compared_by_flipping_signs() -> None:
    # Differences 0.5, 0.25, 0.25: of 8 sign patterns, 2 reach a sum of 1.
    found = compare(scored(0.0, 0.5, 0.5), scored(0.5, 0.75, 0.75))
    assert found.p_value == 0.25
    assert found.test == "sign-flip permutation test, all 8 signs"
    assert found.words("Nova", "Claude").endswith(
        "With 3 cases that differ it could not be told from chance anyhow: it takes six."
    )


def test_many_graded_scores_are_compared_by_drawing_signs() -> None:
    first = scored(*[0.25] * 20)
    clear = compare(first, scored(*[0.5] * 20))
    assert clear.test == "sign-flip permutation test, 10,000 draws"
    assert clear.p_value is not None
    assert 0 < clear.p_value < 0.001
    assert clear.words("A", "B").endswith("less than 0.1 % of the time.")
    unclear = compare(first, scored(*[0.5, 0.0] * 10))
    assert unclear.p_value == 1.0
    assert "Both have the same mean" in unclear.words("A", "B")


def test_repeats_are_one_case_and_what_only_one_has_is_left_out() -> None:
    first = [Outcome(case=1, repeat=n, value=float(n == 1)) for n in (1, 2)] + scored(None, 1.0)[1:]
    second = [Outcome(case=1, value=1.0), Outcome(case=3, value=1.0)]
    found = compare(first, second)
    assert (found.second_better, found.first_better, found.equal, found.left_out) == ((1,), (), 0, 2)


def test_without_a_common_case_nothing_is_said() -> None:
    found = compare(scored(1.0), [])
    assert (found.p_value, found.more_than_chance, found.difference.value) == (None, None, None)
    assert found.words("A", "B") == "There is no case that both were scored on."
    assert compare(scored(1.0), scored(1.0)).words("A", "B") == "A and B scored the same (1 case)."


@given(outcomes, outcomes)
def test_a_comparison_the_other_way_round_says_the_opposite(one: list[Outcome], two: list[Outcome]) -> None:
    there, back = compare(one, two), compare(two, one)
    assert there.p_value == back.p_value
    assert (there.first_better, there.second_better) == (back.second_better, back.first_better)
    if there.difference.value is not None and back.difference.value is not None:
        assert there.difference.value == pytest.approx(-back.difference.value)
    assert there.left_out + there.equal + len(there.first_better) + len(there.second_better) == len(
        case_means(one).keys() | case_means(two).keys()
    )


def test_confusion_and_macro_f1_are_scikit_learns() -> None:
    # Its f1_score with the macro average over these three labels says 13/30.
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b"), ("c", "a"), ("c", None)]
    runs = [Outcome(case=n, expected=true, label=said) for n, (true, said) in enumerate(pairs, 1)]
    found = confusion([*runs, Outcome(case=7)])
    assert found.macro_f1 == pytest.approx(13 / 30)
    assert found.accuracy == 0.5
    assert found.labels == ("a", "b", "c")
    assert found.counts["c"] == {"a": 1, "b": 0, "c": 0, NO_LABEL: 1}
    assert [(row.precision, row.recall) for row in found.classes] == [(0.5, 0.5), (2 / 3, 1.0), (None, 0.0)]
    assert found.unlabelled == 1


def test_a_failed_run_has_no_label_and_a_class_only_found_counts_nothing() -> None:
    found = confusion(
        [
            Outcome(case=1, expected="a", label="a", failed=True),
            Outcome(case=2, expected="a", label="z"),
        ],
        labels=["z", "never"],
    )
    assert found.labels == ("z", "a")
    assert found.counts["a"] == {"z": 1, "a": 0, NO_LABEL: 1}
    assert found.macro_f1 == 0.0
    assert found.classes[0].recall is None
    assert confusion([]).macro_f1 is None
    assert confusion([]).accuracy is None


def test_repeats_agree_by_pairs_and_failures_agree_with_nothing() -> None:
    said = {1: ["x", "x", "x"], 2: ["x", "x", "y"], 3: ["x"], 4: ["x", "y"]}
    runs = [Outcome(case=case, repeat=n, answer=a) for case, all_ in said.items() for n, a in enumerate(all_)]
    failures = [Outcome(case=5, repeat=n, failed=True) for n in (1, 2)]
    found = agreement([*runs, *failures])
    # 1, 1/3, 0 and 0: of the three pairs of case 2 one agrees.
    assert found.share.value == pytest.approx(1 / 3)
    assert (found.unsteady, found.left_out) == ((2, 4, 5), 1)


def test_regressions_are_what_was_right_and_is_wrong() -> None:
    found = changes(scored(1.0, 0.0, 1.0, 0.0, 1.0, 1.0), scored(0.0, 1.0, 1.0, 0.0, None))
    assert [(one.case, one.before, one.now) for one in found.worse] == [(1, 1.0, 0.0)]
    assert [one.case for one in found.better] == [2]
    assert (found.still_right, found.still_wrong, found.left_out) == (1, 1, 2)


def test_cases_of_another_version_are_found_by_what_they_say() -> None:
    def made(*questions: str) -> DataSet:
        cases = [
            Case(number=n, inputs={"q": text}, expected=text.upper()) for n, text in enumerate(questions, 1)
        ]
        return DataSet(data_set_id="-".join(questions), name="q", cases=tuple(cases))

    same = same_cases(made("a", "b", "b", "c"), made("new", "b", "a", "b"))
    assert same == {2: 2, 3: 1, 4: 3}
    found = changes(scored(1.0, 1.0, 0.0, 1.0), scored(1.0, 0.0, 1.0, 0.0), same=same)
    assert [(one.was_case, one.case) for one in found.worse] == [(2, 2)]
    assert (found.still_right, found.still_wrong, found.left_out) == (1, 1, 2)


def test_preferences_count_ties_as_half_and_test_only_what_was_decided() -> None:
    verdicts: tuple[Literal["first", "second", "tie"] | None, ...] = ("second",) * 6 + ("tie", None, "tie")
    found = preference(verdicts)
    assert (found.first, found.second, found.ties, found.left_out) == (0, 6, 2, 1)
    assert found.second_share.share == 7 / 8
    assert found.p_value == 0.03125
    assert preference(["tie"]).p_value is None


def test_an_outcome_is_made_of_a_case_and_its_score() -> None:
    spam = Case(number=3, inputs={}, expected="spam", tags=("easy",))
    assert outcome_of(spam, Score(0.0, "no", "ham"), repeat=2, text="It is ham") == Outcome(
        case=3, repeat=2, value=0.0, answer="ham", label="ham", expected="spam", tags=("easy",)
    )
    assert outcome_of(spam, Score(1.0), text=" The  SPAM. ").answer == "spam"
    failed = outcome_of(spam, None)
    assert (failed.failed, failed.counted, failed.answer) == (True, 0.0, None)


def test_repeats_vary_by_chance_over_the_same_cases() -> None:
    values = {1: (1.0, 0.0), 2: (1.0, 1.0), 3: (0.0, 0.0), 4: (1.0, None)}
    runs = [
        Outcome(case=case, repeat=n, value=value)
        for case, both in values.items()
        for n, value in enumerate(both, 1)
    ]
    found = variation(runs)
    assert found.by_repeat == {1: pytest.approx(2 / 3), 2: pytest.approx(1 / 3)}
    assert found.cases == 3
    # (2/3 - 1/3) / sqrt(2), and the root of (1/2 + 0 + 0) / 3.
    assert found.deviation == pytest.approx(0.2357, abs=1e-4)
    assert found.within_cases == pytest.approx(0.4082, abs=1e-4)
    assert found == variation(runs[::-1])
    assert variation(scored(1.0)).deviation is None
    assert variation([]).by_repeat == {}


def test_many_values_get_the_normal_interval_which_is_the_bootstraps() -> None:
    drawing = random.Random(4)
    values = [drawing.choice((0.0, 0.2, 0.2, 1.0)) for _ in range(6000)]
    quick, slow = estimate_mean(values), bootstrap(values)
    assert (quick.method, quick.value) == ("normal", slow.value)
    assert quick.low == pytest.approx(slow.low, abs=5e-4)
    assert quick.high == pytest.approx(slow.high, abs=5e-4)
    assert estimate_mean([0.5] * 6000).method.startswith("Wilson")


def test_several_comparisons_are_adjusted_by_holms_rule() -> None:
    assert adjusted([0.01, 0.04, None, 0.03]) == [0.03, 0.06, None, 0.06]
    assert adjusted([0.9, 0.8]) == [1.0, 1.0]
    assert adjusted([]) == []
