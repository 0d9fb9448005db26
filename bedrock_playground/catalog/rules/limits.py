"""Max tokens, stop sequences, and what the service around the model offers."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.catalog.rules.case import SMALL_DEFAULT, Case, by_prompt, cannot
from bedrock_playground.catalog.rules.family import FIELDS
from bedrock_playground.catalog.rules.values import ControlState, Rule

CONVERSE_STOPS = 2500
"""Converse's own limit of stop sequences."""
TIERS = ("default", "priority", "flex", "reserved")
"""Converse's service tiers."""
_API = "AWS, Converse API reference"
_SNAPSHOT = "catalogue"


def limit_rules(case: Case) -> Iterator[Rule]:
    """Say what can be done with everything that is neither sampling, reasoning nor content."""
    yield by_prompt("max_tokens") if case.is_prompt else _max_tokens(case)
    yield by_prompt("stop") if case.is_prompt else _stop(case)
    yield _service_tier(case)
    yield _latency(case)
    yield _cache_ttl(case)
    yield _guardrail(case)
    yield by_prompt("additional_fields") if case.is_prompt else _additional_fields()


def _max_tokens(case: Case) -> Rule:
    ceiling = case.ceiling
    warning = None
    if case.reasons and case.variant.max_tokens is None and case.family and case.family.small_default:
        warning = (
            f"Bedrock is reported to stop {case.name} at about {SMALL_DEFAULT:,} tokens, thinking included, "
            "where max tokens are not set."
        )
    known = f"1 to {ceiling:,}" if ceiling else "At least 1; the model's own limit is not known"
    why = (
        "the answer ends there at the latest"
        if case.is_local
        else "a request reserves this much of your quota"
    )
    return Rule(
        parameter="max_tokens",
        state=ControlState.FREE,
        reason=f"{known}. Worth setting: {why}.",
        minimum=1,
        maximum=ceiling,
        step=1,
        path=("inferenceConfig", "maxTokens"),
        warning=warning,
        source=_SNAPSHOT if ceiling else _API,
    )


def _stop(case: Case) -> Rule:
    family = case.family
    count = (family.stop_count if family else None) or CONVERSE_STOPS
    words = family.stop_words if family else ()
    reason = f"At most {count:,}." if count > 1 else "One only."
    if words:
        quoted = " or ".join(f"“{word}”" for word in words)
        reason = f"One only, and only {quoted}. {case.name} takes no other."
    elif family and family.stop_not_blank:
        reason += " Each needs a visible character."
    return Rule(
        parameter="stop",
        state=ControlState.FREE,
        reason=reason,
        maximum=count,
        options=words,
        path=("inferenceConfig", "stopSequences"),
        source=case.source or _API,
    )


def _service_tier(case: Case) -> Rule:
    if case.is_local:
        return cannot(case, "service_tier", "The local endpoint has one tier only.")
    told = case.spec.service_tiers if case.spec else None
    if case.spec is None:
        return cannot(
            case,
            "service_tier",
            "The catalogue does not know in which tiers this model is offered.",
            state=ControlState.DEFAULT_ONLY,
        )
    if told is not None and set(told) <= {"default"}:
        return Rule(
            parameter="service_tier",
            state=ControlState.DEFAULT_ONLY,
            reason=f"{case.name} is offered in the default tier only, as far as the catalogue knows.",
            options=("default",),
            default="default",
            path=("serviceTier", "type"),
            source=_SNAPSHOT,
        )
    options = TIERS if told is None else tuple(tier for tier in TIERS if tier in told)
    warning = None
    if told is None:
        warning = f"No source tells in which tiers {case.name_within} is offered: one that is not is refused."
    elif case.variant.service_tier == "reserved":
        warning = "The reserved tier needs capacity that you bought from AWS."
    return Rule(
        parameter="service_tier",
        state=ControlState.FREE,
        reason=f"One of {', '.join(options)}. The price follows the tier that the service answers with.",
        options=options,
        default="default",
        path=("serviceTier", "type"),
        warning=warning,
        source=_SNAPSHOT if told is not None else None,
    )


def _latency(case: Case) -> Rule:
    told = case.spec.latency_optimized if case.spec and not case.is_local else None
    if told:
        return Rule(
            parameter="latency",
            state=ControlState.FREE,
            reason="optimized answers sooner, in some Regions and at another price.",
            options=("standard", "optimized"),
            default="standard",
            path=("performanceConfig", "latency"),
            source=_SNAPSHOT,
        )
    if told is None and not case.is_local:
        return cannot(
            case,
            "latency",
            f"{case.name} is not known to be offered optimized for latency.",
            state=ControlState.DEFAULT_ONLY,
        )
    return cannot(case, "latency", f"{case.name} is not offered optimized for latency.")


def _cache_ttl(case: Case) -> Rule:
    told = case.spec.prompt_caching if case.spec else None
    if told is None and not case.is_local:
        return cannot(
            case,
            "cache_ttl",
            f"{case.name} is not known to cache prompts.",
            state=ControlState.DEFAULT_ONLY,
        )
    if told is None or not told.supported:
        return cannot(case, "cache_ttl", f"{case.name} does not cache prompts.")
    ttls = told.ttls or ("5m",)
    least = (
        "" if told.minimum_tokens is None else f" Shorter than {told.minimum_tokens:,} tokens is not cached."
    )
    return Rule(
        parameter="cache_ttl",
        state=ControlState.FREE,
        reason=f"An entry lives {' or '.join(ttls)}.{least}",
        options=ttls,
        path=("messages", "cachePoint"),
        source=_SNAPSHOT,
    )


def _guardrail(case: Case) -> Rule:
    if case.is_local:
        return cannot(case, "guardrail", "Guardrails belong to an AWS account: the local endpoint has none.")
    return Rule(
        parameter="guardrail",
        state=ControlState.FREE,
        reason="A guardrail of your account checks what goes in and what comes out.",
        path=("guardrailConfig",),
        source=_API,
    )


def _additional_fields() -> Rule:
    return Rule(
        parameter="additional_fields",
        state=ControlState.FREE,
        reason="The model's own fields, as JSON, laid over what the settings make and sent as they are: the "
        "model refuses what it does not know.",
        path=(FIELDS,),
        source=_API,
    )
