"""Which cases are worth a look: wrong ones, those on which contenders differ, failures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.statistics import Outcome, case_means
from bedrock_playground.evaluation.statistics.changes import RIGHT


class Look(StrEnum):
    """What to look for."""

    ALL = "All"
    WRONG = "Wrong"
    """Some contender's mean over its repeats is below :data:`RIGHT`."""
    DIFFER = "Contenders differ"
    """Some are right, some wrong."""
    FAILED = "Failed"
    """Some run failed."""
    UNSCORED = "Not scored"
    """Some answer could not be scored."""
    UNSTEADY = "Repeats differ"
    """Some contender did not say the same in each repeat."""
    RATED = "Rated"
    """Somebody rated an answer."""


def means(reading: Reading, label: str, scorer: str | None) -> Mapping[int, float]:
    """A contender's mean over its repeats, by case; cases that were not scored are not in it."""
    return reading.once(("means", label, scorer), lambda: case_means(reading.outcomes(label, scorer)))


def find_cases(
    reading: Reading,
    scorer: str | None,
    *,
    look: Look = Look.ALL,
    labels: Sequence[str] = (),
    tags: Collection[str] = (),
) -> list[int]:
    """Find cases that have an answer, by number.

    Args:
        reading: The results.
        scorer: Whose scores tell right from wrong; ``None``: nobody scored.
        look: What to look for.
        labels: The contenders to look at; none: all.
        tags: Cases with one of these tags alone; none: all.
    """
    chosen = tuple(labels) or reading.labels
    facts = reading.results.facts
    asked: set[int] = set()
    for label in chosen:
        asked |= reading.rows_of(label).keys()
    found = asked if look is Look.ALL else asked & _FINDERS[look](reading, chosen, scorer)
    if tags:
        found = {number for number in found if number in facts and set(facts[number].tags) & set(tags)}
    return sorted(found)


def looks(reading: Reading, scorer: str | None) -> list[Look]:
    """What there is to find, and a view of everything first."""

    def made() -> list[Look]:
        return [look for look in Look if look is Look.ALL or find_cases(reading, scorer, look=look)]

    # Ratings are not part of what is remembered.
    return [
        look for look in Look if look in reading.once(("looks", scorer), made) or _is_rated(reading, look)
    ]


def _is_rated(reading: Reading, look: Look) -> bool:
    return look is Look.RATED and bool(reading.ratings)


def _wrong(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    return {
        number for label in labels for number, mean in means(reading, label, scorer).items() if mean < RIGHT
    }


def _differ(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    right: dict[int, set[bool]] = {}
    for label in labels:
        for number, mean in means(reading, label, scorer).items():
            right.setdefault(number, set()).add(mean >= RIGHT)
    return {number for number, verdicts in right.items() if len(verdicts) > 1}


def _failed(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    del scorer
    rows = (row for label in labels for row in reading.result(label).rows)
    return {row.case_number for row in rows if row.state.value != "completed"}


def _unscored(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    return {one.case for one in _outcomes(reading, labels, scorer) if one.counted is None}


def _unsteady(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    found: set[int] = set()
    for label in labels:
        said: dict[int, set[str | None]] = {}
        for one in reading.outcomes(label, scorer):
            said.setdefault(one.case, set()).add(one.answer)
        found |= {number for number, answers in said.items() if len(answers) > 1}
    return found


def _rated(reading: Reading, labels: Sequence[str], scorer: str | None) -> set[int]:
    del scorer
    rows = (row for label in labels for row in reading.result(label).rows)
    return {row.case_number for row in rows if row.run_id in reading.ratings}


def _outcomes(reading: Reading, labels: Sequence[str], scorer: str | None) -> Iterable[Outcome]:
    return (one for label in labels for one in reading.outcomes(label, scorer))


_FINDERS: Mapping[Look, Callable[[Reading, Sequence[str], str | None], set[int]]] = {
    Look.WRONG: _wrong,
    Look.DIFFER: _differ,
    Look.FAILED: _failed,
    Look.UNSCORED: _unscored,
    Look.UNSTEADY: _unsteady,
    Look.RATED: _rated,
}
