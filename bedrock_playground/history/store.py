"""The history: runs in SQL, SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select, func, insert, select

from bedrock_playground.history import processes
from bedrock_playground.history.analytics import Analytics
from bedrock_playground.history.asked import AskedBook
from bedrock_playground.history.batch_jobs import BatchJobBook
from bedrock_playground.history.batch_process import WriterProcess
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.history.batch_writer import BatchWriter
from bedrock_playground.history.begun import BegunBook, absorb, books_of_the_dead
from bedrock_playground.history.blind import BlindBook
from bedrock_playground.history.datasets import DataSetShelf
from bedrock_playground.history.deleting import delete_runs
from bedrock_playground.history.engine import (
    explained,
    give_back_room,
    is_sqlite,
    make_engine,
    parse_url,
    shown,
)
from bedrock_playground.history.errors import HistoryError
from bedrock_playground.history.evaluations import EvaluationBook
from bedrock_playground.history.export import export_row
from bedrock_playground.history.groups import group_ids, one_at_a_time
from bedrock_playground.history.migrate import migrate
from bedrock_playground.history.patterns import PatternShelf
from bedrock_playground.history.presets import PresetShelf
from bedrock_playground.history.queries import Cursor, conditions, deletable, page_of
from bedrock_playground.history.recorder import Backlog, Origin, StoreRecorder
from bedrock_playground.history.records import RunFilter, RunPage, RunRecord
from bedrock_playground.history.rows import (
    SUMMARY_COLUMNS,
    details_row,
    note_row,
    record_of,
    record_row,
    summary_of,
)
from bedrock_playground.history.schema import run_details, runs
from bedrock_playground.history.shares import ShareBook
from bedrock_playground.history.spending import SqlLedger
from bedrock_playground.history.traits import traits_row
from bedrock_playground.history.usage_totals import UsageBook
from bedrock_playground.history.votes import VoteBook
from bedrock_playground.invocation.values import RunState

_log = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0
_BATCH = 500
_RECORD_COLUMNS = (*runs.c, run_details.c.request, run_details.c.result, run_details.c.price_note)

EVERYTHING = RunFilter()
"""The filter that lets every run pass."""


class RunStore:
    """Keeps runs. Safe to share between threads; several processes may open the same database.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, engine: Engine, *, data_dir: Path) -> None:
        """Use :meth:`open`."""
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._data_dir = data_dir
        # SQLite has one writer at a time; queueing here is fairer and quicker than SQLite's polling.
        self._turn = threading.Lock() if is_sqlite(engine.url) else nullcontext()
        self._mark: processes.ProcessMark | None = None
        self._mark_lock = threading.Lock()
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None
        self._backlog = Backlog()
        self._next_sweep = 0.0

    @classmethod
    def open(cls, url: str, *, data_dir: Path) -> RunStore:
        """Open the history, making or upgrading its tables, and mark what dead processes left behind.

        Args:
            url: SQLAlchemy's address of the database: ``sqlite:///path`` or ``postgresql+psycopg://…``.
            data_dir: The folder for this machine's lock files.

        Raises:
            HistoryError: It cannot be opened; the subclasses say why, see
                :mod:`bedrock_playground.history.errors`.
        """
        parsed = parse_url(url)
        engine = make_engine(parsed)
        try:
            with explained(parsed):
                migrate(engine)
            store = cls(engine, data_dir=data_dir)
            store.mark_interrupted()
        except BaseException:
            engine.dispose()
            raise
        return store

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Write what still waits, sign off, and close; runs that still go on count as interrupted."""
        self._stop.set()
        if self._heart is not None:
            self._heart.join(timeout=30)
        self._backlog.flush()
        with self._mark_lock:
            mark, self._mark = self._mark, None
        if mark is not None:
            try:
                with self._write() as connection:
                    mark.unregister(connection)
            except HistoryError as error:
                _log.warning("The history could not be signed off; the lock file will tell: %s", error)
            mark.release()
        self._engine.dispose()

    @property
    def location(self) -> str:
        """Where the history is, without a password."""
        return shown(self._engine.url)

    @property
    def unsaved(self) -> int:
        """How many ended runs wait in memory because the database refused them; tried again by and by."""
        return len(self._backlog)

    @property
    def presets(self) -> PresetShelf:
        """The presets that are kept here, and the starter set."""
        return PresetShelf(read=self._read, write=self._write)

    @property
    def votes(self) -> VoteBook:
        """The votes on what is in this history."""
        return VoteBook(read=self._read, write=self._write)

    @property
    def blind(self) -> BlindBook:
        """The comparisons in this history that were run blind."""
        return BlindBook(read=self._read, write=self._write)

    @property
    def asked(self) -> AskedBook:
        """What the comparisons in this history were asked."""
        return AskedBook(read=self._read, write=self._write)

    @property
    def shares(self) -> ShareBook:
        """The comparisons that are kept to be shared."""
        return ShareBook(read=self._read, write=self._write)

    @property
    def batch_jobs(self) -> BatchJobBook:
        """The batch jobs that evaluations submitted."""
        return BatchJobBook(read=self._read, write=self._write)

    @property
    def data_sets(self) -> DataSetShelf:
        """The data sets that are kept here, and those that come with the program."""
        return DataSetShelf(read=self._read, write=self._write, freed=self._give_back_room)

    @property
    def evaluations(self) -> EvaluationBook:
        """The evaluations that are kept here; their answers are among the runs."""
        return EvaluationBook(read=self._read, write=self._write, sweep=self._sweep_if_due)

    @property
    def patterns(self) -> PatternShelf:
        """The patterns that are kept here."""
        return PatternShelf(read=self._read, write=self._write)

    @property
    def usage(self) -> UsageBook:
        """What the runs in this history used, added up."""
        return UsageBook(read=self._read, sqlite=is_sqlite(self._engine.url))

    def recorder(self, user: str | None = None, *, origin: Origin | None = None) -> StoreRecorder:
        """Make a recorder; from now on this process shows that it lives.

        Args:
            user: Who runs, where known.
            origin: Tells which preset a lane is run from; asked when a run begins.
        """
        return StoreRecorder(
            write=self._write,
            backlog=self._backlog,
            process_id=self._signed_on(),
            user=user,
            origin=origin,
        )

    def batch_recorder(
        self, user: str | None = None, *, origin: Origin | None = None, apart: bool = False
    ) -> BatchRecorder:
        """Make a recorder for many runs a second, with a thread of its own; close it.

        Args:
            user: Who runs, where known.
            origin: Tells which preset a contender is run from.
            apart: Whether to write in a process of its own, which takes half a second to start and leaves
                this one free to make calls.
        """
        process_id = self._signed_on()
        elsewhere = book = None
        if apart:
            url = self._engine.url.render_as_string(hide_password=False)
            elsewhere = WriterProcess(url, process_id=process_id, user=user)
            if self._file is not None:
                book = BegunBook(self._file, process_id=process_id, user=user)
        return BatchRecorder(
            BatchWriter(write=self._write, process_id=process_id, user=user),
            backlog=self._backlog,
            process_id=process_id,
            origin=origin,
            elsewhere=elsewhere,
            book=book,
        )

    def ledger(self) -> SqlLedger:
        """Make the ledger of what is spent; from now on this process shows that it lives."""
        return SqlLedger(
            write=self._write, read=self._read, backlog=self._backlog, process_id=self._signed_on()
        )

    def answer_lengths(self, model_id: str, *, limit: int = 200) -> tuple[int, ...]:
        """How many output tokens the last answers of a model came to, the newest first.

        Args:
            model_id: As it was sent.
            limit: How many answers at most.
        """
        statement = (
            select(runs.c.output_tokens)
            .where(runs.c.model_id == model_id, runs.c.state == RunState.COMPLETED.value)
            .where(runs.c.output_tokens.is_not(None))
            .order_by(runs.c.started_at.desc(), runs.c.id.desc())
            .limit(limit)
        )
        with self._read() as connection:
            return tuple(connection.execute(statement).scalars())

    def add(self, records: Iterable[RunRecord]) -> int:
        """Add complete records, such as imported ones, in batches; return how many.

        Raises:
            HistoryError: One of them is in the history already; its batch and the later ones are not added.
        """
        added = 0
        remaining = iter(records)
        while batch := list(islice(remaining, _BATCH)):
            details = [
                details_row(record.request, record.result) | note_row(record.price_note) for record in batch
            ]
            rows = [
                record_row(record) | traits_row(record.request, record.result, request_text=detail["request"])
                for record, detail in zip(batch, details, strict=True)
            ]
            with self._write() as connection:
                one_at_a_time(connection)
                for row, group in zip(rows, group_ids(connection, rows), strict=True):
                    row["group_id"] = group
                keys = connection.execute(
                    insert(runs).returning(runs.c.id, sort_by_parameter_order=True), rows
                ).scalars()
                connection.execute(
                    insert(run_details), [{"id": key, **row} for key, row in zip(keys, details, strict=True)]
                )
            added += len(batch)
        return added

    def list_runs(
        self, which: RunFilter = EVERYTHING, *, limit: int = 50, cursor: str | None = None
    ) -> RunPage:
        """List runs, newest first.

        Args:
            which: The filter.
            limit: The most runs on a page, at least 1.
            cursor: ``older`` or ``newer`` of another page; ``None`` is the newest page.

        Raises:
            CursorInvalid: The cursor is not one of ours.
        """
        self._sweep_if_due()
        here = Cursor.parse(cursor) if cursor else None
        statement = page_of(SUMMARY_COLUMNS, self._where(which), cursor=here, limit=limit)
        with self._read() as connection:
            rows = connection.execute(statement).mappings().all()
        more, rows = len(rows) > limit, rows[:limit]
        if here and here.direction == "newer":
            rows = rows[::-1]
            has_newer, has_older = more, True
        else:
            has_newer, has_older = here is not None, more
        first, last = (rows[0], rows[-1]) if rows else (None, None)
        return RunPage(
            runs=tuple(summary_of(row) for row in rows),
            older=str(Cursor("older", last["started_at"], last["id"])) if last and has_older else None,
            newer=str(Cursor("newer", first["started_at"], first["id"])) if first and has_newer else None,
        )

    def count(self, which: RunFilter = EVERYTHING) -> int:
        """Count the runs that pass the filter."""
        statement = select(func.count()).select_from(runs).where(*self._where(which))
        with self._read() as connection:
            return connection.execute(statement).scalar_one()

    def models(self) -> tuple[str, ...]:
        """Every model id in the history, sorted."""
        with self._read() as connection:
            found = connection.execute(select(runs.c.model_id).distinct()).scalars().all()
        return tuple(sorted(found))

    def analytics(self) -> Analytics:
        """Ask all runs together."""
        return Analytics(self._read, sqlite=is_sqlite(self._engine.url))

    def get(self, run_id: str) -> RunRecord | None:
        """Get one run, complete; ``None`` if there is none of that id."""
        found = self._records(self._records_where(runs.c.run_id == run_id))
        return found[0] if found else None

    def get_many(self, run_ids: Sequence[str]) -> dict[str, RunRecord]:
        """Get some runs, complete, by their ids; those that are not there are left out."""
        found = self._records(self._records_where(runs.c.run_id.in_(run_ids)))
        return {record.run_id: record for record in found}

    def comparison(self, comparison_id: str) -> list[RunRecord]:
        """Get every run of a comparison, complete, in the order of turn, label and repeat.

        Calls inside patterns are left out: :meth:`calls_of` has them.
        """
        own = (runs.c.comparison_id == comparison_id) & runs.c.parent_id.is_(None)
        return self._records(
            self._records_where(own).order_by(
                runs.c.turn, runs.c.label, runs.c.repeat, runs.c.started_at, runs.c.id
            )
        )

    def calls_of(self, *run_ids: str) -> list[RunRecord]:
        """Get the calls that patterns made for some runs, complete, in the order in which they began."""
        return self._records(
            self._records_where(runs.c.parent_id.in_(run_ids)).order_by(runs.c.started_at, runs.c.id)
        )

    def delete(self, which: Sequence[str] | RunFilter) -> int:
        """Delete runs for good, and with each the votes that were about it; those that still run are kept.

        Args:
            which: Run ids, or a filter.

        Returns:
            How many were deleted.
        """
        if isinstance(which, RunFilter):
            return self._delete_all(deletable(self._where(which)))
        ids = list(dict.fromkeys(which))
        batches = (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
        return sum(self._delete_all(deletable([runs.c.run_id.in_(batch)])) for batch in batches)

    def export_rows(self, which: RunFilter = EVERYTHING) -> Iterator[dict[str, Any]]:
        """Stream the runs that pass the filter, newest first, as flat rows for CSV and JSONL.

        Read in batches, each by itself: memory stays small and no lane waits.
        """
        cursor: Cursor | None = None
        while True:
            where = [*self._where(which), run_details.c.id == runs.c.id]
            statement = page_of(_RECORD_COLUMNS, where, cursor=cursor, limit=_BATCH)
            with self._read() as connection:
                rows = connection.execute(statement).mappings().all()
            told = self.votes.outcomes([row["run_id"] for row in rows[:_BATCH]])
            for row in rows[:_BATCH]:
                yield export_row(row, votes=told.get(row["run_id"], ()))
            if len(rows) <= _BATCH:
                return
            last = rows[_BATCH - 1]
            cursor = Cursor("older", last["started_at"], last["id"])

    def mark_interrupted(self) -> int:
        """Mark the runs of processes that died during them; return how many."""
        self._next_sweep = time.monotonic() + _SWEEP_SECONDS
        own_id = self._mark.id if self._mark else None
        with self._write() as connection:
            marked = processes.mark_interrupted(connection, data_dir=self._data_dir, own_id=own_id)
            left = books_of_the_dead(connection, self._file, data_dir=self._data_dir, own_id=own_id)
            marked += absorb(connection, left)
        for path in left:
            path.unlink(missing_ok=True)
        return marked

    @property
    def _file(self) -> Path | None:
        """SQLite's file."""
        url = self._engine.url
        return Path(url.database) if is_sqlite(url) and url.database else None

    def _where(self, which: RunFilter) -> list[Any]:
        return list(conditions(which, sqlite=is_sqlite(self._engine.url)))

    def _records_where(self, condition: Any) -> Select[Any]:  # noqa: ANN401 - any SQL condition
        return select(*_RECORD_COLUMNS).where(run_details.c.id == runs.c.id).where(condition)

    def _records(self, statement: Select[Any]) -> list[RunRecord]:
        self._sweep_if_due()
        with self._read() as connection:
            return [record_of(row) for row in connection.execute(statement).mappings()]

    def _delete_all(self, keys: Select[Any]) -> int:
        deleted = 0
        while True:
            # In batches, so that a lane that ends meanwhile gets its turn.
            with self._write() as connection:
                batch = connection.execute(keys.limit(_BATCH)).scalars().all()
                if batch:
                    one_at_a_time(connection)
                    deleted += delete_runs(connection, batch)
            if len(batch) < _BATCH:
                break
        if deleted:
            self._give_back_room()
        return deleted

    def _give_back_room(self) -> None:
        if not is_sqlite(self._engine.url):
            return
        try:
            with explained(self._engine.url), self._turn:
                give_back_room(self._engine)
        except HistoryError as error:
            # The runs are gone; only the file is larger than it need be, until the next deletion.
            _log.warning("The room of deleted runs could not be given back: %s", error)

    def _sweep_if_due(self) -> None:
        if time.monotonic() >= self._next_sweep:
            self.mark_interrupted()

    def _signed_on(self) -> str:
        """This process's id among those that record, signing on first if it has none."""
        with self._mark_lock:
            if self._mark is None:
                self._mark = self._sign_on()
            return self._mark.id

    def _sign_on(self) -> processes.ProcessMark:
        mark = processes.ProcessMark(self._data_dir)
        mark.hold()
        try:
            with self._write() as connection:
                mark.register(connection)
        except HistoryError:
            mark.release()
            raise
        self._heart = threading.Thread(target=self._beat, args=(mark,), name="history-heartbeat", daemon=True)
        self._heart.start()
        return mark

    def _beat(self, mark: processes.ProcessMark) -> None:
        while not self._stop.wait(processes.HEARTBEAT_INTERVAL.total_seconds()):
            try:
                with self._write() as connection:
                    mark.register(connection)
            except HistoryError as error:
                _log.warning("The history cannot be reached: %s", error)
            except Exception:  # noqa: BLE001 - whatever it was, the heart must go on
                # Without a heartbeat, other hosts would take this process for dead and its runs with it.
                _log.exception("The history's heartbeat failed; it is tried again")
            else:
                self._backlog.flush()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with explained(self._engine.url), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with explained(self._engine.url), self._turn, self._writing.begin() as connection:
            yield connection
