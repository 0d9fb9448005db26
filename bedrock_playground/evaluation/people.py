"""Whether scorers say what people say. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.evaluation.reading import PEOPLE, Reading
from bedrock_playground.evaluation.statistics.changes import RIGHT
from bedrock_playground.measures import Interval, wilson

MIDDLE = 3.0
"""A mean rating above this calls an answer good, below it bad; exactly this is neither."""


@dataclass(frozen=True, slots=True)
class AgreesWithPeople:
    """How far a scorer and people agree."""

    scorer: str
    """The scorer."""
    agree: Interval
    """The share of answers that both call good or both call bad, with Wilson's interval."""
    too_kind: tuple[int, ...]
    """The cases of answers that it calls right and people call bad, ascending."""
    too_strict: tuple[int, ...]
    """The cases of answers that it calls wrong and people call good, ascending."""
    neither: int
    """Rated answers that people call neither, or that it did not score: left out."""


def agreement_with_people(reading: Reading, scorer: str) -> AgreesWithPeople:
    """Hold a scorer against people's ratings.

    Args:
        reading: The results, with ratings.
        scorer: The scorer; not people themselves.

    Raises:
        ValueError: It is people themselves.
    """
    if scorer == PEOPLE:
        raise ValueError("People are not held against themselves.")
    same = told = neither = 0
    kind: set[int] = set()
    strict: set[int] = set()
    for label in reading.labels:
        for row, outcome in zip(reading.result(label).rows, reading.outcomes(label, scorer), strict=True):
            rating = reading.rated(row.run_id)
            if rating is None:
                continue
            if outcome.counted is None or rating == MIDDLE:
                neither += 1
                continue
            told += 1
            right, good = outcome.counted >= RIGHT, rating > MIDDLE
            same += right == good
            if right != good:
                (kind if right else strict).add(outcome.case)
    return AgreesWithPeople(scorer, wilson(same, told), tuple(sorted(kind)), tuple(sorted(strict)), neither)
