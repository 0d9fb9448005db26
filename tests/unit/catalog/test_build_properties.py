"""No request breaks its model's rules, whatever is set; checked by rules written down anew here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog.build import build_request, request_as_json
from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.rules import rules_for
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import BuiltRequest, Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.values import DocumentBlock, Guardrail, ImageBlock

MODELS = load_models()
STRANGERS = [
    "local.smollm2-135m-instruct-v1:0",
    "anthropic.claude-opus-9",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
    "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ",
    "some-name",
]
CONVERSE = botocore.session.Session().get_service_model("bedrock-runtime").operation_model("ConverseStream")
# The first schema imports jsonschema, and a test machine may be slow.
patient = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

# The models with the most to go wrong are drawn as often as all others together.
INTRICATE = [
    "anthropic.claude-sonnet-4-20250514-v1:0",
    "anthropic.claude-opus-4-5-20251101-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "global.anthropic.claude-sonnet-4-6",
    "anthropic.claude-opus-4-8",
    "anthropic.claude-sonnet-5-5",
    "amazon.nova-2-lite-v1:0",
    "amazon.titan-text-lite-v1",
    "cohere.command-r-v1:0",
]
PROFILES = [profile.profile_id for spec in MODELS.values() for profile in spec.profiles]
model_ids = st.sampled_from(INTRICATE) | st.sampled_from([*MODELS, *STRANGERS, *PROFILES])
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


numbers = st.sampled_from([0, 0.0, 1, 0.5, -1.0, 1.5]) | st.floats(-2, 3, allow_nan=False)
variants = st.builds(
    Variant,
    model=model_ids,
    temperature=maybe(numbers),
    top_p=maybe(numbers),
    top_k=maybe(st.integers(-2, 600)),
    max_tokens=maybe(st.sampled_from([1, 1024, 1025]) | st.integers(1, 2_000_000)),
    stop=st.lists(st.sampled_from(["END", "\\n", " ", "", "|", "User:", "#"]) | words, max_size=13).map(
        tuple
    ),
    system=maybe(words),
    reasoning=st.sampled_from([None, "on", "off"]),
    thinking_budget=maybe(st.sampled_from([0, 1023, 1024]) | st.integers(0, 300_000)),
    effort=maybe(st.sampled_from(EFFORTS)),
    service_tier=maybe(st.sampled_from(["default", "priority", "flex", "reserved"])),
    latency=maybe(st.sampled_from(["standard", "optimized"])),
    cache_ttl=st.sampled_from([None, "5m", "1h"]),
    guardrail=maybe(st.just(Guardrail("abc", "1"))),
)
tools = st.sampled_from(
    [
        ToolDefinition("add", "Adds.", {"type": "object"}),
        ToolDefinition("sub_2", "", {"type": "object", "properties": {"a": {"type": "integer"}}}),
    ]
)
inputs = st.builds(
    Inputs,
    prompt=words,
    system=maybe(words),
    attachments=st.lists(
        st.builds(ImageBlock, st.sampled_from(["png", "webp", "bmp"]), st.binary(max_size=3))
        | st.builds(DocumentBlock, st.sampled_from(["pdf", "md"]), words, st.binary(min_size=1, max_size=3)),
        max_size=4,
    ).map(tuple),
    output_schema=maybe(st.sampled_from(['{"type": "object"}', "", "{", "[]"])),
    tools=st.lists(tools, max_size=2, unique_by=lambda tool: tool.name).map(tuple),
    tool_choice=maybe(st.sampled_from(["auto", "any", "add", "nobody"])),
)


def build(variant: Variant, asked: Inputs) -> tuple[BuiltRequest, dict[str, Any], ModelSpec | None]:
    resolution = resolve(variant.model, MODELS)
    built = build_request(variant, asked, resolution)
    return built, converse_arguments(built.request), resolution.spec


def base(variant: Variant, spec: ModelSpec | None) -> str:
    return spec.model_id if spec else variant.model


REFUSES_SAMPLING = re.compile(
    r"anthropic\.claude-(opus-4-[78]|(opus|sonnet|haiku|fable|mythos)-(5|preview))"
    r"|openai\.gpt-\d|xai\.grok-|moonshotai\.kimi-k3"
)
ONE_OF_TWO = re.compile(r"anthropic\.claude-(opus|sonnet|haiku)-4-[56]")
REASONING_KEYS = {"thinking", "reasoningConfig", "reasoning_effort", "reasoning_config", "reasoning"}
NOT_ASKED_TO_REASON = re.compile(
    r"anthropic\.claude-(instant|v2|3-(5|opus|sonnet|haiku))|amazon\.(nova-(micro|lite|pro|premier)|titan)"
    r"|meta\.|cohere\.|ai21\.|deepseek\.r1|google\.gemma-3|local\.|qwen\.qwen3-coder"
)


@patient
@given(variants, inputs)
def test_no_request_breaks_its_model_s_rules(variant: Variant, asked: Inputs) -> None:
    built, sent, spec = build(variant, asked)
    model_id, config = base(variant, spec), sent.get("inferenceConfig", {})
    extra = sent.get("additionalModelRequestFields", {})
    sampled = {"temperature", "topP"} & config.keys()
    top_ks = [extra.get("top_k"), extra.get("inferenceConfig", {}).get("topK")]
    top_k = next((value for value in top_ks if value is not None), None)

    assert 0 <= config.get("temperature", 0) <= 1
    assert 0 <= config.get("topP", 0) <= 1
    assert 0 <= (0 if top_k is None else top_k) <= 500
    if spec and spec.max_output_tokens:
        assert 1 <= config.get("maxTokens", 1) <= spec.max_output_tokens
    if REFUSES_SAMPLING.match(model_id) or (spec is None and not model_id.startswith("local.")):
        assert not sampled
        assert top_k is None
    if ONE_OF_TWO.match(model_id):
        assert len(sampled) < 2
    if model_id.startswith("meta."):
        assert top_k is None
    if NOT_ASKED_TO_REASON.match(model_id) or spec is None:
        assert not REASONING_KEYS & extra.keys()
        assert "effort" not in sent.get("outputConfig", {})
    check_thinking(extra, sent, spec, sampled=bool(sampled) or top_k is not None)
    check_service(sent, spec)
    check_stops(config.get("stopSequences", []), spec.model_id if spec else "")
    if model_id.startswith("amazon.titan-text"):
        assert "system" not in sent
        assert "toolConfig" not in sent or built.refusals
    assert [message["role"] for message in sent.get("messages", [])] == ["user"]
    if "prompt/" in model_id:
        assert not {"inferenceConfig", "system", "additionalModelRequestFields"} & sent.keys()
        assert "toolConfig" not in sent or built.refusals


@pytest.mark.parametrize("parameter", ["temperature", "top_p", "top_k", "max_tokens"])
def test_no_number_is_outside_what_its_rule_allows(parameter: str) -> None:
    """Whole numbers too: a limit between two of them must not be cut off."""
    for model_id in [*MODELS, *STRANGERS]:
        for value in (-1, 0, 1, 2, 0.0, 0.3, 1.0, 1.5, 600, 3_000_000):
            settings: dict[str, Any] = {parameter: value}
            variant = Variant(model=model_id, **settings)
            rule = rules_for(resolve(model_id, MODELS), variant=variant)[parameter]
            sent: Any = build(variant, Inputs("x"))[1]
            for name in rule.path:
                sent = sent.get(name, {})
            if rule.usable:
                assert rule.minimum is None or sent >= rule.minimum, model_id
                assert rule.maximum is None or sent <= rule.maximum, model_id
            else:
                assert sent == {} or not rule.path, model_id


def check_thinking(extra: Any, sent: Any, spec: ModelSpec | None, *, sampled: bool) -> None:
    thinking = extra.get("thinking", {})
    if thinking.get("type") == "enabled":
        assert 1024 <= thinking["budget_tokens"] < sent["inferenceConfig"]["maxTokens"]
        assert not {"any", "tool"} & sent.get("toolConfig", {}).get("toolChoice", {}).keys()
    if thinking.get("type") in {"enabled", "adaptive"}:
        assert not sampled
    effort = sent.get("outputConfig", {}).get("effort")
    assert effort in {None, "low", "medium", "high", "xhigh", "max"}
    if thinking.get("type") in {"disabled", "between_tools"}:
        assert effort not in {"xhigh", "max"}
    assert extra.get("reasoningConfig", {}).get("maxReasoningEffort", "low") in {"low", "medium", "high"}


def check_service(sent: Any, spec: ModelSpec | None) -> None:
    tier = sent.get("serviceTier", {}).get("type")
    if spec is None or spec.service_tiers:
        assert tier is None or tier in ((spec and spec.service_tiers) or ())
    points = [block["cachePoint"] for block in sent["messages"][0]["content"] if "cachePoint" in block]
    points += [block["cachePoint"] for block in sent.get("system", []) if "cachePoint" in block]
    caching = spec.prompt_caching if spec else None
    if caching is None or not caching.supported:
        assert not points
    else:
        assert all(point.get("ttl", "5m") in caching.ttls for point in points)
    assert sent.get("performanceConfig") is None or (spec and spec.latency_optimized)


def check_stops(stops: list[str], model_id: str) -> None:
    assert len(stops) <= 2500
    assert all(stops)
    assert len(set(stops)) == len(stops)
    if model_id.startswith("anthropic."):
        assert all(stop.strip() for stop in stops)
    if model_id.startswith("amazon.titan-text"):
        assert stops in ([], ["|"], ["User:"])
    if model_id.startswith("mistral.mistral-7b"):
        assert len(stops) <= 10


@patient
@given(variants, inputs)
def test_botocore_accepts_what_is_not_refused(variant: Variant, asked: Inputs) -> None:
    built, sent, _ = build(variant, asked)
    if built.refusals or not asked.prompt:
        return
    report = ParamValidator().validate(sent, CONVERSE.input_shape)
    assert not report.has_errors(), report.generate_report()


raw_fields = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0, 0.9, 3]),
        "top_p": st.sampled_from([0, 0.9]),
        "top_k": st.sampled_from([5, 9999]),
        "thinking": st.sampled_from([{"type": "enabled", "budget_tokens": budget} for budget in (100, 4000)])
        | st.sampled_from([{"type": "adaptive"}, {"type": "disabled"}, {}, "on"]),
        "reasoningConfig": st.just({"type": "enabled", "maxReasoningEffort": "low"}),
        "reasoning_effort": st.sampled_from(["high", "none", 3]),
        "output_config": st.sampled_from([{"effort": "high"}, {"effort": "silly"}]),
        "inferenceConfig": st.sampled_from([{"topK": 5}, {"temperature": 7}]),
        "something": st.just(1),
    },
)


@patient
@given(variants, raw_fields, inputs)
def test_raw_fields_break_no_rule_in_silence(variant: Variant, raw: dict[str, Any], asked: Inputs) -> None:
    """What is raw is sent; what the controls send gives way to it, and what breaks a rule is told."""
    variant = replace(variant, additional_fields=json.dumps(raw))
    built, sent, spec = build(variant, asked)
    if spec is None or not spec.answers_in_text:
        return
    config, extra = sent.get("inferenceConfig", {}), sent.get("additionalModelRequestFields", {})
    for name, value in raw.items():
        assert name in extra
        assert isinstance(value, dict) or extra[name] == value
    warned = any("additional fields" in warning for warning in built.warnings)
    claude = spec.model_id.startswith("anthropic.")
    numbers = {"temperature", "top_p", "top_k"} & raw.keys()
    thinking = extra.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if REFUSES_SAMPLING.match(spec.model_id) and numbers:
        assert warned
    if ONE_OF_TWO.match(spec.model_id) and len({"temperature", "top_p"} & raw.keys()) == 2:
        assert warned
    elif ONE_OF_TWO.match(spec.model_id) and {"temperature", "top_p"} & raw.keys():
        assert not {"temperature", "topP"} & (config.keys() - {"topP" if "top_p" in raw else "temperature"})
    reasons = claude and not NOT_ASKED_TO_REASON.match(spec.model_id)
    if reasons and kind in {"enabled", "adaptive"} and "thinking" in raw:
        assert not {"temperature", "topP"} & config.keys()
        assert warned or not numbers
    if reasons and kind == "enabled" and "thinking" in raw:
        assert warned or 1024 <= thinking["budget_tokens"] < config.get("maxTokens", 10**6)
        assert warned or not {"any", "tool"} & sent.get("toolConfig", {}).get("toolChoice", {}).keys()
    if NOT_ASKED_TO_REASON.match(spec.model_id) and REASONING_KEYS & raw.keys():
        assert warned
    if (
        claude
        and spec.reasoning
        and spec.reasoning.kind != "none"
        and raw.get("output_config") == {"effort": "silly"}
    ):
        assert warned or not spec.reasoning.effort_levels


PLACES: dict[str, Callable[[Any], Any]] = {
    "temperature": lambda sent: sent.get("inferenceConfig", {}).get("temperature"),
    "top_p": lambda sent: sent.get("inferenceConfig", {}).get("topP"),
    "max_tokens": lambda sent: sent.get("inferenceConfig", {}).get("maxTokens"),
    "stop": lambda sent: tuple(sent.get("inferenceConfig", {}).get("stopSequences", ())),
    "service_tier": lambda sent: sent.get("serviceTier", {}).get("type"),
    "latency": lambda sent: sent.get("performanceConfig", {}).get("latency"),
}
"""Where a setting stands in the request as it was set; all others are translated."""


@patient
@given(variants, inputs)
def test_every_difference_is_explained(variant: Variant, asked: Inputs) -> None:
    built, sent, _ = build(variant, asked)
    told = {adjustment.parameter for adjustment in built.adjustments}
    for name in (field.name for field in fields(Variant) if field.name not in {"model", "system"}):
        value = getattr(variant, name)
        if value in (None, ()):
            continue
        if name == "guardrail":
            as_set = "guardrailConfig" in sent
        else:
            as_set = name in PLACES and PLACES[name](sent) == value
        assert as_set or name in told, name
    system = variant.system if variant.system is not None else asked.system
    assert not system or "system" in told or sent["system"][0]["text"] == system
    for adjustment in built.adjustments:
        assert adjustment.reason.endswith(".")
        if adjustment.action == "dropped":
            assert adjustment.sent is None
            assert adjustment.given is not None
        else:
            assert adjustment.sent is not None
        if adjustment.action == "clamped":
            assert adjustment.sent != adjustment.given


@patient
@given(model_ids, words)
def test_what_is_unset_is_not_sent(model_id: str, prompt: str) -> None:
    built, sent, _ = build(Variant(model=model_id), Inputs(prompt))
    assert sent == {"modelId": model_id, "messages": [{"role": "user", "content": [{"text": prompt}]}]}
    assert built.adjustments == ()


@patient
@given(st.sampled_from([*MODELS]))
def test_zero_is_a_value(model_id: str) -> None:
    built, sent, _ = build(Variant(model=model_id, temperature=0), Inputs("x"))
    dropped = [adjustment for adjustment in built.adjustments if adjustment.parameter == "temperature"]
    assert sent.get("inferenceConfig", {}).get("temperature", "absent") == ("absent" if dropped else 0)


@patient
@given(variants, inputs, model_ids)
def test_going_to_another_model_and_back_restores_everything(
    variant: Variant, asked: Inputs, other: str
) -> None:
    before = build(variant, asked)
    away = replace(variant, model=other)
    build(away, asked)
    assert build(replace(away, model=variant.model), asked) == before


@patient
@given(variants, inputs)
def test_what_is_shown_is_what_is_sent(variant: Variant, asked: Inputs) -> None:
    built, sent, _ = build(variant, asked)
    shown = request_as_json(built.request)
    assert without_bytes(shown) == without_bytes(sent)


def without_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "…" if key == "bytes" else without_bytes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_bytes(item) for item in value]
    return value
