"""One answer of several by a model that writes it from all of them."""

from __future__ import annotations

from bedrock_playground.patterns.exports.parts.aggregation import Merge, only
from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply
from bedrock_playground.patterns.exports.parts.templates import fill


def by_synthesis(write: Member, *, template: str) -> Merge:
    """Have it written; a single answer is taken as it is."""

    def merge(prompt: str, replies: list[Reply], course: Course) -> Reply:
        if len(replies) == 1:
            return only(replies[0], course)
        answers = "\n".join(
            f"<answer {n}>\n{reply.text}\n</answer {n}>" for n, reply in enumerate(replies, 1)
        )
        course.decide(f"The answer is written from {len(replies)} answers.", "synthesis", chosen=True)
        return write(fill(template, {"prompt": prompt, "answers": answers}), course.within("synthesis"))

    return merge
