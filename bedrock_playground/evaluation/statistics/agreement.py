"""Whether a contender says the same when it is asked again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev, variance

from bedrock_playground.evaluation.statistics.estimates import Estimate, estimate_mean
from bedrock_playground.evaluation.statistics.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often repeats of a case agree."""

    share: Estimate
    """Of all pairs of repeats of a case, the share that says the same; the mean over cases."""
    unsteady: tuple[int, ...]
    """The cases whose repeats do not all say the same, ascending."""
    left_out: int
    """Cases with fewer than two answers."""


def agreement(outcomes: Iterable[Outcome], *, seed: int = 0) -> Agreement:
    """Tell how often repeats say the same.

    What is compared is :attr:`Outcome.answer`; for every pair of a case's repeats it is the same or not, as
    in the observed agreement of J. L. Fleiss, "Measuring nominal scale agreement among many raters" (1971).
    A failed run agrees with nothing, not even with another.

    Args:
        outcomes: One contender's, in any order.
        seed: What the interval draws at random follows from it.
    """
    said: dict[int, list[str | None]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.failed or outcome.answer is not None:
            said[outcome.case].append(None if outcome.failed else outcome.answer)
    shares = {case: _pairs(answers) for case, answers in sorted(said.items()) if len(answers) > 1}
    return Agreement(
        share=estimate_mean(tuple(shares.values()), seed=seed),
        unsteady=tuple(case for case, share in shares.items() if share < 1),
        left_out=len(said) - len(shares),
    )


def _pairs(answers: list[str | None]) -> float:
    same = sum(times * (times - 1) for answer, times in Counter(answers).items() if answer is not None)
    return same / (len(answers) * (len(answers) - 1))


@dataclass(frozen=True, slots=True)
class Variation:
    """How much the accuracy changes when everything is asked again."""

    by_repeat: Mapping[int, float]
    """The accuracy of each repeat alone, over the cases that all repeats scored, by its number."""
    deviation: float | None
    """The standard deviation of these; ``None`` for fewer than two repeats."""
    within_cases: float | None
    """The standard deviation of a case's repeats around its mean, pooled over cases; ``None`` likewise."""
    cases: int
    """On how many cases this rests."""


def variation(outcomes: Iterable[Outcome]) -> Variation:
    """Tell how much repeats vary.

    Only cases that every repeat scored are looked at, so that repeats differ by chance and not by cases.
    Both deviations are those of a sample (n − 1).

    Args:
        outcomes: One contender's, in any order.
    """
    found: dict[int, dict[int, float]] = defaultdict(dict)
    repeats: set[int] = set()
    for outcome in outcomes:
        repeats.add(outcome.repeat)
        if outcome.counted is not None:
            found[outcome.case][outcome.repeat] = outcome.counted
    whole = [found[case] for case in sorted(found) if len(found[case]) == len(repeats)]
    by_repeat = {n: fmean(values[n] for values in whole) for n in sorted(repeats) if whole}
    several = len(by_repeat) > 1
    return Variation(
        by_repeat=by_repeat,
        deviation=stdev(by_repeat.values()) if several else None,
        within_cases=sqrt(fmean(variance(values.values()) for values in whole)) if several else None,
        cases=len(whole),
    )
