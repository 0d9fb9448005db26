"""Answers held against a JSON schema, and schemas held against JSON Schema."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation.structured import SchemaRefused, check_answer, read_schema

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["name"],
    "additionalProperties": False,
}


def checked(answer: object, schema: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return [(problem.path, problem.message) for problem in check_answer(text, schema or PERSON).problems]


def test_a_valid_answer_has_no_problem() -> None:
    check = check_answer('{"name": "Ada", "tags": ["x"]}', PERSON)
    assert check.valid
    assert check.problems == ()


def test_each_problem_names_its_place() -> None:
    found = checked({"tags": ["x", 3], "first name": 1})
    assert {path for path, _ in found} == {"$", "$.tags[1]"}
    assert any("'name' is a required property" in message for _, message in found)
    assert checked({"a b": {"c": 1}}, {"properties": {"a b": {"properties": {"c": {"type": "string"}}}}}) == [
        ('$["a b"].c', "1 is not of type 'string'")
    ]


@pytest.mark.parametrize("answer", ["", "plain words", '{"name": "Ada"', "NaN", "```json\n{}\n```"])
def test_what_is_not_json_is_said_to_be_that(answer: str) -> None:
    check = check_answer(answer, PERSON)
    assert not check.is_json
    assert not check.valid
    assert "not JSON" in check.problems[0].message


def test_many_problems_are_counted_and_long_ones_cut() -> None:
    check = check_answer(json.dumps(["x" * 5000] * 30), {"items": {"type": "integer"}})
    assert len(check.problems) == 20
    assert check.more == 10
    assert all(len(problem.message) < 350 for problem in check.problems)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON.*line 1, column 2"),
        ("[1]", "must be an object"),
        ('{"type": "thing"}', r"no JSON schema: at \$\.type"),
        ('{"properties": {"a": {"minimum": "x"}}}', r"at \$\.properties\.a\.minimum"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(SchemaRefused, match=why):
        read_schema(text)


def test_nothing_is_ever_fetched_for_a_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*_: object, **__: object) -> None:
        raise AssertionError("a reference was fetched")

    monkeypatch.setattr(urllib.request, "urlopen", fetched)
    schema: dict[str, Any] = {"properties": {"a": {"$ref": "http://127.0.0.1:1/schema.json"}}}
    read_schema(json.dumps(schema))
    assert checked({"a": 1}, schema) == [
        ("$", "The schema refers to http://127.0.0.1:1/schema.json, which is not in it and is not fetched.")
    ]
    within: dict[str, Any] = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert checked({"a": 1}, within) == []
    assert checked({"a": "x"}, within) == [("$.a", "'x' is not of type 'integer'")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_schema_that_allows_only_this_value_finds_it_valid_and_no_other(value: Any) -> None:
    assert check_answer(json.dumps(value), {"const": value}).valid
    assert not check_answer(json.dumps([value]), {"const": value}).valid


RUNS_AWAY = "^(a+)+$"
LATEST = "https://json-schema.org/draft/2020-12/schema"
MANY = "a" * 5_000 + "!"


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"pattern": RUNS_AWAY}, MANY),
        ({"patternProperties": {RUNS_AWAY: False}, "additionalProperties": False}, {MANY: 1}),
        ({"$schema": LATEST, "items": {"pattern": RUNS_AWAY}}, [MANY]),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a",
          "definitions": {"a": {"pattern": RUNS_AWAY}}}, MANY),
        ({"$schema": LATEST, "type": ["array", "string"],
          "pattern": RUNS_AWAY, "items": {"$ref": "#"}}, [MANY]),
        ({"items": {"$schema": LATEST, "pattern": RUNS_AWAY}}, [MANY]),
        ({"unevaluatedProperties": False, "patternProperties": {RUNS_AWAY: True}}, {MANY: 1}),
    ],
)  # fmt: skip
def test_no_expression_of_a_schema_runs_away(schema: dict[str, Any], answer: object) -> None:
    # With Python's expressions this would take longer than the universe is old.
    assert checked(answer, schema)


def test_expressions_of_a_schema_are_looked_for_anywhere_in_a_text() -> None:
    schema = {"patternProperties": {"^x": {"pattern": r"\d"}}, "additionalProperties": {"type": "integer"}}
    assert checked({"x1": "a1b", "y": 3}, schema) == []
    assert [path for path, _ in checked({"x1": "ab", "y": "3"}, schema)] == ["$.x1", "$.y"]
    closed = {"properties": {"a": {}}, "patternProperties": {"^x": {}}, "additionalProperties": False}
    assert checked({"a": 1, "x": 2}, closed) == []
    assert checked({"a": 1, "b": 2}, closed) == [("$", "Additional properties are not allowed: 'b'")]
    # Only texts have patterns, and only objects have properties.
    assert (
        checked([1], {"pattern": "a", "patternProperties": {"a": False}, "additionalProperties": False}) == []
    )


def test_an_expression_that_cannot_be_looked_for_is_no_silent_success() -> None:
    ((path, message),) = checked(json.dumps("ab"), {"pattern": "a(?=b)"})
    assert path == "$"
    assert "no look-around" in message
