"""From a variant and what is asked to the exact request, with what became of each setting.

Pure: no clock, environment or network. botocore checks no maxima and no model's rules, so this does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bedrock_playground.catalog.build_content import add_schema, message_of, system_of, tool_config_of
from bedrock_playground.catalog.build_reasoning import add_reasoning
from bedrock_playground.catalog.draft import Draft
from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.raw_check import raw_warnings
from bedrock_playground.catalog.raw_fields import NotAnObject, merge, overridden, parse_object
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules import rules_for
from bedrock_playground.catalog.rules.case import Case, case_of
from bedrock_playground.catalog.rules.turns import turn_refusals
from bedrock_playground.catalog.variant import BuiltRequest, Inputs, Variant, unescaped
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.values import InferenceParameters, InvocationRequest, Json

_MADE = {"embedding": "embeddings", "image": "images", "video": "videos"}


def build_request(variant: Variant, inputs: Inputs, resolution: Resolution) -> BuiltRequest:
    """Make the request of one variant.

    Args:
        variant: The settings; what the model does not take is left out, not forgotten.
        inputs: What all variants are asked.
        resolution: What the variant's model id stands for.

    Returns:
        The request, every setting that is not sent as it was set, warnings, and why it cannot be sent. A
        request with refusals is what would be sent if nobody minded them.
    """
    case = case_of(resolution, variant, inputs)
    draft = Draft(case=case, rules=rules_for(resolution, variant=variant, inputs=inputs))
    draft.refusals += _refusals(case)
    draft.warn(*_warnings(draft))
    temperature = draft.number("temperature", variant.temperature)
    top_p = draft.number("top_p", variant.top_p)
    draft.number("top_k", variant.top_k)
    max_tokens = draft.number("max_tokens", variant.max_tokens)
    stops = _stops(draft)
    max_tokens = add_reasoning(draft, max_tokens)
    add_schema(draft, inputs)
    cache_ttl = _cache_ttl(draft)
    system = system_of(draft, inputs)
    draft.warn(*raw_warnings(draft, max_tokens=max_tokens))
    if max_tokens is None and "max_tokens" not in case.raw.numbers:
        draft.warn(draft.rules["max_tokens"].warning)
    request = InvocationRequest(
        model_id=variant.model.strip(),
        messages=(message_of(draft, inputs, cache_ttl=cache_ttl),),
        system=system,
        system_cache_ttl=cache_ttl if system is not None else None,
        service_tier=draft.choice("service_tier", variant.service_tier),
        performance_latency=draft.choice("latency", variant.latency),
        guardrail=variant.guardrail if _takes_guardrail(draft) else None,
        tool_config=tool_config_of(draft, inputs),
        output_config=draft.output or None,
        parameters=InferenceParameters(
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=top_p,
            stop_sequences=stops,
            additional_model_request_fields=_fields(draft),
        ),
    )
    draft.refusals += turn_refusals(request.messages)
    return BuiltRequest(
        request=request,
        adjustments=tuple(draft.adjustments),
        warnings=tuple(draft.warnings),
        refusals=tuple(draft.refusals),
    )


def request_as_json(request: InvocationRequest, *, streaming: bool = True) -> dict[str, Any]:
    """Say a request as JSON: exactly boto3's keyword arguments, with bytes as a short description.

    Args:
        request: The request.
        streaming: For ``converse_stream``, which is what runs; else for ``converse``.
    """
    shown: dict[str, Any] = _shown(converse_arguments(request, streaming=streaming))
    return shown


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever boto3 takes
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value


def _refusals(case: Case) -> Iterator[str]:
    if not case.variant.model.strip():
        yield "No model is chosen. Choose one."
    if case.spec is not None and not case.spec.answers_in_text:
        made = " and ".join(_MADE.get(kind, kind) for kind in case.spec.output_modalities)
        yield f"{case.name} makes {made}, not text: Converse does not serve it. Choose another model."


def _warnings(draft: Draft) -> Iterator[str | None]:
    case = draft.case
    spec, resolution = case.spec, case.resolution
    if case.family is None and not case.is_prompt and case.variant.model.strip():
        yield f"{resolution.explanation.rstrip('.')}. What it takes is not known: only the safest is sent."
    if case.family is not None:
        yield case.family.warning
    if spec is None:
        return
    if spec.on_demand is False and resolution.kind == "foundation_model":
        yield _not_on_demand(case.name, spec)
    if spec.lifecycle == "end_of_life":
        since = f" since {spec.end_of_life.isoformat()}" if spec.end_of_life else ""
        yield f"{case.name} has reached its end of life{since}: calls are refused."


def _not_on_demand(name: str, spec: ModelSpec) -> str:
    if spec.profiles:
        ids = ", ".join(profile.profile_id for profile in spec.profiles[:3])
        return f"{name} cannot be called by its own id, only by an inference profile, such as {ids}."
    told = spec.provenance.get("on_demand")
    why = f" {told.note}" if told and told.note else ""
    return f"{name} cannot be called by its own id, and no inference profile is known.{why}"


def _stops(draft: Draft) -> tuple[str, ...] | None:
    given = draft.case.variant.stop
    if not given or not draft.takes("stop", list(given)):
        return None
    rule, family = draft.rules["stop"], draft.case.family
    kept: list[str] = []
    for text in given:
        stop = unescaped(text)
        if not stop or stop in kept:
            draft.drop("stop", text, "It is empty." if not stop else "It is there twice.")
        elif family is not None and family.stop_not_blank and not stop.strip():
            draft.drop(
                "stop", text, f"{draft.case.name} refuses a stop sequence without a visible character."
            )
        elif (rule.options and stop not in rule.options) or len(kept) >= int(rule.maximum or 0):
            draft.drop("stop", text)
        else:
            kept.append(stop)
            if stop != text:
                reason = r"\n is sent as a line break, \t as a tab."
                draft.note("stop", "translated", given=text, sent=stop, reason=reason)
    return tuple(kept) or None


def _cache_ttl(draft: Draft) -> Literal["5m", "1h"] | None:
    ttl = draft.case.variant.cache_ttl
    if ttl is None or not draft.takes("cache_ttl", ttl):
        return None
    options = draft.rules["cache_ttl"].options
    sent: Literal["5m", "1h"] = "1h" if "1h" in options and ttl == "1h" else "5m"
    if sent != ttl:
        reason = f"{draft.case.name} keeps an entry for {' or '.join(options)} only."
        draft.note("cache_ttl", "clamped", given=ttl, sent=sent, reason=reason)
    reason = "Sent as cache points behind the system prompt and the prompt."
    point = "cachePoint" if sent == "5m" else f"cachePoint with ttl {sent}"
    draft.note("cache_ttl", "translated", given=ttl, sent=point, reason=reason)
    return sent


def _takes_guardrail(draft: Draft) -> bool:
    guardrail = draft.case.variant.guardrail
    return guardrail is not None and draft.takes("guardrail", guardrail.identifier)


def _fields(draft: Draft) -> Mapping[str, Json] | None:
    """Lay the user's raw fields over what the settings made."""
    text = draft.case.variant.additional_fields
    if text is None or not text.strip():
        return draft.fields or None
    if not draft.takes("additional_fields", text):
        return draft.fields or None
    try:
        raw = parse_object(text, what="The additional fields")
    except NotAnObject as error:
        draft.refusals.append(f"{error} Mend them, or empty the field.")
        return draft.fields or None
    for path in overridden(draft.fields, raw):
        draft.warn(f"The additional fields replace {path}, which a setting made.")
    return merge(draft.fields, raw) or None
