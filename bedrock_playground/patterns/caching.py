"""Caching: an answer that was given before is given again, without a call.

An **exact** cache gives it for the very same request: same model, settings, system prompt and words. It is as
right as the answer was then, and costs nothing. A **semantic** cache also gives it for a prompt whose
embedding is near enough; each miss and each near hit pays for one embedding.

The danger of a semantic cache is the false hit: "Is it safe to take A with B?" and "… A without B?" are near,
and the wrong answer looks as sure as the right one. Set the threshold by labelled pairs of your own prompts,
start high (0.95), and keep it away from questions whose numbers, names or negations matter.

A kept answer is always the same one: with a temperature above 0 the model would have varied it. Answers that
were refused, cut off by a filter, or that ask for tools are not kept. Two equal requests at the same moment
both miss.

Sources: AWS Well-Architected, Generative AI Lens, cost optimisation; AWS Database Blog, "Improve speed and
reduce cost for generative AI workloads with a persistent semantic cache in Amazon MemoryDB".
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.trace import Lookup
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.cache_store import Kept, Near, group_of, key_of
from bedrock_playground.patterns.desk import Desk, vector
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import prompt_of

ROLE = "answer"
_WHOLE = ("end_turn", "stop_sequence", "max_tokens")
"""Stop reasons of answers that may be given again."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantic:
    """When another prompt's answer will do."""

    similarity: float = knob(0.95, label="Similarity", low=0.5, high=1.0, step=0.01)
    """From which cosine of the two prompts' embeddings on, above 0 and up to 1."""
    embedding_model: str | None = None
    """What embeds the prompts; ``None``: the connection's own."""

    def __post_init__(self) -> None:
        if not 0 < self.similarity <= 1:
            raise ValueError(f"similarity lies above 0 and is at most 1; it is {self.similarity}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache(Pattern):
    """A member whose answers are kept."""

    kind: ClassVar[str] = "cache"
    member: Member
    """Who answers what is not kept yet."""
    semantic: Semantic | None = None
    """Whether a near prompt's answer will do; ``None``: only the same request's."""
    name: str = ""
    """What the user calls it."""

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Look for the same request, then for a near prompt; ask the member if neither is kept."""
        request = request_for(desk, self.member, asked)
        exact = desk.backing.cache.get(desk.backing.namespace, key_of(request))
        if exact is not None:
            return (yield from give(desk, request, exact, why="it was asked the same before"))
        near, group, embedded = None, "", None
        if self.semantic is not None:
            reply = desk.embed(prompt_of(asked), role="embedding", model_id=self.semantic.embedding_model)
            embedded, group = vector(reply), f"{reply.call.model_id} {group_of(request)}"
            if embedded is None:
                why = reply.error.message if reply.error else "there was no vector"
                desk.decide(f"The prompt could not be embedded, so no near one was looked for: {why}")
            else:
                near = desk.backing.cache.nearest(desk.backing.namespace, group, embedded)
            limit = self.semantic.similarity
            if near and near.similarity >= limit - _ROUNDING:
                why = f"a prompt with similarity {near.similarity:.3f} (at least {limit:g}) was asked before"
                return (yield from give(desk, request, near.kept, why=why, similarity=near.similarity))
        self._missed(desk, near)
        answer = yield from desk.show(self.member, asked, role=ROLE)
        keep(desk, request, answer, group=group, embedded=embedded)
        return answer

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """The member."""
        return ((ROLE, self.member),)

    def _missed(self, desk: Desk, near: Near | None) -> None:
        similarity = near.similarity if near else None
        desk.looked(
            Lookup(at=desk.clock.now(), parent_id=desk.identity.run_id, role=ROLE, similarity=similarity)
        )
        nearest = f"; the nearest prompt has similarity {similarity:.3f}" if similarity is not None else ""
        desk.decide(f"Not in the cache{nearest}: the model is asked.", role=ROLE)


def request_for(desk: Desk, member: Member, asked: InvocationRequest) -> InvocationRequest:
    """What stands for a member's request in the cache; a pattern's is told apart by all its settings."""
    request = desk.request_of(member, asked)
    if isinstance(member, Pattern):
        settings = hashlib.sha256(repr(member).encode()).hexdigest()
        return replace(request, model_id=f"{request.model_id}/{settings}")
    return request


def give(
    desk: Desk, request: InvocationRequest, kept: Kept, *, why: str, similarity: float | None = None
) -> Generator[InvocationEvent, None, Reply]:
    """Give a kept answer, and note what that saves."""
    lookup = Lookup(
        at=desk.clock.now(),
        parent_id=desk.identity.run_id,
        role=ROLE,
        found="exact" if similarity is None else "similar",
        similarity=similarity,
        saved_cost=kept.cost.amount,
        saved_seconds=kept.result.timing.total,
    )
    desk.looked(lookup)
    desk.decide(f"From the cache: {why}.", role=ROLE, chosen=True)
    return (yield from desk.recall(request, kept.result, role=ROLE, note=f"From the cache: {why}."))


def keep(
    desk: Desk,
    request: InvocationRequest,
    reply: Reply,
    *,
    group: str = "",
    embedded: tuple[float, ...] | None = None,
) -> None:
    """Keep an answer for the next time, if it is one that may be given again."""
    if not reply.ok or not reply.text or reply.result.stop_reason not in _WHOLE:
        return
    cost = Cost(reply.call.cost, confidence=Confidence(reply.call.cost_confidence))
    kept = Kept(reply.call.run_id, prompt_of(request), reply.result, cost, group=group, vector=embedded)
    desk.backing.cache.put(desk.backing.namespace, key_of(request), kept)
