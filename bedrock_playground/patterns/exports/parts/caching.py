"""Caching: an answer that was given before is given again, without a call."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from operator import mul

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply
from bedrock_playground.patterns.exports.parts.embedding import Embed, normalised
from bedrock_playground.patterns.exports.parts.keeping import ANSWERS

ROLE = "answer"


def cache_exact(prompt: str, course: Course, *, who: str, ask: Member) -> Reply:
    """Give the answer to the very same request again."""
    if (kept := ANSWERS.get(who, prompt)) is not None:
        return given(kept, "it was asked the same before", course)
    course.decide("Not in the cache: the model is asked.", ROLE)
    reply = ask(prompt, course.within(ROLE))
    ANSWERS.put(who, prompt, reply)
    return reply


def cache_semantic(
    prompt: str, course: Course, *, who: str, ask: Member, embed: Embed, similarity: float
) -> Reply:
    """Also give the answer to a prompt that is near enough: from this cosine of the two embeddings on.

    The danger is the false hit: prompts that differ by a "not" are near as well.
    """
    if (kept := ANSWERS.get(who, prompt)) is not None:
        return given(kept, "it was asked the same before", course)
    embedded = embed(prompt, course.within("embedding"))
    vector, nearest = None, ""
    if not embedded.fields:
        course.decide(f"The prompt could not be embedded, so no near one was looked for: {embedded.message}")
    else:
        vector = normalised(embedded.fields)
        near, kept = nearest_kept(who, vector)
        if kept is not None and near >= similarity - 1e-9:
            why = f"a prompt with similarity {near:.3f} (at least {similarity:g}) was asked before"
            return given(kept, why, course)
        nearest = "" if kept is None else f"; the nearest prompt has similarity {near:.3f}"
    course.decide(f"Not in the cache{nearest}: the model is asked.", ROLE)
    reply = ask(prompt, course.within(ROLE))
    ANSWERS.put(who, prompt, reply, vector=vector)
    return reply


def nearest_kept(who: str, wanted: Sequence[float]) -> tuple[float, Reply | None]:
    """The answer to the nearest prompt, and how near it is; among equals the older one."""
    best: tuple[float, Reply | None] = (-2.0, None)
    for one in ANSWERS.of(who):
        if one.vector is None or len(one.vector) != len(wanted):
            continue
        near = max(-1.0, min(1.0, fsum(map(mul, wanted, one.vector))))
        if near > best[0]:
            best = near, one.reply
    return best


def given(kept: Reply, why: str, course: Course) -> Reply:
    """Give a kept answer."""
    course.decide(f"From the cache: {why}.", ROLE, chosen=True)
    return kept
