"""What a request means, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from bedrock_playground.local import chat
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.values import ChatRequest, Turn


def user(text: str = "Hi") -> dict[str, Any]:
    return {"role": "user", "content": [{"text": text}]}


def assistant(text: str = "Hello") -> dict[str, Any]:
    return {"role": "assistant", "content": [{"text": text}]}


def schema(text: str | None) -> dict[str, Any]:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": text, "name": "x"}}}}


def test_everything_that_acts_is_read() -> None:
    request = chat.from_converse(
        {
            "messages": [user("a"), assistant("b"), user("c")],
            "system": [{"text": "One."}, {"text": "Two."}],
            "inferenceConfig": {"maxTokens": 7, "temperature": 0, "topP": 0.5, "stopSequences": ["END"]},
            "additionalModelRequestFields": {
                "top_k": 3,
                "seed": 9,
                "logprobs": True,
                "fault": {"kind": "stall"},
            },
            "outputConfig": schema('{"type": "object"}'),
            "serviceTier": {"type": "default"},
            "performanceConfig": {"latency": "standard"},
            "requestMetadata": {"team": "x"},
        },
        100,
    )
    assert request.turns == (Turn("user", "a"), Turn("assistant", "b"), Turn("user", "c"))
    assert request.system == "One.\n\nTwo."
    assert (request.max_tokens, request.temperature, request.top_p) == (7, 0.0, 0.5)
    assert (request.top_k, request.seed, request.stop_sequences) == (3, 9, ("END",))
    assert request.logprobs is True
    assert request.json_schema == {"type": "object"}
    assert request.fault == {"kind": "stall"}


def test_what_was_not_sent_stays_unset() -> None:
    request = chat.from_converse({"messages": [user()]}, 100)
    assert request == ChatRequest(turns=(Turn("user", "Hi"),))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "A conversation must start with a user message"),
    ({}, "A conversation must start with a user message"),
    ({"messages": [assistant()]}, "A conversation must start with a user message"),
    ({"messages": [user(), user()]}, "must alternate between user and assistant roles"),
    ({"messages": [user(), assistant(), assistant(), user()]}, "must alternate"),
    ({"messages": [user(), assistant()]}, "must end with a user message"),
    ({"messages": [{"role": "system", "content": [{"text": "x"}]}]}, "enum value set: [user, assistant]"),
    ({"messages": [{"content": [{"text": "x"}]}]}, "Value null at 'messages.1.member.role'"),
    ({"messages": [{"role": "user", "content": []}]}, "content field in the Message object"),
    ({"messages": [user("  ")]}, "is blank"),
    ({"messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}]}, "doesn't support images"),
    (
        {"messages": [{"role": "user", "content": [{"unheard": 1}]}]},
        "must set one of the following keys: text",
    ),
    ({"messages": [user()], "toolConfig": {"tools": []}}, "doesn't support tool use"),
    (
        {"messages": [user()], "inferenceConfig": {"temperature": 5.0}},
        "Value '5.0' at 'inferenceConfig.temperature'",
    ),
    ({"messages": [user()], "inferenceConfig": {"temperature": -0.1}}, "greater than or equal to 0"),
    ({"messages": [user()], "inferenceConfig": {"topP": 1.5}}, "less than or equal to 1"),
    ({"messages": [user()], "inferenceConfig": {"maxTokens": 0}}, "Value '0' at 'inferenceConfig.maxTokens'"),
    ({"messages": [user()], "inferenceConfig": {"maxTokens": 101}}, "exceeds the model limit of 100"),
    ({"messages": [user()], "inferenceConfig": {"stopSequences": [""]}}, "length greater than or equal to 1"),
    ({"messages": [user()], "inferenceConfig": {"stopSequences": ["x"] * 2501}}, "equal to 2500"),
    ({"messages": [user()], "additionalModelRequestFields": {"topK": 3}}, "extraneous key [topK]"),
    ({"messages": [user()], "additionalModelRequestFields": {"top_k": 501}}, "less than or equal to 500"),
    ({"messages": [user()], "outputConfig": schema("{")}, "is not valid JSON"),
    ({"messages": [user()], "outputConfig": schema(None)}, "Value null at 'outputConfig"),
    ({"messages": [user()], "outputConfig": {"effort": "high"}}, "outputConfig.effort"),
    ({"messages": [user()], "serviceTier": {"type": "flex"}}, "serviceTier.type 'flex'"),
    ({"messages": [user()], "performanceConfig": {"latency": "optimized"}}, "performanceConfig.latency"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_does_not_fit_is_refused_in_the_services_words(body: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as caught:
        chat.from_converse(body, 100)
    assert caught.value.code == "ValidationException"
    assert caught.value.status == 400
    assert words in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"messages": "hello"},
        {"messages": ["hello"]},
        {"messages": [user()], "inferenceConfig": {"temperature": "0"}},
        {"messages": [user()], "inferenceConfig": {"temperature": True}},
        {"messages": [user()], "inferenceConfig": {"temperature": float("nan")}},
        {"messages": [user()], "inferenceConfig": {"maxTokens": 1.5}},
        {"messages": [user()], "inferenceConfig": {"stopSequences": [1]}},
        {"messages": [user()], "outputConfig": schema("[]")},
    ],
)
def test_other_json_types_are_serialization_errors(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        chat.from_converse(body, 100)
    assert caught.value.code == "SerializationException"


def test_the_chat_shape_of_invoke_model() -> None:
    request = chat.from_invoke(
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            ],
            "max_tokens": 5,
            "temperature": 0.5,
            "top_p": 0.1,
            "top_k": 2,
            "seed": 1,
            "stop": "END",
        },
        100,
    )
    assert request == ChatRequest(
        turns=(Turn("user", "Hi"),),
        system="Be brief.",
        max_tokens=5,
        temperature=0.5,
        top_p=0.1,
        top_k=2,
        seed=1,
        stop_sequences=("END",),
    )
