"""What an evaluation came to, as the values that statistics and the Pareto view take.

Figures are read once (some 50,000 rows are a second), scores when a scorer is first asked for; texts are read
for single cases alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bedrock_playground.evaluation.pareto import Call, Point, point_of
from bedrock_playground.evaluation.recording import Key
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.standing import outcome_of
from bedrock_playground.evaluation.statistics import Outcome, Summary, summarise
from bedrock_playground.evaluation.values import Case
from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.history.evaluation_records import (
    OutcomeRow,
    Rating,
    ScoreRow,
    Spending,
    StoredEvaluation,
)
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.members import Pattern

_NO_SCORE: tuple[float | None, str | None] = (None, None)


def latest(
    store: RunStore, evaluation_id: str, *, spec: EvaluationSpec | None = None
) -> dict[Key, OutcomeRow]:
    """Read what counts for each contender, case and repeat: the last run that came to an outcome.

    What is under way, was cancelled, or never sent is no outcome, and not among them.

    Args:
        store: The history.
        evaluation_id: Which evaluation.
        spec: What was run, where it was read already.
    """
    book = store.evaluations
    spec = spec or book.found(evaluation_id).spec
    patterns = {one.label for one in spec.contenders if isinstance(one.member, Pattern)}
    cut_off = book.cut_off(evaluation_id)
    found: dict[Key, OutcomeRow] = {}
    for row in book.outcomes(evaluation_id):
        if outcome_of(row, cut_off=row.key in cut_off or row.label not in patterns) is None:
            found.pop(row.key, None)
        else:
            found[row.key] = row
    return found


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What statistics ask of a case."""

    expected: str | None
    """The expected answer."""
    tags: tuple[str, ...]
    """Its tags."""


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What one contender came to."""

    contender: Contender
    """Who."""
    rows: tuple[OutcomeRow, ...]
    """Its outcomes, by case and repeat."""
    answers: Spending
    """What its answers cost, those of patterns' members included."""
    scoring: Spending
    """What scoring them by models cost."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """What its runs took, as the Pareto view takes it."""
        return tuple(Call(row.total, row.cost, row.state is not RunState.COMPLETED) for row in self.rows)

    @property
    def interrupted(self) -> int:
        """Outcomes that were interrupted: they may have been billed, and can be asked for again."""
        return sum(row.state is RunState.INTERRUPTED for row in self.rows)


@dataclass(slots=True)
class Results:
    """What an evaluation came to."""

    evaluation: StoredEvaluation
    """The evaluation."""
    spec: EvaluationSpec
    """What was run."""
    contenders: tuple[EvaluationResult, ...]
    """Each contender, in order."""
    facts: Mapping[int, CaseFacts]
    """What is known of each case that was asked, by its number."""
    scorers: tuple[str, ...]
    """The scorers that looked at it: in the order of the evaluation, then others by name."""
    _store: RunStore
    _scores: dict[str, Mapping[str, tuple[float | None, str | None]]] = field(default_factory=dict)

    def result(self, label: str) -> EvaluationResult:
        """What a contender came to.

        Raises:
            KeyError: There is no such letter.
        """
        found = next((one for one in self.contenders if one.contender.label == label), None)
        if found is None:
            raise KeyError(label)
        return found

    def outcomes(self, label: str, scorer: str) -> tuple[Outcome, ...]:
        """A contender's outcomes as one scorer saw them."""
        scores = self._scores_by(scorer)
        return tuple(self._outcome(row, scores.get(row.run_id, _NO_SCORE)) for row in self.result(label).rows)

    def summary(self, label: str, scorer: str) -> Summary:
        """A contender's accuracy with its interval, and its failures."""
        return summarise(self.outcomes(label, scorer), seed=self.spec.seed)

    def point(self, label: str, scorer: str) -> Point:
        """A contender's point in the Pareto view."""
        result = self.result(label)
        return point_of(
            result.contender.name, result.calls, self.outcomes(label, scorer), seed=self.spec.seed
        )

    def points(self, scorer: str) -> tuple[Point, ...]:
        """Every contender's point in the Pareto view."""
        return tuple(self.point(one.contender.label, scorer) for one in self.contenders)

    def _outcome(self, row: OutcomeRow, score: tuple[float | None, str | None]) -> Outcome:
        facts = self.facts.get(row.case_number)
        value, label = score
        return Outcome(
            case=row.case_number,
            repeat=row.repeat + 1,
            value=value,
            failed=row.state is not RunState.COMPLETED,
            answer=label if label is not None or row.answer_key is None else str(row.answer_key),
            label=label,
            expected=facts.expected if facts else None,
            tags=facts.tags if facts else (),
        )

    def _scores_by(self, scorer: str) -> Mapping[str, tuple[float | None, str | None]]:
        if scorer not in self._scores:
            rows = self._store.evaluations.scores(self.evaluation.evaluation_id, scorer=scorer)
            self._scores[scorer] = {row.run_id: (row.value, row.class_label) for row in rows}
        return self._scores[scorer]


def read_results(store: RunStore, evaluation_id: str) -> Results:
    """Read what an evaluation came to so far; it may be at work.

    Raises:
        EvaluationGone: It is not there.
        DataSetGone: Its data set is not there.
        SpecRefused: Another version of this program wrote it.
    """
    book = store.evaluations
    evaluation = book.found(evaluation_id)
    spec = evaluation.spec
    found = latest(store, evaluation_id, spec=spec)
    spent = book.spent(evaluation_id)
    asked = {number for _, number, _ in found}
    facts = {
        case.number: CaseFacts(case.expected, case.tags)
        for case in store.data_sets.iter_cases(spec.data_set_id)
        if case.number in asked
    }
    by_label: dict[str, list[OutcomeRow]] = {one.label: [] for one in spec.contenders}
    for key in sorted(found):
        if key[0] in by_label:
            by_label[key[0]].append(found[key])
    looked = book.scorers(evaluation_id)
    named = [name for name in spec.scorers if name in looked]
    return Results(
        evaluation=evaluation,
        spec=spec,
        contenders=tuple(
            EvaluationResult(
                contender,
                tuple(by_label[contender.label]),
                spent.get((contender.label, False), Spending()),
                spent.get((contender.label, True), Spending()),
            )
            for contender in spec.contenders
        ),
        facts=facts,
        scorers=(*named, *(name for name in looked if name not in named)),
        _store=store,
    )


# Single cases


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """One answer to a case, with everything that is known of it."""

    label: str
    """The contender's letter."""
    repeat: int
    """0 for the first of the repeats."""
    run: RunRecord
    """The run, with its texts; a pattern's has its trace."""
    scores: tuple[ScoreRow, ...]
    """What scorers say of it."""
    ratings: tuple[Rating, ...]
    """What people say of it."""


def answers_to(store: RunStore, results: Results, number: int) -> tuple[Case | None, tuple[CaseAnswer, ...]]:
    """Read every answer to a case, by contender and repeat.

    Args:
        store: The history.
        results: What the evaluation came to.
        number: The case.

    Returns:
        The case (``None`` if the data set does not have it) and its answers.
    """
    book, evaluation_id = store.evaluations, results.evaluation.evaluation_id
    rows = [row for one in results.contenders for row in one.rows if row.case_number == number]
    run_ids = [row.run_id for row in rows]
    scores = book.scores_of(run_ids)
    ratings = book.ratings.of(evaluation_id)
    records = store.get_many(run_ids)
    case = next(iter(store.data_sets.cases(results.spec.data_set_id, [number])), None)
    return case, tuple(
        CaseAnswer(
            row.label,
            row.repeat,
            records[row.run_id],
            scores.get(row.run_id, ()),
            ratings.get(row.run_id, ()),
        )
        for row in rows
        if row.run_id in records
    )


_AT_ONCE = 200


def export_rows(store: RunStore, evaluation_id: str) -> Iterator[dict[str, object]]:
    """Stream every outcome as a flat row, with case, answer and scores: for CSV and JSONL.

    A page of texts at a time; unknown values are ``None``, money is text so that nothing is rounded.
    """
    results = read_results(store, evaluation_id)
    rows = [row for one in results.contenders for row in one.rows]
    names = {one.contender.label: one.contender.name for one in results.contenders}
    for start in range(0, len(rows), _AT_ONCE):
        page = rows[start : start + _AT_ONCE]
        run_ids = [row.run_id for row in page]
        records, scores = store.get_many(run_ids), store.evaluations.scores_of(run_ids)
        numbers = sorted({row.case_number for row in page})
        cases = {case.number: case for case in store.data_sets.cases(results.spec.data_set_id, numbers)}
        for row in page:
            told = _told(row, cases.get(row.case_number), records.get(row.run_id))
            yield {"contender": names[row.label], **told, **_scored(scores.get(row.run_id, ()), results)}


def _told(row: OutcomeRow, case: Case | None, record: RunRecord | None) -> dict[str, object]:
    result = record.result if record else None
    return {
        "label": row.label,
        "case": row.case_number,
        "repeat": row.repeat + 1,
        "tags": ", ".join(case.tags) if case else None,
        "expected": case.expected if case else None,
        "state": row.state.value,
        "answer": result.text if result else None,
        "error": row.error_type,
        "error_message": result.error.message if result and result.error else None,
        "cost_usd": None if row.cost is None else format(row.cost, "f"),
        "time_to_first_token_s": row.time_to_first_token,
        "total_s": row.total,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "model_id": record.request.model_id if record else None,
        "run_id": row.run_id,
    }


def _scored(scores: Sequence[ScoreRow], results: Results) -> dict[str, object]:
    by_name = {score.scorer: score for score in scores}
    told: dict[str, object] = {}
    for name in results.scorers:
        score = by_name.get(name)
        told[f"score: {name}"] = score.value if score else None
        told[f"note: {name}"] = score.note if score else None
    return told
