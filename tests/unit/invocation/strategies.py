"""Hypothesis strategies for the invocation module's values."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from bedrock_playground.invocation import errors, values
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.trace import Decision, Trace, TracedCall

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(string.ascii_letters, min_size=1, max_size=8)
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
seconds = st.floats(min_value=0, max_value=1e6, allow_nan=False)
scalars = st.none() | st.booleans() | st.integers() | finite | texts
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


blocks: st.SearchStrategy[values.ContentBlock] = st.one_of(
    st.builds(values.TextBlock, texts),
    st.builds(values.ReasoningBlock, texts, optional(texts), optional(st.binary(min_size=1, max_size=20))),
    st.builds(values.ImageBlock, names, st.binary(max_size=20)),
    st.builds(values.DocumentBlock, names, texts, st.binary(max_size=20)),
    st.builds(values.ToolUseBlock, names, names, json_values),
    st.builds(
        values.ToolResultBlock,
        names,
        st.lists(json_values, max_size=3).map(tuple),
        st.sampled_from([None, "success", "error"]),
    ),
    st.builds(values.RawBlock, json_objects),
)
messages = st.builds(
    values.Message,
    st.sampled_from(["user", "assistant"]),
    st.lists(blocks, min_size=1, max_size=4).map(tuple),
)
parameters = st.builds(
    values.InferenceParameters,
    max_tokens=optional(st.integers(1, 10**6)),
    temperature=optional(seconds | st.integers(0, 1)),
    top_p=optional(seconds),
    stop_sequences=optional(st.lists(texts, max_size=3).map(tuple)),
    additional_model_request_fields=optional(json_objects),
)
guardrails = st.builds(
    values.Guardrail,
    identifier=names,
    version=names,
    trace=st.sampled_from(["enabled", "disabled", "enabled_full"]),
    stream_processing_mode=st.sampled_from([None, "sync", "async"]),
)
requests = st.builds(
    values.InvocationRequest,
    model_id=names,
    messages=st.lists(messages, min_size=1, max_size=3).map(tuple),
    system=optional(texts),
    system_cache_ttl=st.sampled_from([None, "5m", "1h"]),
    parameters=parameters,
    service_tier=optional(names),
    performance_latency=optional(names),
    guardrail=optional(guardrails),
    tool_config=optional(json_objects),
    output_config=optional(json_objects),
    request_metadata=optional(st.dictionaries(texts, texts, max_size=3)),
    additional_model_response_field_paths=optional(st.lists(texts, max_size=3).map(tuple)),
)


def all_errors(cls: type[InvocationError] = InvocationError) -> list[type[InvocationError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in all_errors(child))]


failures = st.builds(
    lambda cls, message, told: cls(message, **told),
    st.sampled_from(all_errors(errors.InvocationError)),
    texts,
    st.fixed_dictionaries(
        {},
        optional={
            "code": texts,
            "status": st.integers(100, 599),
            "request_id": texts,
            "retry_after": seconds,
        },
    ),
)
counts = optional(st.integers(0, 10**9))
usages = st.builds(values.Usage, counts, counts, counts, counts, counts, counts, counts)
timings = st.builds(
    values.Timing,
    optional(seconds),
    optional(seconds),
    optional(seconds),
    optional(seconds),
    st.lists(seconds, max_size=5).map(tuple),
)
attempts = st.builds(
    values.Attempt,
    number=st.integers(1, 9),
    started=seconds,
    duration=seconds,
    error_type=optional(names),
    error_code=optional(names),
    error_message=optional(texts),
    status=optional(st.integers(100, 599)),
    request_id=optional(names),
    backoff=optional(seconds),
)
calls = st.builds(
    TracedCall,
    run_id=names,
    parent_id=names,
    role=texts,
    model_id=names,
    started=seconds,
    first_token=optional(seconds),
    ended=optional(seconds),
    state=st.sampled_from(["running", "completed", "failed", "cancelled"]),
    attempts=st.integers(0, 9),
    error_message=optional(texts),
    usage=optional(usages),
    cost=optional(st.decimals(0, 1000, places=9)),
    replayed=st.booleans(),
    breaker=optional(names),
    note=optional(texts),
)
decisions = st.builds(
    Decision, at=seconds, parent_id=names, text=texts, role=optional(names), chosen=optional(st.booleans())
)
traces = st.builds(
    Trace,
    pattern=names,
    calls=st.lists(calls, max_size=2).map(tuple),
    decisions=st.lists(decisions, max_size=2).map(tuple),
)
results = st.builds(
    values.InvocationResult,
    text=texts,
    reasoning=texts,
    content=st.lists(blocks, max_size=3).map(tuple),
    stop_reason=optional(names),
    usage=optional(usages),
    timing=timings,
    attempts=st.lists(attempts, max_size=3).map(tuple),
    request_id=optional(names),
    error=optional(failures),
    service_tier=optional(names),
    performance_latency=optional(names),
    invoked_model_id=optional(names),
    guardrail_trace=optional(json_objects),
    citations=st.lists(json_objects, max_size=2).map(tuple),
    additional_model_response_fields=json_values,
    trace=optional(traces),
)
