"""An evaluation's thresholds dragged afterwards: from the history's recorded calls, with nothing sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedrock_playground.evaluation import rescore
from bedrock_playground.evaluation.rescore import rescoring_of
from bedrock_playground.evaluation.results import read_results
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.criteria_asking import Scored
from tests.wire.evaluation.conftest import Build
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.kitchen import echo, plain, solo

CASCADE = Cascade(
    tiers=(Tier(member=solo("b")), Tier(member=solo("a"))),
    criteria=(Scored(judge=solo("judge"), threshold=3),),
)
"""The model ``a`` is right, and ``b`` is wrong; the judge gives a case its number as a score."""


def says(model: str, prompt: str, exchange: Exchange) -> None:
    if model == "judge":
        number = int(prompt.split("question ")[1].split("\n", maxsplit=1)[0])
        exchange.answer(f'{{"score": {min(number, 5)}}}')
    else:
        echo(model, prompt, exchange)


def test_a_cascade_is_dragged_over_what_it_and_the_single_models_called(build: Build) -> None:
    laboratory = build(says)
    store = laboratory.open()
    nested = Chain(steps=(Step(name="only", member=CASCADE),))
    made = laboratory.make(store, solo("a"), solo("b"), nested, scorers=("exact",), cases=5, repeat=2)
    laboratory.run(store, made.evaluation_id)
    results = read_results(store, made.evaluation_id)
    sent = sum(laboratory.asked().values())

    found = rescoring_of(store, results, "C", scorer="exact")
    (knob,) = found.knobs
    assert knob.name == "steps[0].member.criteria[0].threshold"
    points = found.curve(knob.name, shape=plain)
    assert sum(laboratory.asked().values()) == sent
    # At a threshold t the cases t … 5 keep the wrong answer of b.
    assert [point.accuracy for point in points] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert [point.unknown for point in points] == [0] * 5
    assert {point.scored for point in points} == {10}
    assert [point.calls for point in points] == pytest.approx([2.0, 2.2, 2.4, 2.6, 2.8])
    assert {point.cost for point in points} == {Decimal(0)}, "a local endpoint is free"
    assert points[2].accuracy == results.summary("C", "exact").accuracy.value


def test_without_the_single_models_it_can_be_dragged_one_way_only(build: Build) -> None:
    laboratory = build(says)
    store = laboratory.open()
    made = laboratory.make(store, CASCADE, scorers=("exact",), cases=5)
    laboratory.run(store, made.evaluation_id)
    found = rescoring_of(store, read_results(store, made.evaluation_id), "A", scorer="exact")
    points = found.curve("criteria[0].threshold", shape=plain, values=(1, 3, 5))
    assert [point.unknown for point in points] == [0, 0, 2]


def test_a_scorer_that_calls_models_is_not_asked_again(build: Build) -> None:
    def judged(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "critic":
            exchange.answer('{"rationale": "So.", "grade": 5}')
        else:
            says(model, prompt, exchange)

    laboratory = build(judged)
    store = laboratory.open()
    made = laboratory.make(store, CASCADE, scorers=("judge:critic",), cases=4)
    laboratory.run(store, made.evaluation_id)
    sent = sum(laboratory.asked().values())
    results = read_results(store, made.evaluation_id)
    found = rescoring_of(store, results, "A", scorer=results.scorers[0])
    one, three = found.curve("criteria[0].threshold", shape=plain, values=(1, 3))
    assert (three.accuracy, three.scored) == (1.0, 4)
    # Two answers of b were never given, so the critic never saw them.
    assert (one.accuracy, one.scored, one.unknown) == (1.0, 2, 0)
    assert sum(laboratory.asked().values()) == sent


def test_so_many_at_once_and_the_rest_is_told(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    laboratory = build(says)
    store = laboratory.open()
    made = laboratory.make(store, CASCADE, solo("a"), scorers=("exact",), cases=5)
    laboratory.run(store, made.evaluation_id)
    monkeypatch.setattr(rescore, "MOST_ANSWERS", 3)
    results = read_results(store, made.evaluation_id)
    found = rescoring_of(store, results, "A", scorer="exact")
    assert (len(found.recorded), found.left_out) == (3, 2)
    with pytest.raises(KeyError):
        rescoring_of(store, results, "Z", scorer="exact")
