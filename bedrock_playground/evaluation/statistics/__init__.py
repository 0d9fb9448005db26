"""What an evaluation's outcomes say, and how far that can be trusted.

A failure is a wrong answer (value 0) and is counted as a failure beside it; an outcome without a value was
not scored and is left out, counted aloud. Repeats of a case say little more than one, so that a case counts
once, by the mean of its repeats. Nothing depends on the order of outcomes; what is drawn at random is drawn
from a seed. Pure.
"""

from bedrock_playground.evaluation.statistics.agreement import Agreement, agreement
from bedrock_playground.evaluation.statistics.changes import Change, Changes, changes, same_cases
from bedrock_playground.evaluation.statistics.classes import NO_LABEL, ClassScore, Confusion, confusion
from bedrock_playground.evaluation.statistics.estimates import RESAMPLES, Estimate, bootstrap, estimate_mean
from bedrock_playground.evaluation.statistics.outcomes import Outcome, case_means
from bedrock_playground.evaluation.statistics.paired import Paired, Preference, compare, preference
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
    "agreement",
    "bootstrap",
    "by_tag",
    "case_means",
    "changes",
    "compare",
    "confusion",
    "estimate_mean",
    "preference",
    "same_cases",
    "summarise",
]
