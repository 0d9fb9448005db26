"""A model as judge: it scores one answer, or picks the best of several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bedrock_playground.patterns.exports.parts.asking_json import JsonMember
from bedrock_playground.patterns.exports.parts.calling import Course, Reply, failure
from bedrock_playground.patterns.exports.parts.gathering import Ask, ask_all
from bedrock_playground.patterns.exports.parts.reading_json import read_object
from bedrock_playground.patterns.exports.parts.templates import fill


def pick(
    judge: JsonMember,
    course: Course,
    *,
    request: str,
    answers: Sequence[str],
    template: str,
    rubric: str,
    swap: bool,
) -> list[tuple[int | None, str]]:
    """Have the best answer picked, in both orders where `swap`; places from 0, with its reasons."""
    forward = list(range(len(answers)))
    orders = [forward, forward[::-1]] if swap else [forward]

    def asking(order: list[int]) -> Ask:
        shown = "\n".join(
            f"<answer {n}>\n{answers[place]}\n</answer {n}>" for n, place in enumerate(order, 1)
        )
        prompt = fill(template, {"request": request, "answers": shown, "rubric": rubric})
        return "judge", lambda branch: judge(prompt, branch, verdict_schema("best", len(answers)))

    told = []
    for order, reply in zip(orders, ask_all([asking(order) for order in orders], course), strict=True):
        value, why = opinion(reply, name="best", most=len(answers))
        told.append((None if value is None else order[value - 1], why))
    return told


def opinion(reply: Reply, *, name: str, most: int) -> tuple[int | None, str]:
    """What a judge said: a number from 1 on and its reason; None: no use can be made of it."""
    if not reply.ok:
        return None, f"the judge failed: {failure(reply)}"
    told: dict[str, Any] = read_object(reply.text) or {}
    value, reason = told.get(name), told.get("reason")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= most:
        return None, f"the judge's answer has no {name} from 1 to {most}"
    return round(value), reason.strip() if isinstance(reason, str) else ""


def verdict_schema(name: str, most: int) -> str:
    """The JSON schema of a judge's answer."""
    properties = {
        name: {"type": "integer", "enum": list(range(1, most + 1))},
        "reason": {"type": "string"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": [name],
        "additionalProperties": False,
    }
    return json.dumps(schema)
