"""What a preset holds, in a few words; what is different between two; why one was refused."""

from __future__ import annotations

import json
from typing import Any

from bedrock_playground.history import HistoryError
from bedrock_playground.presets.codec import preset_to_json
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.values import Preset

_NAMES = {
    "temperature": "temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "max_tokens": "max tokens",
    "stop_sequences": "stop",
    "reasoning": "reasoning",
    "thinking_budget": "thinking budget",
    "effort": "effort",
    "tier": "tier",
    "latency": "latency",
    "cache_ttl": "prompt cache",
}


def settings_words(preset: Preset, *, model: bool = True) -> str:
    """Name the settings of a preset in a line.

    Args:
        preset: The preset.
        model: Whether to name the model too.
    """
    told = preset_to_json(preset)
    settings: dict[str, Any] = {**told.get("parameters", {}), **told.get("service", {})}
    parts = [preset.variant.model or "any model"] if model else []
    parts += [f"{label} {_value(settings[name])}" for name, label in _NAMES.items() if name in settings]
    for name, label in (
        ("additional_fields", "additional fields"),
        ("guardrail", "a guardrail"),
    ):
        parts += [label] if name in settings else []
    parts += ["a system prompt"] if preset.system else []
    parts += ["a JSON schema"] if preset.output_schema else []
    tools = len(preset.tools)
    parts += [f"{tools} {'tool' if tools == 1 else 'tools'}"] if tools else []
    return " · ".join(parts) or "the model's defaults"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(json.dumps(item, ensure_ascii=False) for item in value)
    return str(value)


def refusal_words(error: HistoryError | FileRefused) -> str:
    """Say why a preset was not saved: what, where, and what to do."""
    if isinstance(error, HistoryError):
        return f"{error} {error.advice}"
    where = error.place.removeprefix("presets[0]").removeprefix(".")
    return f"{where}: {error.message}" if where else error.message
