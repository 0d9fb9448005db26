"""Results as they are looked at: every figure worked out once, and people's ratings as one more scorer.

A page asks for the same figures with every click, and a bootstrap of thousands of cases takes longer than a
click should. What is here does not change; newer results are another reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TypeVar, cast

from bedrock_playground.evaluation.pareto import Call, Point, point_of
from bedrock_playground.evaluation.results import EvaluationResult, Results
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.statistics import Outcome, Summary, by_tag, summarise
from bedrock_playground.history.evaluation_records import OutcomeRow, Rating
from bedrock_playground.invocation.values import RunState
from bedrock_playground.measures import Quantile, quantile

PEOPLE = "people’s ratings"
"""The name under which ratings stand beside scorers: 1 star is 0, 5 stars are 1."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stars:
    """What people say of a contender's answers."""

    mean: float | None
    """1 to 5, the mean over rated answers, of each the mean over people; ``None``: nobody rated any."""
    answers: int
    """How many answers were rated."""


class Reading:
    """An evaluation's results at one moment. Safe to share between threads: the worst is work done twice."""

    def __init__(self, results: Results) -> None:
        """Take what was read.

        Args:
            results: What the evaluation came to.
        """
        self.results = results
        """What was read."""
        self.ratings: Mapping[str, Sequence[Rating]] = {}
        """What people say, by run."""
        self._known: dict[tuple[object, ...], object] = {}
        self._rated: dict[tuple[object, ...], object] = {}

    def with_ratings(self, ratings: Mapping[str, Sequence[Rating]]) -> Reading:
        """The same with what people say of its answers; what was worked out already is not again."""
        same = Reading(self.results)
        same.ratings = ratings
        same._known = self._known
        return same

    @property
    def spec(self) -> EvaluationSpec:
        """What was run."""
        return self.results.spec

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Who was evaluated, in order."""
        return tuple(one.contender for one in self.results.contenders)

    @property
    def labels(self) -> tuple[str, ...]:
        """The contenders' letters, in order."""
        return tuple(contender.label for contender in self.contenders)

    @property
    def scorers(self) -> tuple[str, ...]:
        """Who scored, people last if they did."""
        return (*self.results.scorers, *((PEOPLE,) if self.ratings else ()))

    @property
    def answered(self) -> int:
        """How many answers there are, failures included."""
        return sum(len(one.rows) for one in self.results.contenders)

    def result(self, label: str) -> EvaluationResult:
        """What a contender came to.

        Raises:
            KeyError: There is no such letter.
        """
        return self.results.result(label)

    def name(self, label: str) -> str:
        """What a contender is called."""
        return self.result(label).contender.name

    # By scorer; ``None``: nobody scored

    def outcomes(self, label: str, scorer: str | None) -> tuple[Outcome, ...]:
        """A contender's outcomes as one scorer saw them; none where nobody scored.

        Under :data:`PEOPLE` the outcomes that were rated, and no others.
        """
        return self._once(("outcomes", label, scorer), lambda: self._outcomes(label, scorer))

    def summary(self, label: str, scorer: str | None) -> Summary:
        """A contender's accuracy with its interval, and its failures."""
        return self._once(
            ("summary", label, scorer),
            lambda: summarise(self.outcomes(label, scorer), seed=self.spec.seed),
        )

    def tags(self, label: str, scorer: str | None) -> Mapping[str, Summary]:
        """A contender's summary for each tag."""
        return self._once(
            ("tags", label, scorer), lambda: by_tag(self.outcomes(label, scorer), seed=self.spec.seed)
        )

    def point(self, label: str, scorer: str | None) -> Point:
        """A contender's point in the Pareto view."""
        return self._once(("point", label, scorer), lambda: self._point(label, scorer))

    def points(self, scorer: str | None) -> tuple[Point, ...]:
        """Every contender's point in the Pareto view, by name; those without an outcome yet are left out."""
        return tuple(self.point(label, scorer) for label in self.labels if self.result(label).rows)

    # Whatever the scorer

    def first_tokens(self, label: str) -> Quantile:
        """The median time to the first token of a contender's completed runs, in seconds."""

        def found() -> Quantile:
            rows = self.result(label).rows
            return quantile(
                [row.time_to_first_token for row in rows if row.time_to_first_token is not None], 0.5
            )

        return self._once(("first", label), found)

    def length(self, label: str) -> float | None:
        """Output tokens of a contender's answer, the mean over those that told; ``None``: none did."""
        told = [row.output_tokens for row in self.result(label).rows if row.output_tokens is not None]
        return sum(told) / len(told) if told else None

    def stars(self, label: str) -> Stars:
        """What people say of a contender's answers."""
        means = [mean for row in self.result(label).rows if (mean := self.rated(row.run_id)) is not None]
        return Stars(fsum(means) / len(means) if means else None, len(means))

    def rated(self, run_id: str) -> float | None:
        """The mean of an answer's ratings, 1 to 5; ``None``: nobody rated it."""
        told = self.ratings.get(run_id)
        return fsum(one.rating for one in told) / len(told) if told else None

    def rows_of(self, label: str) -> Mapping[int, tuple[OutcomeRow, ...]]:
        """A contender's outcomes by case, each in the order of repeats."""

        def found() -> Mapping[int, tuple[OutcomeRow, ...]]:
            rows: dict[int, list[OutcomeRow]] = {}
            for row in self.result(label).rows:
                rows.setdefault(row.case_number, []).append(row)
            return {number: tuple(each) for number, each in rows.items()}

        return self._once(("rows", label), found)

    def once(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """Remember what somebody else works out of this reading.

        Args:
            key: Tells it from everything else; begins with the name of whoever asks.
            make: Works it out.
        """
        return self._once(("other", *key), make)

    def _outcomes(self, label: str, scorer: str | None) -> tuple[Outcome, ...]:
        if scorer is None:
            return ()
        if scorer != PEOPLE:
            return self.results.outcomes(label, scorer)
        rows = self.result(label).rows
        # What another scorer made of an answer is not asked here: there is none of this name.
        seen = zip(rows, self.results.outcomes(label, PEOPLE), strict=True)
        return tuple(
            Outcome(
                case=outcome.case,
                repeat=outcome.repeat,
                value=(rating - 1) / 4,
                failed=outcome.failed,
                answer=outcome.answer,
                expected=outcome.expected,
                tags=outcome.tags,
            )
            for row, outcome in seen
            if (rating := self.rated(row.run_id)) is not None
        )

    def _point(self, label: str, scorer: str | None) -> Point:
        result = self.result(label)
        calls = tuple(Call(row.total, row.cost, row.state is not RunState.COMPLETED) for row in result.rows)
        outcomes = self.outcomes(label, scorer)
        return point_of(result.contender.name, calls, outcomes, seed=self.spec.seed)

    def _once(self, key: tuple[object, ...], make: Callable[[], _T]) -> _T:
        # Ratings change while results stay: what rests on them is not shared.
        known = self._rated if PEOPLE in key else self._known
        if key not in known:
            known[key] = make()
        return cast("_T", known[key])
