"""Runs are recorded as they begin and end, by many threads, and none is lost."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bedrock_playground.history import HistoryUnavailable, RunFilter, RunStore, processes
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.values import RunState, Timing, Usage
from tests.store.builders import cancelled, identity, request, result
from tests.store.conftest import Place


def test_a_run_is_there_before_anything_is_sent(store: RunStore) -> None:
    who, what = identity(), request()
    store.recorder(user="ada").run_started(who, what)
    found = store.get(who.run_id)
    assert found is not None
    assert (found.identity, found.request, found.state) == (who, what, RunState.RUNNING)
    assert (found.result, found.ended_at, found.user, found.cost) == (None, None, "ada", None)


def test_an_ended_run_comes_back_exactly(store: RunStore) -> None:
    recorder = store.recorder()
    who, what, outcome = identity(), request("naïve\x00 \U0001f600 ünïcode"), result("a\x00b\nc")
    before = datetime.now(UTC)
    recorder.run_started(who, what)
    recorder.run_finished(who, what, outcome)
    found = store.get(who.run_id)
    assert found is not None
    assert (found.identity, found.request, found.result) == (who, what, outcome)
    assert found.state is RunState.COMPLETED
    assert found.ended_at is not None
    assert before <= found.ended_at <= datetime.now(UTC)
    assert store.count() == 1


def test_a_cancelled_run_keeps_its_partial_text_and_unknown_stays_unknown(store: RunStore) -> None:
    recorder, who, what = store.recorder(), identity(), request()
    recorder.run_started(who, what)
    recorder.run_finished(who, what, cancelled())
    found = store.get(who.run_id)
    assert found is not None
    assert found.result is not None
    assert (found.state, found.result.text) == (RunState.CANCELLED, "Because")
    summary = store.list_runs().runs[0]
    assert (summary.state, summary.error_type) == (RunState.CANCELLED, "Cancelled")
    assert (summary.input_tokens, summary.output_tokens, summary.tokens_per_second) == (None, None, None)
    assert summary.cost is None


@pytest.mark.parametrize(
    "cost",
    [
        Cost(Decimal("0.000031875"), Confidence.CONFIRMED, "litellm 1", date(2026, 11, 22), "A note."),
        Cost(Decimal(0), Confidence.EXACT, "this machine", note="No charge."),
    ],
)
def test_what_a_run_cost_comes_back_with_where_that_comes_from(store: RunStore, cost: Cost) -> None:
    recorder, who, what = store.recorder(), identity(), request()
    recorder.run_started(who, what)
    recorder.run_finished(who, what, result(), cost=cost)
    found = store.get(who.run_id)
    assert found is not None
    assert found.priced == cost
    assert store.list_runs().runs[0].cost == cost.amount


def test_an_unknown_cost_stays_unknown_and_is_never_nothing(store: RunStore) -> None:
    recorder, who, what = store.recorder(), identity(), request()
    recorder.run_finished(who, what, result(), cost=Cost(None, note="No source has a price for it."))
    found = store.get(who.run_id)
    assert found is not None
    assert (found.cost, found.price_source, found.price_confidence) == (None, None, None)
    assert found.priced == Cost(None, Confidence.UNKNOWN, note="No source has a price for it.")
    assert store.list_runs().runs[0].cost is None


def test_the_list_has_the_figures(store: RunStore) -> None:
    recorder, who, what = store.recorder("ada"), identity(), request("  one\n\ttwo  " + "x" * 500)
    recorder.run_finished(
        who, what, result(usage=Usage(input_tokens=7, output_tokens=21), timing=Timing(0.5, None, 2.5, 2.25))
    )
    row = store.list_runs().runs[0]
    assert row.prompt_start == ("one two " + "x" * 500)[:200]
    assert (row.time_to_first_token, row.total, row.server_latency) == (0.5, 2.5, 2.25)
    assert (row.input_tokens, row.output_tokens) == (7, 21)
    assert row.tokens_per_second == pytest.approx(10.0)
    assert (row.stop_reason, row.attempts, row.user, row.model_id) == ("end_turn", 1, "ada", what.model_id)


def test_a_run_whose_beginning_was_never_written_is_written_whole(store: RunStore) -> None:
    who, what, outcome = identity(), request(), result()
    store.recorder().run_finished(who, what, outcome)
    found = store.get(who.run_id)
    assert found is not None
    assert found.result == outcome


def test_the_same_run_cannot_begin_twice(store: RunStore) -> None:
    recorder, who = store.recorder(), identity()
    recorder.run_started(who, request())
    with pytest.raises(HistoryUnavailable, match="already"):
        recorder.run_started(who, request())


def test_eight_threads_lose_nothing(store: RunStore) -> None:
    recorder = store.recorder()
    failures: list[BaseException] = []
    barrier = threading.Barrier(8)

    def lane(letter: str) -> None:
        barrier.wait()
        try:
            for number in range(25):
                who, what = identity(number, label=letter), request(f"{letter}{number}")
                recorder.run_started(who, what)
                recorder.run_finished(who, what, result(f"answer {letter}{number}"))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=lane, args=(letter,)) for letter in "ABCDEFGH"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.count(RunFilter(states=(RunState.COMPLETED,))) == 8 * 25
    assert store.count(RunFilter(labels=("C",))) == 25
    assert {row["answer"] for row in store.export_rows(RunFilter(text="answer c7"))} == {"answer C7"}


def test_a_run_that_cannot_be_written_waits_and_is_written_later(place: Place) -> None:
    with place.open() as store:
        recorder, who, what = store.recorder(), identity(), request()
        recorder.run_started(who, what)
        with _tables_taken_away(store):
            recorder.run_finished(who, what, result())
            assert store.unsaved == recorder.unsaved == 1
        # What every heartbeat does.
        store._backlog.flush()
        assert store.unsaved == 0
        found = store.get(who.run_id)
        assert found is not None
        assert found.state is RunState.COMPLETED


def test_what_waits_is_written_at_the_latest_when_the_store_closes(place: Place) -> None:
    with place.open() as store:
        recorder, who, what = store.recorder(), identity(), request()
        with _tables_taken_away(store):
            recorder.run_finished(who, what, result())
    with place.open() as store:
        assert store.get(who.run_id) is not None


def test_the_heart_goes_on_beating_whatever_fails(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # No database fails in a way nobody thought of when asked to: these failures are made.
    monkeypatch.setattr(processes, "HEARTBEAT_INTERVAL", timedelta(milliseconds=5))
    beats = threading.Semaphore(0)
    register = processes.ProcessMark.register
    failures = iter([ZeroDivisionError("unthought of")])

    def failing_register(mark: processes.ProcessMark, connection: Connection) -> None:
        beats.release()
        if threading.current_thread().name == "history-heartbeat" and (failure := next(failures, None)):
            raise failure
        register(mark, connection)

    def failing_save() -> None:
        if not mended.is_set():
            raise KeyError("a defect")

    mended, saved = threading.Event(), threading.Event()
    monkeypatch.setattr(processes.ProcessMark, "register", failing_register)
    with place.open() as store:
        store.recorder()
        store._backlog.add(failing_save)
        store._backlog.add(saved.set)
        assert saved.wait(10), "one that fails keeps no other from being written"
        for _ in range(10):
            assert beats.acquire(timeout=10), "the heart has stopped"
        assert store.unsaved == 1
        mended.set()
        heart = store._heart
        assert heart is not None
        assert heart.is_alive()
    assert store.unsaved == 0
    assert "ZeroDivisionError: unthought of" in caplog.text
    assert "KeyError: 'a defect'" in caplog.text


class _tables_taken_away:  # noqa: N801 - reads as a statement
    """The database refuses for a while: its table has another name."""

    def __init__(self, store: RunStore) -> None:
        self._engine = store._engine

    def __enter__(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(text("ALTER TABLE runs RENAME TO away"))

    def __exit__(self, *_: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO runs"))


def test_another_process_that_writes_for_a_while_is_waited_for(tmp_path: Any) -> None:
    place = Place(f"sqlite:///{tmp_path / 'history.sqlite3'}", tmp_path)
    with place.open() as store:
        recorder, who = store.recorder(), identity()
        other = sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, lambda: other.execute("COMMIT"))
        release.start()
        recorder.run_started(who, request())
        release.join()
        other.close()
        assert store.get(who.run_id) is not None
