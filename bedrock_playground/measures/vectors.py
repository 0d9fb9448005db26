"""How near texts are by their vectors: cosine similarity, nearest neighbours; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from operator import mul

TIE = 1e-9
"""Similarities that differ by no more than this are the same: what is below is rounding."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of the nearest."""

    index: int
    """Its place among the vectors, from 0."""
    similarity: float
    """Its cosine similarity, −1 to 1."""


def normalised(vector: Sequence[float]) -> tuple[float, ...]:
    """The vector of length 1 with the same direction; the zero vector stays as it is."""
    length = sqrt(fsum(map(mul, vector, vector)))
    return tuple(number / length for number in vector) if length else tuple(vector)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors: 1 for the same direction, 0 for none in common.

    It is a·b / (|a||b|). A zero vector has no direction, and is like nothing: 0.

    Raises:
        ValueError: They have different dimensions, so that no angle is between them.
    """
    if len(one) != len(other):
        raise ValueError(f"A vector of {len(one)} dimensions cannot be compared with one of {len(other)}.")
    length = sqrt(fsum(map(mul, one, one))) * sqrt(fsum(map(mul, other, other)))
    # Rounding may carry it past the end of its range.
    return max(-1.0, min(1.0, fsum(map(mul, one, other)) / length)) if length else 0.0


def nearest(
    wanted: Sequence[float], vectors: Sequence[Sequence[float]], *, count: int = 1
) -> list[Neighbour]:
    """The vectors nearest to one, by cosine similarity.

    Args:
        wanted: The one.
        vectors: Among which to look.
        count: How many to find; those that are as near as the last are found as well, because choosing among
            them would be arbitrary.

    Returns:
        The nearest first; among equals the earlier first.

    Raises:
        ValueError: Vectors differ in their dimensions, or ``count`` is below 1.
    """
    if count < 1:
        raise ValueError("At least one neighbour has to be asked for.")
    found = [Neighbour(index, cosine(wanted, vector)) for index, vector in enumerate(vectors)]
    found.sort(key=lambda neighbour: -neighbour.similarity)
    if len(found) <= count:
        return found
    last = found[count - 1].similarity
    return [neighbour for neighbour in found if neighbour.similarity >= last - TIE]


def ranked(wanted: Sequence[float], vectors: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """The names of vectors, the nearest to one first, by cosine similarity; among equals the earlier first.

    Raises:
        ValueError: Vectors differ in their dimensions.
    """
    nearness = {key: cosine(wanted, vector) for key, vector in vectors.items()}
    return tuple(sorted(nearness, key=lambda key: -nearness[key]))
