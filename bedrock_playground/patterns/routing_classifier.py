"""Content-based routing by a light classifier model: it reads the prompt and names a route.

Costs one small call, and its time, before every answer; worth it where the routes' prices are far apart. The
classifier answers JSON: the route, how sure it is, and why. What a model says of its own confidence is rarely
calibrated, so measure the threshold on your data (drag it after an evaluation). See *Well-Architected
Generative AI Lens* and AWS Prescriptive Guidance, *Agentic AI patterns*, "Routing".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bedrock_playground.invocation.values import InvocationRequest, Json
from bedrock_playground.patterns.asking_json import ask_for_json
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.members import Member
from bedrock_playground.patterns.routes import Choice, Route
from bedrock_playground.patterns.shaping import prompt_of
from bedrock_playground.patterns.wording import failure
from bedrock_playground.presets.template import fill_known

CLASSIFIER = "classifier"
"""The role of its call."""
TEMPLATE = """\
Decide which route a request takes. Do not answer the request.

Routes:
{{routes}}

<request>
{{prompt}}
</request>

Answer with JSON alone:
{"route": one of {{names}}, "confidence": a number from 0 to 1, "reason": one sentence}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A model that names the route."""

    kind: ClassVar[str] = "classifier"
    member: Member
    """Who classifies: small, fast, at temperature 0."""
    threshold: float = knob(0.6, label="Least confidence of the classifier", low=0.0, high=1.0)
    """How sure it has to be, 0–1; below, the default route takes the request."""
    template: str = TEMPLATE
    """What it is asked: ``{{routes}}`` are names with descriptions, ``{{names}}`` names, ``{{prompt}}`` the
    request."""

    @property
    def names(self) -> tuple[str, ...]:
        """The routes that it names: none before it is asked."""
        return ()

    def choose(self, asked: InvocationRequest, routes: tuple[Route, ...], desk: Desk) -> Choice:
        """Ask the classifier."""
        prompt = fill_known(
            self.template,
            {
                "routes": "\n".join(f"- {route.name}: {route.description}".rstrip(": ") for route in routes),
                "names": ", ".join(f'"{route.name}"' for route in routes),
                "prompt": prompt_of(asked),
            },
        )
        names = [route.name for route in routes]
        reply, told = ask_for_json(desk, self.member, prompt, schema=schema_of(names), role=CLASSIFIER)
        if not reply.ok:
            return Choice(None, f"the classifier failed: {failure(reply)}")
        return self._read(told or {}, names)

    def _read(self, told: Mapping[str, Any], names: list[str]) -> Choice:
        route, confidence, reason = told.get("route"), told.get("confidence"), told.get("reason")
        by_name = {name.casefold(): name for name in names}
        known = by_name.get(route.strip().casefold()) if isinstance(route, str) else None
        if known is None:
            return Choice(None, "the classifier's answer names no route")
        if isinstance(confidence, bool) or not isinstance(confidence, int | float):
            return Choice(None, f"the classifier says “{known}”, but not how sure it is")
        sure = f"the classifier is {confidence:.2f} sure of “{known}”"
        if confidence < self.threshold:
            return Choice(None, f"{sure}, which is below {self.threshold:.2f}")
        because = f": {reason.strip()}" if isinstance(reason, str) and reason.strip() else ""
        return Choice(known, f"{sure}{because}")


def schema_of(names: list[str]) -> Mapping[str, Json]:
    """The JSON schema of a classifier's answer."""
    return {
        "type": "object",
        "properties": {
            "route": {"type": "string", "enum": names},
            "confidence": {"type": "number"},
            "reason": {"type": "string"},
        },
        "required": ["route", "confidence"],
        "additionalProperties": False,
    }
