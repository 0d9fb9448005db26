"""Evaluations whose process dies: what was called is not called again, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.results import read_results
from bedrock_playground.history import RunStore
from bedrock_playground.history.errors import HistoryUnavailable
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.invocation.protocol import InvocationStream, Invoker
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.members import Member
from tests.wire.evaluation.conftest import Build
from tests.wire.evaluation.laboratory import Before, Laboratory, outcomes
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.kitchen import Kitchen, echo, solo

ROOT = Path(__file__).resolve().parents[3]


class Slow:
    """Answers so many calls, and holds up the others until it may go on."""

    def __init__(self, answered: int) -> None:
        self.left = answered
        self.held = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, model: str, prompt: str, exchange: Exchange) -> None:
        with self.lock:
            self.left -= 1
            held = self.left < 0
        if held:
            self.held.release()
            self.go_on.wait(60)
        echo(model, prompt, exchange)


def chain() -> Chain:
    steps = (Step(name="one", member=solo("c")), Step(name="two", member=solo("d"), template="{{previous}}!"))
    return Chain(steps=steps)


@pytest.mark.parametrize("apart", [False, True], ids=["committed", "noted"])
def test_after_kill_9_each_case_was_called_exactly_once(build: Build, *, apart: bool) -> None:
    slow = Slow(17)
    laboratory = build(slow)
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), solo("b"), chain(), cases=12, scorers=("contains",))
    command = [sys.executable, "-m", "tests.wire.evaluation.victim"]
    victim = subprocess.Popen(
        [
            *command,
            str(laboratory.folder),
            laboratory.kitchen.server.url,
            made.evaluation_id,
            *(["apart"] if apart else []),
        ],
        cwd=ROOT,
    )
    # Three threads per contender: nine calls are under way when it dies.
    for _ in range(9):
        assert slow.held.acquire(timeout=60)
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.RUNNING
    victim.kill()
    victim.wait(30)
    slow.go_on.set()
    store.mark_interrupted()
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.INTERRUPTED

    progress = laboratory.run(store, made.evaluation_id).progress
    assert (progress.state, progress.done) == (EvaluationState.COMPLETED, 36)
    failed = sum((dict(one.failed).get("interrupted", 0) for one in progress.contenders), 0)
    assert failed == progress.failures == 9
    # Nothing was called twice; what a chain did not come to call because its first step was cut off is left.
    assert set(laboratory.asked().values()) == {1}
    assert sum(laboratory.asked().values()) == 48 - _first_steps_cut_off(store, made.evaluation_id)

    progress = laboratory.run(store, made.evaluation_id, again={"interrupted"}).progress
    assert (progress.state, progress.done, progress.failures) == (EvaluationState.COMPLETED, 36, 0)
    asked = laboratory.asked()
    assert sum(asked.values()) == 48 + 9
    assert len(asked) == 48
    results = read_results(store, made.evaluation_id)
    assert [len(one.rows) for one in results.contenders] == [12, 12, 12]
    assert all(outcome.value is not None for outcome in results.outcomes("C", "contains"))


def _first_steps_cut_off(store: RunStore, evaluation_id: str) -> int:
    """How many chains died in their first step."""
    found = outcomes(store, evaluation_id).values()
    cut_off = [row for row in found if row.label == "C" and row.state is RunState.INTERRUPTED]
    return sum(len(store.calls_of(row.run_id)) == 1 for row in cut_off)


class Death:
    """Lets a process die at its n-th call: nothing is sent, recorded or written any more."""

    def __init__(self, at: int, *, sent: bool) -> None:
        self.left = at
        self.sent = sent
        self.dead = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, inner: Invoker) -> Invoker:
        return Before(inner, self.strike)

    def strike(self, start: Callable[[], InvocationStream]) -> None:
        with self.lock:
            self.left -= 1
            dies = self.left == 0
        if dies and self.sent:
            # It was sent, and nobody was there to hear the answer.
            for _ in start():
                pass
        if dies:
            self.dead.set()
        if self.dead.is_set():
            threading.Event().wait()


def die(laboratory: Laboratory, evaluation_id: str, death: Death, *, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run it in a process that dies; returns whether it did before it was done."""
    store = laboratory.open()
    run = running.start(store, evaluation_id, laboratory.place(wrap=death))
    while not death.dead.wait(0.002) and not run.over:
        pass
    if not death.dead.is_set():
        return False
    running._forget(run)

    def gone(*_: object, **__: object) -> Any:
        raise HistoryUnavailable("This process is dead.")

    monkeypatch.setattr(store, "_write", gone)
    run._recorder._writer._write = gone
    assert store._mark is not None
    # The operating system lets go of the lock; the file stays.
    store._mark._lock.release()
    laboratory.stores.remove(store)
    return True


MEMBERS: list[Callable[[], Member]] = [lambda: solo("a"), chain]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(1, 14),
    which=st.sampled_from([0, 1]),
    sent=st.booleans(),
    threads=st.sampled_from([1, 3]),
)
def test_resuming_at_any_point_gives_the_same_results(
    tmp_path_factory: pytest.TempPathFactory, *, at: int, which: int, sent: bool, threads: int
) -> None:
    folder = tmp_path_factory.mktemp("death")
    laboratory = Laboratory(folder, Kitchen(echo))
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            store = laboratory.open()
            made = laboratory.make(store, MEMBERS[which](), cases=5, concurrency=threads, scorers=("exact",))
            died = die(laboratory, made.evaluation_id, Death(at, sent=sent), monkeypatch=monkeypatch)
            store.mark_interrupted()
            first = laboratory.run(store, made.evaluation_id).progress
            assert first.state is EvaluationState.COMPLETED
            # Once at most: only what was under way as it died may be missing.
            assert max(laboratory.asked().values()) == 1
            assert first.failures <= threads * died
            laboratory.run(store, made.evaluation_id, again={"interrupted"})
        found = outcomes(store, made.evaluation_id)
        assert len(found) == 5
        assert {row.state for row in found.values()} == {RunState.COMPLETED}
        texts = {key[1]: store.get(row.run_id).result.text for key, row in found.items()}  # type: ignore[union-attr]
        says = "a: question {}" if which == 0 else "d: c: question {}!"
        assert texts == {number: says.format(number) for number in range(1, 6)}
        scores = read_results(store, made.evaluation_id).outcomes("A", "exact")
        assert [outcome.value for outcome in scores] == [1.0 if which == 0 else 0.0] * 5
    finally:
        laboratory.close()
        laboratory.kitchen.close()
