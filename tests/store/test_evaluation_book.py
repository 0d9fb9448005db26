"""The book of evaluations on both databases: one claim at a time, and what is read of many answers."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.history.errors import EvaluationBusy
from bedrock_playground.history.evaluation_records import SCORING_TURN, EvaluationState, ScoreRow
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import RunState
from tests.store.builders import identity, request, result
from tests.store.conftest import Place

PATTERN = "pattern:chain"
CENT = Cost(Decimal("0.01"), confidence=Confidence.USER)


def made(store: RunStore) -> str:
    return store.evaluations.create("E", data_set_id="d", total=4, document="{}").evaluation_id


def ran(
    recorder: BatchRecorder,
    key: str,
    run_id: str,
    *,
    model: str = "m",
    cost: Cost | None = CENT,
    ended: bool = True,
    **changes: Any,
) -> RunIdentity:
    who = identity(run_id=run_id, comparison_id=key, **{"case_number": 1, **changes})
    recorder.run_started(who, request(model_id=model))
    if ended:
        recorder.run_finished(who, request(model_id=model), result(), cost=cost)
    return who


def score(run_id: str, value: float | None, *, scorer: str = "exact") -> ScoreRow:
    return ScoreRow(run_id, scorer, "A", 1, 0, value, None, "", None)


def test_of_many_that_claim_at_the_same_time_one_alone_gets_it(place: Place) -> None:
    with place.open() as first:
        key = made(first)
        stores = [place.open() for _ in range(4)]
        recorders = [store.batch_recorder() for store in stores]
        together, got = threading.Barrier(4), list[str]()

        def claim(number: int) -> None:
            together.wait(30)
            try:
                stores[number].evaluations.claim(key, recorders[number].process_id)
            except EvaluationBusy:
                return
            except HistoryError as error:
                got.append(str(error))
                return
            got.append("claimed")

        threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert got == ["claimed"]
        for recorder, store in zip(recorders, stores, strict=True):
            recorder.close()
            store.close()
        # Its process is gone: whoever comes next may have it.
        assert first.evaluations.found(key).state is EvaluationState.INTERRUPTED
        recorder = first.batch_recorder()
        assert first.evaluations.claim(key, recorder.process_id).state is EvaluationState.RUNNING
        recorder.close()


def test_a_claim_interrupts_what_nobody_makes_any_more_and_says_what_was_cut_off(store: RunStore) -> None:
    key = made(store)
    recorder = store.batch_recorder()
    store.evaluations.claim(key, recorder.process_id)
    ran(recorder, key, "whole")
    ran(recorder, key, "pattern", model=PATTERN, ended=False, label="B")
    ran(recorder, key, "inner", parent_id="pattern", role="one", ended=False, label="B")
    ran(recorder, key, "judging", parent_id="whole", role="judge", turn=SCORING_TURN, ended=False)
    recorder.close()
    store.evaluations.claim(key, recorder.process_id)
    book = store.evaluations
    assert {row.run_id: row.state for row in book.outcomes(key)} == {
        "whole": RunState.COMPLETED,
        "pattern": RunState.INTERRUPTED,
    }
    assert book.cut_off(key) == {("B", 1, 0)}
    assert book.scoring_cut_off(key) == [(("A", 1, 0), "whole")]


def test_what_was_spent_counts_calls_once_and_unknown_as_unknown(store: RunStore) -> None:
    key = made(store)
    recorder = store.batch_recorder()
    store.evaluations.claim(key, recorder.process_id)
    ran(recorder, key, "pattern", model=PATTERN)
    ran(recorder, key, "one", parent_id="pattern", role="one")
    ran(recorder, key, "two", parent_id="pattern", role="two", cost=None)
    ran(recorder, key, "judging", parent_id="pattern", role="judge", turn=SCORING_TURN)
    recorder.close()
    told = store.evaluations.spent(key)
    answers, scoring = told["A", False], told["A", True]
    assert (answers.known, answers.unknown, answers.calls) == (Decimal("0.01"), 1, 2)
    assert (scoring.known, scoring.unknown, scoring.calls) == (Decimal("0.01"), 0, 1)


def test_scores_are_kept_once_per_answer_and_scorer(store: RunStore) -> None:
    key = made(store)
    recorder = store.batch_recorder()
    store.evaluations.claim(key, recorder.process_id)
    ran(recorder, key, "run")
    recorder.scored(key, [score("run", 0.0)])
    recorder.flush()
    assert [row.run_id for row in store.evaluations.unscored(key, ["exact", "rouge:l"])] == ["run"]
    recorder.scored(key, [score("run", 1.0), score("run", None, scorer="rouge:l")])
    recorder.close()
    assert list(store.evaluations.unscored(key, ["exact", "rouge:l"])) == []
    assert [(row.scorer, row.value) for row in store.evaluations.scores_of(["run"])["run"]] == [
        ("exact", 1.0),
        ("rouge:l", None),
    ]
    store.evaluations.ratings.rate(key, "run", 4, user="somebody")
    store.evaluations.ratings.rate(key, "run", 2, user="somebody")
    assert [one.rating for one in store.evaluations.ratings.of(key)["run"]] == [2]
    store.evaluations.release(key, recorder.process_id, EvaluationState.COMPLETED)
    store.evaluations.delete(key)
    assert store.evaluations.get(key) is None
    assert store.evaluations.scores_of(["run"]) == {}


def test_an_evaluation_at_work_cannot_be_changed_or_deleted(place: Place) -> None:
    with place.open() as store, place.open() as other:
        key = made(store)
        recorder = store.batch_recorder()
        store.evaluations.claim(key, recorder.process_id)
        with pytest.raises(EvaluationBusy):
            other.evaluations.delete(key)
        with pytest.raises(EvaluationBusy):
            other.evaluations.change(key, document="{}")
        # Who has it not cannot let go of it.
        other.evaluations.release(key, other.batch_recorder().process_id, EvaluationState.COMPLETED)
        assert store.evaluations.found(key).state is EvaluationState.RUNNING
        recorder.close()


def test_who_lost_its_claim_begins_nothing_more_and_writes_what_it_began(place: Place) -> None:
    with place.open() as store, place.open() as other:
        key = made(store)
        recorder, theirs = store.batch_recorder(), other.batch_recorder()
        store.evaluations.claim(key, recorder.process_id)
        who = ran(recorder, key, "begun", ended=False)
        # As if it had slept, and been taken for dead.
        store.evaluations.release(key, recorder.process_id, EvaluationState.PAUSED)
        other.evaluations.claim(key, theirs.process_id)
        with pytest.raises(EvaluationBusy, match="taken for dead"):
            ran(recorder, key, "twice", ended=False)
        recorder.run_finished(who, request(model_id="m"), result(), cost=CENT)
        recorder.close()
        theirs.close()
        assert {row.run_id: row.state for row in store.evaluations.outcomes(key)} == {
            "begun": RunState.COMPLETED
        }
