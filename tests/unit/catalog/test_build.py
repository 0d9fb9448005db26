"""The request that settings make, family by family, and what is told of each change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.catalog.build import build_request, request_as_json
from bedrock_playground.catalog.models import ModelSpec, Profile, Provenance
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models, snapshot_date
from bedrock_playground.catalog.variant import (
    BuiltRequest,
    Inputs,
    ToolDefinition,
    Variant,
    escaped,
    unescaped,
)
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.values import DocumentBlock, Guardrail, ImageBlock

MODELS = load_models()
SONNET_4, HAIKU_45 = "anthropic.claude-sonnet-4-20250514-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"
OPUS_48, OPUS_5 = "anthropic.claude-opus-4-8", "anthropic.claude-opus-5"
SONNET_55, OPUS_55 = "anthropic.claude-sonnet-5-5", "anthropic.claude-opus-5-5"
NOVA, NOVA_2 = "amazon.nova-pro-v1:0", "amazon.nova-2-lite-v1:0"
GPT, GPT_OSS, R1 = "openai.gpt-6-sol", "openai.gpt-oss-120b-1:0", "deepseek.r1-v1:0"
LOCAL = "local.smollm2-135m-instruct-v1:0"
PROMPT = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ"


def build(model_id: str, inputs: Inputs | None = None, **settings: Any) -> BuiltRequest:
    variant = Variant(model=model_id, **settings)
    return build_request(variant, inputs or Inputs("Hello"), resolve(model_id, MODELS))


def extra(built: BuiltRequest) -> Mapping[str, Any] | None:
    return built.request.parameters.additional_model_request_fields


def told(built: BuiltRequest) -> list[tuple[str, str, Any, Any]]:
    return [(one.parameter, one.action, one.given, one.sent) for one in built.adjustments]


@pytest.mark.parametrize(
    ("model_id", "settings", "sent"),
    [
        (SONNET_4, {"reasoning": "off"}, ({"thinking": {"type": "disabled"}}, None)),
        (
            SONNET_4,
            {"reasoning": "on", "thinking_budget": 4096},
            ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, None),
        ),
        (
            SONNET_4,
            {"thinking_budget": 2048},
            ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, None),
        ),
        (SONNET_4, {"reasoning": "on"}, ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, None)),
        (OPUS_48, {"reasoning": "on"}, ({"thinking": {"type": "adaptive"}}, None)),
        (
            OPUS_48,
            {"reasoning": "off", "effort": "max"},
            ({"thinking": {"type": "disabled"}}, {"effort": "high"}),
        ),
        (OPUS_48, {"effort": "xhigh"}, (None, {"effort": "xhigh"})),
        (SONNET_55, {"reasoning": "off"}, ({"thinking": {"type": "between_tools"}}, None)),
        (OPUS_55, {"reasoning": "off", "effort": "low"}, (None, {"effort": "low"})),
        (
            NOVA_2,
            {"effort": "low"},
            ({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, None),
        ),
        (
            NOVA_2,
            {"reasoning": "on"},
            ({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}, None),
        ),
        (NOVA_2, {"reasoning": "off", "effort": "low"}, ({"reasoningConfig": {"type": "disabled"}}, None)),
        ("deepseek.v3.2", {"reasoning": "on"}, ({"reasoning_effort": "high"}, None)),
        ("deepseek.v3.2", {"reasoning": "off"}, ({"reasoning_effort": "none"}, None)),
        ("zai.glm-4.7", {"effort": "high"}, ({"reasoning_effort": "high"}, None)),
        ("zai.glm-5.3", {"effort": "max"}, ({"reasoning_effort": "max"}, None)),
        ("qwen.qwen3-32b-v1:0", {"reasoning": "on"}, ({"reasoning_config": "high"}, None)),
        ("qwen.qwen3-32b-v1:0", {"reasoning": "off"}, ({"reasoning_config": "none"}, None)),
        (GPT_OSS, {"effort": "low", "reasoning": "off"}, ({"reasoning_effort": "low"}, None)),
        (GPT, {"effort": "high"}, ({"reasoning": {"effort": "high"}}, None)),
        (GPT, {"reasoning": "off"}, ({"reasoning": {"effort": "none"}}, None)),
        ("openai.gpt-6-astra", {"reasoning": "off"}, (None, None)),
        ("xai.grok-4.6", {"effort": "xhigh"}, ({"reasoning": {"effort": "xhigh"}}, None)),
        (R1, {"reasoning": "off", "effort": "high"}, (None, None)),
        (NOVA, {"reasoning": "on", "thinking_budget": 2048, "effort": "high"}, (None, None)),
        (NOVA, {"top_k": 0}, ({"inferenceConfig": {"topK": 0}}, None)),
        (SONNET_4, {"top_k": 40}, ({"top_k": 40}, None)),
        (LOCAL, {"top_k": 501}, ({"top_k": 500}, None)),
        (LOCAL, {"top_k": 0}, ({"top_k": 1}, None)),
    ],
)
def test_each_family_is_told_in_its_own_way(
    model_id: str, settings: dict[str, Any], sent: tuple[Any, Any]
) -> None:
    built = build(model_id, **settings)
    assert (extra(built), built.request.output_config) == sent
    assert {one.parameter for one in built.adjustments} >= set(settings), "each is translated or dropped"


def test_what_is_sent_as_it_was_set_is_not_told_of() -> None:
    built = build(NOVA, temperature=0, top_p=1.0, max_tokens=10, stop=("END",), service_tier="flex")
    sent = built.request.parameters
    assert (sent.temperature, sent.top_p, sent.max_tokens, sent.stop_sequences) == (0, 1.0, 10, ("END",))
    assert built.request.service_tier == "flex"
    assert built.adjustments == ()


def test_values_are_brought_into_range() -> None:
    built = build(NOVA, temperature=1.5, top_p=-0.1, max_tokens=20_000)
    assert told(built) == [
        ("temperature", "clamped", 1.5, 1.0),
        ("top_p", "clamped", -0.1, 0.0),
        ("max_tokens", "clamped", 20_000, 10_000),
    ]
    assert isinstance(built.request.parameters.max_tokens, int)


def test_what_is_no_number_is_dropped() -> None:
    built = build(NOVA, temperature=float("nan"))
    assert told(built) == [("temperature", "dropped", "nan", None)]


def test_of_temperature_and_top_p_temperature_is_sent() -> None:
    built = build(HAIKU_45, temperature=0.0, top_p=0.5)
    assert built.request.parameters.temperature == 0.0
    assert told(built) == [("top_p", "dropped", 0.5, None)]


def test_a_budget_stays_below_max_tokens() -> None:
    built = build(SONNET_4, thinking_budget=5000, max_tokens=2000)
    assert extra(built) == {"thinking": {"type": "enabled", "budget_tokens": 1999}}
    assert ("thinking_budget", "clamped", 5000, 1999) in told(built)
    small = build(SONNET_4, thinking_budget=10)
    assert ("thinking_budget", "clamped", 10, 1024) in told(small)
    tight = build(SONNET_4, thinking_budget=5000, reasoning="on", max_tokens=1000, temperature=0.5)
    assert extra(tight) is None
    assert told(tight) == [("reasoning", "dropped", "on", None), ("thinking_budget", "dropped", 5000, None)]
    assert tight.request.parameters.temperature == 0.5


def test_reasoning_without_a_budget_gets_the_smallest_and_says_so() -> None:
    built = build(SONNET_4, reasoning="on")
    assert ("thinking_budget", "added", None, 1024) in told(built)
    assert ("max_tokens", "added", None, 5120) in told(built)
    assert built.request.parameters.max_tokens == 5120
    assert build(SONNET_4, thinking_budget=63_000).request.parameters.max_tokens == 64_000
    assert build(SONNET_4, thinking_budget=63_000, max_tokens=63_500).request.parameters.max_tokens == 63_500
    assert build(OPUS_48, reasoning="on").request.parameters.max_tokens is None
    assert any("about 4,096 tokens" in text for text in build(OPUS_48, reasoning="on").warnings)
    assert build(OPUS_48, reasoning="on", max_tokens=9).warnings == build(OPUS_48).warnings
    assert ("effort", "added", None, "medium") in told(build(NOVA_2, reasoning="on"))


def test_stop_sequences() -> None:
    built = build(SONNET_4, stop=("\\n", "a\\nb", "", "END", "END"))
    assert built.request.parameters.stop_sequences == ("a\nb", "END")
    assert told(built) == [
        ("stop", "dropped", "\\n", None),
        ("stop", "translated", "a\\nb", "a\nb"),
        ("stop", "dropped", "", None),
        ("stop", "dropped", "END", None),
    ]
    assert build(NOVA, stop=("\\n\\t",)).request.parameters.stop_sequences == ("\n\t",)
    titan = build("amazon.titan-text-lite-v1", stop=("END", "User:", "|"))
    assert titan.request.parameters.stop_sequences == ("User:",)
    many = build("mistral.mistral-large-2402-v1:0", stop=tuple(str(number) for number in range(12)))
    assert len(many.request.parameters.stop_sequences or ()) == 10
    assert unescaped(escaped("a\n\tb")) == "a\n\tb"


def test_whose_system_prompt() -> None:
    shared = Inputs("x", system="shared")
    assert build(NOVA, shared).request.system == "shared"
    assert build(NOVA, shared, system="own").request.system == "own"
    assert build(NOVA, shared, system="").request.system is None
    titan = build("amazon.titan-text-lite-v1", shared)
    assert titan.request.system is None
    assert told(titan) == [("system", "dropped", "shared", None)]
    assert titan.refusals == ()


def test_cache_points_stand_behind_system_prompt_and_prompt() -> None:
    built = build(HAIKU_45, Inputs("x", system="be"), cache_ttl="1h")
    sent = converse_arguments(built.request)
    assert sent["system"] == [{"text": "be"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert sent["messages"][0]["content"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    nova = build(NOVA, cache_ttl="1h")
    assert nova.request.system_cache_ttl is None
    assert converse_arguments(nova.request)["messages"][0]["content"][-1] == {
        "cachePoint": {"type": "default"}
    }
    assert ("cache_ttl", "clamped", "1h", "5m") in told(nova)
    assert ("cache_ttl", "translated", "1h", "cachePoint") in told(nova)
    assert ("cache_ttl", "translated", "1h", "cachePoint with ttl 1h") in told(built)
    assert told(build(LOCAL, cache_ttl="5m")) == [("cache_ttl", "dropped", "5m", None)]


def test_raw_fields_are_laid_over_what_the_settings_make() -> None:
    built = build(NOVA, top_k=40, additional_fields='{"inferenceConfig": {"topK": 5, "x": 0}, "y": null}')
    assert extra(built) == {"inferenceConfig": {"topK": 5, "x": 0}, "y": None}
    assert built.warnings == ("The additional fields replace inferenceConfig.topK, which a setting made.",)
    same = build(NOVA, top_k=40, additional_fields='{"inferenceConfig": {"topK": 40}}')
    assert same.warnings == ()
    assert extra(build(NOVA, additional_fields="  ")) is None


def test_a_raw_field_that_is_there_twice_is_refused() -> None:
    built = build(SONNET_4, additional_fields='{"thinking": {"type": "enabled", "type": "disabled"}}')
    assert built.refusals == (
        "The additional fields cannot be used: 'type' is there twice. Mend them, or empty the field.",
    )


def test_controls_give_way_to_raw_fields_and_what_they_break_is_told() -> None:
    def warned(built: BuiltRequest) -> str:
        return " ".join(built.warnings)

    two = build(HAIKU_45, temperature=0.5, additional_fields='{"top_p": 0.9}')
    assert two.request.parameters.temperature is None
    assert "top-p is in use" in two.adjustments[0].reason

    thinking = '{"thinking": {"type": "enabled", "budget_tokens": 100}}'
    small = build(HAIKU_45, temperature=0.5, max_tokens=50, additional_fields=thinking)
    assert small.request.parameters.temperature is None
    assert "below 1,024 tokens" in warned(small)
    assert "must be below max tokens, which are 50" in warned(small)
    above = build(HAIKU_45, additional_fields=thinking.replace("100", "8000"))
    assert above.request.parameters.max_tokens == 8000 + 4096
    assert "additional fields" not in warned(above)
    assert "about 4,096 tokens" not in warned(above), "max tokens are sent after all"

    assert "set temperature. Claude Opus 5.5 refuses" in warned(
        build(OPUS_55, additional_fields='{"temperature": 0.9}')
    )
    stays = build("local.smollm2-135m-instruct-v1:0", additional_fields=thinking)
    assert "set thinking. The local model does not reason" in warned(stays)
    assert "additional fields" not in warned(build(SONNET_4, additional_fields='{"anthropic_beta": ["x"]}'))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n  "b"}', "not JSON: Expecting ':' delimiter at line 2, column 6"),
        ("[1]", 'must be a JSON object, such as {"name": 1}; this is a list'),
        ("3", "this is a number"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1e999}', "1e999 is too large a number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_raw_fields_that_are_none_are_refused(text: str, words: str) -> None:
    built = build(NOVA, top_k=5, additional_fields=text)
    assert len(built.refusals) == 1
    assert words in built.refusals[0]
    assert extra(built) == {"inferenceConfig": {"topK": 5}}, "nothing else is lost"


def test_a_schema_is_sent_as_a_text() -> None:
    built = build(HAIKU_45, Inputs("x", output_schema=' {"type": "object"} '), effort=None)
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type": "object"}'}}}
    assert built.request.output_config == {"textFormat": form}
    both = build(OPUS_5, Inputs("x", output_schema="{}"), effort="low").request.output_config
    assert both is not None
    assert set(both) == {"textFormat", "effort"}


@pytest.mark.parametrize(
    ("model_id", "inputs", "words"),
    [
        (HAIKU_45, Inputs("x", output_schema='{"type": "objekt"}'), "This is no JSON schema"),
        (HAIKU_45, Inputs("x", output_schema=""), "The schema is not JSON"),
        (NOVA, Inputs("x", output_schema="{}"), "takes no JSON schema"),
        ("amazon.titan-text-lite-v1", Inputs("x", tools=(ToolDefinition("a", "", {}),)), "cannot call tools"),
        (NOVA, Inputs("x", tools=(ToolDefinition("a b", "", {}),)), "cannot be a tool's name"),
        (NOVA, Inputs("x", tools=(ToolDefinition("a", "", "{"),)), "needs a JSON schema"),
        (NOVA, Inputs("x", tools=(ToolDefinition("a", "", {}),) * 2), "Two tools are named 'a'"),
        ("amazon.nova-micro-v1:0", Inputs("x", attachments=(ImageBlock("png", b"1"),)), "takes text only"),
        (GPT_OSS, Inputs("x", attachments=(ImageBlock("png", b"1"),)), "takes no images"),
        (LOCAL, Inputs("x", attachments=(ImageBlock("png", b"1"),)), "takes text only"),
        (LOCAL, Inputs("x", attachments=(DocumentBlock("txt", "a", b"1"),)), "takes text only"),
        (NOVA, Inputs("x", attachments=(ImageBlock("png", b"1"),) * 21), "There are 21 images"),
        (NOVA, Inputs("x", attachments=(ImageBlock("bmp", b"1"),)), "Image 1 is bmp; taken are png, jpeg"),
        (NOVA, Inputs("x", attachments=(ImageBlock("png", b""),)), "Image 1 is empty"),
        (NOVA, Inputs("x", attachments=(ImageBlock("png", b"1" * 3_750_001),)), "at most 3.75 MB"),
        (NOVA, Inputs("x", attachments=(DocumentBlock("pdf", "a", b"1"),) * 6), "There are 6 documents"),
        (NOVA, Inputs("x", attachments=(DocumentBlock("pdf", "a", b"1" * 4_500_001),)), "at most 4.5 MB"),
        (NOVA, Inputs(" ", attachments=(DocumentBlock("pdf", "a", b"1"),)), "A document needs a prompt"),
        ("amazon.titan-embed-text-v2:0", Inputs("x"), "Converse does not serve it"),
        (PROMPT, Inputs("x", system="be"), "A stored prompt brings its own system prompt"),
        ("", Inputs("x"), "No model is chosen"),
    ],
)
def test_what_cannot_be_asked_is_refused(model_id: str, inputs: Inputs, words: str) -> None:
    built = build(model_id, inputs)
    assert [text for text in built.refusals if words in text], built.refusals


def test_at_the_limits_nothing_is_refused() -> None:
    images = (ImageBlock("png", b"1" * 3_750_000),) * 20
    documents = tuple(DocumentBlock("pdf", f"d{number}", b"1" * 4_500_000) for number in range(5))
    built = build(NOVA, Inputs("x", attachments=(*images, *documents)))
    assert (built.refusals, built.adjustments) == ((), ())
    shown = json.dumps(request_as_json(built.request))
    assert "<3,750,000 bytes>" in shown
    assert len(shown) < 3000


def test_documents_are_refused_on_aws_s_word_alone() -> None:
    asked = Inputs("x", attachments=(DocumentBlock("pdf", "a", b"1"),))
    spec = ModelSpec(model_id=NOVA, name="Nova", provider="Amazon", input_modalities=("text", "image"))
    for source, refused in (("AWS, Bedrock user guide", True), ("somebody", False)):
        told_of = replace(spec, provenance={"input_modalities": Provenance(source, snapshot_date())})
        built = build_request(Variant(model=NOVA), asked, resolve(NOVA, {NOVA: told_of}))
        assert bool(built.refusals) is refused
        assert any("Nobody has verified" in text for text in built.warnings) is not refused


def test_documents_get_names_that_converse_takes() -> None:
    names = ["report.v2_final.pdf", "report v2 final pdf", "(a) [b]-c", "…"]
    built = build(NOVA, Inputs("x", attachments=tuple(DocumentBlock("pdf", name, b"1") for name in names)))
    sent = [block.name for block in built.request.messages[0].content if isinstance(block, DocumentBlock)]
    assert sent == ["report v2 final pdf", "report v2 final pdf (2)", "(a) [b]-c", "Document"]
    assert [one.given for one in built.adjustments] == [names[0], names[1], names[3]]


TOOLS = (ToolDefinition("add", "Adds.", {"type": "object"}), ToolDefinition("sub", " ", {"type": "object"}))


def test_tools_go_into_tool_config() -> None:
    built = build(HAIKU_45, Inputs("x", tools=TOOLS))
    schema = {"inputSchema": {"json": {"type": "object"}}}
    assert built.request.tool_config == {
        "tools": [
            {"toolSpec": {"name": "add", "description": "Adds.", **schema}},
            {"toolSpec": {"name": "sub", **schema}},
        ]
    }


@pytest.mark.parametrize(
    ("model_id", "choice", "sent"),
    [
        (HAIKU_45, "auto", {"auto": {}}),
        (HAIKU_45, "any", {"any": {}}),
        (HAIKU_45, "sub", {"tool": {"name": "sub"}}),
        (HAIKU_45, "mul", None),
        (OPUS_55, "any", None),
        (OPUS_55, "auto", {"auto": {}}),
        ("deepseek.v3.2", "auto", None),
        (NOVA, "any", {"any": {}}),
    ],
)
def test_tool_choice(model_id: str, choice: str, sent: dict[str, Any] | None) -> None:
    built = build(model_id, Inputs("x", tools=TOOLS, tool_choice=choice))
    assert built.request.tool_config is not None
    assert built.request.tool_config.get("toolChoice") == sent
    assert [one.parameter for one in built.adjustments] == ([] if sent else ["tool_choice"])


def test_a_tool_cannot_be_forced_while_a_budget_is_spent() -> None:
    asked = Inputs("x", tools=TOOLS, tool_choice="any")
    built = build(SONNET_4, asked, reasoning="on", thinking_budget=1024)
    assert "toolChoice" not in (built.request.tool_config or {})
    assert ("tool_choice", "dropped", "any", None) in told(built)
    older = build("us.anthropic.claude-sonnet-4-6", asked, reasoning="on")
    assert "toolChoice" not in (older.request.tool_config or {})
    assert ("tool_choice", "dropped", "any", None) in told(older)
    assert (build("us.anthropic.claude-sonnet-4-6", asked).request.tool_config or {})["toolChoice"] == {
        "any": {}
    }
    adaptive = build(OPUS_5, asked)
    assert (adaptive.request.tool_config or {})["toolChoice"] == {"any": {}}
    assert any("answers without thinking" in text for text in adaptive.warnings)


def test_a_guardrail_goes_along_but_not_to_the_local_model() -> None:
    guardrail = Guardrail("abc", "1")
    assert build(NOVA, guardrail=guardrail).request.guardrail == guardrail
    assert told(build(LOCAL, guardrail=guardrail)) == [("guardrail", "dropped", "abc", None)]


def test_a_stored_prompt_takes_nothing_but_the_message() -> None:
    built = build(PROMPT, temperature=0.5, max_tokens=5, stop=("a",), top_k=1, additional_fields='{"a": 1}')
    sent = converse_arguments(built.request)
    assert set(sent) == {"modelId", "messages"}
    assert {one.action for one in built.adjustments} == {"dropped"}
    assert built.refusals == ()


def test_service_tiers_and_latency_where_offered() -> None:
    built = build(NOVA, service_tier="reserved", latency="optimized")
    assert built.request.service_tier is None
    assert built.request.performance_latency == "optimized"
    assert told(built) == [("service_tier", "dropped", "reserved", None)]
    assert told(build(GPT_OSS, latency="optimized")) == [("latency", "dropped", "optimized", None)]


def test_warnings_about_the_id() -> None:
    assert any("only by an inference profile" in text for text in build(HAIKU_45).warnings)
    assert build(f"us.{HAIKU_45}").warnings == ()
    assert any("nothing is known of what it takes" in text for text in build("some.model-v1:0").warnings)
    note = Provenance("somebody", snapshot_date(), "Only elsewhere.")
    spec = ModelSpec(
        model_id="amazon.nova-lite-v1:0",
        name="Nova Lite",
        provider="Amazon",
        on_demand=False,
        lifecycle="end_of_life",
        provenance={"on_demand": note},
    )
    resolution = resolve(spec.model_id, {spec.model_id: spec})
    warnings = build_request(Variant(model=spec.model_id), Inputs("x"), resolution).warnings
    assert any("no inference profile is known. Only elsewhere." in text for text in warnings)
    assert any("has reached its end of life" in text for text in warnings)
    reachable = replace(spec, profiles=(Profile("us.amazon.nova-lite-v1:0", "geographic", "us"),))
    resolution = resolve(spec.model_id, {spec.model_id: reachable})
    warnings = build_request(Variant(model=spec.model_id), Inputs("x"), resolution).warnings
    assert any("such as us.amazon.nova-lite-v1:0" in text for text in warnings)
