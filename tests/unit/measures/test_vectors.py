"""Cosine similarity and nearest neighbours: by hand, and what holds of any vectors."""

from __future__ import annotations

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.measures import cosine, nearest, normalised

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda number: round(number, 3))
VECTORS = st.lists(NUMBERS, min_size=3, max_size=3)


def test_by_hand() -> None:
    assert cosine((3, 4), (4, 3)) == pytest.approx(24 / 25)
    assert cosine((1, 0), (1, 1)) == pytest.approx(1 / sqrt(2))
    assert cosine((1, 0), (0, 5)) == 0
    assert cosine((1, 2), (-2, -4)) == pytest.approx(-1)
    assert normalised((3, 4)) == (0.6, 0.8)


def test_a_zero_vector_is_like_nothing() -> None:
    assert cosine((0, 0), (1, 2)) == 0
    assert normalised((0, 0)) == (0, 0)


def test_vectors_of_other_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="2 dimensions cannot be compared with one of 3"):
        cosine((1, 2), (1, 2, 3))
    with pytest.raises(ValueError, match="At least one"):
        nearest((1, 2), [(1, 2)], count=0)


def test_the_nearest_come_first_and_ties_with_the_last_come_along() -> None:
    vectors = [(0, 1), (2, 0), (1, 1), (5, 0), (-1, 0)]
    assert [one.index for one in nearest((1, 0), vectors)] == [1, 3]
    assert [one.index for one in nearest((1, 0), vectors, count=3)] == [1, 3, 2]
    assert [one.index for one in nearest((1, 0), vectors, count=9)] == [1, 3, 2, 0, 4]
    assert nearest((1, 0), []) == []


@given(VECTORS, VECTORS, st.floats(0.01, 100))
def test_it_is_symmetric_within_its_range_and_knows_no_length(
    one: list[float], other: list[float], factor: float
) -> None:
    found = cosine(one, other)
    assert -1 <= found <= 1
    assert found == cosine(other, one)
    assert isclose(cosine([factor * number for number in one], other), found, abs_tol=1e-6)


@given(VECTORS, st.lists(VECTORS, min_size=1, max_size=8), st.integers(1, 8))
def test_nobody_left_out_is_nearer_than_somebody_found(
    wanted: list[float], vectors: list[list[float]], count: int
) -> None:
    found = nearest(wanted, vectors, count=count)
    assert len(found) >= min(count, len(vectors))
    inside = {one.index for one in found}
    for index, vector in enumerate(vectors):
        if index not in inside:
            assert cosine(wanted, vector) < found[-1].similarity
