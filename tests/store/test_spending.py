"""The ledger in both databases: counted in one step by threads, processes, sessions; kept over restarts."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, update

from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.schema import spending
from bedrock_playground.spending.ledger import Limits, Spent, Totals, Wanted
from tests.store.builders import identity, request, result
from tests.store.conftest import Place

CENT = Decimal("0.01")
NO_LIMIT = Limits()

_CHILD = """
import sys, threading
from decimal import Decimal
from pathlib import Path
from bedrock_playground.history import RunStore
from bedrock_playground.spending.ledger import Limits, Wanted

store = RunStore.open(sys.argv[1], data_dir=Path(sys.argv[2]))
ledger = store.ledger()
limits = Limits(day=Decimal(sys.argv[4]))
admitted = []
print("ready", flush=True)
sys.stdin.readline()

def ask():
    for number in range(10):
        entry = ledger.reserve(Wanted(sys.argv[3], "m", Decimal("0.01")), limits).entry
        if entry:
            admitted.append(entry)
            if number % 3 == 0:
                ledger.settle(entry, Decimal("0.005"))

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(admitted), flush=True)
sys.stdin.readline()
"""


def _child(place: Place, session: str, limit: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, place.url, str(place.data_dir), session, limit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def _say(child: subprocess.Popen[str], word: str = "on") -> None:
    assert child.stdin is not None
    child.stdin.write(word + "\n")
    child.stdin.flush()


def test_two_processes_of_eight_threads_never_get_over_the_limit(place: Place) -> None:
    with place.open() as store:
        watcher = store.ledger()
        children = [_child(place, name, "0.30") for name in ("one", "two")]
        try:
            for child in children:
                _say(child)
            counts = []
            for child in children:
                assert child.stdout is not None
                counts.append(int(child.stdout.readline()))
            totals = watcher.totals("one")
            assert totals.day.counted <= Decimal("0.30")
            # What settled low gave its room back, so more than 30 came through, and not all of 160 did.
            assert 30 < sum(counts) < 160
            # There is no room left that a further cent would fit into.
            assert totals.day.counted > Decimal("0.29")
            assert watcher.reserve(Wanted("three", "m", CENT), Limits(day=Decimal("0.30"))).scope == "day"
            living = watcher.totals("two").session
            children[0].send_signal(signal.SIGKILL)
            children[0].wait(timeout=30)
            store.mark_interrupted()
            after = watcher.totals("one")
            # Nobody will tell what the dead one's runs cost: they stay counted, as held.
            assert after.day.counted == totals.day.counted
            assert after.session == Spent(
                spent=totals.session.spent, held=totals.session.reserved + totals.session.held
            )
            assert watcher.totals("two").session == living, (
                "whatever the one that lives has reserved, it keeps"
            )
        finally:
            for child in children:
                child.kill()
                child.wait(timeout=30)
                for stream in (child.stdin, child.stdout):
                    assert stream is not None
                    stream.close()


def test_threads_of_one_process(store: RunStore) -> None:
    ledger, limits = store.ledger(), Limits(session=Decimal("0.05"))
    admitted: list[str] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        told = (ledger.reserve(Wanted("s", "m", CENT), limits).entry for _ in range(5))
        admitted.extend(entry for entry in told if entry)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 5
    assert ledger.totals("s").session == Spent(reserved=Decimal("0.05"))


def test_settled_held_released_and_unpriced(store: RunStore) -> None:
    ledger = store.ledger()
    entries = [
        ledger.reserve(Wanted("s", "m", amount), NO_LIMIT).entry for amount in (CENT, CENT, CENT, None)
    ]
    spent, held, released, unpriced = (entry or "" for entry in entries)
    ledger.settle(spent, Decimal("0.000000000001"))
    ledger.settle(held, None)
    ledger.release(released)
    ledger.settle(unpriced, None)
    expected = Spent(spent=Decimal("0.000000000001"), held=CENT, unpriced=1)
    assert ledger.totals("s") == Totals(expected, expected)
    assert ledger.totals("other") == Totals(Spent(), expected)


def test_it_outlives_the_process_and_the_history_s_runs(place: Place) -> None:
    with place.open() as store:
        entry = store.ledger().reserve(Wanted("s", "m", CENT), NO_LIMIT).entry
        store.ledger().settle(entry or "", CENT)
        store.ledger().reserve(Wanted("s", "m", CENT), NO_LIMIT)
    with place.open() as store:
        assert store.ledger().totals("s").day == Spent(spent=CENT, held=CENT)
        store.recorder().run_started(identity(run_id="r"), request("Hi"))
        store.recorder().run_finished(identity(run_id="r"), request("Hi"), result())
        store.delete(["r"])
        assert store.ledger().totals("s").day.counted == 2 * CENT


def test_a_new_day_begins_at_midnight_utc(store: RunStore) -> None:
    ledger, limits = store.ledger(), Limits(day=CENT)
    assert ledger.reserve(Wanted("s", "m", CENT), limits).entry
    assert ledger.reserve(Wanted("s", "m", CENT), limits).scope == "day"
    with store._write() as connection:
        day = connection.exec_driver_sql("SELECT MAX(day) FROM spending").scalar_one()
        yesterday = store.ledger().totals("s")
        assert yesterday.day.reserved == CENT
        assert day is not None
        row = connection.execute(spending.select()).mappings().one()
        connection.execute(update(spending).values(day=row["day"] - timedelta(days=1)))
    assert ledger.reserve(Wanted("s", "m", CENT), limits).entry
    assert ledger.totals("s").session.reserved == 2 * CENT
    assert ledger.totals("s").day.reserved == CENT


def test_the_day_is_utc_s_in_whatever_zone_the_server_is(place: Place) -> None:
    if not place.is_sqlite:
        with psycopg.connect(place.url.replace("+psycopg", ""), autocommit=True) as connection:
            name = place.url.rpartition("/")[2]
            # One of these two has another date at any moment.
            for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
                connection.execute(f"ALTER DATABASE \"{name}\" SET timezone TO '{zone}'")
                _day_is_utc_s(place)
        return
    _day_is_utc_s(place)


def _day_is_utc_s(place: Place) -> None:
    with place.open() as store:
        before = datetime.now(UTC).date()
        entry = store.ledger().reserve(Wanted("s", "m", CENT), NO_LIMIT).entry
        with store._read() as connection:
            day = connection.execute(select(spending.c.day).where(spending.c.entry == entry)).scalar_one()
        assert before <= day <= datetime.now(UTC).date()


def test_a_settlement_that_the_database_refuses_is_made_up_for(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = store.ledger()
    entry = ledger.reserve(Wanted("s", "m", CENT), NO_LIMIT).entry
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "_write", _refuse)
        with pytest.raises(HistoryError):
            ledger.settle(entry or "", Decimal(0))
    assert ledger.totals("s").session == Spent(reserved=CENT)
    store._backlog.flush()
    assert ledger.totals("s").session == Spent()


def _refuse() -> None:
    raise HistoryError("away")


def test_answer_lengths_are_the_last_completed_ones(store: RunStore) -> None:
    recorder = store.recorder()
    for number in range(3):
        run = identity(run_id=f"r{number}")
        recorder.run_started(run, request("Hi"))
        recorder.run_finished(run, request("Hi"), result())
    lengths = store.answer_lengths(request("Hi").model_id)
    usage = result().usage
    assert usage is not None
    assert lengths == (usage.output_tokens,) * 3
    assert store.answer_lengths(request("Hi").model_id, limit=2) == lengths[:2]
    assert store.answer_lengths("another") == ()
