"""Tool calls: which wait, what goes back, and the arithmetic of the example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation import InvocationResult, TextBlock, ToolUseBlock
from bedrock_playground.invocation.tool_calls import (
    calculate,
    calls_of,
    is_malformed,
    result_block,
    result_text,
    sendable,
)
from bedrock_playground.invocation.values import RawBlock

GOOD = ToolUseBlock("1", "weather", {"city": "Oslo"})
BAD = ToolUseBlock("2", "weather", '{"city": "Os')


def test_calls_are_those_the_user_answers_not_the_services_own() -> None:
    server_side = RawBlock({"toolUse": {"toolUseId": "3", "name": "x", "type": "server_tool_use"}})
    result = InvocationResult(content=(TextBlock("Let me look."), GOOD, server_side, BAD))
    assert calls_of(result) == (GOOD, BAD)
    assert calls_of(None) == ()


def test_malformed_arguments_go_back_as_an_object_and_the_rest_unchanged() -> None:
    assert [is_malformed(call) for call in (GOOD, BAD)] == [False, True]
    assert sendable((TextBlock("a"), GOOD, BAD)) == (
        TextBlock("a"),
        GOOD,
        ToolUseBlock("2", "weather", {"INVALID_JSON": '{"city": "Os'}),
    )


def test_an_object_is_sent_as_json_and_all_else_as_text() -> None:
    assert result_block("1", '{"t": 3}').content == ({"json": {"t": 3}},)
    for text in ("3 degrees", "3", "[1]", "", "{"):
        assert result_block("1", text).content == ({"text": text},)
    assert result_block("1", "no such city", status="error").status == "error"
    assert result_text(result_block("1", '{"t": 3}')) == '{"t": 3}'
    assert result_text(result_block("1", "3 degrees")) == "3 degrees"


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 + 2 * 3", "7"), ("(1+2)*-3", "-9"), ("0.1 + 0.2", "0.3"), ("100", "100"), ("7 % 4", "3")],
)
def test_arithmetic(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    ["", "1 +", "__import__('os')", "a", "2 ** 9", "'a'*9", "True", "1/0", "1e999", "(" * 150, "1" * 201],
)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        calculate(expression)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from("+-*"))
def test_arithmetic_of_whole_numbers_is_exact(left: int, right: int, sign: str) -> None:
    assert calculate(f"({left}) {sign} ({right})") == str(
        {"+": left + right, "-": left - right, "*": left * right}[sign]
    )
