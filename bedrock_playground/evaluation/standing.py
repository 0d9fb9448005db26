"""Where an evaluation stands by the history: what has its outcome, what is left, what it cost so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bedrock_playground.evaluation.agenda import Agenda, Left
from bedrock_playground.evaluation.progress import INTERRUPTED, Tally
from bedrock_playground.evaluation.recording import Key, halting_names
from bedrock_playground.evaluation.spec import EvaluationSpec, case_order
from bedrock_playground.history import DataSetGone, RunStore
from bedrock_playground.history.evaluation_records import OutcomeRow, Spending
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.members import Pattern

Again: TypeAlias = Literal["interrupted", "failed"]
"""Outcomes that are asked for once more, on request: interrupted ones may have been billed already."""

_NOTHING: Collection[Again] = ()


@dataclass(slots=True)
class Standing:
    """What is there, and what is left."""

    agendas: dict[str, Agenda]
    """What is left, by contender's letter."""
    failed: dict[Key, str] = field(default_factory=dict)
    """Outcomes that are failures, and why."""
    earlier: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Runs of answers that did not come to an outcome: what they called need not be called again."""
    answered: dict[Key, str] = field(default_factory=dict)
    """The runs of answers that scorers are yet to look at."""
    spent: dict[tuple[str, bool], Spending] = field(default_factory=dict)
    """What calls cost so far, by letter and whether they were scorers'."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return all(agenda.count(Left.NOTHING) == agenda.total for agenda in self.agendas.values())

    def tallies(self) -> dict[str, Tally]:
        """Counts that go on from here, by contender's letter."""
        failures: dict[str, Counter[str]] = defaultdict(Counter)
        for (label, _, _), name in self.failed.items():
            failures[label][name] += 1
        return {
            label: Tally(
                label,
                total=agenda.total,
                done=agenda.total - agenda.count(Left.ANSWER),
                failed=failures[label],
                unscored=agenda.count(Left.SCORES),
                spent=(
                    self.spent.get((label, False), Spending()),
                    self.spent.get((label, True), Spending()),
                ),
            )
            for label, agenda in self.agendas.items()
        }


def outcome_of(row: OutcomeRow, *, cut_off: bool) -> str | None:
    """What a run says of its case: empty: an answer; otherwise the failure's name; ``None``: nothing yet.

    Args:
        row: The run.
        cut_off: Whether a call of it was interrupted, which may have been billed. A pattern's run that died
            between two calls goes on where it was.
    """
    match row.state:
        case RunState.COMPLETED:
            return ""
        case RunState.FAILED:
            return None if row.error_type in halting_names() else row.error_type or "unknown"
        case RunState.INTERRUPTED:
            return INTERRUPTED if cut_off else None
        case _:
            return None


def read_standing(
    store: RunStore,
    evaluation_id: str,
    spec: EvaluationSpec,
    *,
    scorers: Sequence[str] = (),
    again: Collection[Again] = _NOTHING,
) -> Standing:
    """Read where an evaluation stands.

    Args:
        store: The history.
        evaluation_id: Which.
        spec: What is run.
        scorers: The names of those who score.
        again: Outcomes that are to be asked for once more.

    Raises:
        HistoryError: It cannot be read.
    """
    book, shelf = store.evaluations, store.data_sets
    summary = shelf.summary(spec.data_set_id)
    if summary is None:
        raise DataSetGone("The data set of this evaluation is not here any more.")
    order = case_order(spec, summary.cases)
    standing = Standing(
        agendas={
            contender.label: Agenda(
                order,
                repeat=spec.repeat,
                fetch=lambda numbers: shelf.cases(spec.data_set_id, numbers),
            )
            for contender in spec.contenders
        },
        spent=book.spent(evaluation_id),
    )
    patterns = {one.label for one in spec.contenders if isinstance(one.member, Pattern)}
    cut_off = book.cut_off(evaluation_id)
    for row in book.outcomes(evaluation_id):
        agenda = standing.agendas.get(row.label)
        if agenda is not None and agenda.knows(row.case_number, row.repeat):
            interrupted = row.key in cut_off or row.label not in patterns
            _note(standing, row, outcome_of(row, cut_off=interrupted), again=again)
    for row in book.unscored(evaluation_id, scorers):
        _to_be_scored(standing, row.key, row.run_id)
    if "interrupted" in again and scorers:
        for key, run_id in book.scoring_cut_off(evaluation_id):
            _to_be_scored(standing, key, run_id)
    return standing


def _to_be_scored(standing: Standing, key: Key, run_id: str) -> None:
    label, number, repeat = key
    agenda = standing.agendas.get(label)
    known = agenda is not None and agenda.knows(number, repeat)
    if agenda is not None and known and agenda.left_of(number, repeat) is not Left.ANSWER:
        agenda.note(number, repeat, Left.SCORES)
        standing.answered[key] = run_id


def _note(standing: Standing, row: OutcomeRow, outcome: str | None, *, again: Collection[Again]) -> None:
    """Take a run into account; the last one of an item counts."""
    agenda = standing.agendas[row.label]
    standing.failed.pop(row.key, None)
    kept = outcome is not None
    if outcome:
        kind: Again = "interrupted" if outcome == INTERRUPTED else "failed"
        kept = kind not in again
        if kept:
            standing.failed[row.key] = outcome
    agenda.note(row.case_number, row.repeat, Left.NOTHING if kept else Left.ANSWER)
    if not kept and (not outcome or outcome == INTERRUPTED):
        standing.earlier[row.key].append(row.run_id)
    else:
        # A failure that is asked for again is asked anew: what it called would only fail the same way.
        standing.earlier.pop(row.key, None)
