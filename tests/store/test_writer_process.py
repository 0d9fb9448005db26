"""Runs that a process of its own writes: the same rows, whatever happens to either process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.history import RunStore
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.trace import Decision, Trace, TracedCall
from bedrock_playground.invocation.values import InvocationResult, RunState, Usage
from tests.store.builders import identity, request, result
from tests.store.conftest import Place

ROOT = Path(__file__).resolve().parents[2]
COST = Cost(Decimal("0.25"), confidence=Confidence.CONFIRMED, source="a list", note="as told")
TRACE = Trace(
    pattern="chain",
    calls=(TracedCall(run_id="c", parent_id="p", role="a", model_id="m", started=0.5, usage=Usage(1, 2)),),
    decisions=(Decision(at=1.0, parent_id="p", text="on it goes"),),
)
ENDS = (
    result("done"),
    result("", error=Throttled("Too many.", code="ThrottlingException", status=429)),
    InvocationResult(text="of a pattern", trace=TRACE),
)


def origin(label: str) -> RunOrigin | None:
    return RunOrigin("preset", 3, ("a tag",)) if label == "A" else None


def apart(store: RunStore) -> BatchRecorder:
    return store.batch_recorder("ann", origin=origin, apart=True)


def record(recorder: BatchRecorder, comparison: str) -> None:
    """Record some runs that begin and end, one that only ends, and one that only begins."""
    for number, end in enumerate(ENDS):
        one = identity(number, run_id=f"{comparison} {number}", comparison_id=comparison)
        recorder.run_started(one, request())
        recorder.run_finished(one, request(), end, cost=COST)
    whole = identity(8, run_id=f"{comparison} whole", comparison_id=comparison, label="B")
    recorder.run_finished(whole, request(), result("whole"))
    recorder.run_started(identity(9, run_id=f"{comparison} begun", comparison_id=comparison), request())
    recorder.close()


def kept(store: RunStore, comparison: str) -> list[Any]:
    return [
        replace(
            found,
            identity=replace(found.identity, run_id="", comparison_id=""),
            ended_at=None,
        )
        for found in store.comparison(comparison)
    ]


def test_the_rows_are_those_that_this_process_writes(place: Place) -> None:
    with place.open() as store:
        record(apart(store), "apart")
        record(store.batch_recorder("ann", origin=origin), "here")
    with place.open() as store:
        # What began and never ended was found by whoever opened it next.
        assert kept(store, "apart") == kept(store, "here")
        assert [found.state for found in store.comparison("apart")].count(RunState.INTERRUPTED) == 1
        assert store.comparison("apart")[0].preset_id == "preset"
    assert not files(place)


def files(place: Place) -> list[Path]:
    """The files that say what was begun."""
    return list(place.data_dir.glob("*.begun-*"))


def test_what_begins_is_known_before_it_ends_and_forgotten_when_it_is_kept(place: Place) -> None:
    with place.open() as store:
        recorder = apart(store)
        # More than one file takes: each is gone as soon as all of its runs are kept.
        large = request("x" * 1_500_000)
        ones = [identity(number, run_id=f"run {number}") for number in range(8)]
        for one in ones:
            recorder.run_started(one, large)
        if place.is_sqlite:
            assert files(place)
            assert not store.comparison("comparison")
        for one in ones:
            recorder.run_finished(one, large, result())
        recorder.flush()
        assert len(files(place)) <= 16
        recorder.close()
        assert not files(place)
        assert {found.state for found in store.comparison("comparison")} == {RunState.COMPLETED}
        assert store.count() == 8


def test_a_living_processs_file_is_left_alone(place: Place) -> None:
    with place.open() as store, place.open() as other:
        recorder = apart(store)
        recorder.run_started(identity(run_id="under way"), request())
        other.mark_interrupted()
        recorder.run_finished(identity(run_id="under way"), request(), result())
        recorder.close()
        assert [found.state for found in other.comparison("comparison")] == [RunState.COMPLETED]


def test_when_the_writer_is_killed_this_process_writes_itself(store: RunStore) -> None:
    recorder = apart(store)
    ends = [identity(number, run_id=f"run {number}") for number in range(20)]
    for number, one in enumerate(ends):
        recorder.run_started(one, request())
        if number == 9:
            writer = recorder._elsewhere
            assert writer is not None
            os.kill(writer._process.pid, signal.SIGKILL)
    for one in ends:
        recorder.run_finished(one, request(), result(one.run_id))
    recorder.close()
    found = store.comparison("comparison")
    assert [(one.run_id, one.result and one.result.text) for one in found] == [
        (one.run_id, one.run_id) for one in ends
    ]


def test_what_cannot_travel_is_written_here(store: RunStore) -> None:
    recorder = apart(store)
    local: Callable[[], None] = lambda: None  # noqa: E731 - nothing that can be pickled
    odd = replace(request(), request_metadata=_Odd(local))
    one = identity(run_id="odd")
    recorder.run_finished(one, odd, result())
    recorder.close()
    assert store.get("odd") is not None


class _Odd(dict[str, str]):
    """A mapping that holds something that no pipe takes."""

    def __init__(self, value: object) -> None:
        super().__init__({"a": "b"})
        self.value = value


_CALLER = """
import sys
from pathlib import Path
from bedrock_playground.history import RunStore
from tests.store.builders import identity, request, result
store = RunStore.open(sys.argv[1], data_dir=Path(sys.argv[2]))
recorder = store.batch_recorder(apart=True)
for number in range(10_000):
    one = identity(number, run_id=f"run {number}")
    recorder.run_started(one, request())
    print(number, flush=True)
    recorder.run_finished(one, request(), result())
"""


def test_when_the_caller_is_killed_everything_that_it_began_is_there(place: Place) -> None:
    command = [sys.executable, "-c", _CALLER, place.url, str(place.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as caller:
        assert caller.stdout is not None
        for line in caller.stdout:
            if int(line) == 25:
                caller.kill()
                break
        told = 26 + len(caller.stdout.readlines())
    with place.open() as store:
        deadline = time.monotonic() + 60
        while _running(store) and time.monotonic() < deadline:
            # Its writer may still be writing what it was told.
            time.sleep(0.05)
            store.mark_interrupted()
        found = {one.run_id for one in store.comparison("comparison")}
    assert {f"run {number}" for number in range(told)} <= found
    assert not files(place)


def _running(store: RunStore) -> bool:
    return any(one.state is RunState.RUNNING for one in store.comparison("comparison"))


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """These tests mean the warnings that they bring about."""
    caplog.set_level("CRITICAL")
