"""What is known of a model as JSON: ``null`` is unknown, never 0; amounts are decimal strings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules import Rule
from bedrock_playground.catalog.search import Capability, ModelRow

_OF_THE_MODEL = ("model_id", "provenance", "profiles")


def row_to_json(row: ModelRow) -> dict[str, Any]:
    """One id of a list."""
    spec = row.spec
    return {
        "id": row.model_id,
        "name": row.name,
        "provider": row.provider,
        "family": spec.family if spec else None,
        "base_id": row.base_id,
        "scope": row.scope,
        "geography": row.geography,
        "price": price_to_json(row.price) if row.price else None,
        "input_price": _amount(row.input_price),
        "output_price": _amount(row.output_price),
        "context_window": row.context_window,
        "max_output_tokens": row.max_output_tokens,
        "input_modalities": _told(spec.input_modalities if spec else ()),
        "output_modalities": _told(spec.output_modalities if spec else ()),
        "capabilities": {capability.value: row.capabilities.get(capability) for capability in Capability},
        "good_for": dict(spec.good_for) if spec and spec.good_for else None,
        "reachable": spec.reachable if spec else None,
        "lifecycle": row.lifecycle,
        "end_of_life": row.end_of_life.isoformat() if row.end_of_life else None,
    }


def price_to_json(price: Price) -> dict[str, Any]:
    """One price: US dollars per million tokens, with where it comes from."""
    return {
        "id": price.model_id,
        "tier": price.tier,
        "region": price.region,
        **_rates(price.rates),
        "long_context_from": price.long_context_from,
        "long_context": _rates(price.long_context_rates) if price.long_context_rates else None,
        "source": price.source,
        "as_of": price.as_of.isoformat(),
        "confidence": price.confidence.value,
        "note": price.note,
    }


def model_to_json(
    resolution: Resolution, *, rules: Mapping[str, Rule], prices: Iterable[Price]
) -> dict[str, Any]:
    """All that is known of one model.

    Args:
        resolution: What the id stands for.
        rules: What each parameter takes.
        prices: Its prices.
    """
    spec = resolution.spec
    return {
        "id": resolution.model_id,
        "kind": resolution.kind,
        "scope": resolution.scope,
        "resolved": resolution.resolved,
        "base_ids": list(resolution.base_ids),
        "explanation": resolution.explanation,
        "model": spec_to_json(spec) if spec else None,
        "rules": {name: rule_to_json(rule) for name, rule in rules.items()},
        "limits": limits_of(spec) if spec else None,
        "prices": [price_to_json(price) for price in prices],
    }


def spec_to_json(spec: ModelSpec) -> dict[str, Any]:
    """What is known of a model, and of each field where it comes from."""
    values = {
        field.name: _plain(getattr(spec, field.name))
        for field in fields(spec)
        if field.name not in _OF_THE_MODEL
    }
    provenance = {
        name: {"source": origin.source, "as_of": origin.as_of.isoformat(), "note": origin.note}
        for name, origin in spec.provenance.items()
    }
    return {
        "model_id": spec.model_id,
        **values,
        "profiles": [
            {"id": profile.profile_id, "scope": profile.scope, "geography": profile.geography}
            for profile in spec.profiles
        ],
        "provenance": provenance,
    }


def limits_of(spec: ModelSpec) -> dict[str, Any]:
    """The model's own limits."""
    caching = spec.prompt_caching
    return {
        "context_window": spec.context_window,
        "max_output_tokens": spec.max_output_tokens,
        "cache_minimum_tokens": caching.minimum_tokens if caching else None,
        "cache_ttls": _told(caching.ttls if caching else ()),
        "embedding_dimensions": _told(spec.embedding.dimensions if spec.embedding else ()),
        "texts_per_call": spec.embedding.texts_per_call if spec.embedding else None,
    }


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """What a model takes for one setting."""
    return {
        "state": rule.state.value,
        "reason": rule.reason,
        "minimum": rule.minimum,
        "maximum": rule.maximum,
        "step": rule.step,
        "default": rule.default,
        "options": list(rule.options),
        "path": list(rule.path),
        "conflicts_with": list(rule.conflicts_with),
        "warning": rule.warning,
        "source": rule.source,
    }


def _rates(rates: Rates) -> dict[str, str | None]:
    return {field.name: _amount(getattr(rates, field.name)) for field in fields(rates)}


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _told(values: Iterable[Any]) -> list[Any] | None:
    return list(values) or None


def _plain(value: Any) -> Any:  # noqa: ANN401  # any field of a spec
    if isinstance(value, tuple):
        return list(value) or None
    if isinstance(value, Mapping):
        return dict(value) or None
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value.isoformat() if hasattr(value, "isoformat") else value
