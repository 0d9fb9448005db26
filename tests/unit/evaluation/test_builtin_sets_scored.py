"""The built-in data sets by the scorers that they name: their own expected answers are right."""

from __future__ import annotations

import pytest

from bedrock_playground.evaluation.builtin import builtin_sets
from bedrock_playground.evaluation.scorers.registry import make_scorers
from bedrock_playground.evaluation.statistics import confusion, outcome_of, summarise
from bedrock_playground.evaluation.values import DataSet
from tests.unit.evaluation.desks import SILENT, answer

SETS = {one.name: one for one in builtin_sets().values()}


@pytest.mark.parametrize("data_set", SETS.values(), ids=SETS.keys())
def test_every_accepted_answer_is_right_by_the_sets_own_scorers(data_set: DataSet) -> None:
    scorers = make_scorers(data_set.scorers, data_set=data_set)
    assert scorers
    for case in data_set.cases:
        for scorer in scorers:
            for text in case.accepted:
                found = scorer.score(answer(text), case, SILENT)
                assert found.value in {1, None}, (case.number, scorer.name, text, found.note)
            if scorer.name != "constraints":
                assert case.accepted
            assert scorer.score(
                answer("Bananas, I would say, perhaps."), case, SILENT
            ).value != 1 or scorer.name.startswith("constraints"), (case.number, scorer.name)


def test_always_the_same_class_is_no_good_classifier() -> None:
    data_set = next(one for one in SETS.values() if one.task == "classification")
    [scorer] = make_scorers(data_set.scorers, data_set=data_set)
    runs = [
        outcome_of(case, scorer.score(answer("billing"), case, SILENT), text="billing")
        for case in data_set.cases
    ]
    table = confusion(runs)
    classes = {case.expected for case in data_set.cases}
    assert set(table.labels) == classes
    # Of one class F1 is 2·s/(1+s) with its share s, and 0 of all others.
    share = sum(case.expected == "billing" for case in data_set.cases) / len(data_set.cases)
    assert table.macro_f1 == pytest.approx(2 * share / (1 + share) / len(classes))
    assert summarise(runs).accuracy.value == pytest.approx(share)
