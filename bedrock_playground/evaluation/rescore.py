"""An evaluation's recorded calls, so that a contender's thresholds can be dragged without calling anything.

What each contender called for a case is pooled: the single models beside a cascade let its thresholds be
dragged further. A scorer that calls no model scores every answer anew; one that does is not asked again, so
that an answer which no contender gave cannot be scored by it. The arithmetic is that of
:mod:`bedrock_playground.patterns.rescoring`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_playground.evaluation.asking import RememberedShape, asked_of
from bedrock_playground.evaluation.recording import halting_names
from bedrock_playground.evaluation.results import Results
from bedrock_playground.evaluation.running import scorers_of
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.spec import case_order
from bedrock_playground.evaluation.values import Answer, Case
from bedrock_playground.history import RunRecord, RunStore
from bedrock_playground.history.evaluation_records import SCORING_TURN, OutcomeRow
from bedrock_playground.invocation.errors import UnexpectedError
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.backing import Recorded, Shape
from bedrock_playground.patterns.knobs import Knob, knobs
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.rescoring import Point, RecordedCall, RecordedCase, Replayed, curve

MOST_ANSWERS = 500
"""Answers that are re-scored at once, so that dragging stays quick."""
_AT_ONCE = 200
_TOLD = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Rescoring:
    """A contender whose thresholds can be dragged."""

    member: Member
    """The contender as it was evaluated."""
    recorded: tuple[RecordedCase, ...]
    """Each of its answers (a case as often as it was repeated), with every call that was made for it."""
    left_out: int
    """How many answers are beyond :data:`MOST_ANSWERS`: the last ones in the evaluation's order."""
    _scorer: Scorer | None
    _cases: Mapping[int, Case]
    _scored: Mapping[tuple[int, str], float | None]

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What can be dragged."""
        return knobs(self.member)

    def curve(
        self,
        knob: str,
        *,
        shape: Shape,
        values: Iterable[float] | None = None,
        embedding_model: str | None = None,
    ) -> tuple[Point, ...]:
        """Say what the contender comes to at each value of a knob; nothing is called.

        Args:
            knob: The knob's name.
            shape: Makes requests, as it did when they were recorded.
            values: Where to turn it; ``None``: everywhere it can be dragged to.
            embedding_model: The embedding model that was the connection's own then.

        Raises:
            KeyError: There is no such knob.
        """
        return curve(
            self.member,
            knob,
            self.recorded,
            score=self.score,
            shape=RememberedShape(shape),
            values=values,
            embedding_model=embedding_model,
        )

    def score(self, each: Replayed) -> float | None:
        """Score an answer: now, if that calls nothing, and otherwise as it was scored."""
        case, scorer = self._cases.get(each.number), self._scorer
        if case is None or scorer is None or scorer.calls_models:
            return self._scored.get((each.number, each.result.text))
        try:
            return scorer.score(Answer(each.result, each.cost.amount), case, _NoDesk()).value
        except Exception:  # noqa: BLE001 - a plug-in's defect is no reason to lose the curve
            return None


def rescoring_of(store: RunStore, results: Results, label: str, *, scorer: str) -> Rescoring:
    """Read what a contender's thresholds can be dragged over.

    Args:
        store: The history.
        results: What the evaluation came to.
        label: The contender's letter.
        scorer: Whose scores count.

    Raises:
        KeyError: There is no such letter.
        BadScorer: A scorer of the evaluation cannot be made any more.
    """
    spec, own = results.spec, results.result(label)
    order = {number: place for place, number in enumerate(case_order(spec, max(results.facts, default=0)))}
    rows = sorted(own.rows, key=lambda row: (order.get(row.case_number, 0), row.repeat))
    kept = rows[:MOST_ANSWERS]
    wanted = {(row.case_number, row.repeat) for row in kept}
    pooled = [own, *(one for one in results.contenders if one is not own)]
    answers = [row for one in pooled for row in one.rows if (row.case_number, row.repeat) in wanted]
    records = _records(store, [row.run_id for row in answers])
    calls = _calls(store, answers, records)
    cases = {case.number: case for case in store.data_sets.cases(spec.data_set_id, [n for n, _ in wanted])}
    made = {one.name: one for one in scorers_of(store, spec)}
    return Rescoring(
        member=own.contender.member,
        recorded=tuple(
            RecordedCase(
                row.case_number,
                asked_of(spec, own.contender, cases[row.case_number]),
                tuple(calls[row.case_number, row.repeat]),
            )
            for row in kept
            if row.case_number in cases
        ),
        left_out=len(rows) - len(kept),
        _scorer=made.get(scorer),
        _cases=cases,
        _scored=_scores(results, answers, records, scorer=scorer),
    )


def _records(store: RunStore, run_ids: Sequence[str]) -> dict[str, RunRecord]:
    found: dict[str, RunRecord] = {}
    for start in range(0, len(run_ids), _AT_ONCE):
        found |= store.get_many(run_ids[start : start + _AT_ONCE])
    return found


def _calls(
    store: RunStore, answers: Sequence[OutcomeRow], records: Mapping[str, RunRecord]
) -> dict[tuple[int, int], list[RecordedCall]]:
    """Every call that was made for a case and repeat, the calls of the first contender's answers first."""
    below = defaultdict(list)
    level = [row.run_id for row in answers if row.run_id in records]
    while level:
        found = [
            call
            for start in range(0, len(level), _AT_ONCE)
            for call in store.calls_of(*level[start : start + _AT_ONCE])
            if call.identity.turn != SCORING_TURN
        ]
        for call in found:
            below[call.identity.parent_id].append(call)
        level = [call.run_id for call in found if is_pattern(call.request.model_id)]

    def leaves(record: RunRecord) -> Iterable[RunRecord]:
        if not is_pattern(record.request.model_id):
            yield record
        for inner in below[record.run_id]:
            yield from leaves(inner)

    calls: dict[tuple[int, int], list[RecordedCall]] = defaultdict(list)
    for row in answers:
        for record in leaves(records[row.run_id]) if row.run_id in records else ():
            if (told := _recorded(record)) is not None:
                calls[row.case_number, row.repeat].append(told)
    return calls


def _recorded(record: RunRecord) -> RecordedCall | None:
    """A call as a replay takes it; ``None``: it was not sent, or nobody knows its end."""
    result = record.result
    if result is None or record.state not in _TOLD or type(result.error).__name__ in halting_names():
        return None
    return RecordedCall(record.request, Recorded(record.run_id, result, record.priced), record.identity.role)


def _scores(
    results: Results, answers: Sequence[OutcomeRow], records: Mapping[str, RunRecord], *, scorer: str
) -> dict[tuple[int, str], float | None]:
    """What the scorer said of each answer that was given; of equal ones, what it said first."""
    said: dict[tuple[int, str], float | None] = {}
    for one in results.contenders:
        outcomes = results.outcomes(one.contender.label, scorer)
        values = {(each.case, each.repeat - 1): each.value for each in outcomes}
        for row in answers:
            record = records.get(row.run_id)
            if row.label != one.contender.label or record is None or record.result is None:
                continue
            if (
                row.state is RunState.COMPLETED
                and (value := values.get((row.case_number, row.repeat))) is not None
            ):
                said.setdefault((row.case_number, record.result.text), value)
    return said


class _NoDesk:
    """Stands where a scorer would ask models; one that says it calls none has no use for it."""

    def ask(self, *_: Any, **__: Any) -> Answer:  # noqa: ANN401 - whatever it would ask
        """Refuse."""
        raise UnexpectedError("Re-scoring calls no model.")

    def embed(self, *_: Any, **__: Any) -> Sequence[Sequence[float]]:  # noqa: ANN401 - as above
        """Refuse."""
        raise UnexpectedError("Re-scoring calls no model.")
