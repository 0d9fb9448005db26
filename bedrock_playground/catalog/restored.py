"""From a request that was sent back to the settings that made it.

Pure: no clock, environment or network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules import Rule, rules_for
from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant, escaped
from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import DocumentBlock, ImageBlock, InvocationRequest, Json, RawBlock

_FIELDS = "additionalModelRequestFields"
_OUTPUT = "outputConfig"
_SWITCHES: tuple[Literal["on", "off"] | None, ...] = (None, "on", "off")


def variant_of(request: InvocationRequest, resolution: Resolution, *, shared_system: str | None) -> Variant:
    """Read a variant back from a request.

    Settings that travel in the model's own fields are found where its rules put them, and believed only if
    they make the same fields again. What is left of the fields stays as it was sent.

    Args:
        request: What was sent.
        resolution: What its model id stands for.
        shared_system: The system prompt that all variants of the comparison share; another one is the
            variant's own.
    """
    if is_pattern(request.model_id):
        # What it carries is the pattern, and no setting.
        return Variant(model=request.model_id)
    sent = request.parameters
    known = Variant(
        model=request.model_id,
        temperature=sent.temperature,
        top_p=sent.top_p,
        max_tokens=sent.max_tokens,
        stop=tuple(escaped(text) for text in sent.stop_sequences or ()),
        system=_own_system(request, resolution, shared=shared_system),
        service_tier=request.service_tier,
        latency=request.performance_latency,
        cache_ttl=_cache_ttl(request),
        guardrail=request.guardrail,
    )
    fields = dict(sent.additional_model_request_fields or {})
    found = [
        read
        for candidate in _candidates(request, resolution, known)
        if (read := _with_the_rest(candidate, request, resolution=resolution, fields=fields)) is not None
    ]
    if found:
        # The one that explains most: what a setting made shall come back as that setting, not as a raw field.
        return min(found, key=lambda read: len(read.additional_fields or ""))
    # Its rules are not known now, or not those that made the request: what is plain to see is kept all the
    # same.
    effort = _effort(request)
    return replace(
        known, effort=effort if isinstance(effort, str) else None, additional_fields=_as_text(fields)
    )


def inputs_of(request: InvocationRequest) -> Inputs:
    """Read back from a request what it asked; canned results were never in it."""
    first = request.messages[0]
    return Inputs(
        prompt=first.text,
        system=request.system,
        attachments=tuple(block for block in first.content if isinstance(block, ImageBlock | DocumentBlock)),
        output_schema=asked_schema(request),
        tools=_tools_of(request.tool_config),
        tool_choice=_choice_of(request.tool_config),
    )


def _tools_of(config: Mapping[str, Any] | None) -> tuple[ToolDefinition, ...]:
    found = []
    for tool in (config or {}).get("tools") or ():
        match tool:
            case {"toolSpec": {"name": str(name), **others}}:
                schema = others.get("inputSchema")
                found.append(
                    ToolDefinition(
                        name=name,
                        description=str(others.get("description") or ""),
                        input_schema=schema.get("json") if isinstance(schema, Mapping) else None,
                    )
                )
            case _:
                pass
    return tuple(found)


def _choice_of(config: Mapping[str, Any] | None) -> str | None:
    match (config or {}).get("toolChoice"):
        case {"tool": {"name": str(name)}}:
            return name
        case {"any": _}:
            return "any"
        case {"auto": _}:
            return "auto"
        case _:
            return None


def takes_system(resolution: Resolution) -> bool:
    """Say whether a request to this model could have brought a system prompt."""
    rule = rules_for(resolution).get("system")
    return rule is None or rule.usable


def _own_system(request: InvocationRequest, resolution: Resolution, *, shared: str | None) -> str | None:
    """The variant's own system prompt: an empty one says that it wanted none, although others have one."""
    if request.system == shared:
        return None
    if request.system is None and not takes_system(resolution):
        # It had no choice. Another model in its place gets what all get.
        return None
    return request.system or ""


def _candidates(request: InvocationRequest, resolution: Resolution, known: Variant) -> Iterator[Variant]:
    """The settings that may have made the model's own fields, the fullest first."""
    rules = rules_for(resolution, variant=Variant(model=request.model_id))
    top_k = _whole(_at(request, rules.get("top_k")))
    budget = _whole(_at(request, rules.get("thinking_budget")))
    effort = _at(request, rules.get("effort"))
    for level in dict.fromkeys((effort if isinstance(effort, str) else None, None)):
        for switch in _SWITCHES:
            yield replace(known, top_k=top_k, thinking_budget=budget, effort=level, reasoning=switch)


def _with_the_rest(
    candidate: Variant, request: InvocationRequest, *, resolution: Resolution, fields: Mapping[str, Json]
) -> Variant | None:
    """The candidate, with what it does not make of the fields as raw ones; ``None`` if it makes others."""
    made = build_request(candidate, Inputs(prompt=""), resolution).request
    if _effort(made) != _effort(request):
        return None
    rest = _beyond(fields, made.parameters.additional_model_request_fields or {})
    return None if rest is None else replace(candidate, additional_fields=_as_text(rest))


def _beyond(sent: Mapping[str, Json], made: Mapping[str, Json]) -> dict[str, Json] | None:
    """What was sent beyond what is made; ``None`` if something is made that was not sent so."""
    rest = dict(sent)
    for name, value in made.items():
        if name not in sent:
            return None
        below = sent[name]
        if below == value:
            del rest[name]
        elif isinstance(below, Mapping) and isinstance(value, Mapping):
            inner = _beyond(below, value)
            if inner is None:
                return None
            rest[name] = inner
        else:
            return None
    return rest


def _at(request: InvocationRequest, rule: Rule | None) -> Json:
    """The value that stands at a rule's place in a request; ``None`` if nothing does."""
    if rule is None or not rule.path:
        return None
    value: Json = {
        _FIELDS: request.parameters.additional_model_request_fields or {},
        _OUTPUT: request.output_config or {},
    }
    for name in rule.path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _effort(request: InvocationRequest) -> Json:
    return (request.output_config or {}).get("effort")


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _cache_ttl(request: InvocationRequest) -> Literal["5m", "1h"] | None:
    if request.system_cache_ttl is not None:
        return request.system_cache_ttl
    for block in request.messages[0].content if request.messages else ():
        if isinstance(block, RawBlock) and isinstance(point := block.value.get("cachePoint"), Mapping):
            return "1h" if point.get("ttl") == "1h" else "5m"
    return None


def _as_text(fields: Mapping[str, Json]) -> str | None:
    return json.dumps(fields, indent=2, ensure_ascii=False) if fields else None
