"""Routing by a light classifier model: it reads the prompt and names a route."""

from __future__ import annotations

import json
from typing import Any

from bedrock_playground.patterns.exports.parts.asking_json import JsonMember
from bedrock_playground.patterns.exports.parts.calling import Course, failure
from bedrock_playground.patterns.exports.parts.reading_json import read_object
from bedrock_playground.patterns.exports.parts.routing import Chooser
from bedrock_playground.patterns.exports.parts.templates import fill


def by_classifier(ask: JsonMember, *, routes: dict[str, str], threshold: float, template: str) -> Chooser:
    """Choose by what a model says, if it is sure enough; `routes` are names with descriptions."""
    names = list(routes)
    schema = {
        "type": "object",
        "properties": {
            "route": {"type": "string", "enum": names},
            "confidence": {"type": "number"},
            "reason": {"type": "string"},
        },
        "required": ["route", "confidence"],
        "additionalProperties": False,
    }

    def choose(prompt: str, course: Course) -> tuple[str | None, str]:
        values = {
            "routes": "\n".join(f"- {name}: {words}".rstrip(": ") for name, words in routes.items()),
            "names": ", ".join(f'"{name}"' for name in names),
            "prompt": prompt,
        }
        reply = ask(fill(template, values), course.within("classifier"), json.dumps(schema))
        if not reply.ok:
            return None, f"the classifier failed: {failure(reply)}"
        return route_in(read_object(reply.text) or {}, names, threshold)

    return choose


def route_in(told: dict[str, Any], names: list[str], threshold: float) -> tuple[str | None, str]:
    """The route that a classifier's answer names."""
    route, confidence, reason = told.get("route"), told.get("confidence"), told.get("reason")
    by_name = {name.casefold(): name for name in names}
    known = by_name.get(route.strip().casefold()) if isinstance(route, str) else None
    if known is None:
        return None, "the classifier's answer names no route"
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return None, f"the classifier says “{known}”, but not how sure it is"
    sure = f"the classifier is {confidence:.2f} sure of “{known}”"
    if confidence < threshold:
        return None, f"{sure}, which is below {threshold:.2f}"
    because = f": {reason.strip()}" if isinstance(reason, str) and reason.strip() else ""
    return known, f"{sure}{because}"
