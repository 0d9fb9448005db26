"""Routing: look at a request, then send it to the model that suits it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply

Chooser: TypeAlias = Callable[[str, Course], tuple[str | None, str]]
"""Told a prompt, names a route (None: the default one) and says why."""


def routing(
    prompt: str, course: Course, *, routes: dict[str, Member], choose: Chooser, default: str
) -> Reply:
    """Choose a route, and answer there."""
    chosen, why = choose(prompt, course)
    name = chosen or default
    to = name if chosen else f"{name}, the default"
    course.decide(f"The request goes to {to}: {why}", name, chosen=True)
    return routes[name](prompt, course.within(name))
