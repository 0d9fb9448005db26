"""From a request back to its settings: sending them again sends the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.restored import variant_of
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.invocation.values import Guardrail

MODELS = load_models()
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc"
BEHIND = {PROFILE: ("anthropic.claude-opus-5-5",)}
IDS = [*sorted(MODELS), "local.smollm2-135m-instruct-v1:0", "acme.nobody-knows-this-v1", PROFILE]
ASKED = Inputs("Hello", system="Be short.")


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


VARIANTS = st.builds(
    Variant,
    model=st.sampled_from(IDS),
    temperature=maybe(st.sampled_from([0.0, 0.3, 1.0])),
    top_p=maybe(st.sampled_from([0.0, 0.5, 1.0])),
    top_k=maybe(st.sampled_from([1, 40, 500])),
    max_tokens=maybe(st.sampled_from([1, 512, 5000, 1_000_000])),
    stop=st.sampled_from([(), ("END",), ("a\\n", "\\tb")]),
    system=maybe(st.sampled_from(["", "Be rude."])),
    reasoning=maybe(st.sampled_from(["on", "off"])),
    thinking_budget=maybe(st.sampled_from([1024, 4000])),
    effort=maybe(st.sampled_from(["low", "medium", "high", "max"])),
    service_tier=maybe(st.sampled_from(["default", "flex", "priority"])),
    latency=maybe(st.sampled_from(["standard", "optimized"])),
    cache_ttl=maybe(st.sampled_from(["5m", "1h"])),
    guardrail=maybe(st.just(Guardrail("gr1", "DRAFT"))),
    additional_fields=maybe(st.sampled_from(['{"seed": 7}', '{"inferenceConfig": {"mine": [1]}}'])),
)


@given(VARIANTS)
@settings(max_examples=150, deadline=None)
def test_what_is_read_back_sends_the_same_again(variant: Variant) -> None:
    resolution = resolve(variant.model, MODELS, behind=BEHIND)
    sent = build_request(variant, ASKED, resolution).request
    read = variant_of(sent, resolution, shared_system=ASKED.system)
    assert build_request(read, ASKED, resolution).request == sent


@pytest.mark.parametrize(
    "variant",
    [
        Variant(model="anthropic.claude-haiku-4-5-20251001-v1:0", top_k=20),
        Variant(model="amazon.nova-lite-v1:0", top_k=20),
        Variant(model="anthropic.claude-haiku-4-5-20251001-v1:0", thinking_budget=2048, max_tokens=4096),
        Variant(model="anthropic.claude-opus-5-5", effort="xhigh"),
        Variant(model="openai.gpt-oss-120b-1:0", effort="low"),
        Variant(model="amazon.nova-2-lite-v1:0", reasoning="on", effort="low"),
        Variant(model="local.smollm2-135m-instruct-v1:0", top_k=3, temperature=0.0),
        Variant(model=PROFILE, reasoning="on", effort="high"),
        Variant(model="anthropic.claude-opus-4-8", reasoning="on", effort="high"),
        Variant(model="anthropic.claude-opus-4-8", reasoning="on"),
        Variant(model="anthropic.claude-opus-5-5", reasoning="off"),
    ],
    ids=lambda variant: variant.model,
)
def test_settings_come_back_as_settings_and_not_as_raw_fields(variant: Variant) -> None:
    resolution = resolve(variant.model, MODELS, behind=BEHIND)
    sent = build_request(variant, ASKED, resolution).request
    read = variant_of(sent, resolution, shared_system=ASKED.system)
    assert read.additional_fields is None
    again = [build_request(one, ASKED, resolution).request for one in (read, replace(read, reasoning=None))]
    assert read.reasoning == (variant.reasoning if again[0] != again[1] else None)
    assert (read.top_k, read.effort, read.thinking_budget) == (
        variant.top_k,
        variant.effort,
        variant.thinking_budget,
    )


def test_fields_that_no_setting_makes_stay_beside_the_setting() -> None:
    resolution = resolve("amazon.nova-lite-v1:0", MODELS)
    variant = Variant(model="amazon.nova-lite-v1:0", top_k=9, additional_fields='{"seed": 7}')
    sent = build_request(variant, ASKED, resolution).request
    read = variant_of(sent, resolution, shared_system="Be short.")
    assert read.top_k == 9
    assert json.loads(read.additional_fields or "") == {"seed": 7}


def test_the_effort_outlives_a_time_in_which_nobody_knows_the_model() -> None:
    variant = Variant(model=PROFILE, reasoning="on", effort="high")
    sent = build_request(variant, ASKED, resolve(PROFILE, MODELS, behind=BEHIND)).request
    assert sent.output_config == {"effort": "high"}
    read = variant_of(sent, resolve(PROFILE, MODELS), shared_system=ASKED.system)
    assert read.effort == "high"
    assert build_request(read, ASKED, resolve(PROFILE, MODELS, behind=BEHIND)).request == sent


@pytest.mark.parametrize(
    ("model", "own"),
    [("amazon.titan-text-express-v1", None), ("amazon.nova-lite-v1:0", "")],
    ids=["it takes none", "it wanted none"],
)
def test_no_system_prompt_is_a_wish_only_where_there_was_a_choice(model: str, own: str | None) -> None:
    resolution = resolve(model, MODELS)
    sent = build_request(Variant(model=model, system=""), ASKED, resolution).request
    assert sent.system is None
    assert variant_of(sent, resolution, shared_system=ASKED.system).system == own
