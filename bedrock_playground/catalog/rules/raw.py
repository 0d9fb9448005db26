"""What raw additional fields say of settings that the rules know: read, so that the rules hold for them too.

The raw fields stay what the user wrote, whatever is known: they are the way to what nobody has verified. But
they count as set for everything that they exclude.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

from bedrock_playground.catalog.raw_fields import NotAnObject, parse_object
from bedrock_playground.catalog.rules.family import FIELDS, Family, Thinking
from bedrock_playground.invocation.values import Json

_PLACES = {
    "temperature": (("temperature",), ("inferenceConfig", "temperature")),
    "top_p": (("top_p",), ("topP",), ("inferenceConfig", "topP")),
    "top_k": (("top_k",),),
    "max_tokens": (("max_tokens",), ("inferenceConfig", "maxTokens")),
}
_ASK_TO_REASON = ("thinking", "reasoningConfig", "reasoning_effort", "reasoning_config", "reasoning")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSettings:
    """What raw fields set; ``None`` where they set nothing that is known."""

    numbers: Mapping[str, tuple[str, float]]
    """The sampling settings and max tokens by name: where each stands, and its value."""
    reasoning: Literal["on", "off"] | None = None
    """Whether they turn reasoning on or off."""
    kind: str | None = None
    """The word that they ask with, where the model has an object for it."""
    budget: float | None = None
    """The thinking budget."""
    effort: str | None = None
    """The level of effort."""
    asking: str | None = None
    """The member that asks some model to reason, not necessarily this one."""


NOTHING = RawSettings(numbers={})
"""No raw fields."""


def read_raw(text: str | None, family: Family | None, thinking: Thinking | None) -> RawSettings:
    """Read the settings that raw fields make; text that is no JSON object makes none.

    Args:
        text: What was typed.
        family: The model's row; ``None``: nothing is known of where it takes what.
        thinking: How the model reasons.
    """
    if text is None or not text.strip() or family is None:
        return NOTHING
    try:
        fields = parse_object(text, what="The additional fields")
    except NotAnObject:
        return NOTHING
    numbers = {name: found for name in _PLACES if (found := _number(fields, name, family)) is not None}
    asking = next((name for name in _ASK_TO_REASON if name in fields), None)
    if thinking is None:
        return RawSettings(numbers=numbers, asking=asking)
    switch = _at(fields, thinking.switch[1:]) if thinking.switch else None
    kind = switch.get("type") if isinstance(switch, Mapping) else None
    budget = switch.get("budget_tokens") if isinstance(switch, Mapping) else None
    path = thinking.effort[1:] if thinking.effort[:1] == (FIELDS,) else ("output_config", "effort")
    level = _at(fields, path)
    effort = level if isinstance(level, str) else None
    return RawSettings(
        numbers=numbers,
        reasoning=_reasoning(thinking, kind=kind, effort=effort),
        kind=kind if isinstance(kind, str) else None,
        budget=budget if _is_number(budget) else None,
        effort=effort,
        asking=asking,
    )


def _reasoning(thinking: Thinking, *, kind: Json, effort: str | None) -> Literal["on", "off"] | None:
    if kind is not None:
        return "off" if kind in {"disabled", (thinking.off or {}).get("type")} else "on"
    if thinking.kind == "effort" and effort is not None:
        return "off" if effort in {"none", thinking.off_level} else "on"
    return None


def _number(fields: Mapping[str, Json], name: str, family: Family) -> tuple[str, float] | None:
    own = (family.top_k_path[1:],) if name == "top_k" and family.top_k_path else ()
    # Only Nova has an object of that name among its own fields; others do not know the word.
    nested = family.top_k_path[1:2] == ("inferenceConfig",)
    for path in (*own, *_PLACES[name]):
        value = _at(fields, path)
        if _is_number(value) and (nested or path[0] != "inferenceConfig"):
            return ".".join(path), value
    return None


def _at(fields: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    value: Json = fields
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
