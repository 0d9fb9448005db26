"""What came of one run for one scorer, and the mean of each case over its repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from bedrock_playground.evaluation.scorers.normal import normalised
from bedrock_playground.evaluation.values import Case, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run of one contender on one case, as one scorer saw it."""

    case: int
    """The case's number in its data set."""
    repeat: int = 1
    """Which repeat, from 1."""
    value: float | None = None
    """What the scorer gave, 0 to 1; ``None``: it could not be scored. A failed run's is not looked at."""
    failed: bool = False
    """Whether the run failed: it counts as wrong, and as a failure."""
    answer: str | None = None
    """What to compare between repeats: a label or a normalised answer; ``None`` where there is none."""
    label: str | None = None
    """The class that the answer was read as."""
    expected: str | None = None
    """The class that was expected."""
    tags: tuple[str, ...] = ()
    """The case's tags."""

    @property
    def counted(self) -> float | None:
        """What it counts: 0 for a failure, the scorer's value otherwise; ``None``: it is left out."""
        return 0.0 if self.failed else self.value


def outcome_of(case: Case, score: Score | None, *, repeat: int = 1, text: str | None = None) -> Outcome:
    """Make an outcome of what a scorer said.

    Args:
        case: The case.
        score: What the scorer said; ``None``: the run failed.
        repeat: Which repeat, from 1.
        text: The answer, to be compared between repeats where it was not read as a class.
    """
    said = None if text is None else normalised(text)
    return Outcome(
        case=case.number,
        repeat=repeat,
        value=None if score is None else score.value,
        failed=score is None,
        answer=said if score is None or score.label is None else score.label,
        label=None if score is None else score.label,
        expected=case.expected,
        tags=case.tags,
    )


def case_means(outcomes: Iterable[Outcome]) -> Mapping[int, float]:
    """The mean over the repeats of each case, by the case's number, ascending.

    A case none of whose repeats was scored is not in it.
    """
    found: dict[int, list[float]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.counted is not None:
            found[outcome.case].append(outcome.counted)
    return {case: fsum(values) / len(values) for case, values in sorted(found.items())}
