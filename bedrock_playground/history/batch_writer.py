"""Writing many runs and scores in one transaction: from what was recorded to rows.

What is recorded waits as values (:data:`Work`), so that it can be written here or handed to a process whose
only work is writing (:mod:`bedrock_playground.history.batch_process`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, exc, select

from bedrock_playground.history.bulk import insert_runs, update_runs
from bedrock_playground.history.errors import EvaluationBusy, HistoryError, HistoryUnavailable
from bedrock_playground.history.evaluation_marks import insert_scores
from bedrock_playground.history.evaluation_records import ScoreRow
from bedrock_playground.history.groups import GROUPED_BY, group_ids, group_of, one_at_a_time
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.history.recorder import Row, Write, finish
from bedrock_playground.history.rows import (
    clean,
    cost_row,
    details_row,
    ended_details_row,
    identity_row,
    note_row,
    origin_row,
    result_row,
)
from bedrock_playground.history.schema import evaluations, runs
from bedrock_playground.history.traits import ended_traits_row, traits_row
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState

_log = logging.getLogger(__name__)

# Whoever claims an evaluation changes its row, and waits until what begins here is written.
_OWNER = (
    select(evaluations.c.process_id)
    .where(evaluations.c.evaluation_id == bindparam("key"))
    .with_for_update(read=True)
)


@dataclass(slots=True)
class Begun:
    """A run that begins."""

    identity: RunIdentity
    """Which."""
    request: InvocationRequest
    """What is sent."""
    origin: RunOrigin | None
    """The preset that it is run from."""


@dataclass(slots=True)
class Ended:
    """A run that ended."""

    identity: RunIdentity
    """Which."""
    request: InvocationRequest
    """What was sent."""
    result: InvocationResult
    """What came of it."""
    cost: Cost | None
    """What it cost."""
    at: datetime
    """When, in UTC."""
    origin: RunOrigin | None
    """The preset that it was run from."""
    told: tuple[bytes, bytes] | None = None
    """Its beginning and its end as a :class:`~bedrock_playground.history.begun.BegunBook` wrote them."""


@dataclass(slots=True)
class Scored:
    """Scores of one answer."""

    evaluation_id: str
    """The evaluation."""
    rows: Sequence[ScoreRow]
    """A score each."""


Work: TypeAlias = Begun | Ended | Scored
"""Anything that waits to be written."""
Problem: TypeAlias = HistoryError | None
"""Why something was not written; ``None``: it was."""


class BatchWriter:
    """Writes what waits; for one thread."""

    def __init__(self, *, write: Write, process_id: str, user: str | None) -> None:
        """Make a writer.

        Args:
            write: Opens a transaction that may write.
            process_id: The id of the process that makes the calls.
            user: Who runs, where known.
        """
        self._write = write
        self._process_id = process_id
        self._user = clean(user) if user is not None else None
        self._running: dict[str, Row] = {}
        self._groups = _Groups()

    def write(self, batch: Sequence[Work]) -> list[Problem]:
        """Write all in one transaction; what one row spoils is written one by one.

        Returns:
            For each, why it was not written.
        """
        if not batch:
            return []
        try:
            self.commit(batch)
        except HistoryError as error:
            spoiled = isinstance(error, EvaluationBusy) or isinstance(
                error.__cause__, exc.IntegrityError | exc.DataError
            )
            if len(batch) > 1 and spoiled:
                return [problem for work in batch for problem in self.write([work])]
            return [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
            _log.exception("The history's writer failed")
            return [HistoryUnavailable(f"{type(error).__name__}: {error}")] * len(batch)
        return [None] * len(batch)

    def commit(self, batch: Sequence[Work]) -> None:
        """Write all in one transaction.

        Raises:
            HistoryError: The database refused; nothing of it is written.
        """
        begun = [
            (work.identity.run_id, *beginning(work, process_id=self._process_id, user=self._user))
            for work in batch
            if isinstance(work, Begun)
        ]
        ended = {work.identity.run_id: work for work in batch if isinstance(work, Ended)}
        beginnings = self._running | {run_id: row for run_id, row, _ in begun}
        with self._write() as connection:
            if ended:
                one_at_a_time(connection)
            if begun:
                _must_be_claimed(connection, {row["comparison_id"] for _, row, _ in begun}, self._process_id)
                insert_runs(connection, [(row, details) for _, row, details in begun])
            self._end(
                connection, [work for run_id, work in ended.items() if run_id in beginnings], beginnings
            )
            self._whole(connection, [work for run_id, work in ended.items() if run_id not in beginnings])
            scored = [
                (work.evaluation_id, row) for work in batch if isinstance(work, Scored) for row in work.rows
            ]
            insert_scores(connection, scored)
        self._running.update({run_id: row for run_id, row, _ in begun if run_id not in ended})
        for run_id in ended:
            self._running.pop(run_id, None)

    def _end(self, connection: Connection, ended: Sequence[Ended], beginnings: dict[str, Row]) -> None:
        if not ended:
            return
        rows = [_ending(work) for work in ended]
        known = [
            {name: value for name, value in beginnings[work.identity.run_id].items() if name in GROUPED_BY}
            | row
            for work, row in zip(ended, rows, strict=True)
        ]
        groups = self._groups.ids(connection, known)
        update_runs(
            connection,
            [
                (work.identity.run_id, row | {"group_id": group}, _ended_details(work))
                for work, row, group in zip(ended, rows, groups, strict=True)
            ],
        )

    def _whole(self, connection: Connection, ended: Sequence[Ended]) -> None:
        """Write runs whose beginning was never written here, all at once; what is there is completed."""
        if not ended:
            return
        wanted = [work.identity.run_id for work in ended]
        there = set(connection.execute(select(runs.c.run_id).where(runs.c.run_id.in_(wanted))).scalars())
        whole = [(*self._both(work), work.identity.run_id in there) for work in ended]
        for row, details, known in whole:
            if known:
                finish(connection, row, details)
        new = [(row, details) for row, details, known in whole if not known]
        if new:
            groups = self._groups.ids(connection, [row for row, _ in new])
            insert_runs(
                connection,
                [
                    (row | {"group_id": group}, details)
                    for (row, details), group in zip(new, groups, strict=True)
                ],
            )

    def _both(self, work: Ended) -> tuple[Row, Row]:
        details = details_row(work.request, work.result) | note_row(work.cost.note if work.cost else None)
        row = {
            **identity_row(work.identity, work.request),
            **traits_row(work.request, work.result, request_text=details["request"]),
            **origin_row(work.origin),
            **_ending(work),
            "process_id": self._process_id,
            "user_name": self._user,
        }
        return row, details


def beginning(work: Begun, *, process_id: str, user: str | None) -> tuple[Row, Row]:
    """Make the rows of a run that begins: of ``runs`` and of ``run_details``."""
    details = details_row(work.request, None)
    row = {
        **identity_row(work.identity, work.request),
        **traits_row(work.request, None, request_text=details["request"]),
        **origin_row(work.origin),
        "state": RunState.RUNNING.value,
        "process_id": process_id,
        "user_name": user,
    }
    return row, details


def _must_be_claimed(connection: Connection, comparison_ids: set[str], process_id: str) -> None:
    """Make sure that the evaluations of runs that begin are this process's, until the transaction ends.

    A process that slept for long (a suspended machine) may have been taken for dead meanwhile, and another
    one have gone on with its work: what it began now would be made, and paid for, twice.

    Raises:
        EvaluationBusy: Another process works on one of them by now, or did.
    """
    owners = [connection.execute(_OWNER, {"key": key}).first() for key in comparison_ids]
    if any(owner is not None and owner.process_id != process_id for owner in owners):
        raise EvaluationBusy(
            "This process was taken for dead, and another one may have gone on with its work."
        )


def _ending(work: Ended) -> Row:
    return {
        **ended_traits_row(work.result),
        **result_row(work.result),
        **cost_row(work.cost),
        "state": work.result.state.value,
        "ended_at": work.at,
    }


def _ended_details(work: Ended) -> Row:
    return ended_details_row(work.request, work.result) | note_row(work.cost.note if work.cost else None)


class _Groups:
    """The groups that the last runs belonged to: hardly ever another one, and looked for by its number."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def ids(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int | None]:
        """Find the groups of runs, as :func:`group_ids` does."""
        groups = [group_of(row) for row in rows]
        keys = {group["key"] for group in groups if group}
        numbers = {self._known.get(key) for key in keys}
        if None in numbers or not self._there(connection, numbers):
            found = group_ids(connection, rows)
            self._known = {
                group["key"]: number
                for group, number in zip(groups, found, strict=True)
                if group and number is not None
            }
            return found
        return [self._known[group["key"]] if group else None for group in groups]

    @staticmethod
    def _there(connection: Connection, numbers: set[int | None]) -> bool:
        """Whether none was deleted meanwhile, with its last run."""
        listed = ", ".join(str(number) for number in numbers)
        if not listed:
            return True
        count = f"SELECT count(*) FROM run_groups WHERE id IN ({listed})"  # noqa: S608 - numbers of our own
        return bool(connection.exec_driver_sql(count).scalar_one() == len(numbers))
