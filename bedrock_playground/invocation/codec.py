"""From our request to Converse's arguments, and the pieces both directions share; pure.

:mod:`~bedrock_playground.invocation.answer` is the way back.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.invocation.values import (
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    InferenceParameters,
    InvocationRequest,
    Json,
    Message,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)

Document: TypeAlias = dict[str, Any]
"""A structure as boto3 takes and gives it."""

BLOB_KEYS = frozenset({"bytes", "redactedContent"})
"""The members of Converse's content that are binary: base64 text in JSON, ``bytes`` for boto3."""

_FREE_FORM = frozenset({"json", "input", "inputSchema"})
"""The members whose content is the user's or the model's own JSON: its keys mean nothing to us."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def has_surrogates(text: str) -> bool:
    """Say whether the text holds a surrogate code point, alone or in a pair."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def join_surrogates(text: str) -> str:
    """Make whole characters of surrogate pairs; a half without its other half becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean(value: Any) -> Any:  # noqa: ANN401 - any JSON in, the same JSON out
    """Return JSON with :func:`join_surrogates` done to every string in it."""
    if isinstance(value, str):
        return join_surrogates(value) if has_surrogates(value) else value
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def to_json(value: Any) -> Json:  # noqa: ANN401 - whatever boto3 gives
    """Make JSON of what boto3 gives: binary becomes base64 text."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value  # type: ignore[no-any-return]


def to_boto(value: Json, key: str | None = None) -> Any:  # noqa: ANN401 - whatever boto3 takes
    """Undo :func:`to_json`: the binary members of Converse's JSON become ``bytes``.

    Raises:
        ValidationFailed: A binary member is not base64.
    """
    if isinstance(value, str):
        return decode_blob(value) if key in BLOB_KEYS else value
    if key in _FREE_FORM:
        return to_json(value)
    if isinstance(value, Mapping):
        return {name: to_boto(item, name) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [to_boto(item) for item in value]
    return value


def strict_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON; unlike Python's default, ``NaN`` and the infinities are not JSON.

    Raises:
        ValueError: It is not JSON.
    """
    return _DECODER.decode(text if isinstance(text, str) else text.decode())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# json.loads would build such a decoder anew on every call.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def decode_blob(value: str | bytes) -> bytes:
    """Return a binary member's bytes, whether it comes as JSON's base64 or as boto3's bytes.

    Raises:
        ValidationFailed: The text is not base64.
    """
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValidationFailed(f"A binary member is not base64: {value:.40}") from error


def converse_arguments(request: InvocationRequest, *, streaming: bool = True) -> Document:
    """Make the keyword arguments of boto3's ``converse_stream`` (or ``converse``); unset fields are absent.

    Raises:
        ValidationFailed: The request cannot be expressed, for example for want of a message.
    """
    if not request.messages:
        raise ValidationFailed("The request has no message. Write a prompt first.")
    arguments: Document = {
        "modelId": request.model_id,
        "messages": [_message(message) for message in request.messages],
    }
    if request.system is not None:
        arguments["system"] = [{"text": request.system}]
        if request.system_cache_ttl is not None:
            arguments["system"].append({"cachePoint": cache_point(request.system_cache_ttl)})
    arguments |= _parameters(request.parameters)
    if request.service_tier is not None:
        arguments["serviceTier"] = {"type": request.service_tier}
    if request.performance_latency is not None:
        arguments["performanceConfig"] = {"latency": request.performance_latency}
    if request.guardrail is not None:
        arguments["guardrailConfig"] = _guardrail(request, streaming=streaming)
    for key, value in (
        ("toolConfig", request.tool_config),
        ("outputConfig", request.output_config),
        ("requestMetadata", request.request_metadata),
        ("additionalModelResponseFieldPaths", request.additional_model_response_field_paths),
    ):
        if value is not None:
            arguments[key] = to_json(value)
    return arguments


def cache_point(ttl: str) -> Document:
    """Make Converse's cache point; without a ``ttl``, which not all models take, it means five minutes."""
    return {"type": "default"} if ttl == "5m" else {"type": "default", "ttl": ttl}


def count_tokens_arguments(request: InvocationRequest) -> Document:
    """Make the keyword arguments of boto3's ``count_tokens``, which takes a part of Converse's.

    Raises:
        ValidationFailed: As :func:`converse_arguments`.
    """
    everything = converse_arguments(request)
    counted = ("messages", "system", "toolConfig", "additionalModelRequestFields")
    return {
        "modelId": request.model_id,
        "input": {"converse": {key: everything[key] for key in counted if key in everything}},
    }


def _parameters(parameters: InferenceParameters) -> Document:
    inference: Document = {}
    if parameters.max_tokens is not None:
        inference["maxTokens"] = parameters.max_tokens
    if parameters.temperature is not None:
        inference["temperature"] = parameters.temperature
    if parameters.top_p is not None:
        inference["topP"] = parameters.top_p
    if parameters.stop_sequences is not None:
        inference["stopSequences"] = list(parameters.stop_sequences)
    arguments: Document = {"inferenceConfig": inference} if inference else {}
    if parameters.additional_model_request_fields is not None:
        arguments["additionalModelRequestFields"] = to_json(parameters.additional_model_request_fields)
    return arguments


def _guardrail(request: InvocationRequest, *, streaming: bool) -> Document:
    guardrail = request.guardrail
    assert guardrail is not None  # noqa: S101 - the caller looked
    encoded: Document = {
        "guardrailIdentifier": guardrail.identifier,
        "guardrailVersion": guardrail.version,
        "trace": guardrail.trace,
    }
    if streaming and guardrail.stream_processing_mode is not None:
        encoded["streamProcessingMode"] = guardrail.stream_processing_mode
    return encoded


def _message(message: Message) -> Document:
    if not message.content:
        raise ValidationFailed(f"A message of the {message.role} is empty. Give it some text.")
    return {"role": message.role, "content": [_block(block) for block in message.content]}


def _block(block: ContentBlock) -> Document:  # noqa: PLR0911 - one return per kind of block
    match block:
        case TextBlock(text):
            return {"text": text}
        case ReasoningBlock(redacted_content=bytes() as redacted):
            return {"reasoningContent": {"redactedContent": redacted}}
        case ReasoningBlock(text, signature):
            told = {"text": text} if signature is None else {"text": text, "signature": signature}
            return {"reasoningContent": {"reasoningText": told}}
        case ImageBlock(format_, data):
            return {"image": {"format": format_, "source": {"bytes": data}}}
        case DocumentBlock(format_, name, data):
            return {"document": {"format": format_, "name": name, "source": {"bytes": data}}}
        case ToolUseBlock(id_, name, input_):
            return {"toolUse": {"toolUseId": id_, "name": name, "input": to_json(input_)}}
        case ToolResultBlock():
            return {"toolResult": _tool_result(block)}
        case RawBlock(value):
            return to_boto(value)  # type: ignore[no-any-return]


def _tool_result(block: ToolResultBlock) -> Document:
    encoded: Document = {
        "toolUseId": block.tool_use_id,
        "content": [to_boto(piece) for piece in block.content],
    }
    if block.status is not None:
        encoded["status"] = block.status
    return encoded
