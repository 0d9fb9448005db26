"""What the export of a pattern is made from, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bedrock_playground.catalog.embeddings import embedding_body
from bedrock_playground.invocation.values import InvocationRequest, Json
from bedrock_playground.patterns.backing import Shape
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.presets.exports.values import CannotExport, Exported

NO_PROMPT = InvocationRequest.from_prompt("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known besides the pattern."""

    asked: InvocationRequest = NO_PROMPT
    """What the pattern is asked here; its system prompt, tools and schema become part of the export, and its
    last prompt's place is taken by whatever the export is asked."""
    shape: Shape = field(default_factory=shape_by_catalogue)
    """Makes each member's request, as where the pattern runs."""
    region: str | None = None
    """The Region that is called; ``None``: left to the environment of whoever runs the export."""
    embedding_model: str | None = None
    """The embedding model where the pattern names none."""
    body_of: Callable[[str, str], Mapping[str, Json] | None] = embedding_body
    """Makes the body of an embedding model's request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternExport:
    """A format that a pattern can be taken away in."""

    id: str
    """Its name on the command line."""
    title: str
    """Its name on the page."""
    hint: str
    """How to use the result, in a sentence."""
    language: str
    """What it is highlighted as."""
    mime: str
    """Its media type."""
    make: Callable[[Pattern, Context], Exported]
    """Makes it, with notes on what has to be known; raises :class:`CannotExport` with the reason."""


__all__ = ["CannotExport", "Context", "Exported", "PatternExport"]
