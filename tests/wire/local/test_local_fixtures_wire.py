"""The test-only models through real boto3: what the real local model refuses, answered in AWS's shapes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError

FREE = "local.test-free-v1:0"
ONE = "local.test-one-sampler-v1:0"
EFFORT = "local.test-effort-v1:0"
ARN = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-one-sampler"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
FAST: dict[str, Any] = {"fault": {"tokens_per_second": 5000}}
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 12},
        "days": {"type": "integer", "minimum": 3},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "hours": {"type": "array", "items": {"type": "number"}, "minItems": 2},
    },
    "required": ["city", "days"],
}
TOOLS: dict[str, Any] = {
    "tools": [
        {"toolSpec": {"name": "get_time", "inputSchema": {"json": {"type": "object"}}}},
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "The weather",
                "inputSchema": {"json": WEATHER},
            }
        },
    ]
}


def said(*content: dict[str, Any] | str, role: str = "user") -> dict[str, Any]:
    return {
        "role": role,
        "content": [{"text": item} if isinstance(item, str) else item for item in content],
    }


def ask(client: Any, *content: Any, model: Any = FREE, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.converse(
        modelId=model, **{"messages": [said(*content or ("Hello there",))], **fields}
    )
    return answer


def blocks(answer: dict[str, Any]) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = answer["output"]["message"]["content"]
    return content


def text(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in blocks(answer))


def streamed(client: Any, *content: Any, model: Any = FREE, **fields: Any) -> list[Any]:
    """The events of a stream."""
    extra = {**FAST, **fields.pop("additionalModelRequestFields", {})}
    request = {"messages": [said(*content or ("Hello there",))], **fields}
    return list(
        client.converse_stream(modelId=model, additionalModelRequestFields=extra, **request)["stream"]
    )


def put_together(events: list[Any]) -> tuple[list[dict[str, Any]], str, dict[str, Any]]:
    """The content blocks, stop reason and metadata that a stream's events make."""
    parts: dict[int, dict[str, Any]] = {}
    reason, metadata = "", {}
    for event in events:
        if start := event.get("contentBlockStart"):
            parts[start["contentBlockIndex"]] = {"toolUse": {**start["start"]["toolUse"], "input": ""}}
        elif delta := event.get("contentBlockDelta"):
            index, value = delta["contentBlockIndex"], delta["delta"]
            if "text" in value:
                block = parts.setdefault(index, {"text": ""})
                block["text"] += value["text"]
            elif "toolUse" in value:
                parts[index]["toolUse"]["input"] += value["toolUse"]["input"]
            else:
                thought = parts.setdefault(index, {"reasoningContent": {"reasoningText": {}}})
                for name, piece in value["reasoningContent"].items():
                    told = thought["reasoningContent"]["reasoningText"]
                    told[name] = told.get(name, "") + piece
        elif stop := event.get("messageStop"):
            reason = stop["stopReason"]
        elif told := event.get("metadata"):
            metadata = told
    for block in parts.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return list(parts.values()), reason, metadata


def test_every_answer_says_that_it_is_a_fixture(runtime: Any) -> None:
    for model in (FREE, ONE, EFFORT, f"us.{FREE}", f"global.{ONE}", ARN, "test-one-sampler"):
        assert "test fixture" in text(ask(runtime, model=model))


def test_images_and_documents_are_counted_and_measured(runtime: Any) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG" + bytes(2000)}}}
    document = {"document": {"format": "pdf", "name": "Report 2026", "source": {"bytes": b"%PDF" + bytes(9)}}}
    answer = ask(runtime, "Look", image, image, document)
    assert "2 images (png: 2004 bytes, png: 2004 bytes)" in text(answer)
    assert "1 document (Report 2026: 13 bytes)" in text(answer)
    without = ask(runtime, "Look")["usage"]["inputTokens"]
    assert answer["usage"]["inputTokens"] > without


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"document": {"format": "txt", "name": "a", "source": {"bytes": b"x"}}}], "text block must be"),
        (["x", {"document": {"format": "txt", "name": "a_b.txt", "source": {"bytes": b"x"}}}], "name"),
        (["x", *[{"image": {"format": "png", "source": {"bytes": b"x"}}}] * 21], "limit of 20"),
        (["x", *[{"document": {"format": "txt", "name": "a", "source": {"bytes": b"x"}}}] * 6], "limit of 5"),
        (["x", {"image": {"format": "png", "source": {"bytes": bytes(3_750_001)}}}], "3750001 bytes"),
        (["x", {"image": {"format": "bmp", "source": {"bytes": b"x"}}}], "enum value set"),
    ],
)
def test_attachments_past_the_limits(runtime: Any, content: list[Any], words: str) -> None:
    with pytest.raises(runtime.exceptions.ValidationException, match=words):
        ask(runtime, *content)


def test_the_real_local_model_still_refuses_what_it_cannot_do(runtime: Any) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"x"}}}
    with pytest.raises(runtime.exceptions.ValidationException, match="doesn't support images"):
        ask(runtime, "Look", image, model="local.smollm2-135m-instruct-v1:0")
    with pytest.raises(runtime.exceptions.ValidationException, match="doesn't support tool use"):
        ask(runtime, model="local.smollm2-135m-instruct-v1:0", toolConfig=TOOLS)


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({}, "get_time"),
        ({"toolChoice": {"any": {}}}, "get_time"),
        ({"toolChoice": {"tool": {"name": "get_weather"}}}, "get_weather"),
    ],
)
def test_a_tool_is_called_and_its_result_answered(runtime: Any, choice: dict[str, Any], name: str) -> None:
    config = {**TOOLS, **choice}
    first = ask(runtime, toolConfig=config)
    assert first["stopReason"] == "tool_use"
    call = blocks(first)[-1]["toolUse"]
    assert call["name"] == name
    if name == "get_weather":
        jsonschema.validate(call["input"], WEATHER)
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "18 °C"}]}}
    messages = [said("Hello there"), first["output"]["message"], said(result)]
    second = ask(runtime, messages=messages, toolConfig=config)
    assert second["stopReason"] == "end_turn"
    assert f"The tool {name} answered: 18 °C" in text(second)


def test_a_streamed_tool_call_is_the_whole_one(runtime: Any) -> None:
    config = {**TOOLS, "toolChoice": {"tool": {"name": "get_weather"}}}
    parts, reason, metadata = put_together(streamed(runtime, toolConfig=config))
    assert reason == "tool_use"
    jsonschema.validate(parts[-1]["toolUse"]["input"], WEATHER)
    whole = ask(runtime, toolConfig=config)
    assert [part for part in parts if "text" in part] == [part for part in blocks(whole) if "text" in part]
    assert metadata["usage"] == whole["usage"]


def test_tool_conversations_that_do_not_fit(runtime: Any) -> None:
    call = said({"toolUse": {"toolUseId": "a", "name": "get_time", "input": {}}}, role="assistant")
    result = said({"toolResult": {"toolUseId": "b", "content": [{"text": "x"}]}})
    for messages, config, words in (
        ([said("x"), call, result], None, "toolConfig field must be defined"),
        ([said("x"), call, result], TOOLS, "toolResult blocks"),
        ([said("x"), call, said("no result")], TOOLS, "toolResult blocks"),
        ([said("x")], {**TOOLS, "toolChoice": {"tool": {"name": "nobody"}}}, "names the tool nobody"),
    ):
        with pytest.raises(runtime.exceptions.ValidationException, match=words):
            ask(runtime, messages=messages, **({"toolConfig": config} if config else {}))


def test_a_forced_tool_beside_thinking_is_refused_or_thinks_nothing_as_by_the_rules(runtime: Any) -> None:
    config = {**TOOLS, "toolChoice": {"any": {}}}
    budget = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    with pytest.raises(runtime.exceptions.ValidationException, match="tool_choice forces tool use"):
        ask(
            runtime,
            model=ONE,
            toolConfig=config,
            inferenceConfig={"maxTokens": 2000},
            additionalModelRequestFields=budget,
        )
    adaptive = {"thinking": {"type": "adaptive"}}
    answer = ask(runtime, model=EFFORT, toolConfig=config, additionalModelRequestFields=adaptive)
    assert answer["stopReason"] == "tool_use"
    assert not any("reasoningContent" in block for block in blocks(answer))


def test_reasoning_comes_first_and_its_signature_is_checked_on_the_way_back(runtime: Any) -> None:
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    config = {"maxTokens": 2000}

    def onwards_from(*messages: dict[str, Any]) -> dict[str, Any]:
        fields = {"inferenceConfig": config, "additionalModelRequestFields": thinking}
        return ask(runtime, model=ONE, messages=list(messages), **fields)

    answer = onwards_from(said("Hello there"))
    first = blocks(answer)[0]["reasoningContent"]["reasoningText"]
    assert first["text"]
    assert first["signature"]
    parts, _, _ = put_together(
        streamed(runtime, model=ONE, inferenceConfig=config, additionalModelRequestFields=thinking)
    )
    assert parts == blocks(answer)
    onwards = [said("Hello there"), answer["output"]["message"], said("And?")]
    assert onwards_from(*onwards)["stopReason"] == "end_turn"
    first["text"] += " changed"
    with pytest.raises(runtime.exceptions.ValidationException, match="Invalid `signature`"):
        onwards_from(*onwards)


@pytest.mark.parametrize(
    ("model", "config", "extra", "words"),
    [
        (ONE, {"temperature": 0.5, "topP": 0.9}, {}, "`temperature` and `top_p` cannot both be specified"),
        (ARN, {"temperature": 0.5, "topP": 0.9}, {}, "`temperature` and `top_p` cannot both be specified"),
        (ONE, {"maxTokens": 1024}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "greater than"),
        (ONE, {}, {"thinking": {"type": "enabled", "budget_tokens": 1023}}, "1024"),
        (ONE, {}, {"thinking": {"type": "adaptive"}}, "'adaptive' is not supported"),
        (
            ONE,
            {"maxTokens": 2000, "temperature": 0.5},
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            "may not be set when thinking",
        ),
        (EFFORT, {"temperature": 0.5}, {}, "`temperature` is not supported"),
        (EFFORT, {"topP": 0.5}, {}, "`top_p` is not supported"),
        (EFFORT, {}, {"top_k": 5}, "`top_k` is not supported"),
        (EFFORT, {}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "'enabled' is not supported"),
        (EFFORT, {}, {"output_config": {"effort": "huge"}}, "effort"),
        (FREE, {}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "not supported"),
        (FREE, {}, {"unheard_of": 1}, "extraneous key"),
        (FREE, {"maxTokens": 10_001}, {}, "model limit of 10000"),
    ],
)
def test_parameters_that_the_model_refuses(
    *, runtime: Any, model: str, config: dict[str, Any], extra: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        ask(runtime, model=model, inferenceConfig=config, additionalModelRequestFields=extra)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("model", "config", "extra"),
    [
        (FREE, {"temperature": 0.5, "topP": 0.9}, {"inferenceConfig": {"topK": 20}}),
        (ONE, {"temperature": 0.0}, {"top_k": 5}),
        (ONE, {"topP": 0.9}, {}),
        (EFFORT, {"maxTokens": 100}, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
    ],
)
def test_parameters_that_it_takes(
    *, runtime: Any, model: str, config: dict[str, Any], extra: dict[str, Any]
) -> None:
    assert ask(runtime, model=model, inferenceConfig=config, additionalModelRequestFields=extra)["output"]


def test_a_prompt_is_written_to_the_cache_and_read_from_it(runtime: Any) -> None:
    def usage(question: str, prefix: str = "one two three four five") -> dict[str, Any]:
        system = [{"text": f"{prefix} {test_a_prompt_is_written_to_the_cache_and_read_from_it.__name__}"}]
        point = {"cachePoint": {"type": "default", "ttl": "1h"}}
        told: dict[str, Any] = ask(runtime, question, system=[*system, point])["usage"]
        return told

    first, second, other = usage("a b c"), usage("d e"), usage("a b c", prefix="six seven")
    assert (first["cacheReadInputTokens"], first["cacheWriteInputTokens"], first["inputTokens"]) == (0, 6, 3)
    assert first["cacheDetails"] == [{"ttl": "1h", "inputTokens": 6}]
    assert (second["cacheReadInputTokens"], second["cacheWriteInputTokens"], second["inputTokens"]) == (
        6,
        0,
        2,
    )
    assert other["cacheReadInputTokens"] == 0
    assert second["totalTokens"] == 8 + second["outputTokens"]
    assert "cacheReadInputTokens" not in ask(runtime)["usage"]


@pytest.mark.parametrize(
    ("asked", "answered"), [("priority", "priority"), ("flex", "flex"), ("reserved", "default")]
)
def test_the_tier_and_latency_that_answered_are_told(runtime: Any, asked: str, answered: str) -> None:
    fields = {"serviceTier": {"type": asked}, "performanceConfig": {"latency": "optimized"}}
    whole = ask(runtime, **fields)
    _, _, metadata = put_together(streamed(runtime, **fields))
    for told in (whole, metadata):
        assert told["serviceTier"] == {"type": answered}
        assert told["performanceConfig"] == {"latency": "optimized"}


GUARDRAIL = {"guardrailIdentifier": "testguardrail", "guardrailVersion": "1", "trace": "enabled"}


def test_a_guardrail_blocks_a_prompt_and_says_why(runtime: Any) -> None:
    whole = ask(runtime, "A ForbiddenWord here", guardrailConfig=GUARDRAIL)
    parts, reason, metadata = put_together(
        streamed(runtime, "A ForbiddenWord here", guardrailConfig=GUARDRAIL)
    )
    assert whole["stopReason"] == reason == "guardrail_intervened"
    assert text(whole) == parts[0]["text"] == "The test guardrail blocked this prompt."
    for told in (whole["trace"], metadata["trace"]):
        word = told["guardrail"]["inputAssessment"]["testguardrail"]["wordPolicy"]["customWords"][0]
        assert word == {"match": "forbiddenword", "action": "BLOCKED", "detected": True}


def test_a_guardrail_blocks_an_answer_or_lets_it_pass(runtime: Any) -> None:
    blocked = ask(runtime, "Say forbiddenanswer", guardrailConfig=GUARDRAIL)
    assert blocked["stopReason"] == "guardrail_intervened"
    found = blocked["trace"]["guardrail"]["outputAssessments"]["testguardrail"][0]
    assert found["wordPolicy"]["customWords"][0]["match"] == "forbiddenanswer"
    passed = ask(runtime, guardrailConfig=GUARDRAIL)
    assert passed["stopReason"] == "end_turn"
    assert "wordPolicy" not in passed["trace"]["guardrail"]["inputAssessment"]["testguardrail"]
    assert "trace" not in ask(runtime, guardrailConfig={**GUARDRAIL, "trace": "disabled"})
    with pytest.raises(runtime.exceptions.ValidationException, match="guardrail identifier or version"):
        ask(runtime, guardrailConfig={**GUARDRAIL, "guardrailIdentifier": "nobody"})


def test_an_answer_that_fits_a_schema(runtime: Any) -> None:
    structure = {"jsonSchema": {"name": "weather", "schema": json.dumps(WEATHER)}}
    answer = ask(runtime, outputConfig={"textFormat": {"type": "json_schema", "structure": structure}})
    jsonschema.validate(json.loads(text(answer)), WEATHER)


def test_max_tokens_and_counted_tokens(runtime: Any) -> None:
    short = ask(runtime, inferenceConfig={"maxTokens": 4})
    assert (short["stopReason"], short["usage"]["outputTokens"]) == ("max_tokens", 4)
    counted = runtime.count_tokens(modelId=FREE, input={"converse": {"messages": [said("one two three")]}})
    assert counted["inputTokens"] == 3


def test_it_fails_when_asked_to_and_answers_converse_alone(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ThrottlingException):
        ask(runtime, additionalModelRequestFields={"fault": {"kind": "throttling"}})
    with pytest.raises(runtime.exceptions.ValidationException, match="Converse and ConverseStream alone"):
        runtime.invoke_model(modelId=FREE, body=json.dumps({"messages": [{"role": "user", "content": "x"}]}))


def test_profiles_are_listed_page_by_page_and_told_by_arn(control: Any) -> None:
    pages = control.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 2})
    listed = [profile for page in pages for profile in page["inferenceProfileSummaries"]]
    assert len(listed) == 9
    found = control.get_inference_profile(inferenceProfileIdentifier=ARN)
    assert found["type"] == "APPLICATION"
    assert {model["modelArn"].rpartition("/")[2] for model in found["models"]} == {HAIKU}
    assert found["inferenceProfileArn"] in {profile["inferenceProfileArn"] for profile in listed}
    system = control.get_inference_profile(inferenceProfileIdentifier=f"us.{FREE}")
    assert system["models"] == [{"modelArn": f"arn:aws:bedrock:local::foundation-model/{FREE}"}]


def test_guardrails_are_listed_with_their_versions(control: Any) -> None:
    assert [item["version"] for item in control.list_guardrails()["guardrails"]] == ["DRAFT"]
    versions = control.list_guardrails(guardrailIdentifier="testguardrail")["guardrails"]
    assert [item["version"] for item in versions] == ["DRAFT", "1"]


def test_access_to_a_model_is_told(control: Any) -> None:
    told = control.get_foundation_model_availability(modelId=FREE)
    assert told["authorizationStatus"] == "AUTHORIZED"
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_foundation_model_availability(modelId="amazon.nova-lite-v1:0")


def test_sts_says_who_calls(client_for: Any) -> None:
    told = client_for("sts").get_caller_identity()
    assert (told["Account"], told["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:user/local")
    with pytest.raises(ClientError, match="not recognized"):
        client_for("sts").get_session_token()
