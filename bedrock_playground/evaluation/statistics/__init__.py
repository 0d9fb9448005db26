"""What an evaluation's outcomes say, and how far that can be trusted.

A failure is a wrong answer (value 0) and is counted as a failure beside it; an outcome without a value was
not scored and is left out, counted aloud. Repeats of a case say little more than one, so that a case counts
once, by the mean of its repeats. Nothing depends on the order of outcomes; what is drawn at random is drawn
from a seed. Pure.
"""

from bedrock_playground.evaluation.statistics.agreement import Agreement, Variation, agreement, variation
from bedrock_playground.evaluation.statistics.changes import Change, Changes, changes, same_cases
from bedrock_playground.evaluation.statistics.classes import NO_LABEL, ClassScore, Confusion, confusion
from bedrock_playground.evaluation.statistics.estimates import (
    RESAMPLES,
    Estimate,
    bootstrap,
    estimate_mean,
    mean_with_interval,
)
from bedrock_playground.evaluation.statistics.outcomes import Outcome, case_means, outcome_of
from bedrock_playground.evaluation.statistics.paired import Paired, Preference, adjusted, compare, preference
from bedrock_playground.evaluation.statistics.summary import Summary, by_tag, summarise

__all__ = [
    "NO_LABEL",
    "RESAMPLES",
    "Agreement",
    "Change",
    "Changes",
    "ClassScore",
    "Confusion",
    "Estimate",
    "Outcome",
    "Paired",
    "Preference",
    "Summary",
    "Variation",
    "adjusted",
    "agreement",
    "bootstrap",
    "by_tag",
    "case_means",
    "changes",
    "compare",
    "confusion",
    "estimate_mean",
    "mean_with_interval",
    "outcome_of",
    "preference",
    "same_cases",
    "summarise",
    "variation",
]
