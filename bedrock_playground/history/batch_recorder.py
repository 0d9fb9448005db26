"""Keeping many runs a second: one thread writes, and what waits meanwhile is written together.

A run's beginning is kept before :meth:`BatchRecorder.run_started` returns, so that nothing is ever sent that
nobody knows of after ``kill -9``: it is committed, and runs that begin at the same time share a transaction,
or it is noted in a :class:`~bedrock_playground.history.begun.BegunBook`. A run's end and its scores do not
wait for their transaction, but no more than :data:`MOST_WAITING` of them wait in memory.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bedrock_playground.history.batch_process import WriterProcess
from bedrock_playground.history.batch_writer import BatchWriter, Begun, Ended, Problem, Scored, Work
from bedrock_playground.history.begun import BegunBook
from bedrock_playground.history.errors import HistoryError, HistoryUnavailable
from bedrock_playground.history.evaluation_records import ScoreRow
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.history.recorder import Backlog, Origin
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult

_log = logging.getLogger(__name__)

MOST_WAITING = 2000
"""Ends of runs, and scores of one answer, that wait to be written; whoever brings more has to wait."""
_TOGETHER = 500
"""What is written in one transaction at most."""
_GATHERING = 0.05
"""Seconds for which more is waited for where a book keeps what waits: each batch costs a few turns at the
interpreter, as each call does."""


def _held() -> threading.Lock:
    """A lock that is held: whoever takes it waits until it is let go of. Cheaper than an event."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Waiting:
    """Something to be written, and who waits for that."""

    work: Work
    written: threading.Lock | None = None
    error: HistoryError | None = None


@dataclass(slots=True)
class _Mark:
    """A place in the queue: all before it is dealt with once it is let go of."""

    reached: threading.Lock = field(default_factory=_held)
    last: bool = False


class BatchRecorder:
    """Records runs and scores; implements :class:`bedrock_playground.invocation.protocol.RunRecorder`.

    Close it when all is done: it writes what waits, and its thread ends.
    """

    def __init__(
        self,
        writer: BatchWriter,
        *,
        backlog: Backlog,
        process_id: str,
        origin: Origin | None = None,
        elsewhere: WriterProcess | None = None,
        book: BegunBook | None = None,
    ) -> None:
        """Use :meth:`bedrock_playground.history.store.RunStore.batch_recorder`."""
        self.process_id = process_id
        """This process's id among those that record."""
        self._writer = writer
        self._elsewhere = elsewhere
        self._book = book
        self._backlog = backlog
        self._origin = origin
        # Not a condition over a list: taking turns at that cost more than the database did.
        self._queue: queue.SimpleQueue[_Waiting | _Mark] = queue.SimpleQueue()
        self._closed = False
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._work, name="history-writer", daemon=True)
        self._thread.start()

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        """Record that a run begins, and wait until that is kept.

        Raises:
            HistoryError: It cannot be kept; nothing must be sent.
        """
        beginning = Begun(identity, request, self._origin_of(identity))
        if self._book is not None:
            self._book.note(beginning)
            return
        written = _held()
        begun = _Waiting(beginning, written)
        self._put(begun)
        written.acquire()
        if begun.error is not None:
            raise begun.error

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        """Record how a run ended; it waits only while too much waits already."""
        ended = Ended(identity, request, result, cost, datetime.now(UTC), self._origin_of(identity))
        if self._book is not None:
            try:
                self._book.note_end(ended)
            except HistoryError as error:
                # It waits in memory all the same; only ``kill -9`` would take it away now.
                _log.warning("How a run ended cannot be noted: %s", error)
        self._put(_Waiting(ended))

    def scored(self, evaluation_id: str, rows: Sequence[ScoreRow]) -> None:
        """Record what scorers say of an answer; as for a run's end."""
        if rows:
            self._put(_Waiting(Scored(evaluation_id, rows)))

    def flush(self) -> None:
        """Wait until all that was brought so far is written, or kept for later because that failed."""
        self._pass(_Mark())

    def close(self) -> None:
        """Write what waits, and end."""
        if not self._closed:
            self._closed = True
            self._pass(_Mark(last=True))
        self._thread.join()

    def _origin_of(self, identity: RunIdentity) -> RunOrigin | None:
        return self._origin(identity.label) if self._origin else None

    # The writer's thread

    def _put(self, waiting: _Waiting) -> None:
        if self._closed:
            raise HistoryUnavailable("This recorder was closed.")
        if waiting.written is None and self._queue.qsize() >= MOST_WAITING:
            self.flush()
        self._queue.put(waiting)

    def _pass(self, mark: _Mark) -> None:
        if self._thread.is_alive():
            self._queue.put(mark)
            self._hurry.set()
            mark.reached.acquire()

    def _work(self) -> None:
        open_ = True
        while open_:
            taken = [self._queue.get()]
            if self._book is not None and self._queue.qsize() < _TOGETHER:
                self._hurry.wait(_GATHERING)
                self._hurry.clear()
            while len(taken) < _TOGETHER and not self._queue.empty():
                taken.append(self._queue.get())
            self._write_all([one for one in taken if isinstance(one, _Waiting)])
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
        if self._elsewhere is not None:
            self._elsewhere.close()
        if self._book is not None:
            self._book.close()

    def _write_all(self, batch: list[_Waiting]) -> None:
        problems = self._written([one.work for one in batch])
        kept = 0
        for one, problem in zip(batch, problems, strict=True):
            if problem is not None and not isinstance(one.work, Begun):
                kept += 1
                # Each by itself: one that is refused for good must not hold the others.
                self._backlog.add(lambda work=one.work: self._written_late(work))  # type: ignore[misc]  # its default binds it
            one.error = problem
            if one.written is not None:
                one.written.release()
        self._settle(one.work for one, problem in zip(batch, problems, strict=True) if problem is None)
        if kept:
            _log.warning("%d writes are kept in memory until the history can be written", kept)

    def _written_late(self, work: Work) -> None:
        self._writer.commit([work])
        self._settle([work])

    def _settle(self, written: Iterable[Work]) -> None:
        if self._book is not None:
            self._book.settle(work.identity.run_id for work in written if isinstance(work, Ended))

    def _written(self, batch: Sequence[Work]) -> list[Problem]:
        if self._elsewhere is not None and batch:
            problems = self._elsewhere.write(batch)
            if problems is not None:
                return problems
            _log.warning("The process that writes the history is gone; this one writes itself")
            self._elsewhere = None
        return self._writer.write(batch)
