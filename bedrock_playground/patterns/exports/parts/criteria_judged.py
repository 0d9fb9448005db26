"""The criterion that a judge's score is good enough."""

from __future__ import annotations

from bedrock_playground.patterns.exports.parts.asking_json import JsonMember
from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.cascade import Criterion, Tried, Verdict
from bedrock_playground.patterns.exports.parts.judging import opinion, verdict_schema
from bedrock_playground.patterns.exports.parts.templates import fill

HIGHEST = 5


def scored(judge: JsonMember, *, name: str, threshold: float, template: str, rubric: str) -> Criterion:
    """A judge gives the answer at least `threshold` of 5; one that cannot be read vouches for nothing."""

    def check(tried: Tried, course: Course) -> Verdict:
        values = {"request": tried.prompt, "answer": tried.reply.text, "rubric": rubric}
        reply = judge(fill(template, values), course.within(name), verdict_schema("score", HIGHEST))
        value, why = opinion(reply, name="score", most=HIGHEST)
        if value is None:
            return Verdict(met=False, why=why)
        side = "at least" if value >= threshold else "below"
        words = f"the judge's score is {value}, {side} {threshold:g}{f': {why}' if why else ''}"
        return Verdict(met=value >= threshold, why=words)

    return check
