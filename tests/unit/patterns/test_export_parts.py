"""The parts of exported modules say what the program says: errors, policies, expressions, schemas, votes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.error_mapping import _BY_STATUS, BY_CODE
from bedrock_playground.invocation.retry import RETRIED
from bedrock_playground.invocation.structured import check_answer
from bedrock_playground.measures import quantile
from bedrock_playground.patterns import breakers, splitting, votes
from bedrock_playground.patterns.exports import CannotExport, assembly
from bedrock_playground.patterns.exports.expressions_python import python_expression
from bedrock_playground.patterns.exports.parts import breaking, calling, fallback, hedging, schemas
from bedrock_playground.patterns.exports.parts import expressions as exported_expressions
from bedrock_playground.patterns.exports.parts import splitting as exported_splitting
from bedrock_playground.patterns.exports.parts import templates as exported_templates
from bedrock_playground.patterns.exports.parts import votes as exported_votes
from bedrock_playground.patterns.exports.parts_list import PARTS
from bedrock_playground.patterns.policies import POLICIES, TOO_LONG
from bedrock_playground.presets.template import fill_known
from bedrock_playground.texts.expressions import BadExpression, found

FOLDER = Path(assembly.__file__).parent / "parts"


def test_every_part_is_listed_and_no_two_define_the_same_name() -> None:
    assert {file.stem for file in FOLDER.glob("*.py")} - {"__init__"} == set(PARTS)
    names = [name for part in PARTS for name in assembly.top_names(part)]
    assert sorted(names) == sorted(set(names))


def test_errors_are_called_as_here() -> None:
    known = {code: kind.__name__ for code, kind in BY_CODE.items()}
    assert {code: known[code] for code in calling.ERRORS} == calling.ERRORS
    status = {number: kind.__name__ for number, kind in _BY_STATUS.items()}
    assert {number: status[number] for number in calling.ERRORS_BY_STATUS} == calling.ERRORS_BY_STATUS
    never = {"TlsFailed", "ReadTimeout"}
    assert {name for name in _names(RETRIED) if name not in never} == calling.RETRIED
    assert _names(breakers._TROUBLE) - {"TlsFailed"} == breaking.TROUBLE


def test_policies_cover_what_they_cover_here() -> None:
    assert fallback.TOO_LONG == TOO_LONG
    for name, policy in POLICIES.items():
        if name == "any":
            continue
        covered = _names(policy.covers) - _names(policy.but)
        assert fallback.POLICIES[name] >= covered & set(calling.ERRORS.values()), name
        assert fallback.POLICIES[name] <= covered, name


def _names(kinds: tuple[type[Exception], ...]) -> set[str]:
    """The names of some errors, with those of everything that is one of them."""
    found: set[str] = set()
    for kind in kinds:
        found |= {kind.__name__} | _names(tuple(kind.__subclasses__()))
    return found & set(dir(errors))


EXPRESSIONS = st.text(alphabet="ab1 .$^\\dwsbSD|()[]{}*+?,-\n", max_size=8)


@settings(max_examples=300)
@given(EXPRESSIONS, st.text(alphabet="ab1 .$\n-é٣", max_size=12))
def test_an_expression_finds_what_re2_finds_or_is_refused(expression: str, text: str) -> None:
    try:
        wanted = found(expression, text)
    except BadExpression:
        return
    try:
        made = python_expression(expression)
    except CannotExport:
        return
    assert exported_expressions.found(made, text) == wanted


@pytest.mark.parametrize(
    "expression", [r"\p{L}", r"\Qa\E", "[[:alpha:]]", "(?i)é", "a{,3}", "(?m)a$", r"a\z"]
)
def test_what_only_re2_has_is_refused(expression: str) -> None:
    found(expression, "a")
    with pytest.raises(CannotExport, match="does not read it the same way"):
        python_expression(expression)


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "ab"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
TYPE = st.sampled_from(sorted(schemas.TYPES))


def _schema(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    small = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPE | st.lists(TYPE, min_size=1, max_size=2, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": small,
            "maximum": small,
            "minLength": small,
            "maxLength": small,
            "minItems": small,
            "maxItems": small,
            "minProperties": small,
            "maxProperties": small,
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "additionalProperties": inner | st.booleans(),
            "items": inner | st.booleans(),
        },
    )


SCHEMAS = _schema(_schema(st.just({})))


@settings(max_examples=200)
@given(SCHEMAS, VALUES)
def test_an_answer_follows_a_schema_where_jsonschema_says_so(schema: dict[str, Any], value: object) -> None:
    valid = check_answer(json.dumps(value), schema).valid
    assert (schemas.problem(value, schema, "$") is None) is valid


TEXTS = st.text(alphabet="aA1 .!?\n\"'*{}[]:,éßﬁ`", max_size=30)


@given(TEXTS, st.lists(st.sampled_from(["a", "A1", "é"]), max_size=2), st.sampled_from([None, "a"]))
def test_votes_are_read_and_counted_as_here(text: str, labels: list[str], field: str | None) -> None:
    here = votes.Ballot(labels=tuple(labels), field=field).read(text)
    there = exported_votes.Ballot(labels=tuple(labels), field=field).read(text)
    assert there == here
    told = [here, text or None, "a", None, "b"]
    assert exported_votes.count(told).words == votes.count(told).words


@given(st.text(alphabet="ab. \n!é", max_size=200), st.integers(2, 20), st.integers(0, 1))
def test_texts_are_cut_as_here(text: str, tokens: int, overlap: int) -> None:
    wanted = list(splitting.split(text, tokens=tokens, overlap=overlap))
    assert exported_splitting.split(text, tokens=tokens, overlap=overlap) == wanted


@given(st.text(alphabet="{} ab\\", max_size=30))
def test_templates_are_filled_as_here(template: str) -> None:
    assert exported_templates.fill(template, {"a": "{{b}}", "b": "\\"}) == fill_known(
        template, {"a": "{{b}}", "b": "\\"}
    )


@given(st.lists(st.floats(0, 10), max_size=40), st.sampled_from([0.5, 0.9, 0.95]))
def test_quantiles_are_those_of_here(values: list[float], p: float) -> None:
    wanted = quantile(values, p).value
    made = hedging.quantile(values, p)
    assert made == wanted or (made is not None and wanted is not None and abs(made - wanted) < 1e-9)


def test_parts_say_nothing_of_where_they_come_from() -> None:
    for part in PARTS:
        assert not re.search(r"bedrock_playground|noqa|type: ignore|fmt:", assembly.body_of(part)), part
