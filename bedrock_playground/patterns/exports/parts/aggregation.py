"""Aggregation: ask several models at once, and make one answer of theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply, failure
from bedrock_playground.patterns.exports.parts.gathering import Ask, ask_all

Merge: TypeAlias = Callable[[str, list[Reply], Course], Reply]
"""Makes one answer of several."""


def aggregation(
    prompt: str,
    course: Course,
    *,
    members: dict[str, Member],
    merge: Merge,
    quorum: int | None = None,
    deadline: float | None = None,
) -> Reply:
    """Ask all, wait for enough of them (quorum, deadline in seconds), make one answer of what came."""

    def asking(role: str) -> Ask:
        return role, lambda branch: members[role](prompt, branch)

    def enough(came: Sequence[Reply]) -> bool:
        return quorum is not None and sum(reply.ok for reply in came) >= quorum

    replies = ask_all([asking(role) for role in members], course, enough=enough, deadline=deadline)
    for role, reply in zip(members, replies, strict=True):
        if not reply.ok:
            course.decide(f"{role} does not count: {failure(reply)}", role, chosen=False)
    answers = [reply for reply in replies if reply.ok]
    if not answers:
        why = " ".join(f"{reply.role}: {failure(reply)}" for reply in replies)
        return Reply(role=course.role, error="NobodyAnswered", message=why)
    return merge(prompt, answers, course)


def only(reply: Reply, course: Course) -> Reply:
    """Take the only answer that came."""
    course.decide(f"{reply.role} is taken: no other answer came.", reply.role, chosen=True)
    return reply
