"""Many rows in few statements, past SQLAlchemy, whose way costs more than the database does.

On SQLite, many rows are one statement: its driver lets go of the interpreter for every row otherwise, and has
to wait for it again behind everything else that runs. Statements come in few sizes, so that the driver keeps
them ready. On PostgreSQL they go through the driver's ``executemany``, which sends them together. Values are
converted by the columns' own types, so that rows are the same whichever way they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from bedrock_playground.history.schema import evaluation_scores, run_details, runs

Row = Mapping[str, Any]
_Convert = Callable[[Any], Any] | None
_LARGEST = 32
"""Rows of one statement; smaller ones have half, a quarter … of that."""
_SCORE_KEY = ("run_id", "scorer")
_SCORED = ("value", "class_label", "note", "cost")


def insert_runs(connection: Connection, rows: Sequence[tuple[Row, Row]]) -> None:
    """Insert runs with their details; all rows have the same columns.

    Args:
        connection: In a transaction that may write.
        rows: Of ``runs`` and of ``run_details``, whose key is found by the run's id.
    """
    dialect = connection.dialect
    names, told = tuple(rows[0][0]), tuple(rows[0][1])
    into, others = _quoted(dialect, names), _quoted(dialect, told)
    _insert(
        connection, f"INSERT INTO runs ({', '.join(into)})", _values(dialect, runs, [row for row, _ in rows])
    )
    details = _values(dialect, run_details, [detail for _, detail in rows])
    given = [(row["run_id"], *values) for (row, _), values in zip(rows, details, strict=True)]
    picked = ", ".join(f"given.column{place}" for place in range(2, len(told) + 2))
    _with_rows(
        connection,
        given,
        many=f"INSERT INTO run_details (id, {', '.join(others)}) "  # noqa: S608 - the names are ours
        f"SELECT runs.id, {picked} FROM {{rows}} JOIN runs ON runs.run_id = given.column1",
        one=f"INSERT INTO run_details ({', '.join(others)}, id) "  # noqa: S608 - as above
        f"SELECT {', '.join('%s' for _ in told)}, id FROM runs WHERE run_id = %s",
    )


def update_runs(connection: Connection, rows: Sequence[tuple[str, Row, Row]]) -> None:
    """Change runs and their details; all rows have the same columns.

    Args:
        connection: In a transaction that may write.
        rows: A run's id, and what changes of ``runs`` and of ``run_details``.
    """
    dialect = connection.dialect
    run_ids = [run_id for run_id, _, _ in rows]
    found = "(SELECT id FROM runs WHERE run_id = {key})"
    for table, changed, where in (
        (runs, [row for _, row, _ in rows], "run_id = {key}"),
        (run_details, [details for _, _, details in rows], f"id = {found}"),
    ):
        names = _quoted(dialect, tuple(changed[0]))
        many = ", ".join(f"{name} = given.column{place}" for place, name in enumerate(names, 2))
        one = ", ".join(f"{name} = %s" for name in names)
        update = f"UPDATE {table.name} SET "  # noqa: S608 - as above
        _with_rows(
            connection,
            [(key, *row) for key, row in zip(run_ids, _values(dialect, table, changed), strict=True)],
            many=f"{update}{many} FROM {{rows}} WHERE {table.name}.{where.format(key='given.column1')}",
            one=f"{update}{one} WHERE {where.format(key='%s')}",
        )


def upsert_scores(connection: Connection, rows: Sequence[Row]) -> None:
    """Write scores; of one answer and scorer the last one stays. No two rows are of the same."""
    dialect = connection.dialect
    names = _quoted(dialect, tuple(rows[0]))
    taken = ", ".join(f"{name} = excluded.{name}" for name in _quoted(dialect, _SCORED))
    _insert(
        connection,
        f"INSERT INTO evaluation_scores ({', '.join(names)})",
        _values(dialect, evaluation_scores, rows),
        tail=f" ON CONFLICT ({', '.join(_SCORE_KEY)}) DO UPDATE SET {taken}",
    )


# Statements


def _insert(connection: Connection, head: str, rows: Sequence[tuple[Any, ...]], *, tail: str = "") -> None:
    if _is_sqlite(connection.dialect):
        for chunk in _chunks(rows):
            connection.exec_driver_sql(
                f"{head} VALUES {_marks(len(chunk), len(rows[0]))}{tail}", _flat(chunk)
            )
        return
    marks = ", ".join("%s" for _ in rows[0])
    connection.exec_driver_sql(f"{head} VALUES ({marks}){tail}", list(rows))


def _with_rows(connection: Connection, rows: Sequence[tuple[Any, ...]], *, many: str, one: str) -> None:
    """Execute something for rows that begin with a run's id.

    Args:
        connection: In a transaction that may write.
        rows: The rows.
        many: For SQLite, with ``{rows}`` where the rows stand, which are called ``given``.
        one: For PostgreSQL, for a single row, whose first value comes last.
    """
    if not _is_sqlite(connection.dialect):
        connection.exec_driver_sql(one, [(*values, key) for key, *values in rows])
        return
    for chunk in _chunks(rows):
        given = f"(VALUES {_marks(len(chunk), len(rows[0]))}) AS given"
        connection.exec_driver_sql(many.format(rows=given), _flat(chunk))


def _chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """In pieces of 32, 16, 8 … rows."""
    start = 0
    while start < len(rows):
        size = _LARGEST
        while size > len(rows) - start:
            size //= 2
        yield rows[start : start + size]
        start += size


@cache
def _marks(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


def _flat(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(value for row in rows for value in row)


# Values


def _values(dialect: Dialect, table: Table, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    names = tuple(rows[0])
    converts = _converts(dialect, table, names)
    return [
        tuple(
            row[name] if convert is None else convert(row[name])
            for name, convert in zip(names, converts, strict=True)
        )
        for row in rows
    ]


@cache
def _converts(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[_Convert, ...]:
    return tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)


@cache
def _quoted(dialect: Dialect, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dialect.identifier_preparer.quote(name) for name in names)


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"
