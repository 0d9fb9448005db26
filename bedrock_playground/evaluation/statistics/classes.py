"""Classification: which classes were taken for which, and the F1 of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from bedrock_playground.evaluation.statistics.outcomes import Outcome

NO_LABEL = "(no label)"
"""The column of answers in which no class could be read, and of failed runs."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class was found."""

    label: str
    """The class."""
    expected: int
    """How often it was expected."""
    found: int
    """How often an answer was read as it."""
    right: int
    """How often both."""

    @property
    def precision(self) -> float | None:
        """Of the answers that said it, the share that was right; ``None`` where none did."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Of the cases that are it, the share that was found; ``None`` where none is."""
        return self.right / self.expected if self.expected else None

    @property
    def f1(self) -> float:
        """The harmonic mean of both: ``2·right / (expected + found)``."""
        return 2 * self.right / (self.expected + self.found)


@dataclass(frozen=True, slots=True)
class Confusion:
    """What was taken for what."""

    labels: tuple[str, ...]
    """The classes that were expected or found, in order; :data:`NO_LABEL` is none of them."""
    counts: Mapping[str, Mapping[str, int]]
    """By expected class, then by what was found; every row has every class and, last, :data:`NO_LABEL`."""
    classes: tuple[ClassScore, ...]
    """A row per class."""
    unlabelled: int
    """Runs of cases without an expected class: left out."""

    @property
    def macro_f1(self) -> float | None:
        """The mean of the classes' F1, each counting the same; ``None`` where there is no class.

        The classes are those that were expected or found, as in scikit-learn's ``f1_score(average="macro")``
        over these labels: one that was only ever found counts 0.
        """
        return fsum(score.f1 for score in self.classes) / len(self.classes) if self.classes else None

    @property
    def accuracy(self) -> float | None:
        """The share of runs whose class was found; ``None`` where there were none."""
        total = sum(score.expected for score in self.classes)
        return sum(score.right for score in self.classes) / total if total else None


def confusion(outcomes: Iterable[Outcome], *, labels: Iterable[str] = ()) -> Confusion:
    """Count which classes were taken for which; each repeat counts.

    Args:
        outcomes: One contender's, in any order. A failed run has no label.
        labels: Classes in the order of display; those that only occur in outcomes follow by name.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    unlabelled = 0
    for outcome in outcomes:
        if outcome.expected is None:
            unlabelled += 1
            continue
        found = None if outcome.failed else outcome.label
        pairs[outcome.expected, NO_LABEL if found is None else found] += 1
    seen = {label for pair in pairs for label in pair} - {NO_LABEL}
    known = [label for label in dict.fromkeys(labels) if label in seen]
    ordered = (*known, *sorted(seen - set(known)))
    columns = (*ordered, NO_LABEL)
    counts = {row: {column: pairs[row, column] for column in columns} for row in ordered}
    classes = tuple(
        ClassScore(
            label,
            expected=sum(counts[label].values()),
            found=sum(counts[row][label] for row in ordered),
            right=counts[label][label],
        )
        for label in ordered
    )
    return Confusion(ordered, counts, classes, unlabelled)
