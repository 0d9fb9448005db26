"""One contender's outcomes in a row: accuracy with its interval, failures, and what was not scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bedrock_playground.evaluation.statistics.estimates import Estimate, estimate_mean
from bedrock_playground.evaluation.statistics.outcomes import Outcome, case_means
from bedrock_playground.measures import Interval, wilson


@dataclass(frozen=True, slots=True)
class Summary:
    """What a contender's outcomes come to."""

    accuracy: Estimate
    """The mean over cases, a case counting by the mean of its repeats; failures count 0."""
    cases: int
    """Cases that were run."""
    runs: int
    """Runs, repeats included."""
    failed: int
    """Runs that failed."""
    unscored: int
    """Runs that could not be scored and are left out of the accuracy."""
    failure_rate: Interval
    """The share of runs that failed."""

    @property
    def caveat(self) -> str | None:
        """In words, what the accuracy does not hold; ``None``: it holds every run."""
        said = []
        if self.failed:
            said.append(f"{self.failed:,} of {self.runs:,} runs failed and count as wrong")
        if self.unscored:
            said.append(f"{self.unscored:,} of {self.runs:,} could not be scored and are left out")
        return f"{'; '.join(said)}." if said else None


def summarise(outcomes: Sequence[Outcome], *, seed: int = 0) -> Summary:
    """Sum up one contender's outcomes for one scorer.

    Args:
        outcomes: In any order.
        seed: What the interval draws at random follows from it.
    """
    failed = sum(outcome.failed for outcome in outcomes)
    return Summary(
        accuracy=estimate_mean(tuple(case_means(outcomes).values()), seed=seed),
        cases=len({outcome.case for outcome in outcomes}),
        runs=len(outcomes),
        failed=failed,
        unscored=sum(outcome.counted is None for outcome in outcomes),
        failure_rate=wilson(failed, len(outcomes)),
    )


def by_tag(outcomes: Sequence[Outcome], *, seed: int = 0) -> Mapping[str, Summary]:
    """Sum up one contender's outcomes per tag, by name; a case counts under each of its tags.

    Args:
        outcomes: In any order.
        seed: What the intervals draw at random follows from it.
    """
    tags = sorted({tag for outcome in outcomes for tag in outcome.tags})
    return {tag: summarise([o for o in outcomes if tag in o.tags], seed=seed) for tag in tags}
