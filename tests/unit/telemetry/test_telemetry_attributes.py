"""What calls become, without OpenTelemetry: names, what is left out, content by its schema's kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bedrock_playground.invocation import (
    DocumentBlock,
    ImageBlock,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Json,
    Message,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)
from bedrock_playground.invocation.observed import EndedCall, Operation
from bedrock_playground.settings import TelemetrySettings
from bedrock_playground.telemetry import Telemetry, telemetry_words
from bedrock_playground.telemetry.attributes import operation_of, span_attributes, usage_attributes
from bedrock_playground.telemetry.content import content_attributes


def call(
    request: InvocationRequest | None = None,
    result: InvocationResult | None = None,
    *,
    address: str | None = None,
) -> EndedCall:
    return EndedCall(
        operation="ConverseStream",
        model_id="test.model-v1:0",
        result=result or InvocationResult(),
        elapsed=0.5,
        request=request,
        address=address,
    )


@pytest.mark.parametrize(
    ("operation", "model_id", "word"),
    [
        ("Converse", "amazon.titan-embed-text-v2:0", "chat"),
        ("InvokeModel", "amazon.titan-embed-text-v2:0", "embeddings"),
        ("InvokeModel", "us.cohere.embed-v4:0", "embeddings"),
        ("InvokeModel", "meta.llama3-8b-instruct-v1:0", "text_completion"),
    ],
)
def test_operations_have_the_conventions_words(operation: Operation, model_id: str, word: str) -> None:
    made = EndedCall(operation=operation, model_id=model_id, result=InvocationResult(), elapsed=0.0)
    assert operation_of(made) == word


@pytest.mark.parametrize(
    ("fields", "top_k"),
    [
        ({"top_k": 40}, 40),
        ({"k": 3}, 3),
        ({"inferenceConfig": {"topK": 20}}, 20),
        ({"top_k": True}, None),
        ({"inferenceConfig": 1}, None),
        ({}, None),
    ],
)
def test_top_k_is_found_where_models_keep_it(fields: Mapping[str, Json], top_k: float | None) -> None:
    parameters = InferenceParameters(additional_model_request_fields=fields)
    told = span_attributes(
        call(InvocationRequest.from_prompt("test.model-v1:0", "Hi", parameters=parameters))
    )
    assert told.get("gen_ai.request.top_k") == top_k


def test_what_is_not_set_is_not_there() -> None:
    told = span_attributes(call(InvocationRequest.from_prompt("test.model-v1:0", "Hi")))
    assert set(told) == {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.request.stream",
        "bedrock_playground.attempts",
    }


def test_a_nought_that_was_told_is_there() -> None:
    told = usage_attributes(
        Usage(input_tokens=0, cache_read_input_tokens=0), counted_by="amazon.nova-micro-v1:0"
    )
    assert told == {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.cache_read.input_tokens": 0}


@pytest.mark.parametrize(
    ("counted_by", "whole"), [("us.anthropic.claude-x", 110), ("openai.gpt-x", 100), ("meta.llama-x", 110)]
)
def test_the_input_counts_cached_tokens_in_by_each_providers_convention(counted_by: str, whole: int) -> None:
    usage = Usage(input_tokens=100, cache_read_input_tokens=10)
    assert usage_attributes(usage, counted_by=counted_by)["gen_ai.usage.input_tokens"] == whole


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("https://bedrock-runtime.us-east-1.amazonaws.com", ("bedrock-runtime.us-east-1.amazonaws.com", 443)),
        ("http://me:planted@gateway.example:81/planted?planted=1", ("gateway.example", 81)),
        ("http://gateway.example:port", (None, None)),
        (None, (None, None)),
    ],
)
def test_an_address_is_host_and_port(address: str | None, server: tuple[str | None, int | None]) -> None:
    told = span_attributes(call(address=address))
    assert (told.get("server.address"), told.get("server.port")) == server
    assert "planted" not in str(told)


def test_content_is_written_by_kind_and_without_bytes() -> None:
    user = Message(
        "user",
        (
            TextBlock("Look."),
            ImageBlock("png", b"planted"),
            DocumentBlock("pdf", "a.pdf", b"planted!"),
            RawBlock({"video": {"source": {"bytes": "planted"}}}),
            ToolResultBlock(
                "t1", ({"json": {"celsius": 3}}, {"image": {"format": "png", "source": {"bytes": "planted"}}})
            ),
        ),
    )
    answer = (ReasoningBlock("Hm.", signature="planted"), ToolUseBlock("t2", "weather", {"city": "Oslo"}))
    request = InvocationRequest("test.model-v1:0", (user,))
    said = content_attributes(call(request, InvocationResult(content=answer)))
    assert json.loads(said["gen_ai.input.messages"]) == [
        {
            "role": "tool",
            "parts": [
                {
                    "type": "tool_call_response",
                    "id": "t1",
                    "response": [{"json": {"celsius": 3}}, {"type": "image"}],
                }
            ],
        },
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "Look."},
                {"type": "image", "mime_type": "image/png", "bytes": 7},
                {"type": "document", "name": "a.pdf", "format": "pdf", "bytes": 8},
                {"type": "video"},
            ],
        },
    ]
    assert json.loads(said["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": "t2", "name": "weather", "arguments": {"city": "Oslo"}},
            ],
            "finish_reason": "error",
        }
    ]
    assert "planted" not in str(said)


ON = TelemetrySettings(enabled=True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ON, "every call goes to `localhost:4318` as OpenTelemetry traces and metrics."),
        (ON, "Prompts and answers are not recorded."),
        (replace(ON, content=True), "Prompts and answers **are recorded**."),
        (replace(ON, metrics=False), "as OpenTelemetry traces."),
        (replace(ON, traces=False, metrics=False), "neither traces nor metrics"),
    ],
)
def test_the_page_says_what_goes_where(settings: TelemetrySettings, words: str) -> None:
    assert words in telemetry_words(settings, Telemetry(settings))
