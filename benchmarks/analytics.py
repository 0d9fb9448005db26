"""Analytics over a million runs, on SQLite and on PostgreSQL: what the page asks when it is opened.

The store is made anew: half a year of runs of twelve models by four users, with failures, retries, prompt
caches, presets and tags. Each figure is the median of several openings; the first, with cold caches, counts
among them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, func, select, text

from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.history import AnalyticsFilter, RunStore
from bedrock_playground.history.analytics_values import Measure, Parameter, Width
from bedrock_playground.history.groups import group_ids
from bedrock_playground.history.migrations import counting_0004
from bedrock_playground.history.schema import runs
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Timing, Usage
from benchmarks._table import Row, print_table
from tests.store.conftest import running_postgres

_DAYS = 180
_BATCH = 5_000
_MODELS = tuple(
    dict.fromkeys(
        price.model_id
        for price in load_prices()
        if price.rates.cache_read and price.model_id.startswith("us.")
    )
)[:12]
_TARGET = 2.0
_DETAILS = {"search_text": "", "request": "{}", "result": "{}"}
_MICRODOLLAR = Decimal("0.000001")


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure and return the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-analytics-") as folder:
        path = Path(folder)
        rows += _measure(f"sqlite:///{path / 'history.sqlite3'}", path, options)
    with tempfile.TemporaryDirectory(prefix="bench-analytics-") as folder, running_postgres() as address:
        rows += _measure(f"{address}/postgres", Path(folder), options)
    return rows


def _measure(url: str, folder: Path, options: argparse.Namespace) -> list[Row]:
    name = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    with RunStore.open(url, data_dir=folder) as store:
        alone = _recording(store)
        _fill(store, options.runs)
    rows = []
    today = datetime.now(UTC).date()
    for words, which in (
        ("the last 30 days", AnalyticsFilter(first=today - timedelta(days=29), last=today)),
        ("all time", AnalyticsFilter()),
    ):
        took = _median_of(options.rounds, partial(_opening, url, folder, which))
        name_ = f"analytics, {name}: opening {options.runs:,} runs, {words}"
        rows.append(Row(name_, f"{took:.2f} s", "", None, f"< {_TARGET:g} s", took < _TARGET))
    with RunStore.open(url, data_dir=folder) as store:
        for words, ask in _sections(store):
            took = _median_of(options.rounds, ask)
            rows.append(Row(f"analytics, {name}: {words}, all time", f"{took:.2f} s", "", None, "", None))
        full = _recording(store)
        rows.append(
            Row(
                f"analytics, {name}: recording a run",
                f"{full * 1000:.2f} ms",
                f"{alone * 1000:.2f} ms (in an empty history)",
                full / alone,
                "",
                None,
            )
        )
    return rows


def _opening(url: str, folder: Path, which: AnalyticsFilter) -> None:
    """What the page asks on opening, over a connection of its own."""
    with RunStore.open(url, data_dir=folder) as store:
        analytics = store.analytics()
        choices = analytics.choices()
        analytics.sums(which)
        width = analytics.width(which, choices)
        analytics.over_time(which, width)


def _sections(store: RunStore) -> Iterator[tuple[str, Callable[[], object]]]:
    """What the page's other sections ask."""
    analytics, which = store.analytics(), AnalyticsFilter()
    yield (
        "quantiles over time",
        lambda: analytics.quantiles_over_time(which, Measure.TOTAL, width=Width.WEEK),
    )
    yield "latency by model", lambda: analytics.quantiles_by_model(which, Measure.TTFT)
    yield "errors and retries", lambda: (analytics.failures(which), analytics.retried(which))
    yield "cached tokens", lambda: analytics.cached_tokens(which)
    yield "parameters that varied", lambda: analytics.varied(which)
    yield (
        "one model over temperature",
        lambda: analytics.by_parameter(which, Parameter.TEMPERATURE, model_id=_MODELS[0]),
    )
    narrow = AnalyticsFilter(users=("ada",), tags=("demo",))
    yield (
        "latency by model, one user and tag",
        lambda: analytics.quantiles_by_model(narrow, Measure.TTFT),
    )


def _median_of(rounds: int, ask: Callable[[], object]) -> float:
    times = []
    for _ in range(rounds):
        began = perf_counter()
        ask()
        times.append(perf_counter() - began)
    return statistics.median(times)


def _recording(store: RunStore) -> float:
    """Seconds that recording a run takes, its beginning and its end."""
    recorder, times = store.recorder(), []
    request = InvocationRequest.from_prompt(_MODELS[0], "Why is the sky blue?")
    result = InvocationResult(
        text="Rayleigh.",
        usage=Usage(input_tokens=12, output_tokens=9),
        timing=Timing(time_to_first_token=0.2, total=1.0),
    )
    for _ in range(200):
        identity = RunIdentity(uuid.uuid4().hex, uuid.uuid4().hex, "A", 0, 0, datetime.now(UTC))
        began = perf_counter()
        recorder.run_started(identity, request)
        recorder.run_finished(identity, request, result)
        times.append(perf_counter() - began)
    return statistics.median(times)


def _fill(store: RunStore, count: int) -> None:
    """Make the runs; their sums are counted once at the end, which is what a trigger per run adds up to."""
    dice = random.Random(4)
    with store._write() as connection:  # noqa: SLF001 - a benchmark may go round the front door
        counting_0004.remove(connection)
        start = connection.execute(select(func.coalesce(func.max(runs.c.id), 0))).scalar_one() + 1
    for first in range(0, count, _BATCH):
        batch = [_row(number, count, dice) for number in range(first, min(first + _BATCH, count))]
        with store._write() as connection:  # noqa: SLF001
            for key, row, group in zip(
                range(start + first, start + count), batch, group_ids(connection, batch), strict=False
            ):
                row |= {"id": key, "group_id": group}
            _insert(connection, "runs", [_as_stored(row) for row in batch])
            _insert(connection, "run_details", [{"id": row["id"], **_DETAILS} for row in batch])
    with store._write() as connection:  # noqa: SLF001
        counting_0004.count_anew(connection)
        counting_0004.install(connection)
    _settle(store)


def _insert(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows as the drivers do it fastest."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(rows[0])
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(rows[0]))
        statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - the names are ours
        driver.executemany(statement, [tuple(row.values()) for row in rows])
        return
    with driver.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _as_stored(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the column types would write it."""
    cost, started = row["cost"], row["started_at"].isoformat(sep=" ", timespec="microseconds")
    stored = {"cost": None if cost is None else int(cost * 10**12)}
    return row | stored | {name: started.removesuffix("+00:00") for name in ("started_at", "ended_at")}


def _settle(store: RunStore) -> None:
    """Do what a database does by and by."""
    sqlite = store._engine.dialect.name == "sqlite"  # noqa: SLF001
    with store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # noqa: SLF001
        if not sqlite:
            keys = "SELECT setval(pg_get_serial_sequence('runs', 'id'), max(id)) FROM runs"
            connection.execute(text(keys))
        connection.execute(text("ANALYZE" if sqlite else "VACUUM ANALYZE"))


def _row(number: int, count: int, dice: random.Random) -> dict[str, Any]:
    started = datetime.now(UTC) - timedelta(days=_DAYS) * (1 - number / count)
    state = dice.choices(("completed", "failed", "cancelled"), (95, 4, 1))[0]
    done, retried, cached = state == "completed", dice.random() < 0.03, dice.random() < 0.3
    first, rest = dice.lognormvariate(-1, 0.5), dice.lognormvariate(1, 0.6)
    length = dice.randrange(1, 800)
    return {
        "run_id": f"{number:032x}",
        "comparison_id": f"{number // 4:032x}",
        "label": "ABCD"[number % 4],
        "turn": 0,
        "repeat": 0,
        "started_at": started,
        "ended_at": started,
        "state": state,
        "model_id": _MODELS[(number + number // 1000) % len(_MODELS)],
        "region": "us-east-1",
        "endpoint": "bedrock",
        "user_name": dice.choice(("ada", "grace", "edsger", None)),
        "preset_id": dice.choice((None, None, "summary", "triage")),
        "tags": dice.choice(("[]", "[]", '["demo"]', '["demo","exam"]')),
        "prompt_start": "Why is the sky blue? " * 5,
        "time_to_first_token": first if done else None,
        "total": first + rest,
        "tokens_per_second": length / rest if done else None,
        "input_tokens": dice.randrange(10, 3000) if done else None,
        "output_tokens": length if done else None,
        "cache_read_input_tokens": 2000 if done and cached else None,
        "cache_write_input_tokens": 500 if done and cached and number % 5 == 0 else None,
        "error_type": {"failed": "Throttled", "cancelled": "Cancelled"}.get(state),
        "attempts": 2 if retried else 1,
        "retried_for": "Throttled" if retried else None,
        "cost": None if not done or dice.random() < 0.02 else dice.randrange(10**6) * _MICRODOLLAR,
        "price_confidence": "confirmed",
        "temperature": dice.choice((None, 0.0, 0.5, 1.0)),
        "request_key": number // 20,
        "answer_key": dice.randrange(3) if done else None,
    }


if __name__ == "__main__":
    print_table(main())
