"""What analytics asks of a request and its result, taken out of them when a run is recorded.

Reading them from the stored JSON would take a second per 20,000 runs.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Json, RunState

_TOP_K = (("top_k",), ("topK",), ("inferenceConfig", "topK"), ("inferenceConfig", "top_k"))
_BUDGET = (("thinking", "budget_tokens"), ("reasoning_config", "budget_tokens"))
_EFFORT = (
    ("output_config", "effort"),
    ("reasoning_effort",),
    ("reasoning", "effort"),
    ("reasoning_config",),
    ("reasoningConfig", "maxReasoningEffort"),
)
_LARGEST = 2**31 - 1


def traits_row(
    request: InvocationRequest, result: InvocationResult | None, *, request_text: str
) -> dict[str, Any]:
    """The columns of ``runs`` that analytics alone reads.

    Args:
        request: What was sent.
        result: What came of it.
        request_text: The request as it is stored: runs with the same text are repeats of one request.
    """
    sent = request.parameters
    own = sent.additional_model_request_fields or {}
    effort = (request.output_config or {}).get("effort")
    return {
        "temperature": sent.temperature,
        "top_p": sent.top_p,
        "max_tokens": _whole(sent.max_tokens),
        "top_k": _whole(_first(own, _TOP_K)),
        "thinking_budget": _whole(_first(own, _BUDGET)),
        "effort": _word(effort if effort is not None else _first(own, _EFFORT)),
        "request_key": key_of(request_text),
        **ended_traits_row(result),
    }


def ended_traits_row(result: InvocationResult | None) -> dict[str, Any]:
    """Those of them that come from the result."""
    return {
        "performance_latency": _word(result.performance_latency) if result else None,
        "retried_for": _retried_for(result),
        "answer_key": answer_key(result),
    }


def answer_key(result: InvocationResult | None) -> int | None:
    """Say which answers are the same: 64 bits of the text without its case and its white space.

    Only a completed run has an answer to compare; an empty one counts, since saying nothing is an answer too.
    """
    if result is None or result.state is not RunState.COMPLETED:
        return None
    return key_of(" ".join(unicodedata.normalize("NFC", result.text).casefold().split()))


def key_of(text: str) -> int:
    """Make 64 bits of a text, signed as both databases want them."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _retried_for(result: InvocationResult | None) -> str | None:
    """The errors after which it was tried again, each once."""
    failed = {attempt.error_type or "unknown" for attempt in result.attempts[:-1]} if result else set()
    return " + ".join(sorted(failed)) or None


def _first(fields: Mapping[str, Json], places: Sequence[Sequence[str]]) -> Json:
    for place in places:
        value: Json = fields
        for name in place:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None and not isinstance(value, Mapping):
            return value
    return None


def _whole(value: Json) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return value if known else None  # type: ignore[return-value]  # that is what `known` says


def _word(value: Json) -> str | None:
    """A level's name; anything longer is not one."""
    known = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= 40
    return value if known else None  # type: ignore[return-value]  # that is what `known` says
