"""Requests and results survive JSON unchanged, and bad JSON is refused with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from bedrock_playground.invocation import InferenceParameters, InvocationRequest, InvocationResult
from bedrock_playground.invocation.error_json import error_from_json, error_to_json
from bedrock_playground.invocation.errors import (
    InvocationError,
    UnknownServiceError,
)
from bedrock_playground.invocation.serialization import (
    SerializationError,
    request_from_json,
    request_to_json,
    result_from_json,
    result_to_json,
)
from tests.unit.invocation import strategies


@given(strategies.requests)
def test_a_request_survives_json(request: InvocationRequest) -> None:
    text = json.dumps(request_to_json(request), allow_nan=False)
    assert request_from_json(json.loads(text)) == request


@given(strategies.results)
def test_a_result_survives_json(result: InvocationResult) -> None:
    text = json.dumps(result_to_json(result), allow_nan=False)
    again = result_from_json(json.loads(text))
    assert again == result
    assert again.state is result.state


@given(strategies.failures)
def test_an_error_survives_json_and_says_what_to_do(error: InvocationError) -> None:
    value = json.loads(json.dumps(error_to_json(error)))
    assert error_from_json(value) == error
    assert value["retryable"] is type(error).retryable
    assert value["advice"]


def test_a_number_keeps_its_kind() -> None:
    request = InvocationRequest.from_prompt("m", "hi", parameters=InferenceParameters(temperature=1))
    again = request_from_json(json.loads(json.dumps(request_to_json(request))))
    assert type(again.parameters.temperature) is int


def test_an_error_of_a_newer_version_stays_readable() -> None:
    error = error_from_json({"type": "FluxCapacitorFailed", "message": "no plutonium", "status": 599})
    assert isinstance(error, UnknownServiceError)
    assert (error.message, error.status) == ("no plutonium", 599)


def test_members_of_a_newer_version_are_passed_over() -> None:
    request = InvocationRequest.from_prompt("m", "hi")
    assert request_from_json(request_to_json(request) | {"mood": "curious"}) == request


def _with(value: dict[str, Any], path: str, new: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(value))
    *way, last = path.split(".")
    target: Any = copy
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if isinstance(target, list):
        target[int(last)] = new
    else:
        target[last] = new
    return copy


@pytest.mark.parametrize(
    ("path", "bad", "named"),
    [
        ("model_id", 5, "request.model_id must be text"),
        ("messages", {}, "request.messages must be a list"),
        ("messages.0", "hello", "request.messages[0] must be an object"),
        ("messages.0.role", "system", "request.messages[0].role must be one of user, assistant"),
        ("messages.0.content.0.type", "video", "request.messages[0].content[0] must be a content block"),
        ("messages.0.content.0", {"type": "image", "format": "png", "data": "???"}, "data must be base64"),
        ("messages.0.content.0", {"type": "text"}, "content[0] lacks text"),
        ("parameters.max_tokens", True, "request.parameters.max_tokens must be a whole number"),
        ("parameters.temperature", "hot", "request.parameters.temperature must be a number"),
        ("request_metadata", {"a": 1}, "request.request_metadata.a must be text"),
    ],
)
def test_a_bad_request_is_refused_with_its_place(path: str, bad: object, named: str) -> None:
    value = request_to_json(InvocationRequest.from_prompt("m", "hi"))
    with pytest.raises(SerializationError) as caught:
        request_from_json(_with(value, path, bad))
    assert named in str(caught.value)


@pytest.mark.parametrize("value", [None, [], "x", {}, {"model_id": "m"}])
def test_what_is_no_request_at_all_is_refused(value: object) -> None:
    with pytest.raises(SerializationError):
        request_from_json(value)


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("error", {"message": "typeless"}),
        ("error", {"type": "Throttled", "message": "x", "status": "many"}),
        ("timing.arrivals", [1.0, "late"]),
        ("usage", {"input_tokens": 1.5}),
    ],
)
def test_a_bad_result_is_refused(path: str, bad: object) -> None:
    value = result_to_json(InvocationResult())
    with pytest.raises(SerializationError):
        result_from_json(_with(value, path, bad))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1: "x"}, {"x": object()}, {"x": {1, 2}}])
def test_what_json_cannot_say_is_refused_when_written(bad: Any) -> None:
    fields = bad if isinstance(bad, dict) else {"x": bad}
    parameters = InferenceParameters(additional_model_request_fields=fields)
    with pytest.raises(SerializationError, match=r"request\.parameters\.additional"):
        request_to_json(InvocationRequest.from_prompt("m", "hi", parameters=parameters))
