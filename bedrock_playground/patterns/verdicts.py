"""What a criterion is told of a tier's answer, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.replies import Reply


@dataclass(frozen=True, slots=True)
class Tried:
    """A tier's answer, and what it takes to ask again."""

    role: str
    """The tier."""
    member: Member
    """Who answered."""
    asked: InvocationRequest
    """What it was asked."""
    reply: Reply
    """The answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a criterion is met."""

    met: bool | None
    """``None``: it cannot be told, which does not escalate."""
    why: str
    """The reason, in words, to go on from “tier 1: …”."""
    reply: Reply | None = None
    """Another reply of the same tier to be taken instead."""
