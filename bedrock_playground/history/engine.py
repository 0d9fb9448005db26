"""Opening the database: which one, with which settings, and what its errors mean.

SQLite runs in WAL mode with ``synchronous=NORMAL``: readers never wait for a writer, a killed process loses
nothing that was committed, and only a power cut may take back the last moments.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from bedrock_playground.history.errors import (
    HistoryDriverMissing,
    HistoryError,
    HistoryUnavailable,
    HistoryUnreadable,
    HistoryUrlInvalid,
)

_BUSY_SECONDS = 30.0
_VACUUM_PAGES = 1000
_POSTGRES_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_DAMAGED = ("file is not a database", "malformed", "database corruption", "unsupported file format")


def parse_url(text: str) -> URL:
    """Read the address of the database.

    Raises:
        HistoryUrlInvalid: It is not an address, or of a database that is not supported.
        HistoryDriverMissing: It is PostgreSQL's and psycopg is not installed.
    """
    try:
        url = make_url(text)
    except exc.ArgumentError as error:
        raise HistoryUrlInvalid(
            "The address of the history's database cannot be read; it is not of the form scheme://…"
        ) from error
    if url.drivername in _POSTGRES_NAMES:
        if importlib.util.find_spec("psycopg") is None:
            raise HistoryDriverMissing(
                "The history is to be kept in PostgreSQL, but the Python package psycopg is not installed."
            )
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise HistoryUrlInvalid(
            f"The history cannot be kept in {url.drivername!r}: SQLite and PostgreSQL are supported."
        )
    if not url.database or url.database == ":memory:" or url.query:
        raise HistoryUrlInvalid("A SQLite history needs the path of a file and no options.")
    return url


def shown(url: URL) -> str:
    """Name the database in messages, without its password."""
    return url.database or "" if is_sqlite(url) else url.render_as_string(hide_password=True)


def is_sqlite(url: URL) -> bool:
    """Whether it is SQLite's address."""
    return url.get_backend_name() == "sqlite"


def make_engine(url: URL) -> Engine:
    """Make the engine; nothing is opened yet except that SQLite's folder is made.

    Raises:
        HistoryUnavailable: The folder cannot be made.
    """
    if not is_sqlite(url):
        # A connection may have died since it was last used: asking first costs one round trip.
        return create_engine(
            url, pool_pre_ping=True, pool_size=8, max_overflow=24, connect_args={"connect_timeout": 10}
        )
    make_folder(Path(url.database or "").parent)
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=56,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_folder(folder: Path) -> None:
    """Make a folder for this user alone; prompts and answers are private.

    Raises:
        HistoryUnavailable: It cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryUnavailable(
            f"The folder of the history, {folder}, cannot be made: {error.strerror or error}."
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy hands over any driver's
    # SQLAlchemy's own recipe: the driver must not open transactions by itself, `_begin_sqlite` does.
    connection.isolation_level = None
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error:
        # The pool never sees this connection, so nobody else would close it.
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another process wrote in between;
    # one that announces its write waits its turn.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def give_back_room(engine: Engine) -> None:
    """Return pages that deletions freed to the disk, some at a time, so that other writers get their turn."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        while cursor.execute("PRAGMA freelist_count").fetchone()[0]:
            # As a script: the pragma works row by row, and the driver stops at rows without columns.
            raw.driver_connection.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")  # type: ignore[union-attr]
        cursor.close()
    finally:
        raw.close()


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn the database's errors into ours.

    Raises:
        HistoryUnreadable: The file is damaged or no database.
        HistoryUnavailable: Anything else that the database refused.
    """
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise explain(error, url) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Callable[[], AbstractContextManager[Connection]]]:
    """Lend what opens transactions that may write; for one thread. The engine is disposed of at the end."""
    turns = engine.execution_options(writes=True)

    @contextmanager
    def write() -> Iterator[Connection]:
        with explained(engine.url), turns.begin() as connection:
            yield connection

    try:
        yield write
    finally:
        engine.dispose()


def explain(error: Exception, url: URL) -> HistoryError:
    """Say in our words what the database refused."""
    cause = str(error.orig) if isinstance(error, exc.DBAPIError) and error.orig else str(error)
    cause = " ".join(cause.split()).rstrip(".")
    if is_sqlite(url) and any(word in cause for word in _DAMAGED):
        return HistoryUnreadable(f"The history {shown(url)} cannot be read: {cause}.")
    return HistoryUnavailable(f"The history {shown(url)} cannot be used: {cause}.")
