"""The book of evaluations: what is to be run, who works on it, and what came of it.

An evaluation's answers are runs (their ``comparison_id`` is its id), so that whatever reads runs reads them
as well. Here are what is read of many at once, as figures without texts, a page at a time; the claim, by
which one process alone works on an evaluation; and scores and ratings.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from bedrock_playground.history.errors import EvaluationBusy, EvaluationGone
from bedrock_playground.history.evaluation_marks import RatingBook, forget_marks_of, insert_scores
from bedrock_playground.history.evaluation_records import (
    SCORING_TURN,
    EvaluationState,
    OutcomeRow,
    ScoreRow,
    Spending,
    StoredEvaluation,
)
from bedrock_playground.history.processes import interrupt
from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import evaluation_scores, evaluations, processes, runs
from bedrock_playground.history.votes import Open
from bedrock_playground.invocation.trace import PATTERN_PREFIX
from bedrock_playground.invocation.values import RunState

PAGE = 2000
"""Rows that are read at once."""
_COLUMNS = tuple(runs.c[name] for name in OutcomeRow._fields)


class EvaluationBook:
    """The evaluations of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open, sweep: Callable[[], object] = lambda: None) -> None:
        """Use :attr:`RunStore.evaluations`.

        Args:
            read: Opens a transaction that reads.
            write: Opens a transaction that may write.
            sweep: Finds out which processes died.
        """
        self._read = read
        self._write = write
        self._sweep = sweep

    @property
    def ratings(self) -> RatingBook:
        """What people say of the answers."""
        return RatingBook(read=self._read, write=self._write)

    # Which there are

    def create(
        self, name: str, *, data_set_id: str, total: int, document: str, user: str | None = None
    ) -> StoredEvaluation:
        """Keep an evaluation that is to be run; nothing is run by that.

        Args:
            name: What the user calls it.
            data_set_id: The data set whose cases it asks.
            total: How many answers it comes to.
            document: What is to be run, as JSON text.
            user: Who makes it, where known.
        """
        evaluation_id = secrets.token_urlsafe(16)
        row = {
            "evaluation_id": evaluation_id,
            "name": clean(name),
            "state": EvaluationState.READY.value,
            "created_at": datetime.now(UTC),
            "user_name": None if user is None else clean(user),
            "data_set_id": clean(data_set_id),
            "total": total,
            "document": document,
        }
        with self._write() as connection:
            connection.execute(insert(evaluations).values(row))
        return self.found(evaluation_id)

    def get(self, evaluation_id: str) -> StoredEvaluation | None:
        """Get one; ``None`` if there is none of that id."""
        self._sweep()
        with self._read() as connection:
            return _one(connection, evaluation_id)

    def found(self, evaluation_id: str) -> StoredEvaluation:
        """Get one that is there.

        Raises:
            EvaluationGone: There is none of that id.
        """
        found = self.get(evaluation_id)
        if found is None:
            raise EvaluationGone(f"There is no evaluation {evaluation_id}.")
        return found

    def find(self, *, limit: int = 200, data_set_id: str | None = None) -> list[StoredEvaluation]:
        """List evaluations, newest first.

        Args:
            limit: How many at most.
            data_set_id: Those of one data set alone.
        """
        self._sweep()
        statement = _select().order_by(evaluations.c.created_at.desc(), evaluations.c.id.desc()).limit(limit)
        if data_set_id is not None:
            statement = statement.where(evaluations.c.data_set_id == clean(data_set_id))
        with self._read() as connection:
            return [_stored(row) for row in connection.execute(statement).mappings()]

    def rename(self, evaluation_id: str, name: str) -> None:
        """Call it something else."""
        with self._write() as connection:
            connection.execute(update(evaluations).where(_is(evaluation_id)).values(name=clean(name)))

    def change(self, evaluation_id: str, *, document: str) -> None:
        """Have further scorers look at it: what is to be run is replaced, and it is ready again.

        Raises:
            EvaluationBusy: A process works on it.
            EvaluationGone: It is not there.
        """
        with self._write() as connection:
            _free(connection, evaluation_id, own=None)
            values = {"document": document, "state": EvaluationState.READY.value, "note": None}
            connection.execute(update(evaluations).where(_is(evaluation_id)).values(values))

    def keep(self, evaluation_id: str, process_id: str, *, document: str) -> None:
        """Replace what is to be run by the same with what was prepared for it, while one works on it."""
        mine = _is(evaluation_id) & (evaluations.c.process_id == process_id)
        with self._write() as connection:
            connection.execute(update(evaluations).where(mine).values(document=document))

    def delete(self, evaluation_id: str) -> None:
        """Delete it with its scores and ratings; its runs are deleted by whoever owns them.

        Raises:
            EvaluationBusy: A process works on it.
            EvaluationGone: It is not there.
        """
        with self._write() as connection:
            _free(connection, evaluation_id, own=None)
            forget_marks_of(connection, evaluation_id)
            connection.execute(delete(evaluations).where(_is(evaluation_id)))

    # Who works on it

    def claim(self, evaluation_id: str, process_id: str) -> StoredEvaluation:
        """Begin to work on it, alone; what nobody makes any more of its runs becomes interrupted.

        Args:
            evaluation_id: Which.
            process_id: This process's id among those that record.

        Raises:
            EvaluationBusy: Another process works on it.
            EvaluationGone: It is not there.
        """
        with self._write() as connection:
            _free(connection, evaluation_id, own=process_id)
            values = {
                "state": EvaluationState.RUNNING.value,
                "process_id": process_id,
                "ended_at": None,
                "note": None,
            }
            connection.execute(update(evaluations).where(_is(evaluation_id)).values(values))
            interrupt(connection, runs.c.comparison_id == clean(evaluation_id))
            claimed = _one(connection, evaluation_id)
        assert claimed is not None  # noqa: S101 - that is what was updated just now
        return claimed

    def release(
        self, evaluation_id: str, process_id: str, state: EvaluationState, *, note: str | None = None
    ) -> None:
        """Leave it, and say where it stands and why; nothing happens if another process has it by now."""
        mine = _is(evaluation_id) & (evaluations.c.process_id == process_id)
        values = {
            "state": state.value,
            "process_id": None,
            "note": None if note is None else clean(note),
            "ended_at": datetime.now(UTC),
        }
        with self._write() as connection:
            connection.execute(update(evaluations).where(mine).values(values))

    # What came of it

    def outcomes(self, evaluation_id: str, *, labels: Sequence[str] = ()) -> Iterator[OutcomeRow]:
        """Read every run of it that answers a case, in the order in which they began, as figures alone.

        Of several of one contender, case and repeat the last one counts; calls inside patterns and those of
        scorers are not among them.

        Args:
            evaluation_id: Which.
            labels: These contenders alone; all if there is none.
        """
        where = [
            runs.c.comparison_id == clean(evaluation_id),
            runs.c.parent_id.is_(None),
            runs.c.case_number.is_not(None),
        ]
        if labels:
            where.append(runs.c.label.in_([clean(label) for label in labels]))
        return self._outcomes(where)

    def cut_off(self, evaluation_id: str) -> set[tuple[str, int, int]]:
        """The contender, case and repeat of which a call was interrupted: it may have been billed.

        A pattern's own run is no call, and those of scorers are not meant.
        """
        statement = select(runs.c.label, runs.c.case_number, runs.c.repeat).where(
            runs.c.comparison_id == clean(evaluation_id),
            runs.c.state == RunState.INTERRUPTED.value,
            runs.c.turn != SCORING_TURN,
            runs.c.case_number.is_not(None),
            runs.c.model_id.not_like(f"{PATTERN_PREFIX}%"),
        )
        with self._read() as connection:
            return {tuple(row) for row in connection.execute(statement)}

    def scoring_cut_off(self, evaluation_id: str) -> list[tuple[tuple[str, int, int], str]]:
        """The answers of which a scorer's call was interrupted: which they are, and their runs."""
        statement = (
            select(runs.c.label, runs.c.case_number, runs.c.repeat, runs.c.parent_id)
            .where(
                runs.c.comparison_id == clean(evaluation_id),
                runs.c.state == RunState.INTERRUPTED.value,
                runs.c.turn == SCORING_TURN,
            )
            .distinct()
        )
        with self._read() as connection:
            return [((row[0], row[1], row[2]), row[3]) for row in connection.execute(statement)]

    def unscored(self, evaluation_id: str, scorers: Sequence[str]) -> Iterator[OutcomeRow]:
        """The completed answers that some of these scorers have not looked at."""
        if not scorers:
            return
        scored = (
            select(func.count())
            .where(evaluation_scores.c.run_id == runs.c.run_id)
            .where(evaluation_scores.c.scorer.in_([clean(scorer) for scorer in scorers]))
            .correlate(runs)
            .scalar_subquery()
        )
        where = [
            runs.c.comparison_id == clean(evaluation_id),
            runs.c.parent_id.is_(None),
            runs.c.state == RunState.COMPLETED.value,
            scored < len(set(scorers)),
        ]
        yield from self._outcomes(where)

    def scores(self, evaluation_id: str, *, scorer: str | None = None) -> Iterator[ScoreRow]:
        """Read the scores of it, a page at a time; also those of answers that were asked for again."""
        columns = tuple(evaluation_scores.c[name] for name in ScoreRow._fields)
        key = (evaluation_scores.c.label, evaluation_scores.c.case_number, evaluation_scores.c.run_id)
        where: list[ColumnElement[bool]] = [evaluation_scores.c.evaluation_id == clean(evaluation_id)]
        if scorer is not None:
            where.append(evaluation_scores.c.scorer == clean(scorer))
        with self._read() as connection:
            found = connection.execution_options(yield_per=PAGE).execute(
                select(*columns).where(*where).order_by(*key, evaluation_scores.c.scorer)
            )
            for row in found:
                yield ScoreRow(*row)

    def scores_of(self, run_ids: Sequence[str]) -> dict[str, tuple[ScoreRow, ...]]:
        """Read the scores of some answers, by run, each in the order of names."""
        columns = tuple(evaluation_scores.c[name] for name in ScoreRow._fields)
        statement = (
            select(*columns)
            .where(evaluation_scores.c.run_id.in_(run_ids))
            .order_by(evaluation_scores.c.run_id, evaluation_scores.c.scorer)
        )
        found: dict[str, tuple[ScoreRow, ...]] = {}
        with self._read() as connection:
            for row in connection.execute(statement):
                found[row.run_id] = (*found.get(row.run_id, ()), ScoreRow(*row))
        return found

    def scorers(self, evaluation_id: str) -> tuple[str, ...]:
        """The scorers that looked at it, sorted."""
        statement = (
            select(evaluation_scores.c.scorer)
            .where(evaluation_scores.c.evaluation_id == clean(evaluation_id))
            .distinct()
        )
        with self._read() as connection:
            return tuple(sorted(connection.execute(statement).scalars()))

    def add_scores(self, evaluation_id: str, rows: Iterable[ScoreRow]) -> None:
        """Write scores, or write them anew."""
        with self._write() as connection:
            insert_scores(connection, [(evaluation_id, row) for row in rows])

    def spent(self, evaluation_id: str) -> dict[tuple[str, bool], Spending]:
        """What its calls cost, by contender's letter and whether they were scorers'.

        Calls inside patterns count and the patterns' own runs do not, so that nothing counts twice.
        """
        scoring = (runs.c.turn == SCORING_TURN).label("scoring")
        statement = (
            select(runs.c.label, scoring, func.sum(runs.c.cost), func.count(runs.c.cost), func.count())
            .where(runs.c.comparison_id == clean(evaluation_id))
            .where(runs.c.model_id.not_like(f"{PATTERN_PREFIX}%"))
            .group_by(runs.c.label, scoring)
        )
        with self._read() as connection:
            rows = connection.execute(statement).all()
        return {
            (label, bool(scored)): Spending(amount or Spending().known, calls - priced, calls)
            for label, scored, amount, priced, calls in rows
        }

    def _outcomes(self, where: Sequence[ColumnElement[bool]]) -> Iterator[OutcomeRow]:
        for row in self._pages(select(*_COLUMNS, runs.c.id), where, runs.c.id):
            *values, _ = row
            yield OutcomeRow(*values)._replace(state=RunState(row.state))

    def _pages(
        self,
        statement: Select[Any],
        where: Sequence[ColumnElement[bool]],
        key: Any,  # noqa: ANN401 - a column
    ) -> Iterator[Any]:
        """Read by key, a page at a time: memory stays small, and nothing is held open meanwhile."""
        after = 0
        while True:
            page = statement.where(*where, key > after).order_by(key).limit(PAGE)
            with self._read() as connection:
                rows = connection.execute(page).all()
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1].id


def _is(evaluation_id: str) -> ColumnElement[bool]:
    return evaluations.c.evaluation_id == clean(evaluation_id)


def _select() -> Select[Any]:
    living = select(processes.c.id).where(processes.c.id == evaluations.c.process_id)
    return select(*evaluations.c, living.correlate(evaluations).exists().label("worked_on"))


def _one(connection: Connection, evaluation_id: str) -> StoredEvaluation | None:
    row = connection.execute(_select().where(_is(evaluation_id))).mappings().one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Any) -> StoredEvaluation:  # noqa: ANN401 - a row
    state = EvaluationState(row["state"])
    if state is EvaluationState.RUNNING and not row["worked_on"]:
        state = EvaluationState.INTERRUPTED
    return StoredEvaluation(
        evaluation_id=row["evaluation_id"],
        name=row["name"],
        state=state,
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        user=row["user_name"],
        data_set_id=row["data_set_id"],
        total=row["total"],
        document=row["document"],
        note=row["note"],
    )


def _free(connection: Connection, evaluation_id: str, *, own: str | None) -> None:
    """Make sure that nobody else works on it, until this transaction ends.

    Raises:
        EvaluationBusy: A process works on it.
        EvaluationGone: It is not there.
    """
    # The row is taken first: of two processes that claim at the same time one sees the other's claim.
    touched = connection.execute(
        update(evaluations).where(_is(evaluation_id)).values(name=evaluations.c.name)
    )
    if touched.rowcount == 0:
        raise EvaluationGone(f"There is no evaluation {evaluation_id}.")
    process_id = connection.execute(
        select(evaluations.c.process_id).where(
            _is(evaluation_id),
            evaluations.c.state == EvaluationState.RUNNING.value,
            evaluations.c.process_id.in_(select(processes.c.id)),
        )
    ).scalar_one_or_none()
    if process_id is not None and process_id != own:
        raise EvaluationBusy("Another process, or another window of this one, works on this evaluation.")
