"""Embeddings: a text as a vector, by InvokeModel."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode
from collections.abc import Callable, Sequence
from math import fsum, sqrt
from operator import mul
from typing import Any, TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Reply, client, tried

Embed: TypeAlias = Callable[[str, Course], Reply]
"""Told a text; the vector is in the reply's fields."""


def invoke(course: Course, *, model: str, body: dict[str, Any], text: str) -> Reply:
    """Embed a text by a model that takes it in such a body."""
    if not text.strip():
        return Reply(role=course.role, error="ValidationFailed", message="There is no text to embed.")

    def once() -> Reply:
        response = client(course.region).invoke_model(
            modelId=model,
            body=json.dumps(body),
            contentType="application/json",
            accept="application/json",
        )
        vector = vector_in(json.loads(response["body"].read()))
        if vector is None:
            return Reply(role=course.role, error="Unknown", message="The model answered without a vector.")
        return Reply(role=course.role, fields=vector)

    return tried(course, model, once)


def vector_in(body: dict[str, Any]) -> list[float] | None:
    """The first vector: Titan's `embedding`, Cohere's list or map by type, Nova's list of objects."""
    found: Any = body.get("embedding")
    if found is None:
        found = body.get("embeddings")
        if isinstance(found, dict):
            found = next(iter(found.values()), None)
        found = found[0] if isinstance(found, list) and found else None
        if isinstance(found, dict):
            found = found.get("embedding")
    return found if isinstance(found, list) and found else None


def packed(text: str) -> Sequence[float]:
    """A vector that was written as base64 of its numbers, 8 bytes each, little-endian."""
    return array("d", b64decode(text))


def normalised(vector: Sequence[float]) -> tuple[float, ...]:
    """The vector of length 1 with the same direction."""
    length = sqrt(fsum(map(mul, vector, vector)))
    return tuple(number / length for number in vector) if length else tuple(vector)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """How near two vectors are, −1 to 1."""
    length = sqrt(fsum(map(mul, one, one))) * sqrt(fsum(map(mul, other, other)))
    return max(-1.0, min(1.0, fsum(map(mul, one, other)) / length)) if length else 0.0
