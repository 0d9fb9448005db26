"""Where a model takes top-k: Converse has no field for it, so each family has a place of its own.

Sources: shared facts, section 2 (AWS's parameter pages per family; third-party where AWS is silent). A family
that is not listed is unknown, and top-k is then not offered rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.invocation.values import Json

# The newest Claude models reject every sampling parameter; these are the ones known to take top_k.
_CLAUDE_WITH_TOP_K = re.compile(
    r"^anthropic\.claude-(?:3|instant|v2|(?:opus|sonnet|haiku)-4-(?:\d{8}|[0156](?:-|$)))"
)
_MISTRAL_WITH_TOP_K = re.compile(r"^mistral\.(?:mistral-7b|mixtral-8x7b)")


@dataclass(frozen=True, slots=True)
class TopK:
    """How a model takes top-k."""

    path: tuple[str, ...]
    """Where it goes inside ``additionalModelRequestFields``."""
    maximum: int
    """The largest value."""


def top_k_of(model_id: str) -> TopK | None:
    """How this model takes top-k; ``None`` where it does not, or where nobody knows."""
    base = base_model_id(model_id)
    if base.startswith("local."):
        return TopK(("top_k",), 500)
    if base.startswith("amazon.nova-"):
        return TopK(("inferenceConfig", "topK"), 128)
    if _CLAUDE_WITH_TOP_K.match(base):
        return TopK(("top_k",), 500)
    if _MISTRAL_WITH_TOP_K.match(base):
        return TopK(("top_k",), 200)
    return None


def top_k_fields(model_id: str, value: int) -> Mapping[str, Json]:
    """The ``additionalModelRequestFields`` that send top-k to this model.

    Args:
        model_id: What is sent as ``modelId``.
        value: Top-k, at least 1.

    Raises:
        ValueError: The model is not known to take top-k.
    """
    rule = top_k_of(model_id)
    if rule is None:
        raise ValueError(
            f"{model_id} is not known to take top-k, and a model that does not take it refuses the whole "
            "request. Leave top-k out, or use another model."
        )
    fields: Mapping[str, Json] = {rule.path[-1]: value}
    for name in reversed(rule.path[:-1]):
        fields = {name: fields}
    return fields
