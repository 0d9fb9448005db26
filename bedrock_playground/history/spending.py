"""The ledger in SQL: what was spent and what is reserved, counted across processes, sessions and restarts.

Looking at what is left and reserving is one transaction that no other can overlap: on SQLite because it
announces its write (``BEGIN IMMEDIATE``), on PostgreSQL by an advisory lock that is held until it commits.
What a process had reserved when it died stays counted, as held: the service may have billed it, and nobody
will tell.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, text, update

from bedrock_playground.history.engine import is_sqlite
from bedrock_playground.history.errors import HistoryError
from bedrock_playground.history.processes import database_now
from bedrock_playground.history.recorder import Backlog, Write
from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import spending
from bedrock_playground.spending.ledger import (
    Admission,
    EntryState,
    Limits,
    Spent,
    Totals,
    Wanted,
    added_up,
    refused_by,
)

# Any number will do as long as every version takes the same one; not the migrations' one.
_ADVISORY_LOCK = 0x6265_6473

Read = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that reads."""


class SqlLedger:
    """Counts in a store; implements :class:`bedrock_playground.spending.ledger.Ledger`.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    What cannot be settled at once is tried again by and by, as runs are.
    """

    def __init__(self, *, write: Write, read: Read, backlog: Backlog, process_id: str) -> None:
        """Use :meth:`bedrock_playground.history.store.RunStore.ledger`."""
        self._write = write
        self._read = read
        self._backlog = backlog
        self._process_id = process_id

    def reserve(self, wanted: Wanted, limits: Limits) -> Admission:
        """Reserve a worst case if both limits leave room for it."""
        with self._write() as connection:
            if not is_sqlite(connection.engine.url):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            now = database_now(connection)
            before = _totals(connection, clean(wanted.session), now.date())
            scope = refused_by(wanted, limits, before)
            if scope is not None:
                return Admission(None, scope, before)
            entry = secrets.token_urlsafe(16)
            row = {
                "entry": entry,
                "day": now.date(),
                "session_id": clean(wanted.session),
                "process_id": self._process_id,
                "model_id": clean(wanted.model_id),
                "state": EntryState.RESERVED.value,
                "amount": wanted.amount,
                "reserved_at": now,
            }
            connection.execute(insert(spending).values(row))
            return Admission(entry, None, before)

    def settle(self, entry: str, amount: Decimal | None) -> None:
        """Replace a reservation by what the run cost; ``None``: nobody knows, so the worst case stays."""
        values: dict[str, Any] = {"state": EntryState.HELD.value}
        if amount is not None:
            values = {"state": EntryState.SPENT.value, "amount": amount}
        self._end(update(spending).where(spending.c.entry == entry).values(values))

    def release(self, entry: str) -> None:
        """Take a reservation back: nothing was billed."""
        self._end(delete(spending).where(spending.c.entry == entry))

    def totals(self, session: str) -> Totals:
        """Say what was spent in a session, and today by everybody."""
        with self._read() as connection:
            return _totals(connection, clean(session), database_now(connection).date())

    def _end(self, statement: Any) -> None:  # noqa: ANN401 - an update or a deletion
        def write() -> None:
            with self._write() as connection:
                connection.execute(statement)

        try:
            write()
        except HistoryError:
            self._backlog.add(write)
            raise


def _totals(connection: Connection, session: str, day: date) -> Totals:
    return Totals(
        session=_spent(connection, spending.c.session_id == session),
        day=_spent(connection, spending.c.day == day),
    )


def _spent(connection: Connection, where: ColumnElement[bool]) -> Spent:
    without = func.sum(case((spending.c.amount.is_(None), 1), else_=0))
    rows = connection.execute(
        select(spending.c.state, func.sum(spending.c.amount), without).where(where).group_by(spending.c.state)
    )
    return added_up((EntryState(state), amount, int(count)) for state, amount, count in rows)
