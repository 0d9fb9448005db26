"""Evaluations over boto3 and loopback: run, watched, paused, stopped, resumed, counted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.results import read_results
from bedrock_playground.history.errors import EvaluationBusy
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.invocation.values import RunState
from bedrock_playground.patterns.chain import Chain, Step
from tests.wire.evaluation.conftest import Build
from tests.wire.evaluation.laboratory import Gate, outcomes
from tests.wire.patterns.kitchen import solo


def test_every_contender_is_asked_every_case_once_and_scored(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, scorers=("exact",), repeat=2)
    run = laboratory.run(store, made.evaluation_id)
    asked = laboratory.asked()
    assert run.progress.note is None
    assert asked == {(model, f"question {n}"): 2 for model in "ab" for n in range(1, 7)}
    progress = run.progress
    assert (progress.state, progress.done, progress.total) == (EvaluationState.COMPLETED, 24, 24)
    assert (progress.failures, progress.cost, progress.eta) == (0, Decimal(0), 0.0)
    results = read_results(store, made.evaluation_id)
    # The kitchen answers with the model's name and the prompt; `a: question n` is what is expected.
    assert results.summary("A", "exact").accuracy.value == 1
    assert results.summary("B", "exact").accuracy.value == 0
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.COMPLETED
    assert running.find(made.evaluation_id) is None


def test_a_pattern_is_a_contender_like_any_other(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    chain = Chain(steps=(Step(name="one", member=solo("a")), Step(name="two", member=solo("b"))))
    made = laboratory.make(store, chain)
    laboratory.run(store, made.evaluation_id)
    found = outcomes(store, made.evaluation_id)
    assert len(found) == 6
    assert all(row.state is RunState.COMPLETED for row in found.values())
    assert sum(laboratory.asked().values()) == 12
    one = next(iter(found.values()))
    assert [call.identity.role for call in store.calls_of(one.run_id)] == ["one", "two"]


def test_a_failure_is_a_counted_outcome(build: Build) -> None:
    laboratory = build(lambda model, prompt, exchange: exchange.error(400, "ValidationException", "No."))
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), scorers=("exact",))
    progress = laboratory.run(store, made.evaluation_id).progress
    assert (progress.state, progress.done, progress.failures) == (EvaluationState.COMPLETED, 6, 6)
    assert dict(progress.contenders[0].failed) == {"ValidationFailed": 6}
    summary = read_results(store, made.evaluation_id).summary("A", "exact")
    assert (summary.failed, summary.runs, summary.accuracy.value) == (6, 6, 0)
    # Going on asks nothing anew; asked to, it asks the failed ones again.
    laboratory.run(store, made.evaluation_id)
    assert sum(laboratory.asked().values()) == 6
    laboratory.run(store, made.evaluation_id, again={"failed"})
    assert sum(laboratory.asked().values()) == 12


def test_pausing_lets_what_is_under_way_end_and_sends_nothing_more(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), cases=20)
    gate = Gate(5)
    run = running.start(store, made.evaluation_id, laboratory.place(wrap=gate))
    assert gate.full.wait(20)
    run.pause()
    assert run.progress.ending
    gate.open.set()
    assert run.wait(20)
    assert run.progress.state is EvaluationState.PAUSED
    done = len(outcomes(store, made.evaluation_id))
    # Five went through, and at most three were under way.
    assert 5 <= done <= 8
    assert sum(laboratory.asked().values()) == done
    laboratory.run(store, made.evaluation_id)
    assert set(laboratory.asked().values()) == {1}
    assert len(outcomes(store, made.evaluation_id)) == 20


def test_what_was_stopped_is_asked_again(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), cases=20)
    gate = Gate(5)
    run = running.start(store, made.evaluation_id, laboratory.place(wrap=gate))
    assert gate.full.wait(20)
    run.stop()
    gate.open.set()
    assert run.wait(20)
    assert run.progress.state is EvaluationState.STOPPED
    laboratory.run(store, made.evaluation_id)
    found = outcomes(store, made.evaluation_id)
    assert len(found) == 20
    assert all(row.state is RunState.COMPLETED for row in found.values())


def test_two_never_run_the_same_evaluation(build: Build) -> None:
    laboratory = build()
    store, other = laboratory.open(), laboratory.open()
    made = laboratory.make(store, solo("a"), cases=20)
    gate = Gate(3)
    run = running.start(store, made.evaluation_id, laboratory.place(wrap=gate))
    assert gate.full.wait(20)
    with pytest.raises(EvaluationBusy):
        running.start(store, made.evaluation_id, laboratory.place())
    recorder = other.batch_recorder()
    with pytest.raises(EvaluationBusy):
        other.evaluations.claim(made.evaluation_id, recorder.process_id)
    recorder.close()
    gate.open.set()
    assert run.wait(20)
    assert set(laboratory.asked().values()) == {1}


def test_scorers_can_be_added_without_new_answers(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, solo("a"))
    laboratory.run(store, made.evaluation_id)
    more = running.add_scorers(store, made.evaluation_id, ["exact", "judge:rubric:j"])
    assert more.state is EvaluationState.READY
    asked = len(laboratory.kitchen.asked)
    progress = laboratory.run(store, made.evaluation_id).progress
    assert progress.state is EvaluationState.COMPLETED
    assert {model for model, _ in laboratory.kitchen.asked[asked:]} == {"j"}
    assert progress.contenders[0].scoring.calls == len(laboratory.kitchen.asked) - asked > 0
    assert read_results(store, made.evaluation_id).summary("A", "exact").accuracy.value == 1
