"""Prompt chaining: each step's prompt is a template that may use the answers before it.

A task that is too much for one prompt becomes several that are not: outline, then draft, then polish. The
chain is as slow as the sum of its steps and costs as much; in return each step can have the model that suits
it. See AWS Prescriptive Guidance, *Agentic AI patterns*, "Prompt chaining".
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import asking, prompt_of
from bedrock_playground.presets.template import fill_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a chain."""

    name: str
    """What later steps call its answer: ``{{name}}``."""
    member: Member
    """Who does it."""
    template: str = "{{prompt}}"
    """Its prompt. ``{{prompt}}`` is what the user asked, ``{{previous}}`` the answer before, and each step's
    name stands for its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Pattern):
    """Steps one after the other; the last one's answer is the answer."""

    kind: ClassVar[str] = "chain"
    steps: tuple[Step, ...]
    """The steps, at least one."""
    name: str = ""
    """What the user calls it."""

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Go through the steps; a step that fails ends the chain."""
        known: dict[str, str | int | float | bool] = {"prompt": prompt_of(asked), "previous": ""}
        *before, last = self.steps
        for step in before:
            reply = desk.ask(
                step.member, asking(fill_known(step.template, known), like=asked), role=step.name
            )
            if not reply.ok:
                desk.decide(f"{step.name} failed, so the chain ends here.", role=step.name, chosen=False)
                return reply
            known |= {step.name: reply.text, "previous": reply.text}
            desk.decide(f"{step.name} answered; the next step uses it.", role=step.name, chosen=True)
        final = asking(fill_known(last.template, known), like=asked)
        return (yield from desk.show(last.member, final, role=last.name))

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """The steps, in order."""
        return tuple((step.name, step.member) for step in self.steps)
