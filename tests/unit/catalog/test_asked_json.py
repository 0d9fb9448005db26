"""What was asked comes back from JSON as it was, whatever was set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.asked_json import asked_from_json, asked_to_json
from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.values import Guardrail, ImageBlock

texts = st.none() | st.text(max_size=8)
variants = st.builds(
    Variant,
    model=st.text(max_size=8),
    temperature=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    max_tokens=st.none() | st.integers(),
    stop=st.lists(st.text(max_size=4), max_size=3).map(tuple),
    system=texts,
    reasoning=st.sampled_from([None, "on", "off"]),
    cache_ttl=st.sampled_from([None, "5m", "1h"]),
    guardrail=st.none() | st.builds(Guardrail, identifier=st.text(max_size=4), version=st.text(max_size=4)),
    additional_fields=texts,
)
schemas = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
tools = st.builds(
    ToolDefinition, name=st.text(max_size=4), description=st.text(max_size=4), input_schema=schemas,
    canned_result=texts,
)  # fmt: skip
shared = st.builds(
    Inputs,
    prompt=st.text(max_size=8),
    system=texts,
    attachments=st.just(()),
    output_schema=texts,
    tools=st.lists(tools, max_size=2).map(tuple),
    tool_choice=texts,
)


@given(shared, st.lists(st.tuples(st.sampled_from("ABCDEFGH"), variants), max_size=4).map(tuple))
def test_it_comes_back_as_it_was(inputs: Inputs, lanes: tuple[tuple[str, Variant], ...]) -> None:
    text = json.dumps(asked_to_json(inputs, lanes))
    assert asked_from_json(json.loads(text)) == (inputs, lanes)


def test_files_are_left_to_the_requests() -> None:
    inputs = Inputs("Look.", attachments=(ImageBlock("png", b"planted"),))
    told = asked_to_json(inputs, [])
    assert "planted" not in json.dumps(told)
    assert asked_from_json(told)[0] == Inputs("Look.")


def test_a_member_that_this_version_does_not_know_is_passed_over() -> None:
    told = asked_to_json(Inputs("Hi"), [("A", Variant(model="a"))])
    told["variants"][0]["variant"]["newer"] = 1
    assert asked_from_json(told)[1] == (("A", Variant(model="a")),)


@pytest.mark.parametrize(
    "value", [None, [], {}, {"version": 2}, {"version": 1}, {"version": 1, "inputs": {}, "variants": [1]}]
)
def test_what_cannot_be_read_is_said(value: Any) -> None:
    with pytest.raises(ValueError, match="What was asked"):
        asked_from_json(value)
