"""A run whose process died is interrupted, and a run whose process lives is not."""

from __future__ import annotations

import platform
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bedrock_playground.history import RunFilter, RunStore, processes
from bedrock_playground.history.schema import processes as table
from bedrock_playground.invocation.values import RunState
from tests.store.builders import identity, request, result
from tests.store.conftest import Place

_CHILD = """
import sys, time
from pathlib import Path
from bedrock_playground.history import RunStore
from tests.store.builders import identity, request, result

store = RunStore.open(sys.argv[1], data_dir=Path(sys.argv[2]))
recorder = store.recorder()
for run_id in ("finished", "unfinished"):
    recorder.run_started(identity(run_id=run_id), request("Asked by " + run_id))
recorder.run_finished(identity(run_id="finished"), request("Asked by finished"), result())
print("ready", flush=True)
time.sleep(300)
"""


def _child(place: Place) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, place.url, str(place.data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def _kill(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    assert child.stdout is not None
    child.stdout.close()


def test_kill_9_in_mid_run(place: Place) -> None:
    child = _child(place)
    try:
        with place.open() as store:
            assert _states(store) == {"finished": RunState.COMPLETED, "unfinished": RunState.RUNNING}
    finally:
        _kill(child)
    with place.open() as store:
        assert _states(store) == {"finished": RunState.COMPLETED, "unfinished": RunState.INTERRUPTED}
        found = store.get("unfinished")
        assert found is not None
        assert found.request == request("Asked by unfinished")
        assert (found.result, found.ended_at) == (None, None)
    assert list((place.data_dir / "processes").iterdir()) == []


def test_an_open_store_notices_a_death_when_it_lists(place: Place) -> None:
    with place.open() as store:
        child = _child(place)
        _kill(child)
        store._next_sweep = 0.0
        runs = store.list_runs(RunFilter(states=(RunState.INTERRUPTED,))).runs
        assert [run.run_id for run in runs] == ["unfinished"]


def test_a_living_process_of_this_host_is_left_alone_however_silent(place: Place) -> None:
    with place.open() as store, place.open() as other:
        store.recorder().run_started(identity(run_id="mine"), request())
        _age(store, timedelta(hours=1))
        assert other.mark_interrupted() == 0
        assert _states(other) == {"mine": RunState.RUNNING}


@pytest.mark.parametrize(("silence", "dies"), [(timedelta(seconds=50), False), (timedelta(seconds=70), True)])
def test_a_process_of_another_host_dies_of_silence(place: Place, silence: timedelta, *, dies: bool) -> None:
    with place.open() as store, place.open() as other:
        recorder = store.recorder()
        recorder.run_started(identity(run_id="theirs"), request())
        _age(store, silence, host="another-host")
        assert other.mark_interrupted() == int(dies)
        assert _states(other) == {"theirs": RunState.INTERRUPTED if dies else RunState.RUNNING}
        # It was only asleep: what it still has to say is kept.
        recorder.run_finished(identity(run_id="theirs"), request(), result())
        assert _states(other) == {"theirs": RunState.COMPLETED}


def test_a_process_taken_for_dead_signs_on_again_with_its_next_heartbeat(place: Place) -> None:
    with place.open() as store, place.open() as other:
        recorder = store.recorder()
        _age(store, timedelta(hours=1), host="another-host")
        other.mark_interrupted()
        assert store._mark is not None
        with store._write() as connection:
            store._mark.register(connection)
        recorder.run_started(identity(run_id="after"), request())
        assert other.mark_interrupted() == 0


def test_closing_in_mid_run_interrupts_it(place: Place) -> None:
    with place.open() as store:
        store.recorder().run_started(identity(run_id="left"), request())
    with place.open() as store:
        assert _states(store) == {"left": RunState.INTERRUPTED}


def test_the_heart_beats(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "HEARTBEAT_INTERVAL", timedelta(seconds=0.05))
    with place.open() as store:
        store.recorder()
        _age(store, timedelta(hours=1))
        heart = store._heart
        assert heart is not None
        for _ in range(200):
            heart.join(timeout=0.05)
            with store._read() as connection:
                beat = connection.execute(select(table.c.heartbeat_at)).scalar_one()
                now = processes.database_now(connection)
            if now - beat < timedelta(minutes=1):
                break
        assert now - beat < timedelta(minutes=1)
    assert not heart.is_alive()


def _age(store: RunStore, silence: timedelta, *, host: str | None = None) -> None:
    with store._write() as connection:
        then = processes.database_now(connection) - silence
        connection.execute(update(table).values(heartbeat_at=then, host=host or platform.node()))


def _states(store: RunStore) -> dict[str, RunState]:
    return {run.run_id: run.state for run in store.list_runs().runs}
