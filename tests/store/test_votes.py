"""Votes: given, changed, taken back, and gone with their runs."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select

from bedrock_playground.history import (
    Contender,
    HistoryError,
    Outcome,
    RunFilter,
    RunRecord,
    RunStore,
    Verdict,
    Vote,
    decide,
)
from bedrock_playground.history.schema import blind_comparisons, vote_entries, votes
from bedrock_playground.invocation.values import RunState
from tests.store.builders import history_as_of, record
from tests.store.conftest import Place


def _contender(run: RunRecord) -> Contender:
    return Contender(run.run_id, run.identity.label, run.request.model_id, run.preset_id)


def _runs(*labels: str, comparison: str = "comparison", turn: int = 0) -> list[RunRecord]:
    return [
        record(
            number,
            model_id=f"local.{label.lower()}",
            preset_id=f"preset-{label}" if label == "A" else None,
            identity_changes={"label": label, "comparison_id": comparison, "turn": turn},
        )
        for number, label in enumerate(labels)
    ]


def _vote(runs: list[RunRecord], verdict: Verdict = Verdict.BEST, **changes: Any) -> Vote:
    identity = runs[0].identity
    best = runs[0].identity.label if verdict is Verdict.BEST else None
    values: dict[str, Any] = {
        "comparison_id": identity.comparison_id,
        "turn": identity.turn,
        "best": best,
        **changes,
    }
    return decide([_contender(run) for run in runs], verdict, **values)


def _count(store: RunStore, table: Any) -> int:
    with store._engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_vote_says_of_every_answer_what_became_of_it(store: RunStore) -> None:
    runs = _runs("B", "A", "C")
    store.add(runs)
    before = datetime.now(UTC)
    given_vote = _vote(runs, best="B", blind=True, user="Ada\x00")
    store.votes.record(given_vote)
    [kept] = store.votes.of_comparison("comparison")
    assert [
        (e.contender.label, e.contender.model_id, e.contender.preset_id, e.outcome) for e in kept.entries
    ] == [
        ("A", "local.a", "preset-A", Outcome.LOST),
        ("B", "local.b", None, Outcome.WON),
        ("C", "local.c", None, Outcome.LOST),
    ]
    assert (kept.verdict, kept.best, kept.blind, kept.user) == (Verdict.BEST, "B", True, "Ada")
    assert before <= kept.voted_at <= datetime.now(UTC)
    assert kept.vote_id == given_vote.vote_id
    assert store.votes.of_run(runs[1].run_id) == [kept]
    assert store.votes.of_run("nobody") == []


@pytest.mark.parametrize(("verdict", "outcome"), [(Verdict.TIE, Outcome.TIED), (Verdict.BAD, Outcome.BAD)])
def test_where_none_is_best_all_fare_the_same(store: RunStore, verdict: Verdict, outcome: Outcome) -> None:
    store.votes.record(_vote(_runs("A", "B"), verdict))
    [kept] = store.votes.of_comparison("comparison")
    assert [entry.outcome for entry in kept.entries] == [outcome, outcome]
    assert kept.best is None


@pytest.mark.parametrize(
    ("labels", "verdict", "best"),
    [
        ("A", Verdict.TIE, None),
        ("AA", Verdict.TIE, None),
        ("AB", Verdict.BEST, None),
        ("AB", Verdict.BEST, "C"),
        ("AB", Verdict.TIE, "A"),
        ("AB", Verdict.BAD, "A"),
    ],
)
def test_what_is_no_vote_is_refused(labels: str, verdict: Verdict, best: str | None) -> None:
    with pytest.raises(ValueError, match="vote"):
        _vote(_runs(*labels), verdict, best=best)


_given = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.integers(0, 1),
        st.sampled_from([None, "", "Ada", "-"]),
        st.sampled_from([None, *Verdict]),
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_given)
def test_each_person_has_one_vote_per_turn_the_last_one(store: RunStore, steps: list[Any]) -> None:
    with store._engine.begin() as connection:
        connection.execute(votes.delete())
    expected: dict[tuple[str, int, str | None], Verdict] = {}
    for comparison, turn, user, verdict in steps:
        mine = (comparison, turn, user)
        if verdict is None:
            assert store.votes.take_back(comparison, turn, user=user) == (mine in expected)
            expected.pop(mine, None)
        else:
            store.votes.record(_vote(_runs("A", "B", comparison=comparison, turn=turn), verdict, user=user))
            expected[mine] = verdict
    found = [vote for comparison in ("one", "two") for vote in store.votes.of_comparison(comparison)]
    assert {(vote.comparison_id, vote.turn, vote.user): vote.verdict for vote in found} == expected
    assert len(found) == len(expected)
    assert _count(store, vote_entries) == 2 * len(expected)


def test_two_people_without_a_name_who_vote_at_once_leave_one_whole_vote(store: RunStore) -> None:
    barrier = threading.Barrier(4)
    problems: list[HistoryError] = []

    def vote(count: int) -> None:
        barrier.wait(timeout=30)
        try:
            for _ in range(5):
                store.votes.record(_vote(_runs(*"ABCDEFGH"[:count])))
        except HistoryError as error:
            problems.append(error)

    threads = [threading.Thread(target=vote, args=(count,)) for count in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert problems == []
    [kept] = store.votes.of_comparison("comparison")
    assert [entry.contender.label for entry in kept.entries] == list("ABCDEFGH"[: len(kept.entries)])
    assert _count(store, vote_entries) == len(kept.entries)


def test_a_vote_goes_with_the_first_of_its_runs_that_is_deleted(store: RunStore) -> None:
    runs, others = _runs("A", "B", "C"), _runs("A", "B", comparison="other")
    store.add([*runs, *others])
    for voted in (runs, others):
        store.votes.record(_vote(voted))
    assert store.delete([runs[2].run_id]) == 1
    assert store.votes.of_comparison("comparison") == []
    assert [vote.best for vote in store.votes.of_comparison("other")] == ["A"]
    assert _count(store, vote_entries) == 2
    assert store.delete(RunFilter()) == 4
    assert (_count(store, votes), _count(store, vote_entries)) == (0, 0)


def test_a_vote_stays_while_its_run_may_not_be_deleted(store: RunStore) -> None:
    runs = [*_runs("A"), record(1, state=RunState.RUNNING, identity_changes={"label": "B"})]
    store.add(runs)
    store.votes.record(_vote(runs))
    assert store.delete([runs[1].run_id]) == 0
    assert len(store.votes.of_comparison("comparison")) == 1


def test_a_blind_comparison_is_hidden_until_it_is_revealed_once(place: Place) -> None:
    with place.open() as store:
        assert store.blind.get("comparison") is None
        assert not store.blind.reveal("comparison")
        hidden = store.blind.hide("comparison", ["C", "A", "B"])
        assert hidden.hidden
    with place.open() as store:
        assert store.blind.get("comparison") == hidden
        assert store.blind.reveal("comparison")
        shown = store.blind.get("comparison")
        assert shown is not None
        assert not shown.hidden
        assert shown.letters == ("C", "A", "B")
        assert not store.blind.reveal("comparison"), "what is known stays known"
        assert store.blind.get("comparison") == shown


def test_what_was_hidden_is_forgotten_with_the_last_run(store: RunStore) -> None:
    runs = _runs("A", "B")
    store.add(runs)
    store.blind.hide("comparison", ["B", "A"])
    store.blind.hide("not recorded yet", ["B", "A"])
    store.delete([runs[0].run_id])
    assert store.blind.get("comparison") is not None
    store.delete([runs[1].run_id])
    assert store.blind.get("comparison") is None
    assert _count(store, blind_comparisons) == 1


def test_a_history_of_before_the_votes_gets_their_tables_and_keeps_its_runs(place: Place) -> None:
    history_as_of("0001", place.url, _runs("A", "B"))
    with place.open() as store:
        assert {"votes", "vote_entries", "blind_comparisons"} <= set(inspect(store._engine).get_table_names())
        store.votes.record(_vote(_runs("A", "B")))
        assert store.count() == 2
