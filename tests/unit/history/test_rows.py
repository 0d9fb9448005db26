"""Rows have a column for whatever the values tell."""

from __future__ import annotations

from dataclasses import fields

from bedrock_playground.history.rows import PROMPT_START_LENGTH, identity_row, prompt_of, result_row
from bedrock_playground.history.schema import runs
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    ImageBlock,
    InvocationRequest,
    InvocationResult,
    Message,
    Timing,
    Usage,
)
from tests.store.builders import identity, request


def test_every_token_bucket_and_every_identity_has_its_column() -> None:
    buckets = {field.name: number for number, field in enumerate(fields(Usage), start=1)}
    row = result_row(InvocationResult(usage=Usage(**buckets)))
    assert {name: row[name] for name in buckets} == buckets
    for field in (*fields(Usage), *fields(RunIdentity)):
        assert field.name in runs.c
    assert set(row) | set(identity_row(identity(), request())) <= set(runs.c.keys())


def test_no_result_and_an_empty_result_are_unknown_throughout() -> None:
    assert set(result_row(None).values()) == set(result_row(InvocationResult()).values()) == {None}
    assert set(result_row(None)) == set(result_row(InvocationResult()))


def test_tokens_per_second_is_unknown_below_two_tokens() -> None:
    timing = Timing(time_to_first_token=0.5, total=1.5)
    assert (
        result_row(InvocationResult(usage=Usage(output_tokens=1), timing=timing))["tokens_per_second"] is None
    )
    assert (
        result_row(InvocationResult(usage=Usage(output_tokens=3), timing=timing))["tokens_per_second"] == 2.0
    )


def test_the_prompt_is_the_last_thing_the_user_said() -> None:
    turns = (Message.user("first"), Message.assistant("answer"), Message.user("second"))
    assert prompt_of(InvocationRequest("m", turns)) == "second"
    assert prompt_of(InvocationRequest("m", (Message("user", (ImageBlock("png", b""),)),))) == ""


def test_the_start_of_a_prompt_is_one_short_line_without_what_a_database_refuses() -> None:
    start = identity_row(identity(), request("a\x00b \n\n c \ud800 " + "long " * 300))["prompt_start"]
    assert start.startswith("ab c ? long")
    assert len(start) == PROMPT_START_LENGTH
