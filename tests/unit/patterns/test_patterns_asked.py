"""A pattern and what it is asked as one request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.serialization import request_from_json, request_to_json
from bedrock_playground.invocation.values import ImageBlock, InferenceParameters, Json
from bedrock_playground.patterns.asked import leaves, pattern_of, pattern_request, without_pattern
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.codec import MemberRefused
from bedrock_playground.patterns.members import Solo

SMALL = Solo(variant=Variant(model="small", temperature=0.25))
INNER = Chain(steps=(Step(name="a", member=SMALL), Step(name="b", member=replace(SMALL, name="Second"))))
OUTER = Chain(steps=(Step(name="one", member=SMALL), Step(name="two", member=INNER)), name="Mine")
INPUTS = Inputs(
    prompt="Say {{this}}.",
    system="Be brief.",
    attachments=(ImageBlock("png", b"x"),),
    tools=(ToolDefinition("look_up", "Looks up", {"type": "object"}),),
)


def test_a_request_carries_its_pattern_through_the_history() -> None:
    request = pattern_request(OUTER, INPUTS)
    again = request_from_json(request_to_json(request))
    assert again.model_id == "pattern:chain"
    assert pattern_of(again) == OUTER
    assert pattern_request(OUTER, INPUTS, shelf_id="mine").model_id == "pattern:mine"


def test_members_see_what_was_asked_and_nothing_of_the_pattern() -> None:
    seen = without_pattern(pattern_request(OUTER, INPUTS))
    assert seen.parameters == InferenceParameters()
    assert (seen.messages[0].text, seen.system) == ("Say {{this}}.", "Be brief.")
    assert any(isinstance(block, ImageBlock) for block in seen.messages[0].content)
    assert seen.tool_config is not None


def test_only_a_patterns_request_carries_one() -> None:
    request = pattern_request(OUTER, INPUTS)
    assert pattern_of(InvocationRequest.from_prompt("small", "hello")) is None
    assert pattern_of(replace(request, parameters=InferenceParameters())) is None
    assert pattern_of(replace(request, model_id="small")) is None
    wrongs: tuple[Json, ...] = ({"kind": "spell"}, {"kind": "solo", "variant": {"model": "small"}}, 3)
    for wrong in wrongs:
        carried = InferenceParameters(additional_model_request_fields={"pattern": wrong})
        with pytest.raises(MemberRefused):
            pattern_of(replace(request, parameters=carried))


def test_every_model_is_found_by_its_role_however_deep() -> None:
    assert [(role, solo.title) for role, solo in leaves(OUTER)] == [
        ("one", "small"),
        ("two / a", "small"),
        ("two / b", "Second"),
    ]
