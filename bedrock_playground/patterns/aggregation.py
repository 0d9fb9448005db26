"""Aggregation: ask several models at once, and make one answer of theirs.

Models err in different places, so together they are often right where each alone is not. It costs the sum
of all members, and takes as long as the slowest one that is waited for: with a quorum or a deadline a slow
member does not hold the others. What is made of the answers
(:mod:`~bedrock_playground.patterns.merging`) is a vote, a judge's choice or a synthesis. See AWS Prescriptive
Guidance, *Agentic AI patterns*, "Parallelization", and J. Wang et al., *Mixture-of-Agents* (2024).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.errors import NobodyAnswered
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis
from bedrock_playground.patterns.replies import Ask, Reply
from bedrock_playground.patterns.wording import failure, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Panelist:
    """One of those who are asked."""

    member: Member
    """Who answers."""
    name: str = ""
    """What it is called in the trace; empty: ``member 1``, ``member 2`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation(Pattern):
    """Several answer at the same time; one answer is made of theirs."""

    kind: ClassVar[str] = "aggregation"
    members: tuple[Panelist, ...]
    """Who is asked, at least one; where answers are as good as each other, the first listed is taken."""
    by: Merge
    """How one answer is made of theirs."""
    quorum: int | None = knob(
        None, label="Answers to wait for", low=1, high=lambda own: len(own.members), step=1
    )
    """How many answers suffice; nobody else is waited for. ``None``: all."""
    deadline: float | None = None
    """Seconds after which nobody is waited for; ``None``: no deadline."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        """Refuse members that cannot be told apart, and a quorum that cannot be reached."""
        roles = [role for role, _ in self.roles()]
        if not self.members or len(set(roles)) < len(roles):
            raise ValueError("There must be at least one member, and no two of the same name.")
        if self.quorum is not None and not 1 <= self.quorum <= len(self.members):
            raise ValueError(f"A quorum of {self.quorum} cannot be reached by {len(self.members)} members.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Ask all, wait for enough of them, make one answer of what came."""

        def enough(came: Sequence[Reply]) -> bool:
            return self.quorum is not None and sum(reply.ok for reply in came) >= self.quorum

        asks = [Ask(role, member, asked) for role, member in self.panel()]
        replies = desk.ask_all(asks, enough=enough, deadline=self.deadline)
        for reply in replies:
            if not reply.ok:
                role = reply.call.role
                desk.decide(sentence(f"{role} does not count: {failure(reply)}"), role=role, chosen=False)
        answers = tuple(reply for reply in replies if reply.ok)
        if not answers:
            return _nobody(replies)
        return (yield from self.by.merge(asked, answers, desk))

    def panel(self) -> tuple[tuple[str, Member], ...]:
        """Those who are asked, by their roles."""
        return tuple((each.name or f"member {n}", each.member) for n, each in enumerate(self.members, 1))

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """Those who are asked, then who judges or writes, if anybody does."""
        match self.by:
            case Judged(judge=judge):
                return (*self.panel(), ("judge", judge))
            case Synthesis(member=member):
                return (*self.panel(), ("synthesis", member))
            case _:
                return self.panel()


def _nobody(replies: Sequence[Reply]) -> Reply:
    """What is answered where nobody did: every reason."""
    first = replies[0]
    why = " ".join(sentence(f"{reply.call.role}: {failure(reply)}") for reply in replies)
    return replace(first, late=False, result=replace(first.result, error=NobodyAnswered(why)))
