"""Keeping runs as they begin and end, from any number of lane threads.

A run that cannot be written (the database is away, the disk is full) is kept in memory and tried again with
every heartbeat, so that a passing failure loses nothing; :attr:`StoreRecorder.unsaved` says how many wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exc, insert, select, update

from bedrock_playground.history.errors import HistoryError, HistoryUnavailable
from bedrock_playground.history.groups import group_ids
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.history.rows import (
    clean,
    cost_row,
    details_row,
    identity_row,
    note_row,
    origin_row,
    result_row,
)
from bedrock_playground.history.schema import run_details, runs
from bedrock_playground.history.traits import traits_row
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState

_log = logging.getLogger(__name__)

Row = dict[str, Any]
Write = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction that may write."""
Origin = Callable[[str], RunOrigin | None]
"""Tells the preset that a lane is run from now, by the lane's label; ``None``: from none."""


class StoreRecorder:
    """Records runs in a store; implements :class:`bedrock_playground.invocation.protocol.RunRecorder`."""

    def __init__(
        self,
        *,
        write: Write,
        backlog: Backlog,
        process_id: str,
        user: str | None,
        origin: Origin | None = None,
    ) -> None:
        self._write = write
        self._origin = origin
        self._origins: dict[str, RunOrigin | None] = {}
        self._backlog = backlog
        self._process_id = process_id
        self._user = clean(user) if user is not None else None

    @property
    def unsaved(self) -> int:
        """How many ended runs wait in memory for the database to come back."""
        return len(self._backlog)

    def run_started(self, identity: RunIdentity, request: InvocationRequest) -> None:
        """Record that a run began.

        Raises:
            HistoryUnavailable: The database refused; :meth:`run_finished` will write the whole run.
        """
        details = details_row(request, None)
        row = {
            **identity_row(identity, request),
            **traits_row(request, None, request_text=details["request"]),
            **origin_row(self._origin_of(identity)),
            "state": RunState.RUNNING.value,
            "process_id": self._process_id,
            "user_name": self._user,
        }
        with self._write() as connection:
            _insert(connection, row, details)

    def run_finished(
        self,
        identity: RunIdentity,
        request: InvocationRequest,
        result: InvocationResult,
        *,
        cost: Cost | None = None,
    ) -> None:
        """Record how a run ended; it is kept in memory for later if the database refuses."""
        details = details_row(request, result) | note_row(cost.note if cost else None)
        row = {
            **identity_row(identity, request),
            **traits_row(request, result, request_text=details["request"]),
            **origin_row(self._origin_of(identity)),
            **result_row(result),
            **cost_row(cost),
            "state": result.state.value,
            "ended_at": datetime.now(UTC),
            "process_id": self._process_id,
            "user_name": self._user,
        }
        self._origins.pop(identity.run_id, None)
        try:
            self._save(row, details)
        except HistoryError as error:
            _log.warning("A run is kept in memory until the history can be written: %s", error)
            self._backlog.add(lambda: self._save(row, details))

    def _origin_of(self, identity: RunIdentity) -> RunOrigin | None:
        """The preset that a run comes from, as it was when the run began."""
        if self._origin is None:
            return None
        if identity.run_id not in self._origins:
            self._origins[identity.run_id] = self._origin(identity.label)
        return self._origins[identity.run_id]

    def _save(self, row: Row, details: Row) -> None:
        with self._write() as connection:
            finish(connection, row, details)


class Backlog:
    """Ended runs that could not be written yet; shared by all recorders of a store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, save: Callable[[], None]) -> None:
        """Keep a write for later."""
        with self._lock:
            self._waiting.append(save)

    def flush(self) -> None:
        """Try everything that waits, oldest first, until the database refuses one; never raises.

        One that fails goes to the end of the queue. A failure that is not the database's own concerns that
        run alone, so the others are still tried.
        """
        with self._flushing:
            for _ in range(len(self._waiting)):
                save = self._waiting[0]
                failed = refused = False
                try:
                    save()
                except HistoryError:
                    failed = refused = True
                except Exception:  # noqa: BLE001 - logged with its trace; the others must be tried
                    _log.exception("A run that is kept in memory cannot be written")
                    failed = True
                with self._lock:
                    del self._waiting[0]
                    if failed:
                        self._waiting.append(save)
                if refused:
                    return


def finish(connection: Connection, row: Row, details: Row) -> None:
    """Complete the row of a run that began, or write it whole if its beginning was never written."""
    found = (
        connection.execute(select(runs.c.id, runs.c.preset_id).where(runs.c.run_id == row["run_id"]))
        .mappings()
        .one_or_none()
    )
    (group,) = group_ids(connection, [{**(found or {}), **row}])
    row = {**row, "group_id": group}
    if found is None:
        _insert(connection, row, details)
        return
    connection.execute(update(runs).where(runs.c.id == found["id"]).values(row))
    connection.execute(update(run_details).where(run_details.c.id == found["id"]).values(details))


def _insert(connection: Connection, row: Row, details: Row) -> None:
    try:
        key = connection.execute(insert(runs).values(row)).inserted_primary_key
    except exc.IntegrityError as error:
        raise HistoryUnavailable(f"The run {row['run_id']} is in the history already.") from error
    assert key is not None  # noqa: S101 - every table has one; told to the type checker
    connection.execute(insert(run_details).values(id=key[0], **details))
