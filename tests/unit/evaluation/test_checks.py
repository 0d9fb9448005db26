"""Checks of answers: each by an answer that passes and one that does not, and counting by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.evaluation.checks import (
    CHECKS,
    CHOICES,
    COUNT_KEYS,
    TEXT_KEYS,
    check_problems,
    count,
    count_checks,
    failed_checks,
)
from bedrock_playground.invocation.values import Json

_ANSWER = """Sure! Here are two ideas:

1. Store the logs in a bucket.
2. Ask: "Who reads them?" Nobody (yet).
"""
_EXAMPLES: list[tuple[Mapping[str, Json], str, str]] = [
    ({"words": 3}, "one - two three", "one two"),
    ({"min_words": 2}, "one two", "one"),
    ({"max_words": 2}, "one two", "one two three"),
    ({"sentences": 2}, "It is. It was!", "It is, it was."),
    ({"min_sentences": 2}, "A. B.", "A.b."),
    ({"max_sentences": 1}, "Version 1.2 is out.", "It is. Out."),
    ({"lines": 2}, "a\n\n b ", "a b"),
    ({"max_lines": 1}, "\na\n", "a\nb"),
    ({"items": 2}, "List:\n- a\n* b", "- a\n-b"),
    ({"min_items": 1}, " 1) a", "1)a"),
    ({"max_characters": 3}, " abc ", "abcd"),
    ({"must_include": ["Amazon S3", "cost"]}, "The COST of amazon\n s3", "the cost of S3"),
    ({"must_include_any": ["queue", "topic"]}, "Two queues", "A stream"),
    ({"must_not_include": ["use"]}, "The user's reuse", "Do use it"),
    ({"must_not_include": ["C++"]}, "C+", "Take C++."),
    ({"starts_with": "Dear customer"}, "dear Customer, hi", "Hi, dear customer"),
    ({"ends_with": "Kind regards"}, "Bye. Kind  regards\n", "Kind regards, Ada"),
    ({"one_of": ["yes", "no"]}, "**Yes.**", "Yes, it is"),
    ({"one_of": ["C++"]}, "C++", "C#"),
    ({"letter_case": "upper"}, "HI, 3!", "Hi"),
    ({"letter_case": "lower"}, "hi", "123"),
    ({"json": "object"}, '```json\n{"a": 1}\n```', '[{"a": 1}]'),
    ({"json": "array"}, " [1]\n", "[NaN]"),
    ({"json_keys": ["a", "b"]}, '{"b": 1, "a": {}}', '{"a": 1}'),
    ({"json_keys": ["a"]}, '{"a": null}', 'Here it is: {"a": null}'),
]


@pytest.mark.parametrize(("checks", "passing", "failing"), _EXAMPLES, ids=str)
def test_a_check_lets_one_answer_pass_and_names_the_other(
    checks: Mapping[str, Json], passing: str, failing: str
) -> None:
    assert check_problems(checks) == []
    assert failed_checks(passing, checks) == []
    (said,) = failed_checks(failing, checks)
    assert said.startswith(("It should", "Its keys should", "All its letters should"))


def test_what_is_told_says_what_was_asked_and_found() -> None:
    checks: Mapping[str, Json] = {"max_words": 1, "must_include": ["S3", "EC2"], "ends_with": "!"}
    assert failed_checks("No S3 here", checks) == [
        "It should have at most 1 word; it has 3.",
        "It should say “EC2”.",
        "It should end with “!”; it ends with “No S3 here”.",
    ]
    assert count_checks(checks) == 4


@pytest.mark.parametrize(
    ("unit", "number"), [("words", 17), ("sentences", 4), ("lines", 3), ("items", 2), ("characters", 97)]
)
def test_counting_by_hand(unit: str, number: int) -> None:
    # Sure! | Here are two ideas: Store the logs in a bucket. | Ask: "Who reads them?" | Nobody (yet).
    assert count(_ANSWER, unit) == number


@pytest.mark.parametrize(
    "checks",
    [
        {"max_word": 3},
        {"words": "3"},
        {"words": -1},
        {"words": True},
        {"words": 1.5},
        {"must_include": "one"},
        {"must_include": []},
        {"must_include": ["one", ""]},
        {"must_not_include": [1]},
        {"starts_with": ["a"]},
        {"ends_with": "  "},
        {"letter_case": "title"},
        {"json": True},
        {"json_keys": {"a": 1}},
        {"one_of": None},
    ],
    ids=str,
)
def test_a_check_that_cannot_be_used_is_told_and_fails(checks: Mapping[str, Json]) -> None:
    (problem,) = check_problems(checks)
    assert next(iter(checks)) in problem
    assert failed_checks("one", checks) == [problem]
    assert count_checks(checks) == 1


_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(text=st.text(max_size=60), checks=st.dictionaries(st.sampled_from([*CHECKS, "other"]), _VALUES))
def test_whatever_is_asked_of_whatever_is_answered_or_told(text: str, checks: dict[str, Json]) -> None:
    failed = failed_checks(text, checks)
    assert len(failed) <= count_checks(checks)
    assert set(check_problems(checks)) <= set(failed)


@given(
    text=st.text(max_size=80), unit=st.sampled_from(["words", "sentences", "lines", "items", "characters"])
)
def test_bounds_agree_with_the_exact_count(text: str, unit: str) -> None:
    number = count(text, unit)
    assert failed_checks(text, {unit: number, f"min_{unit}": number, f"max_{unit}": number}) == []
    assert len(failed_checks(text, {unit: number + 1, f"min_{unit}": number + 1})) == 2


def test_every_check_is_tried_above() -> None:
    tried = {key for checks, _, _ in _EXAMPLES for key in checks}
    counted = {key.rpartition("_")[2] for key in tried if key in COUNT_KEYS}
    assert counted == {"words", "sentences", "lines", "items", "characters"}
    assert set(CHECKS) - set(COUNT_KEYS) == tried - set(COUNT_KEYS)
    assert {*TEXT_KEYS, *CHOICES} <= tried
