"""Cascade: ask the small model first, and a larger one only where the answer is not good enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply, failure


@dataclass(kw_only=True)
class Tried:
    """A tier's answer, and what it takes to ask again."""

    role: str
    ask: Member
    prompt: str
    reply: Reply


@dataclass(kw_only=True)
class Verdict:
    """Whether a criterion is met; None: it cannot be told, which does not escalate."""

    met: bool | None
    why: str
    reply: Reply | None = None  # another reply of the same tier to be taken instead


Criterion: TypeAlias = Callable[[Tried, Course], Verdict]


def cascade(
    prompt: str, course: Course, *, tiers: dict[str, Member], criteria: tuple[Criterion, ...] = ()
) -> Reply:
    """Ask tier after tier; the first whose answer meets every criterion has answered, else the last."""
    *before, (last, strongest) = tiers.items()
    for role, ask in before:
        reply = ask(prompt, course.within(role))
        verdict = judged(Tried(role=role, ask=ask, prompt=prompt, reply=reply), criteria, course)
        if verdict.met:
            course.decide(f"{role} is accepted: {verdict.why}", role, chosen=True)
            return verdict.reply or reply
        course.decide(f"{role} is not accepted: {verdict.why}", role, chosen=False)
    reply = strongest(prompt, course.within(last))
    what = "its answer is taken as it is" if reply.ok else f"it failed: {failure(reply)}"
    course.decide(f"{last} is the last tier: {what}", last, chosen=reply.ok)
    return reply


def judged(tried: Tried, criteria: tuple[Criterion, ...], course: Course) -> Verdict:
    """Go through the criteria, in order; the first that is not met ends it."""
    if not tried.reply.ok:
        return Verdict(met=False, why=f"it failed: {failure(tried.reply)}")
    told: list[str] = []
    for criterion in criteria:
        verdict = criterion(tried, course)
        if verdict.met is False:
            return verdict
        told.append(verdict.why)
        if verdict.reply is not None:
            tried.reply = verdict.reply
    return Verdict(met=True, why="; ".join(told) or "it answered", reply=tried.reply)
