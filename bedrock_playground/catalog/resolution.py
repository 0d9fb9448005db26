"""From whatever Converse takes as ``modelId`` to the foundation model behind it, or to "nobody knows"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.catalog.models import ModelSpec, Scope

Kind: TypeAlias = Literal[
    "foundation_model",
    "inference_profile",
    "application_profile",
    "provisioned",
    "custom",
    "imported",
    "prompt_router",
    "prompt",
    "local",
    "unknown",
]
"""What sort of id it is."""

_SCOPE_PREFIX = re.compile(r"^(?:us-gov|us|eu|apac|au|ca|in|jp|global)\.")
_ARN_RESOURCE = re.compile(
    r"^arn:[^:]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)/(?P<id>.+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What an id stands for."""

    model_id: str
    """The id as it is sent."""
    kind: Kind
    """What sort of id it is."""
    scope: Scope
    """How it reaches the model."""
    base_ids: tuple[str, ...] = ()
    """The foundation models behind it; several behind a prompt router; empty where not known."""
    spec: ModelSpec | None = None
    """What is known of the one model behind it; ``None`` if none, several or an unknown one stand there."""
    explanation: str
    """In words: what it is, and what stands behind it or why that is not known."""

    @property
    def resolved(self) -> bool:
        """Whether the model behind it is known to the catalogue."""
        return self.spec is not None


def base_model_id(model_id: str) -> str:
    """Strip an inference profile's scope and an ARN's head: ``us.amazon.nova…`` is ``amazon.nova…``.

    Application profiles, prompt routers and imported models keep their ARN: what is behind them is not in it.
    """
    match = _ARN_RESOURCE.match(model_id)
    return _SCOPE_PREFIX.sub("", match["id"] if match else model_id)


def resolve(
    model_id: str,
    models: Mapping[str, ModelSpec],
    *,
    behind: Mapping[str, Sequence[str]] | None = None,
) -> Resolution:
    """Find the model behind an id; pure: what only the account knows is handed in.

    Args:
        model_id: What is sent as ``modelId``.
        models: What is known, by foundation model id.
        behind: Foundation model ids behind the ARNs that live discovery resolved.

    Returns:
        The resolution; never a guess.
    """
    base = base_model_id(model_id)
    if behind and model_id in behind:
        base = behind[model_id][0] if len(behind[model_id]) == 1 else base
    spec = models.get(base)
    scope: Scope = "local" if base.startswith("local.") else "in_region" if base == model_id else "geographic"
    return Resolution(
        model_id=model_id,
        kind="foundation_model" if spec else "unknown",
        scope=scope,
        base_ids=(base,) if spec else (),
        spec=spec,
        explanation=f"{spec.name} by {spec.provider}" if spec else "not in the catalogue",
    )
