"""What is known of a model, where each fact comes from, and under which ids it can be called.

A *model* (:class:`ModelSpec`) is a foundation model. What stands in a picker is a :class:`ModelOption`: an id
that can be sent as ``modelId`` (a model's own, or an inference profile's) and the model behind it. ``None``
always means that nobody told; it is never "no" and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

Scope: TypeAlias = Literal["in_region", "geographic", "global", "application", "local", "other"]
"""How a model is reached; ``other`` is provisioned, custom, imported, or a prompt or router."""

Modality: TypeAlias = Literal["text", "image", "video", "audio", "speech", "document", "embedding"]
"""What goes in or comes out."""

Task: TypeAlias = Literal["generation", "summarisation", "classification", "question_answering", "embeddings"]
"""What a model is used for, in the exam guide's words."""

Lifecycle: TypeAlias = Literal["active", "legacy", "end_of_life"]
"""AWS's words for where a model stands."""

ReasoningKind: TypeAlias = Literal["none", "always", "budget", "adaptive", "effort"]
"""How reasoning is asked for: not at all, not to be turned off, by a token budget, by letting the model
choose (with effort levels), or by effort levels alone."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from."""

    source: str
    """The source's name and version, such as ``litellm 1.109.1`` or ``ListFoundationModels``."""
    as_of: date
    """The day on which it was read there."""
    note: str | None = None
    """What another source says instead, or another caveat, in words."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model can do before it answers."""

    kind: ReasoningKind
    """How it is asked for."""
    effort_levels: tuple[str, ...] = ()
    """The levels it takes, from least to most; empty where it takes none."""
    can_turn_off: bool | None = None
    """Whether it can answer without reasoning."""


@dataclass(frozen=True, slots=True)
class PromptCaching:
    """How a model caches prompts."""

    supported: bool
    """Whether it takes cache points."""
    minimum_tokens: int | None = None
    """The fewest tokens before a cache point."""
    ttls: tuple[str, ...] = ()
    """How long an entry may be asked to live: ``5m``, ``1h``."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """What an embedding model makes."""

    dimensions: tuple[int, ...] = ()
    """The vector lengths on offer, the default first."""
    texts_per_call: int | None = None
    """How many texts one call takes."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A system inference profile."""

    profile_id: str
    """What is sent as ``modelId``, such as ``us.amazon.nova-lite-v1:0``."""
    scope: Literal["geographic", "global"]
    """How far requests travel."""
    geography: str
    """The id's prefix: ``us``, ``eu``, ``apac`` …, ``global``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A foundation model and what is known of it."""

    model_id: str
    """The model's own id."""
    name: str
    """The name the provider gives it."""
    provider: str
    """Who made it."""
    family: str | None = None
    """``Claude``, ``Nova``, ``Llama`` …"""
    context_window: int | None = None
    """Tokens, input and output together."""
    max_output_tokens: int | None = None
    """The most tokens of one answer."""
    input_modalities: tuple[Modality, ...] = ()
    """Empty where not told."""
    output_modalities: tuple[Modality, ...] = ()
    """Empty where not told."""
    streaming: bool | None = None
    """Whether it streams."""
    system_prompt: bool | None = None
    """Whether it takes one."""
    tools: bool | None = None
    """Whether it takes tool definitions."""
    forced_tool_choice: bool | None = None
    """Whether it can be made to call a tool."""
    structured_output: bool | None = None
    """Whether it takes a JSON schema for its answer."""
    reasoning: Reasoning | None = None
    """How it reasons."""
    prompt_caching: PromptCaching | None = None
    """How it caches."""
    service_tiers: tuple[str, ...] | None = None
    """Converse's tiers it is offered in, ``default`` among them."""
    latency_optimized: bool | None = None
    """Whether ``performanceConfig.latency`` may be ``optimized``."""
    lifecycle: Lifecycle | None = None
    """Where it stands."""
    end_of_life: date | None = None
    """From when it cannot be called."""
    good_for: Mapping[Task, str] = field(default_factory=dict)
    """A line by task."""
    embedding: Embedding | None = None
    """For embedding models."""
    on_demand: bool | None = None
    """Whether its own id can be called; else only a profile can."""
    profiles: tuple[Profile, ...] = ()
    """The system inference profiles that reach it."""
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    """Where each field's value comes from, by the field's name."""

    @property
    def answers_in_text(self) -> bool:
        """Whether it can stand in a comparison; a model that does not tell is given the chance."""
        return not self.output_modalities or "text" in self.output_modalities

    @property
    def reachable(self) -> bool | None:
        """Whether its own id or a profile can be called; ``None`` where nobody told."""
        return True if self.profiles else self.on_demand

    @property
    def why_unreachable(self) -> str | None:
        """In words, that no id of it can be called, and why; ``None`` where one may be."""
        if self.reachable is not False:
            return None
        told = self.provenance.get("on_demand")
        why = f" {told.note}" if told and told.note else ""
        return f"Not callable by Converse: neither its own id nor a known inference profile is.{why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOption:
    """One entry of a model picker: an id that can be sent."""

    model_id: str
    """What is sent as ``modelId``."""
    name: str
    """The name to show."""
    provider: str
    """Who made the model behind it, as far as known."""
    scope: Scope = "in_region"
    """How it reaches the model."""
    spec: ModelSpec | None = None
    """The model behind it; ``None`` where that is not known."""
    listed: bool = True
    """Whether the connection lists it; ``False``: only the snapshot knows it."""
    status: str | None = None
    """What the service says of it, in its words: ``ACTIVE``, ``LEGACY`` …"""

    @property
    def answers_in_text(self) -> bool:
        """Whether its answers are text, as far as known."""
        return self.spec is None or self.spec.answers_in_text

    @property
    def comparable(self) -> bool:
        """Whether it can stand in a comparison: it answers in text, and is not known to refuse every call."""
        spec = self.spec
        refused = spec is not None and spec.reachable is False and self.model_id == spec.model_id
        return self.answers_in_text and not refused
