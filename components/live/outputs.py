"""What an answer holds besides its text, as facts for the browser.

Tool calls, JSON held against its schema, what a guardrail did, the cache, the tier. All of it comes from a
model or a service: the browser puts it on the page as text, never as HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bedrock_playground.invocation.guardrail_words import trace_in_words
from bedrock_playground.invocation.structured import SchemaRefused, asked_schema, check_answer, read_schema
from bedrock_playground.invocation.tool_calls import calls_of, is_malformed
from bedrock_playground.invocation.values import (
    InvocationResult,
    Json,
    RunState,
    ToolUseBlock,
)
from components.live.feed import LiveRun

MAX_NODES = 2000
"""Values of one tree that are drawn; the rest are counted."""
MAX_DEPTH = 40
"""Levels of one tree that are drawn."""


class _Number(str):
    """A number as the model wrote it: JavaScript's own would round the long ones."""

    __slots__ = ()


def figures(run: LiveRun) -> dict[str, object]:
    """Return what a run's figures say beyond the common ones; only what is known."""
    usage, result, request = run.usage, run.result, run.request
    told: dict[str, object] = {}
    if usage is not None:
        told |= {
            "rtokens": usage.reasoning_tokens,
            "cacheRead": usage.cache_read_input_tokens,
            "cacheWrite": usage.cache_write_input_tokens,
            "cacheWrite1h": usage.cache_write_1h_input_tokens,
        }
    if result is not None:
        told["rtime"] = reasoning_seconds(result)
        told["tier"] = _wanted_and_got(request.service_tier, result.service_tier)
        told["latencyMode"] = _wanted_and_got(request.performance_latency, result.performance_latency)
    return {name: value for name, value in told.items() if value is not None}


def reasoning_seconds(result: InvocationResult) -> float | None:
    """Return the seconds from the first reasoning token to the first visible one, if both came."""
    timing = result.timing
    if timing.time_to_first_reasoning_token is None or timing.time_to_first_token is None:
        return None
    return round(max(0.0, timing.time_to_first_token - timing.time_to_first_reasoning_token), 4)


def _wanted_and_got(wanted: str | None, got: str | None) -> list[str | None] | None:
    return None if wanted is None and got is None else [wanted, got]


def answer_outputs(run: LiveRun) -> dict[str, object]:
    """Return what a run that is over holds besides its text; costs some work, so ask once."""
    result = run.result
    if result is None:
        return {}
    outputs: dict[str, object] = {}
    calls = calls_of(result)
    if calls:
        outputs["tools"] = [_call(call) for call in calls]
    schema = asked_schema(run.request) if run.state is RunState.COMPLETED else None
    # With calls and no text there is no answer yet; without either, an empty one.
    if schema is not None and (result.text or not calls):
        outputs["json"] = _checked(result.text, schema) if result.text.strip() else _empty(result)
    if result.guardrail_trace is not None:
        outputs["guardrail"] = {
            "words": trace_in_words(result.guardrail_trace),
            "trace": tree_of(result.guardrail_trace),
        }
    return outputs


def _call(call: ToolUseBlock) -> Mapping[str, object]:
    if is_malformed(call):
        raw = call.input if isinstance(call.input, str) else json.dumps(call.input, ensure_ascii=False)
        return {"name": call.name, "id": call.tool_use_id, "raw": raw}
    return {"name": call.name, "id": call.tool_use_id, "input": tree_of(call.input)}


def _empty(result: InvocationResult) -> Mapping[str, object]:
    """Say of an answer without text what is wrong with it, rather than what a JSON parser makes of it."""
    ended = ": max tokens ended it before the first word" if result.stop_reason == "max_tokens" else ""
    return {"valid": False, "problems": [["$", f"The answer is empty{ended}."]], "more": 0, "tree": None}


def _checked(text: str, schema_text: str) -> Mapping[str, object]:
    try:
        check = check_answer(text, read_schema(schema_text))
    except SchemaRefused as refused:
        return {"valid": None, "problems": [["$", str(refused)]], "more": 0, "tree": _parsed_tree(text)}
    return {
        "valid": check.valid,
        "problems": [[problem.path, problem.message] for problem in check.problems],
        "more": check.more,
        "tree": _parsed_tree(text) if check.is_json else None,
    }


def _parsed_tree(text: str) -> object:
    try:
        return tree_of(json.loads(text, parse_float=_Number, parse_int=_Number))
    except (ValueError, RecursionError):
        return None


def tree_of(value: Json) -> object:
    """Return JSON as a tree that keeps every number as it is written.

    A scalar is its JSON text; an object ``["o", [[name, node], …], left out]``, a list ``["a", [node, …],
    left out]``, where the last counts members that were too many to be drawn.
    """
    return _Tree().node(value, 0)


class _Tree:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def node(self, value: Json, depth: int) -> object:
        self._left -= 1
        if isinstance(value, _Number):
            return str(value)
        if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
            return json.dumps(value, ensure_ascii=False)
        if depth >= MAX_DEPTH:
            return ["o" if isinstance(value, Mapping) else "a", [], len(value)]
        drawn: list[object] = []
        if isinstance(value, Mapping):
            for name, item in value.items():
                if self._left <= 0:
                    break
                drawn.append([str(name), self.node(item, depth + 1)])
            return ["o", drawn, len(value) - len(drawn)]
        for item in value:
            if self._left <= 0:
                break
            drawn.append(self.node(item, depth + 1))
        return ["a", drawn, len(value) - len(drawn)]
