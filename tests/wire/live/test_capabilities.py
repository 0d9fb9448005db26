"""What models can do beyond text, the whole way: settings, rules, request, wire, result, what a page is told.

Over real boto3 against the local endpoint's test-only models, and in earnest on the real local model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.connection import local_connection
from bedrock_playground.invocation import BedrockInvoker, Comparison, LaneRun, RetryPolicy, RunState
from bedrock_playground.invocation.tool_calls import result_block
from bedrock_playground.invocation.values import Guardrail, ImageBlock
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.settings import load_settings
from components.live.outputs import answer_outputs, figures

LOCAL = "local.smollm2-135m-instruct-v1:0"
_PROFILES = "arn:aws:bedrock:local:000000000000:application-inference-profile/"
# Application profiles, which stand for real models: so that those models' rules make the requests.
ONE_SAMPLER = f"{_PROFILES}test-one-sampler"
EFFORT = f"{_PROFILES}test-effort"
FREE = "local.test-free-v1:0"
# A few tokens, whatever is drawn: a slow machine has them soon.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"salty": {"type": "boolean"}, "deep": {"type": "boolean"}},
    "required": ["salty", "deep"],
    "additionalProperties": False,
}
WEATHER = ToolDefinition(
    name="get_weather",
    description="Tells the weather.",
    input_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest.fixture(scope="module")
def ask(local_endpoint: EndpointStatus) -> Any:
    connection = local_connection(load_settings(), local_endpoint)
    assert connection is not None
    catalogue: Catalogue = discover(connection.config)
    invoker = BedrockInvoker(config=connection.config, retry=RetryPolicy())

    def run(inputs: Inputs, *variants: Variant, **changes: Any) -> Comparison:
        built = [build_request(variant, inputs, catalogue.resolve(variant.model)) for variant in variants]
        assert [one.refusals for one in built] == [()] * len(variants)
        comparison = Comparison(invoker, region="local", endpoint="local")
        comparison.start([replace(one.request, **changes) for one in built])
        assert comparison.wait(60)
        return comparison

    return run


def last(comparison: Comparison, letter: str = "A") -> LaneRun:
    run = comparison.lane(letter).runs[-1]
    assert run.result is not None
    assert run.state is RunState.COMPLETED, run.result.error
    return run


def told(run: LaneRun, name: str) -> Mapping[str, Any]:
    found: Any = answer_outputs(run)[name]
    return found  # type: ignore[no-any-return]


def test_the_local_model_answers_in_json_that_follows_the_schema(ask: Any) -> None:
    inputs = Inputs(prompt="Is the sea salty, and is it deep?", output_schema=json.dumps(SCHEMA))
    run = last(ask(inputs, Variant(model=LOCAL, temperature=0.0, max_tokens=80)))
    checked = told(run, "json")
    assert checked["valid"] is True, run.text
    kind, members, more = checked["tree"]
    assert (kind, [name for name, _ in members], more) == ("o", ["salty", "deep"], 0)


def test_a_json_answer_that_was_cut_off_is_said_to_be_invalid(ask: Any) -> None:
    inputs = Inputs(prompt="Is it?", output_schema=json.dumps(SCHEMA))
    run = last(ask(inputs, Variant(model=LOCAL, temperature=0.0, max_tokens=3)))
    checked = told(run, "json")
    assert checked["valid"] is False
    # Which three tokens it draws is the model's: a bracket, or only the space before one.
    expected = "not JSON" if run.text.strip() else "max tokens ended it before the first word"
    assert expected in checked["problems"][0][1]


def test_tools_are_called_and_answered_until_the_lane_ends_its_turn(ask: Any) -> None:
    inputs = Inputs(prompt="Weather in Oslo?", tools=(WEATHER,), tool_choice="get_weather")
    comparison = ask(inputs, Variant(model=FREE, max_tokens=200), Variant(model=ONE_SAMPLER, max_tokens=200))
    for letter in "AB":
        (call,) = comparison.pending_calls(letter)
        assert call.name == "get_weather"
        assert told(last(comparison, letter), "tools")[0]["input"][1][0][0] == "city"  # type: ignore[index]
        comparison.answer_calls(letter, [result_block(call.tool_use_id, '{"celsius": 3}')])
    assert comparison.wait(60)
    for letter in "AB":
        run = last(comparison, letter)
        assert "The tool get_weather answered" in run.text
        assert run.result is not None
        assert run.result.stop_reason == "end_turn"


def test_reasoning_has_its_own_text_and_time_and_survives_a_tool_turn(ask: Any) -> None:
    inputs = Inputs(prompt="Weather in Oslo?", tools=(WEATHER,))
    thinking = Variant(model=ONE_SAMPLER, reasoning="on", thinking_budget=1024, max_tokens=2000)
    comparison = ask(inputs, thinking, Variant(model=EFFORT, reasoning="on", effort="high", max_tokens=2000))
    for letter in "AB":
        run = last(comparison, letter)
        assert run.reasoning
        assert run.reasoning not in run.text
        assert figures(run)["rtime"] > 0  # type: ignore[operator]
        assert "rtokens" not in figures(run), "nobody told: n/a, not 0"
        (call,) = comparison.pending_calls(letter)
        # The endpoint refuses reasoning that comes back without its signature.
        comparison.answer_calls(letter, [result_block(call.tool_use_id, "3 degrees")])
    assert comparison.wait(60)
    assert all("answered: 3 degrees" in last(comparison, letter).text for letter in "AB")


def test_a_second_run_reads_from_the_cache_what_the_first_wrote(ask: Any) -> None:
    words = " ".join(f"word{number}" for number in range(5000))
    inputs = Inputs(prompt="Again?", system=words)
    variant = Variant(model=ONE_SAMPLER, max_tokens=50, cache_ttl="1h")
    comparison = ask(inputs, variant)
    first = figures(last(comparison))
    assert first["cacheWrite"] == first["cacheWrite1h"]
    assert first["cacheWrite"] > 0  # type: ignore[operator]
    assert first["cacheRead"] == 0
    comparison.rerun("A")
    assert comparison.wait(60)
    assert figures(last(comparison))["cacheRead"] == first["cacheWrite"]


def test_the_echoed_tier_and_latency_stand_beside_the_requested(ask: Any) -> None:
    inputs = Inputs(prompt="Hello")
    run = last(ask(inputs, Variant(model=FREE, max_tokens=50, service_tier="reserved")))
    assert figures(run)["tier"] == ["reserved", "default"]
    # No model here is known to be offered with it, so the rules would leave it out.
    run = last(ask(inputs, Variant(model=FREE, max_tokens=50), performance_latency="optimized"))
    assert figures(run)["latencyMode"] == ["optimized", "optimized"]
    assert "tier" not in figures(run), "nobody asked and nobody told"


@pytest.mark.parametrize(("prompt", "side"), [("forbiddenword", "input"), ("forbiddenanswer", "output")])
def test_a_guardrail_tells_in_words_what_it_did(ask: Any, prompt: str, side: str) -> None:
    guarded = Variant(model=FREE, max_tokens=80, guardrail=Guardrail("testguardrail", "1"))
    run = last(ask(Inputs(prompt=f"Say {prompt}"), guarded))
    assert run.result is not None
    assert run.result.stop_reason == "guardrail_intervened"
    assert any(
        sentence.startswith(f"On the {side}: Word filter") and sentence.endswith("blocked.")
        for sentence in told(run, "guardrail")["words"]
    ), told(run, "guardrail")["words"]


def test_images_arrive_beside_the_prompt(ask: Any) -> None:
    image = ImageBlock("png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    inputs = Inputs(prompt="What is it?", attachments=(image, image))
    assert "2 images" in last(ask(inputs, Variant(model=FREE, max_tokens=100))).text
