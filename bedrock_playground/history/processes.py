"""Who records, and whether they still live.

Every process that records holds a lock file of its own, ``<data_dir>/processes/<id>.lock``, for as long as it
lives: the operating system lets go of it at the very moment the process ends, kill -9 included. On the same
host a free lock therefore means death at once. A process on another host (a shared PostgreSQL), or one whose
lock file is not in our folder, is dead when its heartbeat is older than :data:`HEARTBEAT_TIMEOUT`.
"""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, update

from bedrock_playground.history.engine import is_sqlite, make_folder
from bedrock_playground.history.errors import HistoryUnavailable
from bedrock_playground.history.groups import GROUPED_BY, group_ids, one_at_a_time
from bedrock_playground.history.schema import processes, runs, spending
from bedrock_playground.invocation.values import RunState
from bedrock_playground.spending.ledger import EntryState

HEARTBEAT_INTERVAL = timedelta(seconds=15)
"""How often a recording process says that it lives."""
HEARTBEAT_TIMEOUT = timedelta(seconds=60)
"""After how long a silent process on another host counts as dead."""


class ProcessMark:
    """This process's sign of life: an id, a lock held on a file, a row in the database."""

    def __init__(self, data_dir: Path) -> None:
        self.id = uuid.uuid4().hex
        self._path = _lock_path(data_dir, self.id)
        self._lock = filelock.FileLock(self._path, thread_local=False)

    def hold(self) -> None:
        """Take the lock; must come before :meth:`register`, which lets others look at it.

        Raises:
            HistoryUnavailable: The lock file cannot be made.
        """
        make_folder(self._path.parent)
        try:
            self._lock.acquire(timeout=0)
        except OSError as error:
            raise HistoryUnavailable(
                f"The lock file {self._path} cannot be made: {error.strerror or error}."
            ) from error

    def register(self, connection: Connection) -> None:
        """Write this process's row, or its heartbeat if the row is there."""
        now = database_now(connection)
        beat = update(processes).where(processes.c.id == self.id).values(heartbeat_at=now)
        # The row may have been taken away while this process slept (a suspended laptop): write it again.
        if connection.execute(beat).rowcount == 0:
            connection.execute(
                insert(processes).values(
                    id=self.id, host=platform.node(), pid=os.getpid(), started_at=now, heartbeat_at=now
                )
            )

    def unregister(self, connection: Connection) -> None:
        """Take this process's row away."""
        connection.execute(delete(processes).where(processes.c.id == self.id))

    def release(self) -> None:
        """Let go of the lock and remove its file; nobody will ever use this id again."""
        with suppress(OSError):
            self._path.unlink()
        self._lock.release()


@dataclass(frozen=True, slots=True)
class _Process:
    """A row of ``processes``."""

    id: str
    """Its id."""
    host: str
    """Its host's name."""
    heartbeat_at: datetime
    """Its last sign of life, by the database's clock."""


def mark_interrupted(connection: Connection, *, data_dir: Path, own_id: str | None) -> int:
    """Mark the runs of dead processes interrupted, hold what they had reserved, and forget those processes.

    What was known of such a run is kept; its end, its text and its figures stay unknown.

    Args:
        connection: In a transaction that may write.
        data_dir: Where this process looks for lock files.
        own_id: This process's own id, if it has one; it lives.

    Returns:
        How many runs were marked.
    """
    now = database_now(connection)
    rows = connection.execute(select(processes.c.id, processes.c.host, processes.c.heartbeat_at))
    others = [_Process(*row) for row in rows if row.id != own_id]
    dead = [process.id for process in others if not _lives(process, data_dir=data_dir, now=now)]
    _forget(connection, dead, data_dir)
    # What such a run cost nobody will tell, and the service may have billed it: its worst case stays counted.
    unsettled = (
        update(spending)
        .where(spending.c.state == EntryState.RESERVED.value)
        .where(spending.c.process_id.not_in(select(processes.c.id)))
        .values(state=EntryState.HELD.value)
    )
    connection.execute(unsettled)
    living = select(processes.c.id)
    return interrupt(connection, runs.c.process_id.is_(None) | runs.c.process_id.not_in(living))


def living(connection: Connection, *, data_dir: Path) -> set[str]:
    """The ids of processes that live: whose rows are there, and whose lock files are held."""
    known = set(connection.execute(select(processes.c.id)).scalars())
    held = {path.stem for path in (data_dir / "processes").glob("*.lock") if path.stem not in known}
    return known | {process_id for process_id in held if _is_held(_lock_path(data_dir, process_id))}


def interrupt(connection: Connection, orphaned_if: ColumnElement[bool]) -> int:
    """Mark runs that are said to be running, and that nobody makes any more; return how many.

    Args:
        connection: In a transaction that may write.
        orphaned_if: What tells that nobody makes a run any more.
    """
    running = runs.c.state == RunState.RUNNING.value
    orphaned = (
        select(runs.c.id, *(runs.c[name] for name in GROUPED_BY if name in runs.c))
        .where(running)
        .where(orphaned_if)
    )
    found = connection.execute(orphaned).mappings().all()
    if not found:
        return 0
    one_at_a_time(connection)
    interrupted = {"state": RunState.INTERRUPTED.value}
    groups = group_ids(connection, [{**row, **interrupted} for row in found])
    marked = 0
    for row, group in zip(found, groups, strict=True):
        # Another process may have marked it meanwhile.
        here = update(runs).where(runs.c.id == row["id"]).where(running)
        marked += connection.execute(here.values(group_id=group, **interrupted)).rowcount
    return marked


def database_now(connection: Connection) -> datetime:
    """The moment in UTC by the clock all processes share: the server's, or with SQLite this machine's."""
    if is_sqlite(connection.engine.url):
        return datetime.now(UTC)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    # It comes in the zone that the server is set to, where another day may have begun.
    return now.astimezone(UTC)


def _forget(connection: Connection, ids: Sequence[str], data_dir: Path) -> None:
    if not ids:
        return
    connection.execute(delete(processes).where(processes.c.id.in_(ids)))
    for process_id in ids:
        with suppress(OSError):
            _lock_path(data_dir, process_id).unlink(missing_ok=True)


def _lives(process: _Process, *, data_dir: Path, now: datetime) -> bool:
    path = _lock_path(data_dir, process.id)
    if process.host == platform.node() and path.exists():
        return _is_held(path)
    return now - process.heartbeat_at <= HEARTBEAT_TIMEOUT


def _is_held(path: Path) -> bool:
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (filelock.Timeout, OSError):
        # A lock that cannot be tried is no proof of death.
        return True
    lock.release()
    return False


def _lock_path(data_dir: Path, process_id: str) -> Path:
    return data_dir / "processes" / f"{process_id}.lock"
