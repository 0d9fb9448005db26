"""Contenders travel as JSON and come back equal; what is none is refused with its place."""

from __future__ import annotations

import json

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.trying import Target

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
LADDER = Fallback(
    targets=(
        Target(member=SOLO, region="eu-central-1", tries=3),
        Target(member=Cache(member=SOLO, semantic=Semantic(similarity=0.9, embedding_model="e.f"))),
    ),
    when=("throttling", "context too long"),
    longest_wait=2,
    breaker=BreakerPolicy(failures=None, share=0.5),
    hedge=Hedge(after=1, percentile=0.95),
    hold=True,
    cached=True,
    shorter=Solo(variant=Variant(model="c.d", max_tokens=50)),
)


def _by(way: object) -> dict[str, object]:
    route = {"name": "r", "member": {"kind": "solo", "variant": {"model": "a.b"}}}
    return {"kind": "routing", "routes": [route], "by": way}


@pytest.mark.parametrize("member", [SOLO, NESTED, LADDER, Cache(member=NESTED)])
def test_it_comes_back_equal(member: Member) -> None:
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
        ({"kind": "fallback", "targets": []}, "at least one target"),
        ({"kind": "fallback", "targets": [], "when": ["luck"]}, r"when\[0\] must be one of throttling"),
        ({"kind": "fallback", "targets": [{"member": {"kind": "solo", "variant": {}}, "tries": 0}]}, "tries"),
        (
            {"kind": "cache", "member": {"kind": "solo", "variant": {}}, "semantic": {"similarity": 1.5}},
            "similarity",
        ),
    ],
)
def test_what_is_no_contender_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(MemberRefused, match=place):
        member_from_json(value)
