"""A variant, what all variants of a comparison share, and what becomes of them in a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bedrock_playground.invocation.values import (
    DocumentBlock,
    Guardrail,
    ImageBlock,
    InvocationRequest,
    Json,
)

Action: TypeAlias = Literal["dropped", "clamped", "translated", "added"]
"""What was done to a setting on its way into the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One contender, as the user set it up; ``None`` means the setting is not sent.

    A setting that the model does not take stays here and is left out of the request: choosing another model
    brings it back.
    """

    model: str = ""
    """What is sent as ``modelId``; empty while none was picked."""
    temperature: float | None = None
    """0-1."""
    top_p: float | None = None
    """0-1."""
    top_k: int | None = None
    """At least 1; only where the model takes it."""
    max_tokens: int | None = None
    """At least 1."""
    stop: tuple[str, ...] = ()
    r"""Stop sequences; ``\n`` and ``\t`` are written as such."""
    system: str | None = None
    """A system prompt of its own, instead of the shared one; empty: none at all."""
    reasoning: Literal["on", "off"] | None = None
    """Whether to reason, for models that let one choose."""
    thinking_budget: int | None = None
    """Tokens to think with, for models that take a budget."""
    effort: str | None = None
    """How hard to think, one of the model's levels."""
    service_tier: str | None = None
    """``priority``, ``default``, ``flex`` or ``reserved``."""
    latency: str | None = None
    """``standard`` or ``optimized``."""
    cache_ttl: Literal["5m", "1h"] | None = None
    """Put a cache point behind the system prompt and the prompt; the entry lives this long."""
    guardrail: Guardrail | None = None
    """A guardrail to apply."""
    additional_fields: str | None = None
    """Raw ``additionalModelRequestFields`` as JSON text, laid over what the settings make."""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool that the model may ask for."""

    name: str
    """``[a-zA-Z0-9_-]{1,64}``."""
    description: str
    """What it does, for the model."""
    input_schema: Json
    """JSON schema of its arguments."""
    canned_result: str | None = None
    """What it always answers; ``None``: the user types the answer."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What every variant of a comparison is asked."""

    prompt: str
    """The user's text."""
    system: str | None = None
    """The shared system prompt."""
    attachments: tuple[ImageBlock | DocumentBlock, ...] = ()
    """Images and documents beside the prompt."""
    output_schema: str | None = None
    """A JSON schema for the answer, as text."""
    tools: tuple[ToolDefinition, ...] = ()
    """Tools on offer."""
    tool_choice: str | None = None
    """``auto``, ``any`` or a tool's name; ``None`` sends none."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Something that was not sent as it was set."""

    parameter: str
    """The field of :class:`Variant` or :class:`Inputs`."""
    action: Action
    """What was done."""
    given: Json
    """What was set."""
    sent: Json
    """What is sent; ``None`` for what was dropped."""
    reason: str
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class BuiltRequest:
    """A request as it will be sent, and what became of the settings."""

    request: InvocationRequest
    """Exactly what is sent."""
    adjustments: tuple[Adjustment, ...] = ()
    """What was dropped, clamped, translated or added."""
    warnings: tuple[str, ...] = ()
    """What may go wrong, in words: sources conflict, or nobody knows."""
    refusals: tuple[str, ...] = ()
    """Why this variant sits out, in words; empty: it can be sent."""


def unescaped(text: str) -> str:
    r"""Read a stop sequence as it is typed: ``\n`` is a line break and ``\t`` a tab."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def escaped(text: str) -> str:
    r"""Write a stop sequence as it is typed; undone by :func:`unescaped`."""
    return text.replace("\n", "\\n").replace("\t", "\\t")
