"""Evaluations over boto3 and loopback: run, watched, paused, stopped, resumed, counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.marking import Marked, mark
from bedrock_playground.evaluation.results import answers_to, export_rows, read_results
from bedrock_playground.evaluation.scoring import BadScorer, Desk
from bedrock_playground.evaluation.spec import spec_to_text
from bedrock_playground.evaluation.values import Answer, Case, Score
from bedrock_playground.history.errors import EvaluationBusy
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.history.evaluations import EvaluationBook
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, KindInvoker
from bedrock_playground.invocation.values import InvocationResult, RunState
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.books import Control
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.merging import Vote
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.stream import new_identity
from tests.wire.evaluation.conftest import Build
from tests.wire.evaluation.laboratory import Gate, outcomes, place_at, with_max_tokens
from tests.wire.invocation.scripted import Exchange
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


MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
LIST = (
    Price(
        model_id=MODEL,
        rates=Rates(input=Decimal(3), output=Decimal(15)),
        source="test",
        as_of=date(2026, 7, 13),
        confidence=Confidence.CONFIRMED,
    ),
)


def test_it_stops_before_its_limit_of_cost_and_goes_on_with_a_higher_one(build: Build) -> None:
    laboratory = build(endpoint="bedrock")
    store = laboratory.open()
    member = Solo(variant=Variant(model=MODEL, max_tokens=100))
    made = laboratory.make(store, member, cases=9, concurrency=1)
    place = place_at(laboratory.kitchen.server.url, endpoint="bedrock", prices=LIST, shape=with_max_tokens)
    told = running.estimate_of(store, made.spec, place)
    assert told.total.expected is None  # nobody knows how long its answers are
    assert told.total.worst is not None
    actual = (7 * Decimal(3) + 3 * Decimal(15)) / 1_000_000
    # The worst case of a call has to fit into what four calls leave.
    limit = told.total.worst / 9 + 4 * actual
    limited = replace(made.spec, max_cost=limit)
    store.evaluations.change(made.evaluation_id, document=spec_to_text(limited))
    run = laboratory.run(store, made.evaluation_id, place=place)
    progress = run.progress
    assert progress.state is EvaluationState.PAUSED
    assert "this evaluation's limit of $0." in (progress.note or "")
    # What was refused is no outcome: it was never sent.
    assert (progress.done, progress.failures, len(laboratory.kitchen.asked)) == (5, 0, 5)
    assert progress.cost == 5 * actual

    store.evaluations.change(made.evaluation_id, document=spec_to_text(replace(limited, max_cost=Decimal(1))))
    progress = laboratory.run(store, made.evaluation_id, place=place).progress
    assert (progress.state, progress.done, progress.failures) == (EvaluationState.COMPLETED, 9, 0)
    assert set(laboratory.asked().values()) == {1}


def test_at_most_is_said_of_patterns_alone_that_ask_each_member_once(build: Build) -> None:
    laboratory = build(endpoint="bedrock")
    store = laboratory.open()
    place = place_at(laboratory.kitchen.server.url, endpoint="bedrock", prices=LIST, shape=with_max_tokens)
    member = Solo(variant=Variant(model=MODEL, max_tokens=100))
    chain = Chain(steps=(Step(name="one", member=member), Step(name="two", member=member)))
    pair = Aggregation(members=(Panelist(member=member), Panelist(member=member)), by=Vote())
    inside = Aggregation(members=(Panelist(member=member), Panelist(member=chain)), by=Vote())
    cached = Cache(member=member, semantic=Semantic())
    made = laboratory.make(store, member, pair, Cache(member=member), chain, inside, cached)
    alone, twice, once, *others = running.estimate_of(store, made.spec, place).contenders
    assert alone.amount.worst is not None
    assert (twice.amount.worst, once.amount.worst) == (2 * alone.amount.worst, alone.amount.worst)
    # A chain's second prompt holds what the first step answered, however long that is.
    assert [one.amount.worst for one in others] == [None, None, None]
    assert all("at most is not known" in one.notes[-1] for one in others)


def test_judges_cost_at_most_what_reading_the_longest_answer_does(build: Build) -> None:
    laboratory = build(endpoint="bedrock")
    store = laboratory.open()
    place = place_at(laboratory.kitchen.server.url, endpoint="bedrock", prices=LIST, shape=with_max_tokens)
    at_most: list[Decimal] = []
    for tokens in (100, 10_000, None):
        member = Solo(variant=Variant(model=MODEL, max_tokens=tokens))
        made = laboratory.make(store, member, cases=1, scorers=(f"judge:rubric:{MODEL}",))
        (scoring,) = running.estimate_of(store, made.spec, place).scoring
        assert scoring.amount.worst is not None
        at_most.append(scoring.amount.worst)
    few, many, all_it_can = at_most
    # Ten thousand tokens at three dollars a million, more than once counted at most.
    assert many - few >= 9_900 * Decimal(3) / 1_000_000
    assert all_it_can > many


def test_a_model_without_a_price_waits_until_somebody_agrees(build: Build) -> None:
    laboratory = build(endpoint="bedrock")
    store = laboratory.open()
    made = laboratory.make(store, solo("nobodys.model-v1:0"))
    place = place_at(laboratory.kitchen.server.url, endpoint="bedrock")
    assert running.estimate_of(store, made.spec, place).unpriced == ("nobodys.model-v1:0",)
    progress = laboratory.run(store, made.evaluation_id, place=place).progress
    assert (progress.state, progress.done) == (EvaluationState.PAUSED, 0)
    assert not laboratory.kitchen.asked
    agreed = replace(place, agreed=("nobodys.model-v1:0",))
    progress = laboratory.run(store, made.evaluation_id, place=agreed).progress
    assert (progress.state, progress.done) == (EvaluationState.COMPLETED, 6)
    assert (progress.cost, progress.unknown_costs) == (0, 6)


def test_a_pattern_does_not_go_around_what_stands_in_the_way(build: Build) -> None:
    """A ladder would take a refused call for a failed target, and answer by the next one."""
    laboratory = build(endpoint="bedrock")
    store = laboratory.open()
    chain = Chain(
        steps=(Step(name="one", member=solo("free.first")), Step(name="two", member=solo("free.second")))
    )
    made = laboratory.make(store, chain, cases=4, concurrency=1)
    place = place_at(laboratory.kitchen.server.url, endpoint="bedrock")
    half = replace(place, agreed=("free.first",))
    progress = laboratory.run(store, made.evaluation_id, place=half).progress
    assert (progress.state, progress.done) == (EvaluationState.PAUSED, 0)
    assert [model for model, _ in laboratory.kitchen.asked] == ["free.first"]
    both = replace(place, agreed=("free.first", "free.second"))
    progress = laboratory.run(store, made.evaluation_id, place=both).progress
    assert (progress.state, progress.done, progress.failures) == (EvaluationState.COMPLETED, 4, 0)
    # The first step that was answered before was not asked again.
    assert set(laboratory.asked().values()) == {1}
    assert sum(laboratory.asked().values()) == 8


def test_throttling_makes_it_slower_and_loses_nothing(build: Build) -> None:
    told: set[str] = set()

    def says(model: str, prompt: str, exchange: Exchange) -> None:
        # Every question is throttled once, and answered when it is asked again.
        if prompt not in told:
            told.add(prompt)
            exchange.error(429, "ThrottlingException", "Slow down.", headers={"Retry-After": "0.01"})
        else:
            exchange.answer(f"{model}: {prompt}")

    laboratory = build(says)
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), cases=12, concurrency=4, scorers=("exact",))
    run = laboratory.run(store, made.evaluation_id)
    assert (run.progress.state, run.progress.failures) == (EvaluationState.COMPLETED, 0)
    assert run.progress.limits["a"].throttled > 0
    assert read_results(store, made.evaluation_id).summary("A", "exact").accuracy.value == 1


def test_a_scorer_that_fails_gives_no_score_and_says_so(build: Build) -> None:
    class Broken:
        name = "broken"
        calls_models = False

        def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
            raise ZeroDivisionError("oops")

    identity = new_identity()
    marked = Marked(identity, Answer(InvocationResult(text="x")), Case(number=1, inputs={}))
    (row,) = mark(marked, [Broken()], build().kitchen.backing(), control=Control()) or []
    assert (row.value, row.note) == (None, "The scorer failed: ZeroDivisionError: oops")


def test_a_case_is_looked_into_with_everything_beside_each_other(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, scorers=("exact",), sample=3, seed=7)
    laboratory.run(store, made.evaluation_id)
    results = read_results(store, made.evaluation_id)
    assert [len(one.rows) for one in results.contenders] == [3, 3]
    number = results.contenders[0].rows[0].case_number
    case, (first, second) = answers_to(store, results, number)
    assert case is not None
    assert (first.run.result.text, second.run.result.text) == (  # type: ignore[union-attr]
        f"a: question {number}",
        f"b: question {number}",
    )
    assert [score.value for score in (*first.scores, *second.scores)] == [1.0, 0.0]
    store.evaluations.ratings.rate(made.evaluation_id, first.run.run_id, 5, note="good", user="ann")
    _, (rated, _) = answers_to(store, results, number)
    assert [(one.rating, one.user) for one in rated.ratings] == [(5, "ann")]
    rows = list(export_rows(store, made.evaluation_id))
    assert len(rows) == 6
    assert rows[0]["score: exact"] == 1.0
    assert rows[0]["expected"] == rows[0]["answer"]

    running.delete(store, made.evaluation_id)
    assert store.evaluations.get(made.evaluation_id) is None
    assert store.count() == 0
    assert not list(store.evaluations.scores(made.evaluation_id))


class Held:
    """A model that answers each call only when a test lets it, in the order in which the calls came."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self.free = False
        self.doors: list[threading.Event] = []
        self.lock = threading.Lock()

    def __call__(self, model: str, prompt: str, exchange: Exchange) -> None:
        with self.lock:
            door = threading.Event()
            self.doors.append(door)
            if self.free:
                door.set()
        self.came.release()
        door.wait(30)
        exchange.answer(f"{model}: {prompt}")

    def let_all(self) -> None:
        with self.lock:
            self.free = True
            for door in self.doors:
                door.set()


def test_pausing_a_pattern_lets_every_call_under_way_end_so_that_none_is_paid_twice(build: Build) -> None:
    held = Held()
    laboratory = build(held)
    store = laboratory.open()
    panel = Aggregation(members=tuple(Panelist(member=solo("a")) for _ in range(3)), by=Vote())
    made = laboratory.make(store, panel, cases=1, concurrency=2)
    run = running.start(store, made.evaluation_id, laboratory.place())
    for _ in range(2):
        assert held.came.acquire(timeout=20)
    run.pause()
    # One ends, and the third would have its turn: it is told that nothing is sent, while the second goes on.
    held.doors[0].set()
    run.wait(0.5)
    held.let_all()
    assert run.wait(20)
    assert run.progress.state is EvaluationState.PAUSED
    assert not outcomes(store, made.evaluation_id)
    laboratory.run(store, made.evaluation_id)
    assert laboratory.asked() == {("a", "question 1"): 3}
    (row,) = outcomes(store, made.evaluation_id).values()
    assert row.state is RunState.COMPLETED


def test_examples_that_a_dead_process_embedded_are_not_paid_for_again(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "embed":
            exchange.reply({"embedding": [float(len(prompt)), 1.0], "inputTextTokenCount": 1})
        else:
            exchange.answer(f"{model}: {prompt}")

    def wrap(converse: Any) -> KindInvoker:
        return KindInvoker(
            converse, EmbeddingInvoker(converse, lambda _, text: {"inputText": text}), embeds="embed".__eq__
        )

    laboratory = build(says)
    store = laboratory.open()
    examples = tuple(Example(text=text, route="one") for text in ("easy", "hard"))
    router = Routing(
        routes=(Route(name="one", member=solo("a")),),
        by=Neighbours(examples=examples, embedding_model="embed"),
    )
    made = laboratory.make(store, router, cases=2)
    with monkeypatch.context() as patched:
        # As if it had died before it could keep the vectors.
        patched.setattr(EvaluationBook, "keep", lambda *_, **__: 1 / 0)
        run = laboratory.run(store, made.evaluation_id, place=laboratory.place(wrap=wrap))
    assert run.progress.state is EvaluationState.PAUSED
    assert laboratory.asked() == {("embed", "easy"): 1, ("embed", "hard"): 1}
    run = laboratory.run(store, made.evaluation_id, place=laboratory.place(wrap=wrap))
    assert run.progress.state is EvaluationState.COMPLETED
    assert set(laboratory.asked().values()) == {1}


def test_where_it_stands_is_told_although_a_scorer_is_gone(build: Build) -> None:
    laboratory = build()
    store = laboratory.open()
    made = laboratory.make(store, solo("a"), scorers=("exact",))
    laboratory.run(store, made.evaluation_id)
    # As if the package of a plug-in had been removed.
    without = replace(made.spec, scorers=("exact", "gone:strict"))
    store.evaluations.change(made.evaluation_id, document=spec_to_text(without))
    (told,) = running.progress_of(store, made.evaluation_id).contenders
    assert (told.done, told.unscored) == (6, 6)
    with pytest.raises(BadScorer, match="gone"):
        running.start(store, made.evaluation_id, laboratory.place())
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.READY
    assert read_results(store, made.evaluation_id).summary("A", "exact").accuracy.value == 1
