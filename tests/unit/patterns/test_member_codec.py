"""Contenders travel as JSON and come back equal; what is none is refused with its place."""

from __future__ import annotations

import json

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.members import Solo

SOLO = Solo(
    name="Careful",
    variant=Variant(model="a.b", temperature=0, stop=("x", "y"), guardrail=Guardrail("g", "1"), effort="low"),
)
NESTED = Chain(
    name="Two",
    steps=(
        Step(name="inner", member=Chain(steps=(Step(name="one", member=SOLO),))),
        Step(name="last", member=Solo(variant=Variant(model="c.d")), template="{{inner}}"),
    ),
)


def _by(way: object) -> dict[str, object]:
    route = {"name": "r", "member": {"kind": "solo", "variant": {"model": "a.b"}}}
    return {"kind": "routing", "routes": [route], "by": way}


@pytest.mark.parametrize("member", [SOLO, NESTED])
def test_it_comes_back_equal(member: Solo | Chain) -> None:
    assert member_from_json(json.loads(json.dumps(member_to_json(member)))) == member


def test_defaults_are_left_out() -> None:
    assert member_to_json(Solo(variant=Variant(model="a.b"))) == {"kind": "solo", "variant": {"model": "a.b"}}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "A contender must be an object"),
        ({"kind": "choir"}, "kind must be one of"),
        ({"kind": "solo"}, "lacks variant"),
        ({"kind": "solo", "variant": {"model": 3}}, "variant.model must be text"),
        ({"kind": "solo", "variant": {"temperature": True}}, "variant.temperature must be a number"),
        ({"kind": "solo", "variant": {}, "nmae": "x"}, "'nmae'"),
        ({"kind": "chain", "steps": [{"name": "a", "member": {"kind": "solo"}}]}, r"steps\[0\].member lacks"),
        ({"kind": "chain", "steps": {}}, "steps must be a list"),
        ({"kind": "routing", "routes": [], "by": {"rules": []}}, "by.kind must be one of rules, classifier"),
        ({"kind": "routing", "routes": [], "by": {"kind": "rules", "rules": []}}, "at least one route"),
        (
            _by({"kind": "measured", "figures": [{"route": "r", "cost": 0.1}]}),
            r"cost must be an amount as text",
        ),
        (_by({"kind": "measured", "figures": [{"route": "r", "cost": "NaN"}]}), r"cost must be an amount"),
        (
            _by({"kind": "rules", "rules": [{"route": "r", "regex": "("}]}),
            r"rules\[0\]: “\(” is no expression",
        ),
    ],
)
def test_what_is_no_contender_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(MemberRefused, match=place):
        member_from_json(value)
