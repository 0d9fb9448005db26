"""What each family takes, by table: state, range, path and reason of every control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from bedrock_playground.catalog.models import ModelSpec, Reasoning
from bedrock_playground.catalog.resolution import Resolution, resolve
from bedrock_playground.catalog.rules import ControlState, Rule, rules_for
from bedrock_playground.catalog.rules.families import FAMILIES, family_of
from bedrock_playground.catalog.rules.turns import turn_refusals
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.values import Message
from bedrock_playground.local.llama import LlamaOptions

FREE, ONLY, NO, CONFLICT = (
    ControlState.FREE,
    ControlState.DEFAULT_ONLY,
    ControlState.REJECTED,
    ControlState.CONFLICTS,
)
AMRF = "additionalModelRequestFields"
HAIKU_45 = "anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET_4 = "anthropic.claude-sonnet-4-20250514-v1:0"
OPUS_46, OPUS_48, OPUS_5 = (
    "anthropic.claude-opus-4-6-v1",
    "anthropic.claude-opus-4-8",
    "anthropic.claude-opus-5",
)
OPUS_55 = "anthropic.claude-opus-5-5"
SONNET_55 = "anthropic.claude-sonnet-5-5"
NOVA, NOVA_2 = "amazon.nova-pro-v1:0", "amazon.nova-2-lite-v1:0"
LLAMA, GPT_OSS, GPT = "meta.llama3-3-70b-instruct-v1:0", "openai.gpt-oss-120b-1:0", "openai.gpt-6-sol"
LOCAL = "local.smollm2-135m-instruct-v1:0"
ROUTER = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1"
PROMPT = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ"
APPLICATION = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"


COMMAND_R = "cohere.command-r-plus-v1:0"
# The table also holds what the snapshot's sources have dropped.
MODELS = {COMMAND_R: ModelSpec(model_id=COMMAND_R, name="Command R+", provider="Cohere"), **load_models()}


def resolved(model_id: str, behind: Mapping[str, list[str]] | None = None) -> Resolution:
    return resolve(model_id, MODELS, behind=behind)


def rules(model_id: str, inputs: Inputs | None = None, **settings: Any) -> Mapping[str, Rule]:
    variant = Variant(model=model_id, **settings)
    return rules_for(resolved(model_id), variant=variant, inputs=inputs)


CONTROLS = ("temperature", "top_p", "top_k", "reasoning", "thinking_budget", "effort")
TABLE: list[tuple[Any, ...]] = [
    # a model, and the states of CONTROLS
    (NOVA, FREE, FREE, FREE, NO, NO, NO),
    (NOVA_2, FREE, FREE, FREE, FREE, NO, FREE),
    ("amazon.titan-text-express-v1", FREE, FREE, NO, NO, NO, NO),
    ("anthropic.claude-3-5-haiku-20241022-v1:0", FREE, FREE, FREE, NO, NO, NO),
    ("anthropic.claude-3-7-sonnet-20250219-v1:0", FREE, FREE, FREE, FREE, FREE, NO),
    (SONNET_4, FREE, FREE, FREE, FREE, FREE, NO),
    ("anthropic.claude-opus-4-1-20250805-v1:0", FREE, FREE, FREE, FREE, FREE, NO),
    (HAIKU_45, FREE, FREE, FREE, FREE, FREE, NO),
    ("anthropic.claude-opus-4-5-20251101-v1:0", FREE, FREE, FREE, FREE, FREE, FREE),
    (OPUS_46, FREE, FREE, FREE, FREE, ONLY, FREE),
    ("anthropic.claude-opus-4-7", NO, NO, NO, FREE, NO, FREE),
    (OPUS_48, NO, NO, NO, FREE, NO, FREE),
    (OPUS_5, NO, NO, NO, FREE, NO, FREE),
    ("anthropic.claude-sonnet-5", NO, NO, NO, FREE, NO, FREE),
    ("anthropic.claude-haiku-5-5", NO, NO, NO, FREE, NO, FREE),
    (SONNET_55, NO, NO, NO, FREE, NO, FREE),
    (OPUS_55, NO, NO, NO, ONLY, NO, FREE),
    ("anthropic.claude-fable-5", NO, NO, NO, ONLY, NO, FREE),
    (LLAMA, FREE, FREE, NO, NO, NO, NO),
    ("meta.llama4-scout-17b-instruct-v1:0", FREE, FREE, NO, NO, NO, NO),
    ("mistral.mistral-7b-instruct-v0:2", FREE, FREE, FREE, NO, NO, NO),
    ("mistral.mistral-large-3-675b-instruct", FREE, FREE, ONLY, NO, NO, NO),
    ("mistral.magistral-small-2509", FREE, FREE, ONLY, ONLY, NO, NO),
    (COMMAND_R, FREE, FREE, ONLY, NO, NO, NO),
    ("ai21.jamba-1-5-large-v1:0", FREE, FREE, NO, NO, NO, NO),
    ("deepseek.r1-v1:0", FREE, FREE, NO, ONLY, NO, NO),
    ("deepseek.v3.2", FREE, FREE, NO, FREE, NO, FREE),
    ("qwen.qwen3-32b-v1:0", FREE, FREE, ONLY, FREE, NO, FREE),
    (GPT_OSS, FREE, FREE, NO, ONLY, NO, FREE),
    (GPT, NO, NO, NO, FREE, NO, FREE),
    ("openai.gpt-6-astra", NO, NO, NO, ONLY, NO, FREE),
    ("writer.palmyra-x5-v1:0", FREE, FREE, NO, ONLY, ONLY, ONLY),
    ("google.gemma-3-27b-it", FREE, FREE, ONLY, NO, NO, NO),
    ("google.gemma-4-31b", FREE, FREE, ONLY, FREE, NO, FREE),
    ("zai.glm-4.7", FREE, FREE, ONLY, FREE, NO, FREE),
    ("zai.glm-5.3", FREE, FREE, ONLY, ONLY, NO, FREE),
    ("moonshotai.kimi-k3", NO, NO, NO, ONLY, NO, NO),
    ("minimax.minimax-m2", FREE, FREE, ONLY, ONLY, ONLY, ONLY),
    ("xai.grok-4.6", NO, NO, NO, ONLY, NO, FREE),
    ("xai.grok-4.7", NO, NO, NO, ONLY, NO, FREE),
    (LOCAL, FREE, FREE, FREE, NO, NO, NO),
    # Nobody knows these: conservative.
    (APPLICATION, ONLY, ONLY, ONLY, ONLY, ONLY, ONLY),
    ("anthropic.claude-opus-9", ONLY, ONLY, ONLY, ONLY, ONLY, ONLY),
    ("local.test-free-v1:0", ONLY, ONLY, ONLY, ONLY, ONLY, ONLY),
    (PROMPT, NO, NO, NO, NO, NO, NO),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_what_a_family_takes(row: tuple[Any, ...]) -> None:
    model_id, *states = row
    found = rules(model_id)
    assert {name: found[name].state for name in CONTROLS} == dict(zip(CONTROLS, states, strict=True))


def test_every_text_model_of_the_snapshot_has_a_row() -> None:
    assert [key for key, spec in load_models().items() if spec.answers_in_text and not family_of(key)] == []


def test_every_row_stands_for_a_model_of_the_snapshot() -> None:
    known = {id(family_of(model_id)) for model_id in [*MODELS, LOCAL, "local.fault-paced-v1:0"]}
    assert [family.name for family in FAMILIES if id(family) not in known] == []


@pytest.mark.parametrize("model_id", [*(row[0] for row in TABLE), *load_models()])
def test_every_control_has_a_rule_with_a_reason(model_id: str) -> None:
    found = rules(model_id)
    settings = {field.name for field in fields(Variant)} - {"model"}
    assert settings | {"attachments", "output_schema", "tools", "tool_choice", "turns"} == set(found)
    for name, rule in found.items():
        assert rule.parameter == name
        assert rule.reason.endswith(".")
        assert not rule.usable or rule.path, "what is sent has a place"
        assert "None" not in rule.reason


@pytest.mark.parametrize(
    ("model_id", "parameter", "path"),
    [
        (NOVA, "temperature", "inferenceConfig.temperature"),
        (NOVA, "top_p", "inferenceConfig.topP"),
        (NOVA, "max_tokens", "inferenceConfig.maxTokens"),
        (NOVA, "stop", "inferenceConfig.stopSequences"),
        (NOVA, "top_k", f"{AMRF}.inferenceConfig.topK"),
        (SONNET_4, "top_k", f"{AMRF}.top_k"),
        ("mistral.mixtral-8x7b-instruct-v0:1", "top_k", f"{AMRF}.top_k"),
        (LOCAL, "top_k", f"{AMRF}.top_k"),
        (SONNET_4, "thinking_budget", f"{AMRF}.thinking.budget_tokens"),
        (OPUS_48, "reasoning", f"{AMRF}.thinking"),
        (OPUS_48, "effort", "outputConfig.effort"),
        (NOVA_2, "effort", f"{AMRF}.reasoningConfig.maxReasoningEffort"),
        (GPT_OSS, "effort", f"{AMRF}.reasoning_effort"),
        ("deepseek.v3.2", "effort", f"{AMRF}.reasoning_effort"),
        ("qwen.qwen3-32b-v1:0", "effort", f"{AMRF}.reasoning_config"),
        (GPT, "effort", f"{AMRF}.reasoning.effort"),
        ("xai.grok-4.6", "effort", f"{AMRF}.reasoning.effort"),
    ],
)
def test_where_it_goes(model_id: str, parameter: str, path: str) -> None:
    assert ".".join(rules(model_id)[parameter].path) == path


@pytest.mark.parametrize(
    ("model_id", "parameter", "expected"),
    [
        (NOVA, "temperature", (0, 1, 0.7)),
        (NOVA, "top_p", (0, 1, 0.9)),
        (NOVA, "max_tokens", (1, 10_000, None)),
        (SONNET_4, "temperature", (0, 1, 1)),
        (SONNET_4, "top_p", (0, 1, 0.999)),
        (SONNET_4, "top_k", (0, 500, None)),
        (HAIKU_45, "max_tokens", (1, 64_000, None)),
        (OPUS_5, "max_tokens", (1, 128_000, None)),
        (LLAMA, "temperature", (0, 1, 0.5)),
        (COMMAND_R, "top_p", (0.01, 0.99, 0.75)),
        ("ai21.jamba-1-5-mini-v1:0", "top_p", (0.01, 1, None)),
        (LOCAL, "max_tokens", (1, LlamaOptions().max_output_tokens, None)),
        (LOCAL, "top_k", (1, 500, None)),
        (APPLICATION, "max_tokens", (1, None, None)),
        (SONNET_4, "thinking_budget", (1024, 63_999, None)),
    ],
)
def test_ranges_and_defaults(model_id: str, parameter: str, expected: tuple[float | None, ...]) -> None:
    rule = rules(model_id)[parameter]
    assert (rule.minimum, rule.maximum, rule.default) == expected


@pytest.mark.parametrize("model_id", [HAIKU_45, OPUS_46, "anthropic.claude-sonnet-4-6"])
def test_temperature_or_top_p_but_not_both(model_id: str) -> None:
    neither = rules(model_id)
    assert neither["temperature"].usable
    assert neither["top_p"].usable
    assert "top_p" in neither["temperature"].conflicts_with
    warm = rules(model_id, temperature=0.0)  # 0 is a value, and in use
    assert warm["temperature"].usable
    assert warm["top_p"].state is CONFLICT
    assert "takes temperature or top-p, not both: temperature is in use" in warm["top_p"].reason
    narrow = rules(model_id, top_p=0.5)
    assert narrow["top_p"].usable
    assert narrow["temperature"].state is CONFLICT
    assert "top-p is in use" in narrow["temperature"].reason
    both = rules(model_id, temperature=0.5, top_p=0.5)
    assert (both["temperature"].state, both["top_p"].state) == (FREE, CONFLICT)


def test_older_claude_takes_both() -> None:
    both = rules(SONNET_4, temperature=0.5, top_p=0.5)
    assert both["temperature"].usable
    assert both["top_p"].usable


@pytest.mark.parametrize("settings", [{"reasoning": "on"}, {"thinking_budget": 2048}])
def test_thinking_excludes_sampling_and_forced_tool_choice(settings: dict[str, Any]) -> None:
    found = rules(SONNET_4, **settings)
    for name in ("temperature", "top_p", "top_k"):
        assert found[name].state is CONFLICT
        assert "while it reasons" in found[name].reason
    assert found["tool_choice"].options == ("auto",)
    assert rules(SONNET_4, **settings | {"reasoning": "off"})["temperature"].usable


def test_a_budget_needs_room_below_max_tokens() -> None:
    assert rules(SONNET_4, max_tokens=4096)["thinking_budget"].maximum == 4095
    assert rules(SONNET_4, max_tokens=1025)["reasoning"].usable
    tight = rules(SONNET_4, max_tokens=1024, reasoning="on", temperature=0.5)
    assert tight["reasoning"].state is CONFLICT
    assert tight["thinking_budget"].state is CONFLICT
    assert "Raise max tokens" in tight["thinking_budget"].reason
    assert tight["temperature"].usable, "what cannot reason excludes nothing"


def test_effort_levels() -> None:
    assert rules(OPUS_46)["effort"].options == ("low", "medium", "high", "max")
    assert rules(OPUS_48)["effort"].options == ("low", "medium", "high", "xhigh", "max")
    assert rules(OPUS_5, reasoning="off")["effort"].options == ("low", "medium", "high")
    assert rules(GPT_OSS)["effort"].options == ("low", "medium", "high")
    assert "none" not in rules(GPT)["effort"].options, "that is what reasoning off is for"
    assert rules(GPT, reasoning="off")["effort"].state is CONFLICT


def test_nova_2_at_effort_high_is_warned_of_and_not_blocked() -> None:
    found = rules(NOVA_2, effort="high", temperature=0.5, max_tokens=100)
    assert found["effort"].warning is not None
    assert found["temperature"].usable
    assert found["max_tokens"].usable
    assert rules(NOVA_2, effort="low", max_tokens=100)["effort"].warning is None
    assert rules(NOVA_2, effort="high")["effort"].warning is None, "nothing is set that it may refuse"


def test_nova_at_temperature_0_is_warned_of_and_not_blocked() -> None:
    assert rules(NOVA, temperature=0)["temperature"].warning is not None
    assert rules(NOVA, temperature=0)["temperature"].usable
    assert rules(NOVA, temperature=0.00001)["temperature"].warning is None
    assert rules(NOVA)["temperature"].warning is None


def test_titan_takes_no_system_prompt() -> None:
    found = rules("amazon.titan-text-lite-v1")
    assert found["system"].state is NO
    assert found["tools"].state is NO
    assert found["stop"].options == ("|", "User:")
    assert found["stop"].reason == "One only, and only “|” or “User:”. Titan Text G1 - Lite takes no other."


def test_stop_sequences_are_limited() -> None:
    assert rules("mistral.mistral-7b-instruct-v0:2")["stop"].maximum == 10
    assert rules(NOVA)["stop"].maximum == 2500


def test_who_can_be_made_to_call_a_tool() -> None:
    tools = Inputs("x", tools=(ToolDefinition("add", "", {}),))
    assert rules(HAIKU_45, tools)["tool_choice"].options == ("auto", "any", "tool")
    assert rules(NOVA, tools)["tool_choice"].warning is None
    for model_id in (OPUS_55, SONNET_55):
        assert rules(model_id, tools)["tool_choice"].options == ("auto",)
    assert rules(OPUS_5, tools)["tool_choice"].warning is not None, "forced, it does not think"
    assert rules("deepseek.r1-v1:0", tools)["tool_choice"].state is NO


def test_a_prompt_brings_its_own_settings() -> None:
    found = rules(PROMPT)
    for name in ("temperature", "max_tokens", "stop", "system", "tools", "tool_choice", "additional_fields"):
        assert found[name].state is NO
    assert found["guardrail"].usable


def test_an_application_profile_takes_what_its_model_takes() -> None:
    told = rules_for(resolved(APPLICATION, {APPLICATION: [HAIKU_45]}))
    assert told == rules_for(resolved(HAIKU_45))


def test_behind_a_router_only_what_all_its_models_take() -> None:
    older, newer, refusing = "anthropic.claude-3-5-sonnet-20240620-v1:0", HAIKU_45, OPUS_48
    both = rules_for(resolved(ROUTER, {ROUTER: [older, newer]}), variant=Variant(temperature=0.3))
    assert both["temperature"].usable
    assert both["top_p"].state is CONFLICT
    assert both["reasoning"].state is ONLY
    refused = rules_for(resolved(ROUTER, {ROUTER: [newer, refusing]}))
    assert refused["temperature"].state is NO
    assert refused["temperature"].reason.startswith("Behind this router: ")
    places = rules_for(resolved(ROUTER, {ROUTER: [older, NOVA]}))
    assert places["top_k"].state is ONLY
    assert rules_for(resolved(ROUTER, {ROUTER: [older, "who.knows"]}))["temperature"].state is ONLY
    assert rules_for(resolved(ROUTER))["temperature"].state is ONLY


def test_the_catalogue_s_no_beats_the_table() -> None:
    """A family that reasons may have a member of which the snapshot says that it does not."""
    member = replace(MODELS["qwen.qwen3-32b-v1:0"], reasoning=Reasoning("none"))
    found = rules_for(resolve(member.model_id, {member.model_id: member}))
    assert found["reasoning"].state is NO
    assert "does not reason" in found["effort"].reason


AGREED_TO_DIFFER = {
    # The snapshot's sources know levels of effort; where Converse takes them, nobody has verified.
    "moonshot.kimi-k2-thinking",
    "moonshotai.kimi-k2.5",
    "openai.gpt-5.4",
    "openai.gpt-5.5",
}


def test_table_and_snapshot_agree_on_how_a_model_reasons() -> None:
    differ = set()
    for model_id, spec in load_models().items():
        family, told = family_of(model_id), spec.reasoning
        if family is None or told is None or told.kind in {"none", "always"}:
            continue
        thinking = family.thinking
        can_turn_off = None if thinking is None else thinking.can_turn_off
        if thinking is None or thinking.kind != told.kind or told.can_turn_off not in {None, can_turn_off}:
            differ.add(model_id)
    assert differ == AGREED_TO_DIFFER


def test_only_an_account_has_a_quota_to_reserve() -> None:
    assert "your quota" in rules("amazon.nova-lite-v1:0")["max_tokens"].reason
    assert "your quota" in rules("newco.unheard-of-v1:0")["max_tokens"].reason
    for model_id in (LOCAL, "local.fault-paced-v1:0"):
        assert "quota" not in rules(model_id)["max_tokens"].reason


def test_every_model_is_told_whose_turn_is_first() -> None:
    assert "Nova Pro begins with the user’s turn" in rules(NOVA)["turns"].reason
    for model_id in (*MODELS, ROUTER, PROMPT, APPLICATION, "newco.unheard-of-v1:0"):
        found = rules(model_id)["turns"]
        assert (found.state, found.path) == (FREE, ("messages",))
        assert "begins with the user’s turn" in found.reason


ASKS, ANSWERS = Message.user("Hi"), Message.assistant("Hello")


@pytest.mark.parametrize(
    ("turns", "wrong"),
    [
        ((ASKS,), ()),
        ((ASKS, ANSWERS, ASKS), ()),
        ((), ("first turn",)),
        ((ANSWERS, ASKS), ("first turn",)),
        ((ASKS, ASKS), ("must take turns",)),
        ((ASKS, ANSWERS, ANSWERS, ASKS), ("must take turns",)),
        ((ASKS, ANSWERS), ("last turn",)),
        ((ASKS, ANSWERS, ANSWERS), ("must take turns", "last turn")),
    ],
)
def test_a_conversation_in_another_order_is_refused(
    turns: tuple[Message, ...], wrong: tuple[str, ...]
) -> None:
    said = list(turn_refusals(turns))
    assert len(said) == len(wrong)
    assert all(words in sentence for words, sentence in zip(wrong, said, strict=True))
