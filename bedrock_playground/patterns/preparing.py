"""Embedding the examples of a contender once, before it answers many requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.routing_neighbours import Neighbours, Vector, prepared
from bedrock_playground.patterns.walking import changed, parts_of

Embed: TypeAlias = Callable[[str, str | None], Vector | None]
"""Told a text and an embedding model's id (``None``: the connection's own), returns its vector, or ``None``
where that failed."""


def unprepared(member: Member) -> int:
    """How many examples of a contender have no vector yet: embeddings that each request would pay for."""
    found = (part for part in parts_of(member) if isinstance(part, Neighbours))
    return sum(not example.vector for by in found for example in by.examples)


def prepare(member: Member, embed: Embed) -> Member:
    """Embed every example that has no vector yet, those of patterns inside included.

    Args:
        member: The contender; it stays as it is.
        embed: Makes the calls. An example that cannot be embedded stays without a vector.
    """

    def with_vectors(part: object) -> object:
        if not isinstance(part, Neighbours):
            return part
        model = part.embedding_model
        return prepared(part, lambda text, _: embed(text, model))

    made: Member = changed(member, with_vectors)
    return made
