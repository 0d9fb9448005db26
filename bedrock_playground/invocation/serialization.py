"""Requests and results as JSON and back, losing nothing: what the history keeps and exports.

Binary is base64. Reading is strict: what is not what it should be is refused, with its place named. Members
that this version does not know are passed over, so that what a newer version wrote stays readable.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar

from bedrock_playground.invocation.error_json import error_from_json, error_to_json
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.trace import Decision, Lookup, Trace, TracedCall
from bedrock_playground.invocation.values import (
    Attempt,
    ContentBlock,
    DocumentBlock,
    Guardrail,
    ImageBlock,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Json,
    Message,
    RawBlock,
    ReasoningBlock,
    TextBlock,
    Timing,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)

_T = TypeVar("_T")
_Reader = Callable[[Any, str], Any]

_BLOCKS: dict[str, type[Any]] = {
    "text": TextBlock,
    "reasoning": ReasoningBlock,
    "image": ImageBlock,
    "document": DocumentBlock,
    "tool_use": ToolUseBlock,
    "tool_result": ToolResultBlock,
    "raw": RawBlock,
}
_BLOCK_NAMES = {cls: name for name, cls in _BLOCKS.items()}


class SerializationError(ValueError):
    """JSON that is not what it should be; the message names the place and what was expected there."""


def request_to_json(request: InvocationRequest) -> dict[str, Any]:
    """Say a request as JSON; :func:`request_from_json` makes an equal one of it.

    Raises:
        SerializationError: A free-form member holds something that JSON cannot say.
    """
    return _said(request, "request")


def request_from_json(value: object) -> InvocationRequest:
    """Make a request of :func:`request_to_json`'s JSON.

    Raises:
        SerializationError: The JSON is not a request's.
    """
    return _decode_fields(InvocationRequest, value, "request")


def result_to_json(result: InvocationResult) -> dict[str, Any]:
    """Say a result as JSON; :func:`result_from_json` makes an equal one of it.

    Raises:
        SerializationError: A free-form member holds something that JSON cannot say.
    """
    return _said(result, "result") | {"state": result.state.value}


def result_from_json(value: object) -> InvocationResult:
    """Make a result of :func:`result_to_json`'s JSON; its ``state`` follows from its error.

    Raises:
        SerializationError: The JSON is not a result's.
    """
    return _decode_fields(InvocationResult, value, "result")


# Encoding


class _Unusual(Exception):
    """Something that :func:`_plainly` leaves to :func:`_encode`, which is slower and names places."""


def _said(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - any of our dataclasses
    try:
        said: dict[str, Any] = _plainly(value)
    except _Unusual:
        return _encode_fields(value, place)
    return said


def _plainly(value: Any) -> Any:  # noqa: ANN401 - one return per kind of value
    """Encode what nearly everything is made of, several times as fast: many runs a second are recorded so."""
    kind = type(value)
    if kind is str or value is None or kind is int or kind is bool:
        return value
    if kind is float:
        if math.isfinite(value):
            return value
        raise _Unusual
    if kind is tuple or kind is list:
        return [_plainly(item) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value):
            return {key: _plainly(item) for key, item in value.items()}
        raise _Unusual
    if dataclasses.is_dataclass(kind):
        said = {"type": _BLOCK_NAMES[kind]} if kind in _BLOCK_NAMES else {}
        for name in _names_of(kind):
            said[name] = _plainly(getattr(value, name))
        return said
    raise _Unusual


@cache
def _names_of(cls: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def _encode(value: Any, place: str) -> Any:  # noqa: ANN401, PLR0911 - one return per kind of value
    if isinstance(value, InvocationError):
        return error_to_json(value)
    if type(value) in _BLOCK_NAMES:
        return {"type": _BLOCK_NAMES[type(value)], **_encode_fields(value, place)}
    if dataclasses.is_dataclass(value):
        return _encode_fields(value, place)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key, place): _encode(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_encode(item, f"{place}[{index}]") for index, item in enumerate(value)]
    return _scalar(value, place)


def _encode_fields(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - any of our dataclasses
    return {
        field.name: _encode(getattr(value, field.name), f"{place}.{field.name}")
        for field in dataclasses.fields(value)
    }


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise SerializationError(f"{place}: JSON's keys are text, and {key!r:.40} is not.")
    return key


def _scalar(value: Any, place: str) -> Any:  # noqa: ANN401 - text, number, boolean or null
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise SerializationError(f"{place}: JSON cannot say {value!r:.40}.")


# Decoding


def _fail(expected: str, value: object, place: str) -> SerializationError:
    return SerializationError(f"{place} must be {expected}; it is {value!r:.60}.")


def _decode_fields(cls: type[_T], value: object, place: str) -> _T:
    if not isinstance(value, Mapping):
        raise _fail("an object", value, place)
    readers = _FIELDS[cls]
    required = {
        field.name
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    missing = sorted(required - value.keys())
    if missing:
        raise SerializationError(f"{place} lacks {', '.join(missing)}.")
    return cls(
        **{name: read(value[name], f"{place}.{name}") for name, read in readers.items() if name in value}
    )


def _text(value: Any, place: str) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise _fail("text", value, place)
    return value


def _flag(value: Any, place: str) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise _fail("true or false", value, place)
    return value


def _integer(value: Any, place: str) -> int:  # noqa: ANN401
    if not isinstance(value, int) or isinstance(value, bool):
        raise _fail("a whole number", value, place)
    return value


def _number(value: Any, place: str) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _fail("a number", value, place)
    # Kept as it came: a temperature of 1 is sent as 1, not as 1.0.
    return value


def _decimal(value: Any, place: str) -> Decimal:  # noqa: ANN401
    try:
        number = Decimal(_text(value, place))
    except InvalidOperation as error:
        raise _fail("a decimal number as text", value, place) from error
    if not number.is_finite():
        raise _fail("a finite number", value, place)
    return number


def _bytes(value: Any, place: str) -> bytes:  # noqa: ANN401
    try:
        return base64.b64decode(_text(value, place), validate=True)
    except ValueError as error:
        raise _fail("base64", value, place) from error


def _json(value: Any, place: str) -> Json:  # noqa: ANN401
    _encode(value, place)
    return value  # type: ignore[no-any-return]


def _object(value: Any, place: str) -> Mapping[str, Json]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise _fail("an object", value, place)
    return _json(value, place)  # type: ignore[return-value]


def _error(value: Any, place: str) -> InvocationError:  # noqa: ANN401
    try:
        return error_from_json(value)
    except ValueError as error:
        raise SerializationError(f"{place}: {error}") from error


def _block(value: Any, place: str) -> ContentBlock:  # noqa: ANN401
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in _BLOCKS:
        raise _fail(f"a content block of a type in {', '.join(_BLOCKS)}", value, place)
    return _decode_fields(_BLOCKS[kind], value, place)  # type: ignore[no-any-return]


def _of(cls: type[Any]) -> _Reader:
    return lambda value, place: _decode_fields(cls, value, place)


def _optional(read: _Reader) -> _Reader:
    return lambda value, place: None if value is None else read(value, place)


def _tuple(read: _Reader) -> _Reader:
    def reader(value: Any, place: str) -> tuple[Any, ...]:  # noqa: ANN401
        if not isinstance(value, list | tuple):
            raise _fail("a list", value, place)
        return tuple(read(item, f"{place}[{index}]") for index, item in enumerate(value))

    return reader


def _one_of(*words: str) -> _Reader:
    def reader(value: Any, place: str) -> str:  # noqa: ANN401
        if value not in words:
            raise _fail(f"one of {', '.join(words)}", value, place)
        return str(value)

    return reader


def _texts(value: Any, place: str) -> Mapping[str, str]:  # noqa: ANN401
    found = _object(value, place)
    return {key: _text(item, f"{place}.{key}") for key, item in found.items()}


_FIELDS: dict[type[Any], dict[str, _Reader]] = {
    TextBlock: {"text": _text},
    ReasoningBlock: {"text": _text, "signature": _optional(_text), "redacted_content": _optional(_bytes)},
    ImageBlock: {"format": _text, "data": _bytes},
    DocumentBlock: {"format": _text, "name": _text, "data": _bytes},
    ToolUseBlock: {"tool_use_id": _text, "name": _text, "input": _json},
    ToolResultBlock: {
        "tool_use_id": _text,
        "content": _tuple(_json),
        "status": _optional(_one_of("success", "error")),
    },
    RawBlock: {"value": _object},
    Message: {"role": _one_of("user", "assistant"), "content": _tuple(_block)},
    InferenceParameters: {
        "max_tokens": _optional(_integer),
        "temperature": _optional(_number),
        "top_p": _optional(_number),
        "stop_sequences": _optional(_tuple(_text)),
        "additional_model_request_fields": _optional(_object),
    },
    Guardrail: {
        "identifier": _text,
        "version": _text,
        "trace": _one_of("enabled", "disabled", "enabled_full"),
        "stream_processing_mode": _optional(_one_of("sync", "async")),
    },
    InvocationRequest: {
        "model_id": _text,
        "messages": _tuple(_of(Message)),
        "system": _optional(_text),
        "system_cache_ttl": _optional(_one_of("5m", "1h")),
        "parameters": _of(InferenceParameters),
        "service_tier": _optional(_text),
        "performance_latency": _optional(_text),
        "guardrail": _optional(_of(Guardrail)),
        "tool_config": _optional(_object),
        "output_config": _optional(_object),
        "request_metadata": _optional(_texts),
        "additional_model_response_field_paths": _optional(_tuple(_text)),
    },
    Usage: {field.name: _optional(_integer) for field in dataclasses.fields(Usage)},
    Timing: {
        "time_to_first_token": _optional(_number),
        "time_to_first_reasoning_token": _optional(_number),
        "total": _optional(_number),
        "server_latency": _optional(_number),
        "arrivals": _tuple(_number),
        "summed": _flag,
    },
    Attempt: {
        "number": _integer,
        "started": _number,
        "duration": _number,
        "error_type": _optional(_text),
        "error_code": _optional(_text),
        "error_message": _optional(_text),
        "status": _optional(_integer),
        "request_id": _optional(_text),
        "backoff": _optional(_number),
        "sent": _optional(_flag),
    },
    InvocationResult: {
        "text": _text,
        "reasoning": _text,
        "content": _tuple(_block),
        "stop_reason": _optional(_text),
        "usage": _optional(_of(Usage)),
        "timing": _of(Timing),
        "attempts": _tuple(_of(Attempt)),
        "request_id": _optional(_text),
        "error": _optional(_error),
        "service_tier": _optional(_text),
        "performance_latency": _optional(_text),
        "invoked_model_id": _optional(_text),
        "guardrail_trace": _optional(_object),
        "citations": _tuple(_json),
        "additional_model_response_fields": _json,
        "trace": _optional(_of(Trace)),
    },
    Trace: {
        "pattern": _text,
        "calls": _tuple(_of(TracedCall)),
        "decisions": _tuple(_of(Decision)),
        "lookups": _tuple(_of(Lookup)),
    },
    Lookup: {
        "at": _number,
        "parent_id": _text,
        "role": _text,
        "found": _optional(_text),
        "similarity": _optional(_number),
        "saved_cost": _optional(_decimal),
        "saved_seconds": _optional(_number),
    },
    Decision: {
        "at": _number,
        "parent_id": _text,
        "text": _text,
        "role": _optional(_text),
        "chosen": _optional(_flag),
    },
    TracedCall: {
        "run_id": _text,
        "parent_id": _text,
        "role": _text,
        "model_id": _text,
        "invoked_model_id": _optional(_text),
        "region": _optional(_text),
        "started": _number,
        "first_token": _optional(_number),
        "ended": _optional(_number),
        "state": _text,
        "attempts": _integer,
        "stop_reason": _optional(_text),
        "error_type": _optional(_text),
        "error_message": _optional(_text),
        "usage": _optional(_of(Usage)),
        "cost": _optional(_decimal),
        "cost_confidence": _text,
        "replayed": _flag,
        "breaker": _optional(_text),
        "note": _optional(_text),
    },
}
