"""Keeping many runs a second: one thread writes, and what waits meanwhile is written together.

A run's beginning is committed before :meth:`BatchRecorder.run_started` returns, so that nothing is ever sent
that the history does not know of; runs that begin at the same time share a transaction. A run's end and its
scores do not wait for theirs, but no more than :data:`MOST_WAITING` of them wait in memory.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exc, select

from bedrock_playground.history.bulk import insert_runs, update_runs
from bedrock_playground.history.errors import HistoryError, HistoryUnavailable
from bedrock_playground.history.evaluation_marks import insert_scores
from bedrock_playground.history.evaluation_records import ScoreRow
from bedrock_playground.history.groups import GROUPED_BY, group_ids, group_of, one_at_a_time
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
from bedrock_playground.history.schema import runs
from bedrock_playground.history.traits import ended_traits_row, traits_row
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState

_log = logging.getLogger(__name__)

MOST_WAITING = 2000
"""Ends of runs, and scores of one answer, that wait to be written; whoever brings more has to wait."""
_TOGETHER = 500
"""What is written in one transaction at most."""


def _held() -> threading.Lock:
    """A lock that is held: whoever takes it waits until it is let go of. Cheaper than an event."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Begun:
    """A run that begins: its rows, and who waits for them."""

    row: Row
    details: Row
    written: threading.Lock = field(default_factory=_held)
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


@dataclass(slots=True)
class _Mark:
    """A place in the queue: all before it is dealt with once it is let go of."""

    reached: threading.Lock = field(default_factory=_held)
    last: bool = False


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
        self._groups = _Groups()
        # Not a condition over a list: taking turns at that cost more than the database did.
        self._queue: queue.SimpleQueue[_Work | _Mark] = queue.SimpleQueue()
        self._closed = False
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
        begun.written.acquire()
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
        self._pass(_Mark())

    def close(self) -> None:
        """Write what waits, and end."""
        if not self._closed:
            self._closed = True
            self._pass(_Mark(last=True))
        self._thread.join()

    # The writer

    def _put(self, work: _Work) -> None:
        if self._closed:
            raise HistoryUnavailable("This recorder was closed.")
        if not isinstance(work, _Begun) and self._queue.qsize() >= MOST_WAITING:
            self.flush()
        self._queue.put(work)

    def _pass(self, mark: _Mark) -> None:
        if self._thread.is_alive():
            self._queue.put(mark)
            mark.reached.acquire()

    def _work(self) -> None:
        open_ = True
        while open_:
            taken = [self._queue.get()]
            while len(taken) < _TOGETHER and not self._queue.empty():
                taken.append(self._queue.get())
            self._write_all([work for work in taken if not isinstance(work, _Mark)])
            for mark in taken:
                if isinstance(mark, _Mark):
                    open_ = open_ and not mark.last
                    mark.reached.release()
        # Whoever came while it was closed must not wait for ever.
        while not self._queue.empty():
            late = self._queue.get()
            if isinstance(late, _Mark):
                late.reached.release()
            else:
                self._write_all([late])

    def _write_all(self, batch: list[_Work]) -> None:
        """Write what waits in one transaction; what one row spoils is written one by one."""
        if not batch:
            return
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
                work.written.release()

    def _commit(self, batch: list[_Work]) -> None:
        begun = [work for work in batch if isinstance(work, _Begun)]
        ended = [work for work in batch if isinstance(work, _Ended)]
        with self._write() as connection:
            if ended:
                one_at_a_time(connection)
            if begun:
                insert_runs(connection, [(work.row, work.details) for work in begun])
            self._end(connection, [work for work in ended if work.begun is not None])
            self._whole(connection, [work for work in ended if work.begun is None])
            scored = [
                (work.evaluation_id, row) for work in batch if isinstance(work, _Scored) for row in work.rows
            ]
            insert_scores(connection, scored)

    def _end(self, connection: Connection, ended: Sequence[_Ended]) -> None:
        if not ended:
            return
        groups = self._groups.ids(connection, [_grouped(work) for work in ended])
        update_runs(
            connection,
            [
                (work.begun.row["run_id"], work.row | {"group_id": group}, work.details)
                for work, group in zip(ended, groups, strict=True)
                if work.begun is not None
            ],
        )

    def _whole(self, connection: Connection, ended: Sequence[_Ended]) -> None:
        """Write runs whose beginning was never written, all at once; what is there already is completed."""
        if not ended:
            return
        wanted = [work.row["run_id"] for work in ended]
        there = set(connection.execute(select(runs.c.run_id).where(runs.c.run_id.in_(wanted))).scalars())
        for work in ended:
            if work.row["run_id"] in there:
                finish(connection, work.row, work.details)
        # The last word on a run counts, should two have come.
        new = {work.row["run_id"]: work for work in ended if work.row["run_id"] not in there}
        if new:
            groups = self._groups.ids(connection, [work.row for work in new.values()])
            insert_runs(
                connection,
                [
                    (work.row | {"group_id": group}, work.details)
                    for work, group in zip(new.values(), groups, strict=True)
                ],
            )

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


def _grouped(work: _Ended) -> dict[str, Any]:
    known = work.begun.row if work.begun else {}
    return {name: known[name] for name in GROUPED_BY if name in known} | work.row


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
