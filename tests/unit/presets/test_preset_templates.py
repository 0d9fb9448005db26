"""Templates: what is a variable and what is not, what is missing and what nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.presets import TemplateUnfilled, Value, Variable
from bedrock_playground.presets.template import check_values, escape, fill, names_in, read_value, variables_of

pieces = st.lists(st.sampled_from(["\\", "{{", "}}", "{", "}", "a", "name", " ", "\t", "\n", "é", "0"])).map(
    "".join
)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("Hello {{name}}!", "Hello Ada!"),
        ("{{ name }}{{\tname}}", "AdaAda"),
        (r"\{{name}}", "{{name}}"),
        (r"\\{{name}}", r"\Ada"),
        (r"\\\{{ name }}", r"\{{ name }}"),
        (r"\\ and \{{}} and \{{a b}}", r"\\ and \{{}} and \{{a b}}"),
        ('{"a": {"b": {}}}', '{"a": {"b": {}}}'),
        ("{{ user.name }} {{#if x}} {{1}} {{na-me}}", "{{ user.name }} {{#if x}} {{1}} {{na-me}}"),
        ("{{{name}}}", "{Ada}"),
        ("{{\nname}}", "{{\nname}}"),
        ("", ""),
    ],
)
def test_only_variables_are_replaced(template: str, filled: str) -> None:
    assert fill(template, {"name": "Ada"}) == filled


@given(pieces)
def test_escaped_text_is_sent_as_it_is(text: str) -> None:
    assert names_in(escape(text)) == ()
    assert fill(escape(text), {}) == text


@given(pieces, st.text())
def test_a_value_is_never_read_as_a_template(text: str, value: str) -> None:
    values = dict.fromkeys(names_in(text), "{{a}}" + value)
    assert fill(text, values).count("{{a}}" + value) >= (1 if values else 0)


@given(pieces)
def test_what_has_no_variables_and_no_escapes_is_left_alone(text: str) -> None:
    if names_in(text) == () and "\\{{" not in text:
        assert fill(text, {}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (3, "3"),
        (0.5, "0.5"),
        (1.0, "1"),
        (-2.0, "-2"),
        (1e300, "1e+300"),
        (1e-7, "1e-07"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_values_are_written_as_json_has_them(value: Value, text: str) -> None:
    assert fill("{{v}}", {"v": value}) == text


def test_the_variables_of_several_templates_in_the_order_of_their_appearance() -> None:
    known = [Variable(name="b", type="number"), Variable(name="unused")]
    assert variables_of(["{{a}} {{b}}", None, "{{c}} {{a}}"], known) == (
        Variable(name="a"), Variable(name="b", type="number"), Variable(name="c"),
    )  # fmt: skip


def test_missing_unknown_and_wrong_values_are_named() -> None:
    variables = [Variable(name="n", type="integer"), Variable(name="c", type="choice", choices=("x", "y"))]
    with pytest.raises(TemplateUnfilled) as unfilled:
        check_values(["{{n}} {{c}} {{text}} {{more}}"], variables, {"n": 1.5, "c": "z", "name": "Ada"})
    assert unfilled.value.missing == ("text", "more")
    assert unfilled.value.unknown == ("name",)
    assert set(unfilled.value.wrong) == {"n", "c"}
    assert str(unfilled.value) == (
        "{{text}} and {{more}} have no value. Fill them in. There is no variable {{name}} in this template. "
        "Check the name, or take the value away. n: It takes a whole number, such as 3. c: It takes one of: "
        "x, y."
    )


def test_an_escaped_variable_needs_no_value() -> None:
    check_values([r"\{{x}} {{ y.z }}"], [], {})


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("string", " 3 ", " 3 "), ("integer", " 3 ", 3), ("number", "0.5", 0.5), ("number", "2", 2),
        ("boolean", "Yes", True), ("boolean", "false", False), ("choice", " x ", "x"),
    ],
)  # fmt: skip
def test_typed_values_are_read_by_the_variables_type(kind: str, typed: str, value: Value) -> None:
    variable = Variable(name="v", type=kind, choices=("x",) if kind == "choice" else ())  # type: ignore[arg-type]
    read = read_value(variable, typed)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("integer", "1.5"), ("integer", ""), ("number", "nan"), ("number", "1e999"), ("boolean", "1"),
        ("choice", "y"),
    ],
)  # fmt: skip
def test_typed_values_of_another_type_are_refused(kind: str, typed: str) -> None:
    variable = Variable(name="v", type=kind, choices=("x",) if kind == "choice" else ())  # type: ignore[arg-type]
    with pytest.raises(TemplateUnfilled, match=r"^v: It takes"):
        read_value(variable, typed)


def test_a_number_of_any_size_is_a_number() -> None:
    assert fill("{{v}}", {"v": 10**400}).startswith("1000")
    check_values(["{{v}}"], [Variable(name="v", type="number")], {"v": 10**400})
