"""Chain: each step's prompt is a template that may use the answers before it."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply
from bedrock_playground.patterns.exports.parts.templates import fill


@dataclass(kw_only=True)
class Step:
    """One step: who does it, and its prompt with {{prompt}}, {{previous}} and earlier steps' names."""

    name: str
    ask: Member
    template: str = "{{prompt}}"


def chain(prompt: str, course: Course, *, steps: tuple[Step, ...]) -> Reply:
    """Go through the steps; one that fails ends the chain, and the last one's answer is the answer."""
    known = {"prompt": prompt, "previous": ""}
    *before, last = steps
    for step in before:
        reply = step.ask(fill(step.template, known), course.within(step.name))
        if not reply.ok:
            course.decide(f"{step.name} failed, so the chain ends here.", step.name, chosen=False)
            return reply
        known |= {step.name: reply.text, "previous": reply.text}
        course.decide(f"{step.name} answered; the next step uses it.", step.name, chosen=True)
    return last.ask(fill(last.template, known), course.within(last.name))
