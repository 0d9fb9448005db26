"""A variant's settings in a few words: what is sent, and what is set aside."""

from __future__ import annotations

from collections.abc import Iterable

from bedrock_playground.catalog.variant import Adjustment, Variant

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


def summary(variant: Variant, adjustments: Iterable[Adjustment] = ()) -> str:
    """The settings that are sent, in a few words.

    Args:
        variant: The settings as they were made.
        adjustments: What became of them on their way into the request.
    """
    changed = {adjustment.parameter: adjustment for adjustment in adjustments}
    parts = [_part(name, getattr(variant, name), changed.get(name)) for name in _SHORT]
    return " · ".join(part for part in parts if part) or "the model's defaults"


def _part(name: str, value: object, adjustment: Adjustment | None) -> str:
    if value is None or value == () or (adjustment and adjustment.action == "dropped"):
        return ""
    if adjustment and adjustment.action == "clamped":
        value = adjustment.sent
    if isinstance(value, tuple):
        value = len(value)
    if name == "system" and not value:
        return "no system prompt"
    return _SHORT[name].format(f"{value:g}" if isinstance(value, float) else value)


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
