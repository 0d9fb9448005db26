"""Noting which runs begin, and how they end, without waiting for the database: in a file in memory.

Waiting for a transaction costs a call most of its time where hundreds begin in a second: not the writing, but
the taking of turns at the interpreter before and after it. So a recorder of many runs notes each beginning
and each end in a file beside the SQLite database that is mapped into memory, and writes the run once, when it
has ended. What is in such a file is the operating system's to keep: ``kill -9`` takes nothing of it away.
Whoever finds the file of a dead process writes what is in it into the history (:func:`absorb`); what began
there and did not end is interrupted.

For SQLite alone, whose database is on this machine: who uses a database from several machines would not see
each other's files.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from bedrock_playground.history.batch_writer import BatchWriter, Begun, Ended, beginning
from bedrock_playground.history.bulk import insert_runs
from bedrock_playground.history.errors import HistoryUnavailable
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.history.processes import interrupt, living
from bedrock_playground.history.rows import dump
from bedrock_playground.history.schema import runs
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.serialization import (
    request_from_json,
    request_to_json,
    result_from_json,
    result_to_json,
)

_LENGTH = struct.Struct(">I")
_VOLUMES = 16
_SIZE = 2**19
"""Bytes of a file; a larger request gets a larger one."""
_IDENTITY = tuple(name for name in RunIdentity.__dataclass_fields__ if name != "started_at")
_LEFT = "left"
"""Stands in the place of a process's id in the name of a file that its recorder left behind."""


class BegunBook:
    """The runs that a recorder began and that are not in the history yet; any thread may note and settle.

    Runs are spread over a few volumes by their ids: threads that note at the same time rarely want the same
    one, and a thread that loses the interpreter while it writes holds up few others.
    """

    def __init__(self, database: Path, *, process_id: str, user: str | None) -> None:
        """Make an empty book.

        Args:
            database: SQLite's file; the book's files lie beside it.
            process_id: The id of the process that makes the calls.
            user: Who runs, where known.
        """
        self._user = user
        self._begun: dict[str, bytes] = {}
        self._volumes = [_Volume(database, process_id) for _ in range(_VOLUMES)]

    def note(self, begun: Begun) -> None:
        """Note that a run begins; from now on ``kill -9`` does not make it unknown.

        Raises:
            HistoryUnavailable: The file cannot be made.
        """
        run_id = begun.identity.run_id
        data = dump({"begun": _begun_to_json(begun), "user": self._user}).encode("ascii")
        self._of(run_id).write(run_id, data)
        self._begun[run_id] = data

    def note_end(self, ended: Ended) -> None:
        """Note how a run ended; from now on ``kill -9`` does not make that unknown.

        Raises:
            HistoryUnavailable: The file cannot be made.
        """
        run_id = ended.identity.run_id
        begun = self._begun.pop(run_id, None)
        data = dump({"ended": _ended_to_json(ended)}).encode("ascii")
        self._of(run_id).write(run_id, data)
        if begun is not None:
            ended.told = (begun, data)

    def settle(self, run_ids: Iterable[str]) -> None:
        """Note that runs are in the history."""
        for run_id in run_ids:
            self._of(run_id).settle(run_id)

    def close(self) -> None:
        """Take the files away; what is not in the history yet is left for whoever looks next."""
        for volume in self._volumes:
            volume.close()

    def _of(self, run_id: str) -> _Volume:
        return self._volumes[hash(run_id) % _VOLUMES]


class _Volume:
    """A part of a book: a file that grows, and those before it whose runs are not all in the history."""

    def __init__(self, database: Path, process_id: str) -> None:
        self._database = database
        self._process_id = process_id
        self._lock = threading.Lock()
        self._files: dict[str, list[_File]] = {}
        self._current: _File | None = None

    def write(self, run_id: str, data: bytes) -> None:
        """Write something about a run."""
        with self._lock:
            if self._current is None or not self._current.fits(data):
                self._current = self._new(len(data))
            self._current.add(data)
            self._files.setdefault(run_id, []).append(self._current)

    def settle(self, run_id: str) -> None:
        """Note that a run is in the history."""
        with self._lock:
            for file in self._files.pop(run_id, ()):
                file.open -= 1
                if not file.open and file is not self._current:
                    file.remove()

    def close(self) -> None:
        """Take the files away, or leave them under another name."""
        with self._lock:
            left = {file for files in self._files.values() for file in files}
            if self._current is not None and self._current not in left:
                self._current.remove()
            for file in left:
                file.leave(_named(self._database, _LEFT))
            self._files, self._current = {}, None

    def _new(self, length: int) -> _File:
        if self._current is not None and not self._current.open:
            self._current.remove()
        path = _named(self._database, self._process_id)
        try:
            return _File(path, max(_SIZE, length + 2 * _LENGTH.size))
        except OSError as error:
            raise HistoryUnavailable(
                f"What is sent cannot be noted in {path}: {error.strerror or error}."
            ) from error


class _File:
    """A file of beginnings: each behind its length, and a length of 0 behind the last."""

    def __init__(self, path: Path, size: int) -> None:
        self.open = 0
        """How many of its runs are not in the history yet."""
        self._path = path
        self._at = 0
        # For this user alone; prompts are private.
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Written, not only made so long: a full disk says so here, and not in the middle of a mapping.
            os.write(number, bytes(size))
            self._memory = mmap.mmap(number, size)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(number)

    def fits(self, data: bytes) -> bool:
        """Whether there is room, for the end behind it too."""
        return self._at + len(data) + 2 * _LENGTH.size <= len(self._memory)

    def add(self, data: bytes) -> None:
        """Write one; its length comes last, so that a half of one is none."""
        begin, end = self._at + _LENGTH.size, self._at + _LENGTH.size + len(data)
        self._memory[begin:end] = data
        self._memory[self._at : begin] = _LENGTH.pack(len(data))
        self._at = end
        self.open += 1

    def remove(self) -> None:
        """Take it away."""
        self._memory.close()
        with suppress(OSError):
            self._path.unlink()

    def leave(self, path: Path) -> None:
        """Leave it behind under another name."""
        self._memory.close()
        with suppress(OSError):
            self._path.rename(path)


def books_of_the_dead(
    connection: Connection, database: Path | None, *, data_dir: Path, own_id: str | None
) -> list[Path]:
    """Find the files of recorders whose processes do not live any more, or that were left behind.

    Args:
        connection: To ask which processes live.
        database: SQLite's file; ``None``: it is another database, which has no such files.
        data_dir: Where lock files are.
        own_id: This process's own id, if it has one.
    """
    found = sorted(database.parent.glob(f"{database.name}.begun-*")) if database else []
    if not found:
        return []
    lives = {own_id, *living(connection, data_dir=data_dir)}
    return [path for path in found if _process_of(path) not in lives]


def absorb(connection: Connection, paths: Sequence[Path]) -> int:
    """Write what is in the files of dead processes and not in the history; what did not end is interrupted.

    Args:
        connection: In a transaction that may write.
        paths: The files; whoever calls this takes them away once the transaction has ended. A run may begin
            in one of them and end in another.

    Returns:
        How many were interrupted.
    """
    if not paths:
        return 0
    begun: dict[str, tuple[Begun, str | None, str]] = {}
    ended: dict[str, dict[str, Any]] = {}
    for path in paths:
        for told in _read(path):
            if "ended" in told:
                ended[told["ended"]["run_id"]] = told["ended"]
            else:
                one = _begun_from_json(told["begun"])
                begun[one.identity.run_id] = (one, told["user"], _process_of(path))
    for run_id in [run_id for run_id in begun if run_id in ended]:
        one, user, process_id = begun.pop(run_id)
        writer = BatchWriter(write=lambda: nullcontext(connection), process_id=process_id, user=user)
        writer.commit([_ended_from_json(ended[run_id], one)])
    run_ids = list(begun)
    for start in range(0, len(run_ids), 500):
        there = select(runs.c.run_id).where(runs.c.run_id.in_(run_ids[start : start + 500]))
        for run_id in connection.execute(there).scalars():
            del begun[run_id]
    if begun:
        insert_runs(
            connection,
            [beginning(one, process_id=process_id, user=user) for one, user, process_id in begun.values()],
        )
    return interrupt(connection, runs.c.process_id.in_({_process_of(path) for path in paths}))


def ended_of(told: tuple[bytes, bytes]) -> Ended:
    """Make a run that ended of its beginning and its end, as a book wrote them."""
    begun, ended = (json.loads(one) for one in told)
    return _ended_from_json(ended["ended"], _begun_from_json(begun["begun"]))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        # Somebody else absorbed it meanwhile.
        return
    at = 0
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if not length:
            return
        yield json.loads(data[at : at + length])
        at += length


def _named(database: Path, process_id: str) -> Path:
    return database.with_name(f"{database.name}.begun-{process_id}-{uuid.uuid4().hex}")


def _begun_to_json(begun: Begun) -> dict[str, Any]:
    identity, origin = begun.identity, begun.origin
    return {
        "identity": {name: getattr(identity, name) for name in _IDENTITY},
        "started_at": identity.started_at.isoformat(),
        "request": request_to_json(begun.request),
        "origin": None if origin is None else [origin.preset_id, origin.version, list(origin.tags)],
    }


def _begun_from_json(told: dict[str, Any]) -> Begun:
    origin = told["origin"]
    return Begun(
        RunIdentity(**told["identity"], started_at=datetime.fromisoformat(told["started_at"])),
        request_from_json(told["request"]),
        None if origin is None else RunOrigin(origin[0], origin[1], tuple(origin[2])),
    )


def _ended_to_json(ended: Ended) -> dict[str, Any]:
    cost = ended.cost
    return {
        "run_id": ended.identity.run_id,
        "result": result_to_json(ended.result),
        "at": ended.at.isoformat(),
        "cost": None
        if cost is None
        else {
            "amount": None if cost.amount is None else str(cost.amount),
            "confidence": cost.confidence.value,
            "source": cost.source,
            "as_of": None if cost.as_of is None else cost.as_of.isoformat(),
            "note": cost.note,
        },
    }


def _ended_from_json(told: dict[str, Any], begun: Begun) -> Ended:
    cost = told["cost"]
    return Ended(
        begun.identity,
        begun.request,
        result_from_json(told["result"]),
        None
        if cost is None
        else Cost(
            None if cost["amount"] is None else Decimal(cost["amount"]),
            confidence=Confidence(cost["confidence"]),
            source=cost["source"],
            as_of=None if cost["as_of"] is None else date.fromisoformat(cost["as_of"]),
            note=cost["note"],
        ),
        datetime.fromisoformat(told["at"]),
        begun.origin,
    )


def _process_of(path: Path) -> str:
    """The id of the process whose file this is."""
    return path.name.rpartition(".begun-")[2].partition("-")[0]
