"""Keeping many runs a second: one thread writes, and what waits meanwhile is written together.

A run's beginning is committed before :meth:`BatchRecorder.run_started` returns, so that nothing is ever sent
that the history does not know of; runs that begin at the same time share a transaction. A run's end and its
scores do not wait for theirs, but no more than :data:`MOST_WAITING` of them wait in memory.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exc, insert, select, update

from bedrock_playground.history.errors import HistoryError, HistoryUnavailable
from bedrock_playground.history.evaluation_marks import insert_scores
from bedrock_playground.history.evaluation_records import ScoreRow
from bedrock_playground.history.groups import GROUPED_BY, group_ids, one_at_a_time
from bedrock_playground.history.recorder import Backlog, Origin, Row, Write, finish
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
from bedrock_playground.history.schema import run_details, runs
from bedrock_playground.history.traits import ended_traits_row, traits_row
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState

_log = logging.getLogger(__name__)

MOST_WAITING = 2000
"""Ends of runs, and scores of one answer, that wait to be written; whoever brings more has to wait."""
_TOGETHER = 500
"""What is written in one transaction at most."""


@dataclass(slots=True)
class _Begun:
    """A run that begins: its rows, and who waits for them."""

    row: Row
    details: Row
    written: threading.Event = field(default_factory=threading.Event)
    key: int | None = None
    error: HistoryError | None = None


@dataclass(slots=True)
class _Ended:
    """A run that ended: what its rows become."""

    begun: _Begun | None
    row: Row
    details: Row


@dataclass(slots=True)
class _Scored:
    """Scores of one answer."""

    evaluation_id: str
    rows: Sequence[ScoreRow]


_Work = _Begun | _Ended | _Scored


class BatchRecorder:
    """Records runs and scores; implements :class:`bedrock_playground.invocation.protocol.RunRecorder`.

    Close it when all is done: it writes what waits, and its thread ends.
    """

    def __init__(
        self,
        *,
        write: Write,
        backlog: Backlog,
        process_id: str,
        user: str | None,
        origin: Origin | None = None,
    ) -> None:
        """Use :meth:`bedrock_playground.history.store.RunStore.batch_recorder`."""
        self.process_id = process_id
        """This process's id among those that record."""
        self._write = write
        self._backlog = backlog
        self._user = clean(user) if user is not None else None
        self._origin = origin
        self._running: dict[str, _Begun] = {}
        self._waiting: deque[_Work] = deque()
        self._writing = 0
        self._closed = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="history-writer", daemon=True)
        self._thread.start()

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        """Record that a run begins, and wait until that is committed.

        Raises:
            HistoryError: The database refused; nothing must be sent.
        """
        details = details_row(request, None)
        row = {
            **identity_row(identity, request),
            **traits_row(request, None, request_text=details["request"]),
            **origin_row(self._origin(identity.label) if self._origin else None),
            "state": RunState.RUNNING.value,
            "process_id": self.process_id,
            "user_name": self._user,
        }
        begun = _Begun(row, details)
        self._put(begun)
        begun.written.wait()
        if begun.error is not None:
            raise begun.error
        self._running[identity.run_id] = begun

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        """Record how a run ended; it waits only while too much waits already."""
        begun = self._running.pop(identity.run_id, None)
        row = {
            **ended_traits_row(result),
            **result_row(result),
            **cost_row(cost),
            "state": result.state.value,
            "ended_at": datetime.now(UTC),
        }
        note = note_row(cost.note if cost else None)
        if begun is not None:
            self._put(_Ended(begun, row, ended_details_row(request, result) | note))
            return
        # Its beginning is not known: it is written whole, as one that could not be begun would be.
        details = details_row(request, result) | note
        whole = {
            **identity_row(identity, request),
            **traits_row(request, result, request_text=details["request"]),
            **origin_row(self._origin(identity.label) if self._origin else None),
            **row,
            "process_id": self.process_id,
            "user_name": self._user,
        }
        self._put(_Ended(None, whole, details))

    def scored(self, evaluation_id: str, rows: Sequence[ScoreRow]) -> None:
        """Record what scorers say of an answer; as for a run's end."""
        if rows:
            self._put(_Scored(evaluation_id, rows))

    def flush(self) -> None:
        """Wait until all that was brought so far is written, or kept for later because that failed."""
        with self._change:
            self._change.wait_for(lambda: not self._waiting and not self._writing)

    def close(self) -> None:
        """Write what waits, and end."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join()

    # The writer

    def _put(self, work: _Work) -> None:
        with self._change:
            if self._closed:
                raise HistoryUnavailable("This recorder was closed.")
            if not isinstance(work, _Begun):
                self._change.wait_for(lambda: len(self._waiting) < MOST_WAITING)
            self._waiting.append(work)
            if len(self._waiting) == 1:
                self._change.notify_all()

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            self._write_all(batch)
            with self._change:
                self._writing = 0
                self._change.notify_all()

    def _next(self) -> list[_Work] | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed)
            count = self._writing = min(len(self._waiting), _TOGETHER)
            return [self._waiting.popleft() for _ in range(count)] or None

    def _write_all(self, batch: list[_Work]) -> None:
        """Write what waits in one transaction; what one row spoils is written one by one."""
        try:
            self._commit(batch)
        except HistoryError as error:
            if len(batch) > 1 and isinstance(error.__cause__, exc.IntegrityError | exc.DataError):
                for work in batch:
                    self._write_all([work])
                return
            self._failed(batch, error)
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
            _log.exception("The history's writer failed")
            self._failed(batch, HistoryUnavailable(f"{type(error).__name__}: {error}"))
        for work in batch:
            if isinstance(work, _Begun):
                work.written.set()

    def _commit(self, batch: list[_Work]) -> None:
        begun = [work for work in batch if isinstance(work, _Begun)]
        ended = [work for work in batch if isinstance(work, _Ended)]
        with self._write() as connection:
            if ended:
                one_at_a_time(connection)
            _begin(connection, begun)
            _end(connection, [work for work in ended if work.begun is not None])
            _whole(connection, [work for work in ended if work.begun is None])
            for scored in batch:
                if isinstance(scored, _Scored):
                    insert_scores(connection, scored.evaluation_id, scored.rows)

    def _failed(self, batch: list[_Work], error: HistoryError) -> None:
        kept = [work for work in batch if not isinstance(work, _Begun)]
        for work in batch:
            if isinstance(work, _Begun):
                work.error = error
        if kept:
            _log.warning(
                "%d writes are kept in memory until the history can be written: %s", len(kept), error
            )
        for one in kept:
            # Each by itself: one that is refused for good must not hold the others.
            self._backlog.add(lambda one=one: self._commit([one]))  # type: ignore[misc]  # its default binds it


def _begin(connection: Connection, begun: Sequence[_Begun]) -> None:
    if not begun:
        return
    statement = insert(runs).returning(runs.c.id, sort_by_parameter_order=True)
    keys = connection.execute(statement, [work.row for work in begun]).scalars().all()
    for work, key in zip(begun, keys, strict=True):
        work.key = key
    connection.execute(insert(run_details), [{"id": work.key, **work.details} for work in begun])


def _end(connection: Connection, ended: Sequence[_Ended]) -> None:
    if not ended:
        return
    groups = group_ids(connection, [_grouped(work) for work in ended])
    rows = [
        {"_key": work.begun.key if work.begun else None, **work.row, "group_id": group}
        for work, group in zip(ended, groups, strict=True)
    ]
    details = [{"_key": row["_key"], **work.details} for row, work in zip(rows, ended, strict=True)]
    for table, values in ((runs, rows), (run_details, details)):
        changed: dict[str, Any] = {name: bindparam(name) for name in values[0] if name != "_key"}
        connection.execute(update(table).where(table.c.id == bindparam("_key")).values(changed), values)


def _whole(connection: Connection, ended: Sequence[_Ended]) -> None:
    """Write runs whose beginning was never written, all at once; what is there already is completed."""
    if not ended:
        return
    wanted = [work.row["run_id"] for work in ended]
    there = set(connection.execute(select(runs.c.run_id).where(runs.c.run_id.in_(wanted))).scalars())
    # The last word on a run counts, should two have come.
    new = {work.row["run_id"]: work for work in ended if work.row["run_id"] not in there}
    for work in ended:
        if work.row["run_id"] in there:
            finish(connection, work.row, work.details)
    if not new:
        return
    groups = group_ids(connection, [work.row for work in new.values()])
    rows = [{**work.row, "group_id": group} for work, group in zip(new.values(), groups, strict=True)]
    statement = insert(runs).returning(runs.c.id, sort_by_parameter_order=True)
    keys = connection.execute(statement, rows).scalars().all()
    details = [{"id": key, **work.details} for work, key in zip(new.values(), keys, strict=True)]
    connection.execute(insert(run_details), details)


def _grouped(work: _Ended) -> dict[str, Any]:
    known = work.begun.row if work.begun else {}
    return {name: known[name] for name in GROUPED_BY if name in known} | work.row
