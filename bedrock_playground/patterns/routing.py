"""Routing: look at a request, then send it to the model that suits it.

Easy requests go to a small model, hard ones to a large one; code here, German there. The choice is made once,
before anything is answered (a cascade looks at the answer instead). What deciding costs depends on how:

- :mod:`~bedrock_playground.patterns.routing_rules`: rules that somebody wrote; no call.
- :mod:`~bedrock_playground.patterns.routing_classifier`: a light model names the route; one small call.
- :mod:`~bedrock_playground.patterns.routing_neighbours`: like the nearest examples; one embedding.
- :mod:`~bedrock_playground.patterns.routing_metrics`: by measured price, latency, errors; no call.

Bedrock's own prompt router needs none of this: it is a model id (an ARN) like any other, and the trace tells
which model it chose. See AWS Prescriptive Guidance, *Agentic AI patterns*, "Routing", and I. Ong et al.,
*RouteLLM* (2024).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing_classifier import CLASSIFIER, Classifier
from bedrock_playground.patterns.routing_metrics import Measured
from bedrock_playground.patterns.routing_neighbours import Neighbours
from bedrock_playground.patterns.routing_rules import Rules
from bedrock_playground.patterns.wording import sentence

Way: TypeAlias = Rules | Classifier | Neighbours | Measured
"""How the route is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing(Pattern):
    """Chooses a route, and answers there."""

    kind: ClassVar[str] = "routing"
    routes: tuple[Route, ...]
    """Where a request can go, at least one; no two of the same name."""
    by: Way
    """How the route is chosen."""
    default: str = ""
    """The route where nothing else is decided; empty: the first."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        """Refuse routes that nobody could take or tell apart."""
        names = [route.name for route in self.routes]
        if not names or len(set(names)) < len(names):
            raise ValueError("There must be at least one route, and no two of the same name.")
        if unknown := sorted({self.default or names[0], *self.by.names} - set(names)):
            raise ValueError(f"There is no route {unknown[0]!r}. There are: {', '.join(names)}.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Choose, say why, and let the chosen one answer."""
        choice = self.by.choose(asked, self.routes, desk)
        name = choice.route or self.default or self.routes[0].name
        to = name if choice.route else f"{name}, the default"
        desk.decide(sentence(f"The request goes to {to}: {choice.why}"), role=name, chosen=True)
        route = next(route for route in self.routes if route.name == name)
        return (yield from desk.show(route.member, asked, role=name))

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """Who classifies, if a model does, then the routes."""
        first = ((CLASSIFIER, self.by.member),) if isinstance(self.by, Classifier) else ()
        return first + tuple((route.name, route.member) for route in self.routes)
