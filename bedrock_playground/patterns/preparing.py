"""Embedding the examples of a contender once, before it answers many requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.routing_neighbours import Neighbours, Vector, prepared
from bedrock_playground.patterns.walking import changed, parts_of

Embed: TypeAlias = Callable[[str, str | None], Vector | None]
"""Told a text and an embedding model's id, returns the text's vector, or ``None`` where that failed."""


def unprepared(member: Member) -> int:
    """How many examples of a contender have no vector yet: embeddings that each request would pay for."""
    found = (part for part in parts_of(member) if isinstance(part, Neighbours))
    return sum(not example.vector for by in found for example in by.examples)


def prepare(member: Member, embed: Embed, *, embedding_model: str | None) -> Member:
    """Embed every example that has no vector yet, those of patterns inside included.

    Args:
        member: The contender; it stays as it is.
        embed: Makes the calls. An example that cannot be embedded stays without a vector.
        embedding_model: The connection's own. A pattern that named none names it from now on, because
            vectors of different models cannot be compared.
    """

    def with_vectors(part: object) -> object:
        if not isinstance(part, Neighbours):
            return part
        model = part.embedding_model or embedding_model
        return replace(prepared(part, lambda text, _: embed(text, model)), embedding_model=model)

    made: Member = changed(member, with_vectors)
    return made
