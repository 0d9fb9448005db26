"""Who takes part in a pattern, and what a pattern is.

Patterns are values: frozen, comparable, written to JSON and read back by
:mod:`bedrock_playground.patterns.codec`. A member is a model with its settings or another pattern, so
patterns nest as deep as one likes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.trace import PATTERN_PREFIX
from bedrock_playground.invocation.values import InvocationRequest

if TYPE_CHECKING:
    from bedrock_playground.patterns.desk import Desk
    from bedrock_playground.patterns.replies import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """One model with its settings: the simplest contender."""

    variant: Variant
    """The model, its parameters, and a system prompt of its own if it has one."""
    name: str = ""
    """What the user calls it; empty: its model's id."""

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.variant.model


class Pattern:
    """An arrangement of several calls; every kind is a frozen dataclass that extends this."""

    __slots__ = ()

    kind: ClassVar[str]
    """What it is called in files and records: ``cascade``."""
    name: str
    """What the user calls it; empty: what :attr:`kind` says."""

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Answer a request.

        Yield whatever should appear while it happens (``yield from desk.show(…)`` does), and return the reply
        that is the answer. What goes wrong is a reply with an error, never an exception.

        Args:
            asked: The conversation, system prompt, tools and schema; its ``model_id`` means nothing here.
            desk: Makes the calls, keeps the books, and notes decisions.
        """
        raise NotImplementedError

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """Name who takes part, by role, in the order of a diagram: ``(("tier 1", …), ("tier 2", …))``."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.kind

    @property
    def model_id(self) -> str:
        """What its own runs are recorded under; nothing is ever sent there."""
        return f"{PATTERN_PREFIX}{self.kind}"


Member: TypeAlias = Solo | Pattern
"""Anything that can answer: a contender in a comparison or an evaluation, or a part of a pattern."""
