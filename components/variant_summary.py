"""A variant's settings in a few words: what is sent, and what is set aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from bedrock_playground.catalog.rules import ControlState, Rule
from bedrock_playground.catalog.variant import Adjustment, BuiltRequest, Variant
from bedrock_playground.invocation.values import Json

_LONG = 60

NAMES = {
    "model": "model",
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "max_tokens": "max tokens",
    "stop": "stop sequences",
    "system": "system prompt",
    "reasoning": "reasoning",
    "thinking_budget": "thinking budget",
    "effort": "effort",
    "service_tier": "service tier",
    "latency": "latency",
    "cache_ttl": "prompt cache",
    "guardrail": "guardrail",
    "additional_fields": "additional fields",
    "attachments": "attachments",
    "output_schema": "JSON schema",
    "tools": "tools",
    "tool_choice": "tool choice",
}
"""What a setting is called in running text."""


def summary(
    variant: Variant,
    built: BuiltRequest,
    *,
    names: Iterable[str] | None = None,
    otherwise: str = "the model's defaults",
) -> str:
    """The settings that are sent, in a few words.

    Args:
        variant: The settings as they were made.
        built: What became of them.
        names: The settings to speak of; all if not given.
        otherwise: What to say where none is sent.
    """
    wanted = _SHORT if names is None else [name for name in _SHORT if name in set(names)]
    parts = [_part(name, getattr(variant, name), built) for name in wanted]
    return " · ".join(part for part in parts if part) or otherwise


def set_aside_words(adjustments: Iterable[Adjustment], rules: Mapping[str, Rule]) -> str:
    """Name the settings that are kept but not sent, with their values and the kind of reason."""
    return ", ".join(
        f"{NAMES[item.parameter]} {value_words(item.given)}{_kind(rules.get(item.parameter), item)}"
        for item in adjustments
    )


def _kind(rule: Rule | None, item: Adjustment) -> str:
    # A free control has taken other values: what was wrong with this one, only the adjustment tells.
    word = _KINDS.get(rule.state, item.reason.rstrip(".")) if rule else None
    return f" ({word})" if word else ""


def value_words(value: Json) -> str:
    """Write a setting's value in running text."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value if len(value) <= _LONG else f"{value[:_LONG]} …"
    if isinstance(value, int):
        return str(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


def _part(name: str, value: object, built: BuiltRequest) -> str:
    changes = {change.action: change for change in built.adjustments if change.parameter == name}
    if name == "stop":
        # Some may be sent and others not.
        value = len(built.request.parameters.stop_sequences or ()) or None
    elif "dropped" in changes:
        return ""
    elif "clamped" in changes:
        value = changes["clamped"].sent
    if value is None:
        return ""
    if name == "system" and not value:
        return "no system prompt"
    return _SHORT[name].format(f"{value:g}" if isinstance(value, float) else value)


_KINDS = {
    ControlState.REJECTED: "rejected",
    ControlState.CONFLICTS: "excluded by another setting",
    ControlState.DEFAULT_ONLY: "not taken",
}

_SHORT = {
    "temperature": "temp {}",
    "top_p": "top-p {}",
    "top_k": "top-k {}",
    "max_tokens": "max {}",
    "stop": "{} stop",
    "system": "own system",
    "reasoning": "reasoning {}",
    "thinking_budget": "budget {}",
    "effort": "effort {}",
    "service_tier": "{} tier",
    "latency": "{} latency",
    "cache_ttl": "cache {}",
    "guardrail": "guardrail",
    "additional_fields": "extra fields",
}
