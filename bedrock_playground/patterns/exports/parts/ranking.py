"""Ranking: an embedding model answers with the id of the passage nearest to the question."""

from __future__ import annotations

import re
from dataclasses import replace

from bedrock_playground.patterns.exports.parts.calling import Course, Reply
from bedrock_playground.patterns.exports.parts.embedding import Embed, cosine

PASSAGE = re.compile(r"^\[(?P<id>[^\]\s]{1,64})\][ \t]+(?P<text>\S.*)$", re.MULTILINE)
MOST_TOLD = 5


def ranking(prompt: str, course: Course, *, embed: Embed, wording: str) -> Reply:
    """Embed the question, then each passage (lines of "[id] text"), and choose the nearest."""
    passages = {match["id"]: match["text"].strip() for match in PASSAGE.finditer(prompt)}
    if not passages:
        message = "There are no passages to rank. Each is a line of the prompt: [p01] Its text."
        return Reply(role="question", error="RequestRefused", message=message)
    question = embed(question_in(prompt, wording), course.within("question"))
    if not question.fields:
        return question
    near: dict[str, float] = {}
    for key, text in passages.items():
        reply = embed(text, course.within("passages"))
        if not reply.fields:
            course.decide(f"The passage {key} could not be embedded, so none is chosen.", "passages")
            return reply
        near[key] = cosine(question.fields, reply.fields)
    order = sorted(near, key=lambda key: -near[key])
    shown = ", ".join(f"{key} {near[key]:.2f}" for key in order[:MOST_TOLD])
    more = f" and {len(order) - MOST_TOLD} more" if len(order) > MOST_TOLD else ""
    course.decide(f"{order[0]} is the nearest to the question: {shown}{more}.", "passages", chosen=True)
    ranked = [{"id": key, "similarity": near[key]} for key in order]
    return replace(question, text=order[0], fields={"ranking": ranked})


def question_in(text: str, wording: str) -> str:
    """What stands in the place of {{query}} in the wording; else all that is no passage."""
    rest = re.sub(r"\n\s*\n", "\n\n", PASSAGE.sub("", text)).strip()
    before, _, after = (re.escape(part.strip()) for part in wording.partition("{{query}}"))
    found = re.search(rf"{before}\s*(?P<query>\S.*?)\s*{after}[ \t]*(?=\n[ \t]*\n|\Z)", rest, re.DOTALL)
    return found["query"] if found else rest
