"""The book of evaluations and the recorder for many runs a second, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bedrock_playground.history import RunStore
from bedrock_playground.history.errors import EvaluationBusy, EvaluationGone, HistoryError, HistoryUnavailable
from bedrock_playground.history.evaluation_records import EvaluationState, ScoreRow, Spending
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationResult, RunState, Timing, Usage
from tests.store.conftest import Place

REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say “hello” 🙂")
RESULT = InvocationResult(
    text="Hello", usage=Usage(7, 3), timing=Timing(time_to_first_token=0.25, total=0.5, arrivals=(0.25,))
)
PAID = Cost(Decimal("0.000123"), confidence=Confidence.USER, source="test")


@pytest.fixture
def store(place: Place) -> Iterator[RunStore]:
    with place.open() as opened:
        yield opened


def identity(number: int, *, evaluation: str = "e", **changes: object) -> RunIdentity:
    made = RunIdentity(
        run_id=f"{evaluation}-{number}",
        comparison_id=evaluation,
        label="A",
        turn=0,
        repeat=0,
        started_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
        region="us-east-1",
        endpoint="bedrock",
        case_number=number,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def score(number: int, *, scorer: str = "exact", value: float | None = 1.0, note: str = "") -> ScoreRow:
    return ScoreRow(f"e-{number}", scorer, "A", number, 0, value, None, note, None)


def test_what_is_recorded_together_is_what_is_recorded_one_by_one(store: RunStore) -> None:
    """The same columns and texts, whichever recorder wrote them."""
    together, alone = store.batch_recorder("ann"), store.recorder("ann")
    for number in range(1, 46):
        one = identity(number)
        together.run_started(one, REQUEST)
        together.run_finished(one, REQUEST, RESULT, cost=PAID)
        other = identity(number, evaluation="o")
        alone.run_started(other, REQUEST)
        alone.run_finished(other, REQUEST, RESULT, cost=PAID)
    together.close()
    for number in range(1, 46):
        mine, theirs = store.get(f"e-{number}"), store.get(f"o-{number}")
        assert mine is not None
        assert theirs is not None
        assert mine.ended_at is not None
        assert replace(mine, identity=theirs.identity, ended_at=theirs.ended_at) == theirs
    rows = {run_id: row for row in store.export_rows() for run_id in [row["run_id"]]}
    varying = {"run_id", "comparison_id", "ended_at"}
    same = [{k: v for k, v in rows[f"{e}-7"].items() if k not in varying} for e in "eo"]
    assert same[0] == same[1]


def test_many_threads_begin_and_end_and_all_is_there(store: RunStore) -> None:
    recorder = store.batch_recorder()

    def work(first: int) -> None:
        for number in range(first, first + 25):
            one = identity(number)
            recorder.run_started(one, REQUEST)
            recorder.run_finished(one, REQUEST, RESULT, cost=PAID)
            recorder.scored("e", [score(number), score(number, scorer="other", value=None, note="why")])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(1, 201, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.flush()
    found = list(store.evaluations.outcomes("e"))
    assert {row.case_number for row in found} == set(range(1, 201))
    assert {(row.state, row.cost, row.total) for row in found} == {(RunState.COMPLETED, PAID.amount, 0.5)}
    assert len(list(store.evaluations.scores("e"))) == 400
    assert store.evaluations.spent("e") == {("A", False): Spending(Decimal("0.0246"), 0, 200)}
    recorder.close()
    with pytest.raises(HistoryUnavailable):
        recorder.run_started(identity(999), REQUEST)


def test_a_beginning_is_there_before_it_returns_and_one_that_fails_harms_no_other(store: RunStore) -> None:
    recorder = store.batch_recorder()
    recorder.run_started(identity(1), REQUEST)
    (row,) = store.evaluations.outcomes("e")
    assert row.state is RunState.RUNNING
    with pytest.raises(HistoryError):
        recorder.run_started(identity(1), REQUEST)
    recorder.run_finished(identity(1), REQUEST, RESULT)
    # One that never began is written whole.
    recorder.run_finished(identity(2), REQUEST, InvocationResult(error=Throttled("Slow down.")))
    recorder.close()
    states = {row.case_number: (row.state, row.error_type) for row in store.evaluations.outcomes("e")}
    assert states == {1: (RunState.COMPLETED, None), 2: (RunState.FAILED, "Throttled")}


def test_analytics_count_what_was_written_together(store: RunStore) -> None:
    recorder = store.batch_recorder()
    for number in range(1, 4):
        recorder.run_started(identity(number), REQUEST)
        recorder.run_finished(identity(number), REQUEST, RESULT, cost=PAID)
    recorder.flush()
    # Its group goes with its last run, and is made anew when it is needed again.
    store.delete(["e-1", "e-2", "e-3"])
    recorder.run_started(identity(4), REQUEST)
    recorder.run_finished(identity(4), REQUEST, RESULT, cost=PAID)
    recorder.close()
    assert store.analytics().sums().completed == 1
    assert [row.case_number for row in store.evaluations.outcomes("e")] == [4]


def test_an_evaluation_is_made_claimed_left_and_found(place: Place, store: RunStore) -> None:
    book = store.evaluations
    made = book.create("Mine", data_set_id="d", total=3, document="{}", user="ann")
    assert (made.state, made.name, made.total, made.user) == (EvaluationState.READY, "Mine", 3, "ann")
    recorder = store.batch_recorder()
    claimed = book.claim(made.evaluation_id, recorder.process_id)
    assert claimed.state is EvaluationState.RUNNING
    with place.open() as other:
        theirs = other.batch_recorder()
        with pytest.raises(EvaluationBusy):
            other.evaluations.claim(made.evaluation_id, theirs.process_id)
        with pytest.raises(EvaluationBusy):
            other.evaluations.delete(made.evaluation_id)
        theirs.close()
    book.release(made.evaluation_id, recorder.process_id, EvaluationState.PAUSED, note="why")
    left = book.found(made.evaluation_id)
    assert (left.state, left.note, left.state.can_go_on) == (EvaluationState.PAUSED, "why", True)
    assert [one.evaluation_id for one in book.find()] == [made.evaluation_id]
    assert book.find(data_set_id="other") == []
    book.change(made.evaluation_id, document='{"a":1}')
    assert book.found(made.evaluation_id).document == '{"a":1}'
    book.delete(made.evaluation_id)
    with pytest.raises(EvaluationGone):
        book.found(made.evaluation_id)
    recorder.close()


def test_an_evaluation_whose_process_died_is_interrupted_and_can_be_taken_up(
    place: Place, store: RunStore
) -> None:
    dead = place.open()
    made = dead.evaluations.create("Mine", data_set_id="d", total=3, document="{}")
    recorder = dead.batch_recorder()
    dead.evaluations.claim(made.evaluation_id, recorder.process_id)
    recorder.run_started(identity(1, evaluation=made.evaluation_id), REQUEST)
    assert dead._mark is not None
    # The operating system lets go of the lock of a process that dies.
    dead._mark._lock.release()
    store.mark_interrupted()
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.INTERRUPTED
    assert store.evaluations.cut_off(made.evaluation_id) == {("A", 1, 0)}
    mine = store.batch_recorder()
    claimed = store.evaluations.claim(made.evaluation_id, mine.process_id)
    assert claimed.state is EvaluationState.RUNNING
    mine.close()
    recorder.close()
    dead.close()


def test_scores_and_ratings_are_replaced_and_go_with_their_run(store: RunStore) -> None:
    recorder = store.batch_recorder()
    for number in (1, 2):
        recorder.run_started(identity(number), REQUEST)
        recorder.run_finished(identity(number), REQUEST, RESULT, cost=PAID)
    recorder.scored("e", [score(1), score(1, value=0.5, note="again")])
    recorder.close()
    book = store.evaluations
    book.add_scores("e", [score(2, value=None, note="\x00nothing")])
    assert [(row.case_number, row.value, row.note) for row in book.scores("e")] == [
        (1, 0.5, "again"),
        (2, None, "nothing"),
    ]
    assert [row.case_number for row in book.unscored("e", ["exact", "more"])] == [1, 2]
    assert list(book.unscored("e", ["exact"])) == []
    assert book.scorers("e") == ("exact",)
    book.ratings.rate("e", "e-1", 2, user="ann")
    book.ratings.rate("e", "e-1", 4, note="better", user="ann")
    book.ratings.rate("e", "e-1", 5)
    found = book.ratings.of("e")
    assert [(one.rating, one.note, one.user) for one in found["e-1"]] == [(4, "better", "ann"), (5, "", None)]
    assert book.ratings.take_back("e-1", user="ann")
    assert not book.ratings.take_back("e-1", user="ann")
    with pytest.raises(ValueError, match="1 to 5"):
        book.ratings.rate("e", "e-1", 6)
    store.delete(["e-1"])
    assert [row.case_number for row in book.scores("e")] == [2]
    assert book.ratings.of("e") == {}
