"""Bringing a database to the newest schema, safely when several processes start at once.

Alembic is imported only when something has to be migrated: an ordinary start asks one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from sqlalchemy import URL, Connection, Engine, inspect, text

from bedrock_playground.history.engine import is_sqlite, shown
from bedrock_playground.history.errors import HistoryTooNew, HistoryUnavailable, HistoryUnreadable

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
)
"""Every revision, oldest first; the last one is what this version needs."""

_LOCK_SECONDS = 60.0
# Any number will do as long as every version takes the same one.
_ADVISORY_LOCK = 0x6265_6472


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables; do nothing if they are current.

    Raises:
        HistoryTooNew: A newer version of this program wrote the database.
        HistoryUnreadable: The database holds something else.
        HistoryUnavailable: The lock file cannot be made, or another process holds it for a minute.
    """
    if is_sqlite(engine.url):
        with _file_lock(engine.url):
            _use_wal(engine)
            _upgrade_if_needed(engine)
    else:
        _upgrade_if_needed(engine)


@contextmanager
def _file_lock(url: URL) -> Iterator[None]:
    path = Path(f"{url.database}.lock")
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except filelock.Timeout as error:
        raise HistoryUnavailable(
            f"The history {shown(url)} is being prepared by another process for more than a minute ({path})."
        ) from error
    except OSError as error:
        raise HistoryUnavailable(
            f"The history {shown(url)} cannot be written: {error.strerror or error} ({path})."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _use_wal(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        # Before the first table exists this lets deletions give their room back to the disk.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()
    finally:
        raw.close()


def _upgrade_if_needed(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == REVISIONS[-1]:
            return
    with engine.execution_options(writes=True).begin() as connection:
        if not is_sqlite(engine.url):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        # Another process may have done it while this one waited for the lock.
        if _revision(connection) != REVISIONS[-1]:
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if "runs" in tables:
            raise HistoryUnreadable(
                f"The database {shown(connection.engine.url)} has a table `runs` that is not a history's."
            )
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        raise HistoryTooNew(
            f"The history {shown(connection.engine.url)} was written by a newer version of Bedrock "
            f"Playground (its schema is {found}; this version knows up to {REVISIONS[-1]})."
        )
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 0.2 s that an ordinary start does not need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
