"""Cascading: ask the small model first, and a larger one only where the answer is not good enough.

Most requests are easy, so most are answered at the small model's price; what is hard costs both, and takes
as long as both. It pays where the small model is often right, and where one can tell when it is not:
everything hangs on the criteria (:mod:`~bedrock_playground.patterns.criteria`). A router looks at the
request, a cascade at the answer. The idea is that of L. Chen et al., *FrugalGPT* (2023).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.invocation.errors import Cancelled, NotRecorded, SpendingRefused
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Scored
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.verdicts import Tried, Verdict
from bedrock_playground.patterns.wording import failure, sentence

_ENDS = (Cancelled, NotRecorded, SpendingRefused)
"""Errors that a larger model would not mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of the cascade."""

    member: Member
    """Who answers."""
    name: str = ""
    """What it is called in the trace; empty: ``tier 1``, ``tier 2`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade(Pattern):
    """Tiers of growing capability; the first whose answer meets every criterion has answered."""

    kind: ClassVar[str] = "cascade"
    tiers: tuple[Tier, ...]
    """The tiers, cheapest first, at least one. The last one's answer is taken as it is."""
    criteria: tuple[Criterion, ...] = ()
    """What an answer must meet, in this order, so cheap ones first. A tier that fails is always left; with
    no criteria that is the only reason."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        """Refuse tiers that cannot be told apart."""
        roles = [role for role, _ in self.roles()]
        if not self.tiers or len(set(roles)) < len(roles):
            raise ValueError("There must be at least one tier, and no two tiers or judges of the same name.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Ask tier after tier; only the last one's text can be shown while it comes."""
        *before, (last, strongest) = self.steps()
        for role, member in before:
            reply = desk.ask(member, asked, role=role)
            if isinstance(reply.error, _ENDS):
                return reply
            verdict = self._verdict(Tried(role, member, asked, reply), desk)
            if verdict.met:
                desk.decide(sentence(f"{role} is accepted: {verdict.why}"), role=role, chosen=True)
                return verdict.reply or reply
            desk.decide(sentence(f"{role} is not accepted: {verdict.why}"), role=role, chosen=False)
        reply = yield from desk.show(strongest, asked, role=last)
        what = "its answer is taken as it is" if reply.ok else f"it failed: {failure(reply)}"
        desk.decide(sentence(f"{last} is the last tier: {what}"), role=last, chosen=reply.ok)
        return reply

    def steps(self) -> tuple[tuple[str, Member], ...]:
        """The tiers by their roles, in order."""
        return tuple((tier.name or f"tier {n}", tier.member) for n, tier in enumerate(self.tiers, 1))

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """The tiers, in order, then the judges."""
        judges = (each for each in self.criteria if isinstance(each, Scored))
        return self.steps() + tuple((each.name, each.judge) for each in judges)

    def _verdict(self, tried: Tried, desk: Desk) -> Verdict:
        """Go through the criteria; what cannot be told is said, and does not escalate."""
        if not tried.reply.ok:
            return Verdict(met=False, why=f"it failed: {failure(tried.reply)}")
        told: list[str] = []
        for criterion in self.criteria:
            verdict = criterion.check(tried, desk)
            if verdict.met is False:
                return verdict
            told.append(verdict.why)
            if verdict.reply is not None:
                tried = Tried(tried.role, tried.member, tried.asked, verdict.reply)
        return Verdict(met=True, why="; ".join(told) or "it answered", reply=tried.reply)
