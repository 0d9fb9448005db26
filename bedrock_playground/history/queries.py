"""From filters and cursors to SQL: pure statements, nothing is executed here.

Pages are found by key (start and row key of the last run seen), never by offset: the thousandth page costs as
much as the first, and a run that arrives meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from bedrock_playground.history.errors import HistoryError
from bedrock_playground.history.records import RunFilter
from bedrock_playground.history.rows import clean, fold
from bedrock_playground.history.schema import run_details, runs
from bedrock_playground.invocation.values import RunState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CursorInvalid(HistoryError):
    """A page's cursor is not one of ours."""

    advice = "Go back to the newest runs."


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins."""

    direction: Literal["older", "newer"]
    """Which way from the run it names."""
    started_at: datetime
    """That run's start, in UTC."""
    key: int
    """That run's row key."""

    def __str__(self) -> str:
        return f"{self.direction}.{(self.started_at - _EPOCH) // _MICROSECOND}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what :meth:`__str__` wrote.

        Raises:
            CursorInvalid: It is something else.
        """
        direction, _, rest = text.partition(".")
        micros, _, key = rest.partition(".")
        known = direction in {"older", "newer"} and micros.isdecimal() and key.isdecimal()
        # Up to the year 9999 and SQL's largest key; anything longer was never written by us.
        if not known or len(micros) > 17 or len(key) > 18:
            raise CursorInvalid(f"The page {text!r} does not exist.")
        started_at = _EPOCH + int(micros) * _MICROSECOND
        return cls("older" if direction == "older" else "newer", started_at, int(key))


def conditions(which: RunFilter, *, sqlite: bool) -> list[ColumnElement[bool]]:
    """What a run must meet to pass the filter.

    Args:
        which: The filter.
        sqlite: Whether it is for SQLite; the two databases name their substring search differently.
    """
    found: list[ColumnElement[bool]] = []
    if which.model_ids:
        found.append(runs.c.model_id.in_([clean(model_id) for model_id in which.model_ids]))
    if which.states:
        found.append(runs.c.state.in_([state.value for state in which.states]))
    if which.started_from is not None:
        found.append(runs.c.started_at >= which.started_from)
    if which.started_before is not None:
        found.append(runs.c.started_at < which.started_before)
    if which.comparison_id is not None:
        found.append(runs.c.comparison_id == clean(which.comparison_id))
    if which.labels:
        found.append(runs.c.label.in_([clean(label) for label in which.labels]))
    if which.preset_ids:
        found.append(runs.c.preset_id.in_([clean(preset_id) for preset_id in which.preset_ids]))
    if which.user is not None:
        found.append(runs.c.user_name == clean(which.user))
    found += _kinds(which)
    if which.text:
        found.append(_says(which.text, sqlite=sqlite))
    return found


def _kinds(which: RunFilter) -> Iterator[ColumnElement[bool]]:
    if not which.inner:
        yield runs.c.parent_id.is_(None)
    if not which.evaluated:
        yield runs.c.case_number.is_(None)


def _says(text: str, *, sqlite: bool) -> ColumnElement[bool]:
    # A substring search knows no wildcards: `100%` and `a_b` are found as they are written.
    position = func.instr if sqlite else func.strpos
    match = position(run_details.c.search_text, fold(text)) > 0
    found = select(run_details.c.id).where(run_details.c.id == runs.c.id).where(match)
    return found.correlate(runs).exists()


def page_of(
    columns: tuple[Any, ...], where: list[ColumnElement[bool]], *, cursor: Cursor | None, limit: int
) -> Select[Any]:
    """Select a page and one run more, which tells whether there is another page.

    Newest first, except towards newer runs, where the nearest must come first: turn those around.
    """
    statement = select(*columns).where(*where).limit(limit + 1)
    key = tuple_(runs.c.started_at, runs.c.id)
    if cursor is not None:
        here = tuple_(cursor.started_at, cursor.key, types=[runs.c.started_at.type, runs.c.id.type])
        statement = statement.where(key < here if cursor.direction == "older" else key > here)
        if cursor.direction == "newer":
            return statement.order_by(runs.c.started_at, runs.c.id)
    return statement.order_by(runs.c.started_at.desc(), runs.c.id.desc())


def deletable(where: list[ColumnElement[bool]]) -> Select[Any]:
    """Select the keys of runs that may be deleted: those that still run are not."""
    going = (RunState.PENDING.value, RunState.RUNNING.value)
    return select(runs.c.id).where(*where).where(runs.c.state.not_in(going))
