"""What a request asks for and what an engine answers, apart from any wire format. Standard library only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

Role = Literal["user", "assistant"]
StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "model_context_window_exceeded"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    """Who said it."""
    text: str
    """What, as text."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A conversation to be continued, with every parameter that really acts. ``None`` means not sent."""

    turns: tuple[Turn, ...]
    """User and assistant by turns, the first and the last by the user."""
    system: str | None = None
    """The system prompt."""
    max_tokens: int | None = None
    """The most output tokens."""
    temperature: float | None = None
    """0–1; 0 always takes the most likely token."""
    top_p: float | None = None
    """0–1, nucleus sampling."""
    top_k: int | None = None
    """The number of tokens to choose from; 0 means all."""
    seed: int | None = None
    """Makes sampling repeatable."""
    stop_sequences: tuple[str, ...] = ()
    """Texts that end the answer and are not part of it."""
    logprobs: bool = False
    """Tell how likely each token was."""
    json_schema: dict[str, object] | None = None
    """The schema to which the output is held."""
    fault: dict[str, object] | None = None
    """``additionalModelRequestFields.fault`` as it was sent; see ``faults``."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one generated token (or of the few that made one character)."""

    text: str
    """What to append."""
    reasoning: bool = False
    """Whether it is thinking rather than answer."""


@dataclass(frozen=True, slots=True)
class Completion:
    """How generation ended, in the engine's own figures."""

    stop_reason: StopReason
    """Why it ended."""
    input_tokens: int
    """Tokens of the prompt, chat template included."""
    output_tokens: int
    """Tokens generated."""
    response_fields: dict[str, object] = field(default_factory=dict)
    """What goes into ``additionalModelResponseFields``."""


Generation = AsyncIterator[Piece | Completion]
"""Pieces and then exactly one completion."""


class TextEngine(Protocol):
    """Something that continues a conversation."""

    max_output_tokens: int
    """The most output tokens that may be asked for."""

    def generate(self, request: ChatRequest) -> AbstractAsyncContextManager[Generation]:
        """Start generating once the engine has accepted the request; leaving the context frees the slot.

        Raises:
            ApiError: The request cannot be answered; raised on entering, before anything is sent.
        """
        ...

    async def count_tokens(self, request: ChatRequest) -> int:
        """Count the prompt's tokens, chat template included."""
        ...
