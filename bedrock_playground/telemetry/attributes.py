"""What a call becomes as attributes of a span and of metrics: pure, and without OpenTelemetry.

Names and meanings are the conventions' (see the package's docstring); ours begin with
``bedrock_playground.``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from bedrock_playground.catalog.arithmetic import input_in_all
from bedrock_playground.invocation.embeddings import embedding_of
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.observed import EndedCall
from bedrock_playground.invocation.values import Attempt, InvocationRequest, InvocationResult, Json, Usage

Attribute: TypeAlias = str | bool | int | float | tuple[str, ...]
"""What OpenTelemetry takes as an attribute's value, as far as it is used here."""

_PORTS = {"http": 80, "https": 443}


def operation_of(call: EndedCall) -> str:
    """The conventions' word for what was done: ``chat``, ``embeddings`` or ``text_completion``."""
    if call.operation != "InvokeModel":
        return "chat"
    # By their own API embedding models are called, most of which say so in their id, and old text models.
    return "embeddings" if call.request or "embed" in call.model_id else "text_completion"


def error_type(error: InvocationError) -> str:
    """What kind of error ended the call: the service's code, else our own name for it."""
    return error.code or type(error).__name__


def common_attributes(call: EndedCall) -> dict[str, Attribute]:
    """What the span and every metric say: what was called, where, and who answered."""
    return _told({
        "gen_ai.operation.name": operation_of(call),
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": call.model_id,
        "gen_ai.response.model": call.result.invoked_model_id,
        **_server(call.address),
    })  # fmt: skip


def span_attributes(call: EndedCall) -> dict[str, Attribute]:
    """Everything that the span says, but for content."""
    result, error = call.result, call.result.error
    return common_attributes(call) | _told({
        **(_asked(call.request) if call.request else {}),
        "gen_ai.request.stream": True if call.operation == "ConverseStream" else None,
        "gen_ai.response.finish_reasons": (result.stop_reason,) if result.stop_reason else None,
        "gen_ai.response.time_to_first_chunk": call.first_output,
        "gen_ai.embeddings.dimension.count": len(embedding_of(result) or ()) or None,
        **usage_attributes(result.usage, counted_by=result.invoked_model_id or call.model_id),
        "error.type": error_type(error) if error else None,
        "http.response.status_code": error.status if error else None,
        "aws.request_id": result.request_id,
        "cloud.region": call.region,
        **_ours(call),
    })  # fmt: skip


def usage_attributes(usage: Usage | None, *, counted_by: str) -> dict[str, Attribute]:
    """The token counts that were told; the input counts cached tokens in, as the conventions want it.

    Args:
        usage: What the service told.
        counted_by: The model that counted: some leave cached tokens out of their input, others do not.
    """
    if usage is None:
        return {}
    return _told({
        "gen_ai.usage.input_tokens": input_in_all(usage, counted_by),
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_input_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    })  # fmt: skip


def attempt_attributes(attempt: Attempt) -> dict[str, Attribute]:
    """What the event of a try that failed says."""
    return _told({
        "bedrock_playground.attempt.number": attempt.number,
        "bedrock_playground.attempt.duration": attempt.duration,
        "bedrock_playground.attempt.backoff": attempt.backoff,
        "error.type": attempt.error_code or attempt.error_type,
        "http.response.status_code": attempt.status,
        "aws.request_id": attempt.request_id,
    })  # fmt: skip


def _asked(request: InvocationRequest) -> dict[str, Attribute | None]:
    parameters, extra = request.parameters, request.parameters.additional_model_request_fields or {}
    return {
        "gen_ai.request.max_tokens": parameters.max_tokens,
        "gen_ai.request.temperature": parameters.temperature,
        "gen_ai.request.top_p": parameters.top_p,
        "gen_ai.request.top_k": next(_top_k(extra), None),
        "gen_ai.request.stop_sequences": parameters.stop_sequences,
        # Converse takes one kind of output format: JSON by a schema.
        "gen_ai.output.type": "json" if (request.output_config or {}).get("textFormat") else None,
        "aws.bedrock.guardrail.id": request.guardrail.identifier if request.guardrail else None,
    }


def _top_k(fields: Mapping[str, Json]) -> Iterator[float]:
    """Find top-k where models keep it: Anthropic's ``top_k``, Cohere's ``k``, Nova's nested ``topK``."""
    nested = fields.get("inferenceConfig")
    for place in (fields, nested if isinstance(nested, Mapping) else {}):
        for name in ("top_k", "topK", "k"):
            value = place.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield float(value)


def _server(address: str | None) -> dict[str, Attribute | None]:
    """Host and port alone: whatever else an address holds is nobody's business."""
    try:
        parts = urlsplit(address or "")
        port = parts.port
    except ValueError:
        return {}
    if not parts.hostname:
        return {}
    return {"server.address": parts.hostname, "server.port": port or _PORTS.get(parts.scheme)}


def _ours(call: EndedCall) -> dict[str, Attribute | None]:
    result, timing = call.result, call.result.timing
    return {
        "bedrock_playground.attempts": len(result.attempts),
        "bedrock_playground.time_to_first_token": timing.time_to_first_token,
        "bedrock_playground.server_latency": timing.server_latency,
        "bedrock_playground.service_tier": result.service_tier,
        **_run(call, result),
    }


def _run(call: EndedCall, result: InvocationResult) -> dict[str, Attribute | None]:
    if call.run is None:
        return {}
    identity, cost = call.run.identity, call.run.price(result)
    comparison = _digest(identity.comparison_id)
    known = cost if cost is not None and cost.amount is not None else None
    return {
        # A lane is one conversation.
        "gen_ai.conversation.id": f"{comparison}/{identity.label}",
        "bedrock_playground.run.id": identity.run_id,
        "bedrock_playground.comparison": comparison,
        "bedrock_playground.lane": identity.label,
        "bedrock_playground.turn": identity.turn,
        "bedrock_playground.repeat": identity.repeat,
        "bedrock_playground.cost.usd": float(known.amount or 0) if known else None,
        "bedrock_playground.cost.confidence": str(known.confidence) if known else None,
    }


def _digest(comparison_id: str) -> str:
    """Tell comparisons apart without their id: whoever knows that may look at what was said."""
    return hashlib.sha256(comparison_id.encode()).hexdigest()[:16]


def _told(values: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    return {name: value for name, value in values.items() if value is not None}
