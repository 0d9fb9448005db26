"""What each source says of each model, put into the words of ``ModelSpec``. Pure.

One function per source takes the rows of one model, the most telling first (:func:`by_model`), and gives back
the fields that the source speaks of; a field that it does not speak of is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Facts: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, Any]

SCOPE = re.compile(r"^(?:us-gov|us|eu|apac|au|ca|in|jp|global)\.")
_TELLING = ("", "us.", "global.", "eu.", "apac.", "au.", "ca.", "in.", "jp.", "us-gov.")


def scope_of(model_id: str) -> str:
    """The inference profile's prefix with its dot; empty for a model's own id."""
    match = SCOPE.match(model_id)
    return match[0] if match else ""


def by_model(rows: Mapping[str, Row]) -> dict[str, list[tuple[str, Row]]]:
    """Group rows by the model behind their id, the model's own id first."""
    models: dict[str, list[tuple[str, Row]]] = {}
    for model_id in sorted(rows, key=lambda each: (_TELLING.index(scope_of(each)), each)):
        models.setdefault(SCOPE.sub("", model_id), []).append((model_id, rows[model_id]))
    return models


def first(rows: Iterable[Row], *keys: str) -> Any:  # noqa: ANN401 - whatever the source holds there
    """The first value that any of the rows has under one of the keys."""
    return next((row[key] for row in rows for key in keys if row.get(key) is not None), None)


def told(facts: Facts) -> Facts:
    """Drop what a source does not tell."""
    return {field: value for field, value in facts.items() if value is not None}


def from_litellm(
    rows: Sequence[tuple[str, Row]],
    regional: Sequence[Row] = (),
    *,
    mantle: Sequence[tuple[str, Row]] = (),
) -> Facts:
    """What litellm's price file says beside prices.

    Args:
        rows: The model's rows, its own first.
        regional: Its rows for one Region, which are about prices alone.
        mantle: Its rows at the bedrock-mantle endpoint, which may contradict the others.

    Returns:
        The fields that it speaks of.
    """
    values = [row for _, row in rows]
    embeds = first(values, "mode") == "embedding"
    facts: Facts = {
        "context_window": _whole(first(values, "max_input_tokens")),
        "max_output_tokens": None if embeds else _whole(first(values, "max_output_tokens")),
        "input_modalities": _litellm_input(values),
        "output_modalities": ["embedding"] if embeds else None,
        "system_prompt": first(values, "supports_system_messages"),
        "tools": None if embeds else first(values, "supports_function_calling"),
        "forced_tool_choice": False if _refuses_choice(values) else None,
        "structured_output": _litellm_schema(values),
        "reasoning": first(values, "supports_reasoning"),
        "always_reasons": _litellm_always(values),
        "effort_levels": _litellm_effort(values),
        **_litellm_caches([*rows, *mantle]),
        "cache_minimum": _whole(first(values, "prompt_cache_min_tokens")),
        "service_tiers": _litellm_tiers([*values, *regional]),
        "dimensions": _whole(first(values, "output_vector_size")) if embeds else None,
        "end_of_life": _same_everywhere(rows, "deprecation_date"),
    }
    return told(facts)


def _whole(value: Any) -> int | None:  # noqa: ANN401 - a number or its text
    return None if value is None else int(float(value))


def _litellm_input(values: Sequence[Row]) -> list[str] | None:
    flags = {
        "image": first(values, "supports_vision", "supports_embedding_image_input"),
        "video": first(values, "supports_video_input"),
        "audio": first(values, "supports_audio_input"),
        "document": first(values, "supports_pdf_input"),
    }
    if all(flag is None for flag in flags.values()):
        return None
    return ["text", *(kind for kind, flag in flags.items() if flag)]


def _refuses_choice(values: Sequence[Row]) -> bool:
    return (
        first(values, "supports_forced_tool_use") is False or first(values, "supports_tool_choice") is False
    )


def _litellm_caches(rows: Sequence[tuple[str, Row]]) -> Facts:
    """Whether it caches; where the rows contradict each other or their own prices, only that they do."""
    key = "supports_prompt_caching"
    said = {flag: [name for name, row in rows if row.get(key) is flag] for flag in (True, False)}
    priced = [name for name, row in rows if row.get("cache_read_input_token_cost") is not None]
    if said[False] and (said[True] or priced):
        yes = f"yes for {', '.join(said[True])}; " if said[True] else ""
        prices = f"; a price of cache reads for {', '.join(priced)}" if priced else ""
        return {"caches_disputed": f"{yes}no for {', '.join(said[False])}{prices}"}
    return {"caches": True if said[True] else False if said[False] else None}


def _litellm_schema(values: Sequence[Row]) -> bool | None:
    bedrock: bool | None = first(values, "supports_bedrock_native_structured_output")
    native: bool | None = first(values, "supports_native_structured_output")
    return native if bedrock is None else bedrock


def _litellm_always(values: Sequence[Row]) -> bool | None:
    """``None`` among the efforts on offer means that reasoning can be turned off."""
    always, off = first(values, "thinking_always_on"), first(values, "supports_none_reasoning_effort")
    if always is not None:
        return bool(always)
    return None if off is None else not off


def _litellm_effort(values: Sequence[Row]) -> list[str] | None:
    beyond = [level for level in ("xhigh", "max") if first(values, f"supports_{level}_reasoning_effort")]
    return ["low", "medium", "high", *beyond] if beyond else None


def _litellm_tiers(values: Sequence[Row]) -> list[str] | None:
    priced = [
        tier for tier in ("flex", "priority") if first(values, f"input_cost_per_token_{tier}") is not None
    ]
    return ["default", *priced] if priced else None


def _same_everywhere(rows: Sequence[tuple[str, Row]], key: str) -> Any:  # noqa: ANN401
    """A date holds for the model only if the rows that have one agree, the model's own among them."""
    spoken = {row[key] for _, row in rows if row.get(key) is not None}
    own = rows[0][1].get(key) if rows else None
    return own if len(spoken) == 1 and own is not None else None


def lone_dates(rows: Sequence[tuple[str, Row]]) -> list[tuple[str, str]]:
    """End-of-life dates that :func:`from_litellm` left out because the model's rows contradict each other."""
    if _same_everywhere(rows, "deprecation_date") is not None:
        return []
    return [(model_id, row["deprecation_date"]) for model_id, row in rows if row.get("deprecation_date")]


def from_langchain(rows: Sequence[tuple[str, Row]]) -> Facts:
    """What langchain-aws' profiles say."""
    values = [row for _, row in rows]
    row = values[0]
    kinds = ("text", "image", "video", "audio")
    documents = ["document"] if row.get("pdf_inputs") else []
    facts: Facts = {
        "name": re.sub(r"\s*\((?:US|EU|APAC|AU|CA|JP|India|Global|GovCloud)\)$", "", str(row["name"])),
        "context_window": row.get("max_input_tokens"),
        "max_output_tokens": row.get("max_output_tokens"),
        "input_modalities": [kind for kind in kinds if row.get(f"{kind}_inputs")] + documents,
        "output_modalities": [kind for kind in kinds if row.get(f"{kind}_outputs")],
        "tools": row.get("tool_calling"),
        "structured_output": first(values, "structured_output"),
        "reasoning": row.get("reasoning_output"),
        "effort_levels": [
            level for level in first(values, "reasoning_effort_levels") or () if level != "none"
        ]
        or None,
        "status": row.get("status", "active"),
    }
    return told(facts)


def from_pydantic_ai(profile: Row | None) -> Facts:
    """What pydantic-ai's Bedrock profile says; it has a word only for families that it knows."""
    if not profile:
        return {}
    variant = profile.get("bedrock_thinking_variant")
    facts: Facts = {
        "max_output_tokens": profile.get("anthropic_max_output_tokens"),
        "forced_tool_choice": _pydantic_choice(profile),
        "structured_output": profile.get("supports_json_schema_output"),
        "reasoning": None if variant == "anthropic" else profile.get("supports_thinking"),
        "variant": variant,
        "adaptive": profile.get("bedrock_supports_adaptive_thinking"),
        "takes_effort": profile.get("bedrock_supports_effort"),
        "always_reasons": profile.get("thinking_always_enabled"),
        "caches": profile.get("bedrock_supports_prompt_caching"),
        "cache_ttls": profile.get("supported_cache_retentions"),
        "on_converse": profile.get("bedrock_supported_on_converse"),
    }
    return told(facts)


def _pydantic_choice(profile: Row) -> bool | None:
    if profile.get("supports_forced_tool_choice") is False:
        return False
    return True if profile.get("bedrock_supports_tool_choice") else None


def from_modelparams(row: Row | None) -> Facts:
    """What modelparams says: above all, whether the model's own id can be called."""
    return {} if row is None else {"on_demand": not row["profile_only"]}


def from_genai(entry: Row | None) -> Facts:
    """What genai-prices says beside prices."""
    return {} if entry is None else told({"name": entry.get("name"), "context_window": entry.get("context")})
