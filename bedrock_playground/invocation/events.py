"""What happens during an invocation, as a closed union that a consumer can ``match`` exhaustively.

Every stream ends with exactly one :class:`Finished` or :class:`Failed`; nothing follows it. Times (``at``)
are seconds since the request was sent, by the client's monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bedrock_playground.invocation.values import Attempt, ImageBlock, InvocationResult, Json, Usage


@dataclass(frozen=True, slots=True)
class Started:
    """The service accepted the request and began its answer."""

    at: float
    """Seconds until the response's head arrived."""
    attempt: int = 1
    """Which try this is."""
    request_id: str | None = None
    """The service's request id."""


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """A try failed and another one follows after ``attempt.backoff`` seconds."""

    at: float
    """Seconds."""
    attempt: Attempt
    """The failed try."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More visible text."""

    at: float
    """Seconds."""
    text: str
    """The text to append; never empty, never half a surrogate pair."""


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More reasoning text."""

    at: float
    """Seconds."""
    text: str
    """The text to append; never empty."""


@dataclass(frozen=True, slots=True)
class ToolUseDelta:
    """A tool call begins or its arguments grow."""

    at: float
    """Seconds."""
    tool_use_id: str
    """The service's id of this call."""
    name: str
    """The tool's name."""
    input_json: str
    """The next piece of the arguments' JSON text; empty when the call begins."""


@dataclass(frozen=True, slots=True)
class CitationFound:
    """A citation of the text before it."""

    at: float
    """Seconds."""
    citation: Json
    """Converse's citation, as JSON."""


@dataclass(frozen=True, slots=True)
class ImageReceived:
    """A generated image is complete."""

    at: float
    """Seconds."""
    image: ImageBlock
    """The image."""


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The service told the token counts."""

    at: float
    """Seconds."""
    usage: Usage
    """The counts."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete."""

    result: InvocationResult
    """What came of it; ``error`` is ``None``."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The invocation failed or was cancelled; the partial output is in the result."""

    result: InvocationResult
    """What came of it; ``error`` says why."""


InvocationEvent: TypeAlias = (
    Started
    | AttemptFailed
    | TextDelta
    | ReasoningDelta
    | ToolUseDelta
    | CitationFound
    | ImageReceived
    | UsageReported
    | Finished
    | Failed
)
"""Anything that can happen during an invocation."""
