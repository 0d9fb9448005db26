"""Quantiles and intervals, by hand-computed cases and by property."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.measures import needed, quantile, quantile_interval, spread, steady, wilson

finite = st.floats(-1e12, 1e12)


@pytest.mark.parametrize(
    ("p", "least", "enough"),
    [(0.5, 2, 10), (0.9, 10, 50), (0.95, 20, 100), (0.99, 100, 500), (0.05, 20, 100), (0.999, 1000, 5000)],
)
def test_a_quantile_needs_one_sample_beyond_it_and_five_to_be_steady(
    p: float, least: int, enough: int
) -> None:
    assert (needed(p), steady(p)) == (least, enough)
    assert quantile(range(least - 1), p).value is None
    assert quantile(range(least), p).rough
    assert quantile(range(enough - 1), p).rough
    assert not quantile(range(enough), p).rough


def test_quantiles_are_those_of_hyndman_and_fan_7() -> None:
    # 1 … 20: P95 lies at place 18.05, a twentieth of the way from 19 to 20.
    found = spread([float(value) for value in range(20, 0, -1)])
    assert found.samples == 20
    assert found.low.value == pytest.approx(1.95)
    assert found.median.value == 10.5
    assert found.high.value == pytest.approx(19.05)


def test_what_is_not_told_and_what_is_rough_say_so_in_words() -> None:
    assert quantile([1.0], 0.95).caveat == "P95 needs at least 20 runs; there is 1 run."
    assert quantile(range(30), 0.95).caveat == "Rough: P95 of 30 runs; 100 make it steady."
    assert quantile([1, 2], 0.5).caveat == "Rough: median of 2 runs; 10 make it steady."
    assert quantile(range(100), 0.95).caveat is None


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5])
def test_there_is_no_quantile_outside(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([1.0, 2.0], p)


@given(st.lists(finite, min_size=2, max_size=200))
def test_the_median_is_the_standard_librarys(values: list[float]) -> None:
    assert quantile(values, 0.5).value == pytest.approx(statistics.median(values), abs=1e-3)


@given(st.lists(finite, min_size=20, max_size=200))
def test_quantiles_ascend_and_stay_within_the_samples(values: list[float]) -> None:
    found = [quantile(values, p).value for p in (0.05, 0.25, 0.5, 0.75, 0.95)]
    told = [value for value in found if value is not None]
    assert len(told) == 5
    assert told == sorted(told)
    assert min(values) <= told[0]
    assert told[-1] <= max(values)


def test_wilsons_interval_by_hand() -> None:
    # 8 of 10 at z = 1.95996: (0.8 + 0.19207) / 1.38415 = 0.71674, half 0.22654.
    found = wilson(8, 10)
    assert found.share == 0.8
    assert found.low == pytest.approx(0.4902, abs=1e-4)
    assert found.high == pytest.approx(0.9433, abs=1e-4)
    nothing = wilson(0, 0)
    assert (nothing.share, nothing.low, nothing.high) == (None, 0.0, 1.0)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_an_interval_holds_its_share_and_narrows_with_more_of_the_same(some: int, samples: int) -> None:
    successes = min(some, samples)
    found = wilson(successes, samples)
    assert found.share is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    more = wilson(successes * 10, samples * 10)
    assert more.high - more.low < found.high - found.low


@pytest.mark.parametrize(("some", "samples"), [(2, 1), (-1, 3)])
def test_no_interval_of_what_is_no_share(some: int, samples: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(some, samples)


@pytest.mark.parametrize(
    ("count", "p", "ends"),
    [
        (10, 0.5, (2, 9)),
        (30, 0.5, (10, 21)),
        (100, 0.95, (90, 100)),
        (59, 0.95, (52, None)),
        (5, 0.5, (None, None)),
    ],
)
def test_a_quantile_lies_between_two_samples(
    count: int, p: float, ends: tuple[int | None, int | None]
) -> None:
    # The samples are their own places; the ends are those that scipy.stats.binom tells.
    assert quantile_interval(range(count, 0, -1), p) == ends


def test_no_samples_tell_no_interval_and_a_confidence_of_1_there_is_not() -> None:
    assert quantile_interval([], 0.5) == (None, None)
    with pytest.raises(ValueError, match="There is no interval"):
        quantile_interval([1.0], 0.5, confidence=1)
