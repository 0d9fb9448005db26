"""Whether a contender says the same when it is asked again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

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
