"""The scorer that looks for a regular expression, by RE2.

A pattern comes from the page, the command line or a data set, and runs on whatever a model wrote. RE2 takes
time in proportion to the text, whatever the pattern, and bounded memory; so a pattern cannot run away, and no
timeout is needed that would make a score depend on how busy the machine is. In return it has no look-around
and no back-references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, named, shown
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score
from bedrock_playground.texts import expressions


@dataclass(frozen=True, slots=True)
class Regex:
    """1 if the pattern is found in the answer; without one, each accepted answer of the case is a pattern."""

    pattern: str = ""
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return named("regex", self.pattern)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        patterns = (self.pattern,) if self.pattern else case.accepted
        if not patterns:
            return UNLABELLED
        # A lone surrogate is no text that RE2 can read.
        text = answer.text.encode("utf-8", "replace").decode("utf-8")
        problems = []
        for pattern in patterns:
            try:
                if compiled(pattern).search(text):
                    return Score(1.0)
            except BadScorer as error:
                problems.append(str(error))
        if len(problems) == len(patterns):
            return Score(None, " ".join(problems))
        quoted = " or ".join(f"“{shown(pattern)}”" for pattern in patterns)
        return Score(0.0, f"Found nothing like {quoted} in “{shown(text)}”.")


def compiled(pattern: str) -> Any:  # noqa: ANN401 - RE2 has no types
    """Compile a pattern.

    Raises:
        BadScorer: It is too long, or RE2 does not take it.
    """
    try:
        return expressions.compiled(pattern)
    except expressions.BadExpression as error:
        raise BadScorer(f"The pattern cannot be used: {error}") from error


def _make(settings: str) -> Scorer:
    if settings:
        compiled(settings)
    return Regex(settings)


REGEX = Kind(
    "regex",
    "Regular expression",
    "1 if the pattern behind the colon is found in the answer, such as “regex:^(yes|no)$”; without one, the "
    "case's expected answer is the pattern. RE2's syntax; “(?i)” at the beginning ignores case.",
    _make,
)
