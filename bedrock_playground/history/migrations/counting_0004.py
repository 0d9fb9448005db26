"""Counting runs by day and group, as revision 0004 does: triggers, and the same sums made anew.

Triggers hold whatever writes to ``runs``: recorders, imports, deletions, and the sweep that marks runs of
dead processes.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_ZEROS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_write_input_tokens")
_SUMS = {
    "runs": "1",
    "cost": "coalesce({row}cost, 0)",
    "retries": "CASE WHEN {row}attempts > 1 THEN {row}attempts - 1 ELSE 0 END",
    "input_told": "CASE WHEN {row}input_tokens IS NULL THEN 0 ELSE 1 END",
    "output_told": "CASE WHEN {row}output_tokens IS NULL THEN 0 ELSE 1 END",
    **{name: f"coalesce({{row}}{name}, 0)" for name in (*_ZEROS, "cache_write_1h_input_tokens")},
}


def install(connection: Connection) -> None:
    """Make the triggers."""
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Take the triggers away: whoever writes then has to call :func:`count_anew`."""
    if connection.dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            connection.execute(text(f"DROP TRIGGER runs_count_{event}"))
    else:
        connection.execute(text("DROP TRIGGER runs_count ON runs"))
        connection.execute(text("DROP FUNCTION runs_count()"))


def count_anew(connection: Connection) -> None:
    """Add everything up from ``runs``."""
    day = _day("", sqlite=connection.dialect.name == "sqlite")
    sums = ", ".join(f"sum({expression.format(row='')})" for expression in _SUMS.values())
    connection.execute(text("DELETE FROM run_days"))
    connection.execute(
        text(
            f"INSERT INTO run_days (day, group_id, {', '.join(_SUMS)}) "  # noqa: S608 - the names are ours
            f"SELECT {day}, group_id, {sums} FROM runs WHERE group_id IS NOT NULL GROUP BY 1, 2"
        )
    )


def _sqlite() -> tuple[str, ...]:
    count, forget = _count("NEW.", sqlite=True), _forget("OLD.", sqlite=True)
    return (
        f"CREATE TRIGGER runs_count_insert AFTER INSERT ON runs BEGIN {count} END",
        f"CREATE TRIGGER runs_count_delete AFTER DELETE ON runs BEGIN {forget} END",
        f"CREATE TRIGGER runs_count_update AFTER UPDATE ON runs BEGIN {forget} {count} END",
    )


def _postgresql() -> tuple[str, ...]:
    count, forget = _count("NEW.", sqlite=False), _forget("OLD.", sqlite=False)
    function = (
        "CREATE FUNCTION runs_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {forget} END IF; "
        f"IF TG_OP <> 'DELETE' THEN {count} END IF; "
        "RETURN NULL; END $$"
    )
    trigger = (
        "CREATE TRIGGER runs_count AFTER INSERT OR UPDATE OR DELETE ON runs "
        "FOR EACH ROW EXECUTE FUNCTION runs_count()"
    )
    return function, trigger


def _count(row: str, *, sqlite: bool) -> str:
    values = ", ".join(expression.format(row=row) for expression in _SUMS.values())
    added = ", ".join(f"{name} = run_days.{name} + excluded.{name}" for name in _SUMS)
    return (
        f"INSERT INTO run_days (day, group_id, {', '.join(_SUMS)}) "
        f"SELECT {_day(row, sqlite=sqlite)}, {row}group_id, {values} WHERE {row}group_id IS NOT NULL "
        f"ON CONFLICT (day, group_id) DO UPDATE SET {added};"
    )


def _forget(row: str, *, sqlite: bool) -> str:
    taken = ", ".join(f"{name} = {name} - {expression.format(row=row)}" for name, expression in _SUMS.items())
    here = f"day = {_day(row, sqlite=sqlite)} AND group_id = {row}group_id"
    return (
        f"UPDATE run_days SET {taken} WHERE {here}; "  # noqa: S608 - the names are ours
        f"DELETE FROM run_days WHERE {here} AND runs = 0;"
    )


def _day(row: str, *, sqlite: bool) -> str:
    return f"date({row}started_at)" if sqlite else f"({row}started_at AT TIME ZONE 'UTC')::date"
