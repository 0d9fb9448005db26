"""What a model is, as far as the account or the endpoint told us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["in_region", "geographic", "global", "application", "local"]
"""How a model is reached."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of the model picker."""

    model_id: str
    """What is sent as ``modelId``: a model's id or an inference profile's."""
    name: str
    """The name the service gives it."""
    provider: str
    """Who made it, in the service's words."""
    scope: Scope = "in_region"
    """How it is reached."""
    input_modalities: tuple[str, ...] = ()
    """``TEXT``, ``IMAGE`` …; empty where not told."""
    output_modalities: tuple[str, ...] = ()
    """``TEXT``, ``IMAGE``, ``EMBEDDING`` …; empty where not told."""
    streaming: bool | None = None
    """Whether it streams; ``None`` where not told."""
    lifecycle: str | None = None
    """``ACTIVE``, ``LEGACY`` …; ``None`` where not told."""

    @property
    def answers_in_text(self) -> bool:
        """Whether it can stand in a comparison; a model that does not tell is given the chance."""
        return not self.output_modalities or "TEXT" in self.output_modalities


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models that can be reached, and what stood in the way of knowing more."""

    models: tuple[ModelSpec, ...]
    """Sorted as they should be offered."""
    problem: str | None = None
    """In words, why the list is short or empty; ``None`` if nothing is missing."""

    def get(self, model_id: str) -> ModelSpec | None:
        """The model of that id, or ``None`` for one that was typed and is not listed."""
        return next((model for model in self.models if model.model_id == model_id), None)
