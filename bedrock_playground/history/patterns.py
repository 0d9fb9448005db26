"""The shelf of patterns: kept by name, changed in place, deleted, put back.

A pattern's id is made of its name and readable, because runs are recorded under it: ``pattern:cheap-first``.
There are no versions: every run carries the pattern that it was made by.

All kinds of patterns are imported where one is read or written: opening the history must not wait for them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, exc, insert, select, update

from bedrock_playground.history.errors import PatternNameInvalid, PatternNameTaken, PatternUnreadable
from bedrock_playground.history.rows import clean, fold
from bedrock_playground.history.schema import patterns
from bedrock_playground.history.votes import Open

if TYPE_CHECKING:
    from bedrock_playground.patterns.members import Pattern

MAX_NAME = 80
"""Characters of a pattern's name."""
_ID = 48
_COLUMNS = select(
    patterns.c.pattern_id, patterns.c.name, patterns.c.kind, patterns.c.saved_at, patterns.c.user_name
)
_NO_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class PatternSummary:
    """A pattern on the shelf, without what is in it."""

    pattern_id: str
    """Its id: what its runs are recorded under, after ``pattern:``."""
    name: str
    """What it is called; no other has the name, whatever its case."""
    kind: str
    """``cascade``, ``routing`` …"""
    saved_at: datetime
    """When it was saved last, in UTC."""
    user: str | None = None
    """Who saved it last; ``None`` without sign-in."""


@dataclass(frozen=True, slots=True)
class StoredPattern:
    """A pattern as it is kept."""

    summary: PatternSummary
    """What it is called, and when it was saved."""
    pattern: Pattern
    """The pattern; its name is the shelf's."""


class PatternShelf:
    """The patterns of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.patterns`."""
        self._read = read
        self._write = write

    def find(self) -> list[PatternSummary]:
        """List what is kept, by name."""
        with self._read() as connection:
            rows = connection.execute(_COLUMNS.order_by(patterns.c.name_key)).all()
        return [PatternSummary(*row) for row in rows]

    def get(self, pattern_id: str) -> StoredPattern | None:
        """Get a pattern; ``None`` if there is none of that id.

        Raises:
            PatternUnreadable: It was saved in a form that this version cannot read.
        """
        statement = _COLUMNS.add_columns(patterns.c.document)
        with self._read() as connection:
            row = connection.execute(
                statement.where(patterns.c.pattern_id == clean(pattern_id))
            ).one_or_none()
        return None if row is None else _read_row(row)

    def add(self, pattern: Pattern, *, name: str, user: str | None = None) -> StoredPattern:
        """Keep a pattern under a new name.

        Raises:
            PatternNameInvalid: The name is empty or too long.
            PatternNameTaken: Another pattern has it.
        """
        name = _checked(name)
        with self._write() as connection, _name_guarded(name):
            taken = set(connection.execute(select(patterns.c.pattern_id)).scalars())
            row = _row(pattern, name, user) | {"pattern_id": _free_id(name, taken)}
            connection.execute(insert(patterns).values(row))
        return _stored(row, pattern)

    def save(
        self, pattern_id: str, pattern: Pattern, *, name: str | None = None, user: str | None = None
    ) -> StoredPattern | None:
        """Put another pattern in a kept one's place, under the same id.

        Args:
            pattern_id: Which.
            pattern: What takes its place.
            name: Another name; by default it keeps its own.
            user: Who saves it, where known.

        Returns:
            What is kept now; ``None`` if there was none of that id.

        Raises:
            PatternNameInvalid: The name is empty or too long.
            PatternNameTaken: Another pattern has it.
        """
        named = _checked(name) if name is not None else None
        with self._write() as connection, _name_guarded(named or ""):
            row = self._saved(connection, pattern_id, pattern, name=named, user=user)
        return None if row is None else _stored(row, pattern)

    def _saved(
        self, connection: Connection, pattern_id: str, pattern: Pattern, *, name: str | None, user: str | None
    ) -> dict[str, Any] | None:
        this = patterns.c.pattern_id == clean(pattern_id)
        known = connection.execute(select(patterns.c.name).where(this)).scalar_one_or_none()
        if known is None:
            return None
        row = _row(pattern, name or known, user)
        connection.execute(update(patterns).where(this).values(row))
        return row | {"pattern_id": pattern_id}

    def put_back(self, stored: StoredPattern) -> None:
        """Keep again what was deleted, under the id that it had.

        Raises:
            PatternNameTaken: Another pattern has its name or id meanwhile.
        """
        told = stored.summary
        row = _row(stored.pattern, told.name, told.user)
        row |= {"pattern_id": told.pattern_id, "saved_at": told.saved_at}
        with self._write() as connection, _name_guarded(told.name):
            connection.execute(insert(patterns).values(row))

    def delete(self, pattern_id: str) -> bool:
        """Delete a pattern; return whether it was there. Its runs stay, and can be made again."""
        with self._write() as connection:
            gone = connection.execute(delete(patterns).where(patterns.c.pattern_id == clean(pattern_id)))
        return gone.rowcount > 0


def _checked(name: str) -> str:
    name = " ".join(clean(name).split())
    if not name or len(name) > MAX_NAME:
        raise PatternNameInvalid(f"A pattern's name has 1 to {MAX_NAME} characters; this has {len(name)}.")
    return name


def _row(pattern: Pattern, name: str, user: str | None) -> dict[str, Any]:
    from bedrock_playground.patterns.codec import member_to_json  # noqa: PLC0415 - as said above

    document = json.dumps(member_to_json(_named(pattern, name)), ensure_ascii=False)
    return {
        "name": name,
        "name_key": fold(name),
        "kind": pattern.kind,
        "saved_at": datetime.now(UTC),
        "user_name": user,
        "document": clean(document),
    }


def _named(pattern: Pattern, name: str) -> Pattern:
    made: Pattern = replace(pattern, name=name)  # type: ignore[type-var]  # every kind is a dataclass
    return made


def _stored(row: dict[str, Any], pattern: Pattern) -> StoredPattern:
    columns = ("pattern_id", "name", "kind", "saved_at", "user_name")
    return StoredPattern(PatternSummary(*(row[column] for column in columns)), _named(pattern, row["name"]))


def _read_row(row: Any) -> StoredPattern:  # noqa: ANN401 - a row of SQLAlchemy's
    from bedrock_playground.patterns.codec import MemberRefused, member_from_json  # noqa: PLC0415 - as said above
    from bedrock_playground.patterns.members import Pattern  # noqa: PLC0415 - as said above

    *told, document = row
    summary = PatternSummary(*told)
    try:
        member = member_from_json(json.loads(document))
    except (MemberRefused, ValueError) as error:
        raise PatternUnreadable(f"The pattern {summary.name!r} cannot be read: {error}") from error
    if not isinstance(member, Pattern):
        raise PatternUnreadable(f"What is kept as the pattern {summary.name!r} is a single model.")
    return StoredPattern(summary, _named(member, summary.name))


def _free_id(name: str, taken: set[str]) -> str:
    """An id that is the name as far as letters and digits go; never a kind: runs are named by those too."""
    from bedrock_playground.patterns.kinds import pattern_kinds  # noqa: PLC0415 - as said above

    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = _NO_WORD.sub("-", ascii_name).strip("-")[:_ID].strip("-") or "pattern"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 3))
    out = taken | pattern_kinds().keys()
    return next(each for each in names if each not in out)


@contextmanager
def _name_guarded(name: str) -> Iterator[None]:
    """Tell a name that is taken from other refusals of the database."""
    try:
        yield
    except exc.IntegrityError as error:
        raise PatternNameTaken(f"There is a pattern {name!r} already.") from error
