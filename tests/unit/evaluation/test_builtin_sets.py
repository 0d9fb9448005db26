"""The data sets that come with the program, each held against its own rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.evaluation.builtin import ORIGIN, builtin_for, builtin_sets
from bedrock_playground.evaluation.checks import check_problems, failed_checks
from bedrock_playground.evaluation.datasets import (
    content_id,
    guess,
    prepare,
    read_file,
    to_csv,
    to_jsonl,
    variables_in,
)
from bedrock_playground.evaluation.datasets.passages import (
    collection_of,
    passages_of,
    reciprocal_rank,
)
from bedrock_playground.evaluation.scorers.registry import make_scorers
from bedrock_playground.evaluation.scorers.texts import contains
from bedrock_playground.evaluation.values import Answer, Case, DataSet
from bedrock_playground.invocation.values import InvocationResult
from bedrock_playground.measures.vectors import ranked
from bedrock_playground.presets.template import fill, names_in

_SETS = list(builtin_sets().values())
_each = pytest.mark.parametrize("data_set", _SETS, ids=lambda one: str(one.task))


def _of(task: str) -> DataSet:
    (found,) = builtin_for(task)
    return found


def test_there_is_one_for_each_task() -> None:
    tasks = {
        "classification", "question-answering", "summarisation", "generation", "retrieval", "routing",
    }  # fmt: skip
    assert {one.task for one in _SETS} == tasks
    assert len({one.name for one in _SETS}) == len(_SETS) == len(tasks)


@_each
def test_every_set_says_what_it_is_and_can_be_run(data_set: DataSet) -> None:
    assert 40 <= len(data_set.cases) <= 100
    assert [case.number for case in data_set.cases] == list(range(1, len(data_set.cases) + 1))
    assert data_set.data_set_id == content_id(data_set.cases)
    assert data_set.origin == ORIGIN
    assert len(data_set.description) > 80
    variables = variables_in(data_set.cases)
    assert sorted(names_in(data_set.prompt)) == sorted(variables)
    assert make_scorers(data_set.scorers, data_set=data_set)
    for case in data_set.cases:
        assert tuple(case.inputs) == variables
        assert all(text.strip() == text and text for text in case.inputs.values())
        assert len(fill(data_set.prompt, case.inputs).split()) <= 260
        assert case.accepted
        assert all(case.accepted)
        assert len(set(case.accepted)) == len(case.accepted)
        assert case.tags


@_each
def test_no_two_cases_ask_the_same(data_set: DataSet) -> None:
    asked = [tuple(text.casefold() for text in case.inputs.values()) for case in data_set.cases]
    assert len(set(asked)) == len(asked)


@_each
def test_expected_answers_pass_the_checks_of_their_case(data_set: DataSet) -> None:
    for case in data_set.cases:
        assert check_problems(case.checks) == []
        for answer in case.accepted:
            assert failed_checks(answer, case.checks) == [], (case.number, answer)


class _NobodyToAsk:
    def ask(self, *args: Any, **options: Any) -> Answer:
        raise AssertionError("No scorer of a built-in set calls a model.")

    def embed(self, *args: Any, **options: Any) -> Sequence[Sequence[float]]:
        raise AssertionError("No scorer of a built-in set calls a model.")


@_each
def test_every_accepted_answer_is_right_by_every_scorer_of_its_set(data_set: DataSet) -> None:
    for scorer in make_scorers(data_set.scorers, data_set=data_set):
        for case in data_set.cases:
            for answer in case.accepted:
                score = scorer.score(Answer(InvocationResult(text=answer)), case, _NobodyToAsk())
                assert score.value == pytest.approx(1.0), (scorer.name, case.number, answer, score)
            other = scorer.score(
                Answer(InvocationResult(text="Something else entirely" * 12)), case, _NobodyToAsk()
            )
            assert other.value is not None
            assert other.value < 0.5 or scorer.name.startswith("constraints")


@_each
def test_every_set_travels_as_a_file(data_set: DataSet) -> None:
    files = {
        "a.jsonl": "".join(to_jsonl(data_set.cases)),
        "a.csv": "".join(to_csv(data_set.cases, variables_in(data_set.cases))),
    }
    for name, text in files.items():
        table = read_file(name, text.encode())
        prepared = prepare(table, guess(table.columns))
        assert prepared.cases == data_set.cases
        assert (len(prepared.problems), prepared.duplicates, prepared.unlabelled) == (0, 0, 0)


def test_classes_are_balanced_and_named_in_the_prompt() -> None:
    messages = _of("classification")
    counted = Counter(case.expected for case in messages.cases)
    assert len(counted) == 5
    assert set(counted.values()) == {10}
    for label in counted:
        assert label is not None
        assert label in messages.prompt
        assert f"{label}: " in (messages.system or "")
        # Both kinds, alike in every class.
        of_class = Counter(case.tags for case in messages.cases if case.expected == label)
        assert of_class == {("easy",): 5, ("hard",): 5}


def test_answers_stand_in_their_text_and_some_questions_have_none() -> None:
    questions = _of("question-answering")
    none = "not in the text"
    assert f"answer: {none}" in questions.prompt
    answerable = [case for case in questions.cases if case.tags == ("answerable",)]
    unanswerable = [case for case in questions.cases if case.tags == ("unanswerable",)]
    assert (len(answerable), len(unanswerable)) == (36, 12)
    assert all(case.expected == none and not case.references for case in unanswerable)
    for case in answerable:
        assert contains(case.inputs["text"], case.expected or "")
        assert not contains(case.inputs["question"], case.expected or "")


def test_summaries_are_shorter_than_their_text_and_not_copied_from_it() -> None:
    for case in _of("summarisation").cases:
        words = case.inputs["text"].split()
        assert 45 <= len(words) <= 75
        for summary in case.accepted:
            assert len(summary.split()) < len(words) * 0.6
            assert summary.rstrip(".") not in case.inputs["text"]


def test_generation_has_every_kind_of_constraint() -> None:
    cases = _of("generation").cases
    assert all(case.checks for case in cases)
    kinds = Counter(case.tags[0] for case in cases)
    assert set(kinds) == {"length", "words", "lists", "form", "json", "several"}
    assert min(kinds.values()) >= 5
    # An answer that ignores the task must not pass.
    for case in cases:
        for useless in ("", "I am sorry, but I cannot help with that request today. " * 12):
            assert failed_checks(useless, case.checks), (case.number, useless)


def test_retrieval_has_one_right_passage_among_four_in_any_place() -> None:
    cases = _of("retrieval").cases
    collection = collection_of(cases)
    assert len(collection) == 40
    assert len(set(collection.values())) == 40
    places: Counter[int] = Counter()
    for case in cases:
        passages = passages_of(case)
        assert len(passages) == 4
        assert len(case.inputs["passages"].splitlines()) == 4
        places[list(passages).index(case.expected or "")] += 1
        assert not set(passages) & set(case.inputs["query"].split())
    assert sorted(places.values()) == [11, 11, 11, 12]
    assert {case.expected for case in cases} == set(collection)
    assert set(Counter(case.tags[0] for case in cases)) == {"easy", "hard"}


def test_ranking_passages_by_hand() -> None:
    text = "[a] One thing\n[b]  Another: [x] thing\nno passage\n[c]\n"
    case = Case(number=1, inputs={"query": "?", "passages": text}, expected="b", references=("z",))
    assert passages_of(case) == {"a": "One thing", "b": "Another: [x] thing"}
    ranking = ranked((1.0, 0.0), {"a": (0.0, 1.0), "b": (1.0, 1.0), "c": (-1.0, 0.0)})
    assert ranking == ("b", "a", "c")
    assert [reciprocal_rank(order, case) for order in (("b", "a"), ("a", "b"), ("a",), ())] == [1, 0.5, 0, 0]
    other = replace(case, inputs={"query": "?", "passages": "[a] Something else"})
    with pytest.raises(ValueError, match="Two passages have the id “a”"):
        collection_of([case, other])


def test_routing_has_as_many_easy_as_hard_questions() -> None:
    cases = _of("routing").cases
    assert Counter(case.tags[0] for case in cases) == {"easy": 25, "hard": 25}
    # Any part of the set is balanced too: they take turns.
    assert [case.tags[0] for case in cases] == ["easy", "hard"] * 25
    assert all(len((case.expected or "").split()) <= 3 for case in cases)
