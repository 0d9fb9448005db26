"""Passages in a prompt: a line ``[id] text`` each, and what stands beside them; pure."""

from __future__ import annotations

import re

QUERY = "{{query}}"
"""Stands for the question where it is told how that is worded."""
_LINE = re.compile(r"^\[(?P<id>[^\]\s]{1,64})\][ \t]+(?P<text>\S.*)$", re.MULTILINE)


def passages_in(text: str) -> dict[str, str]:
    """The passages of a text by id, in their order; empty where it has none."""
    return {match["id"]: match["text"].strip() for match in _LINE.finditer(text)}


def beside_passages(text: str) -> str:
    """What is left of a text without its passages, its paragraphs kept apart."""
    return re.sub(r"\n\s*\n", "\n\n", _LINE.sub("", text)).strip()


def question_in(text: str, wording: str) -> str:
    """The question that a text with passages asks.

    Args:
        text: Passages and a question.
        wording: How the question is put, with :data:`QUERY` in its place: ``Which one answers: {{query}}``.

    Returns:
        What stands in the wording's place up to the end of its paragraph; where the text has no such wording,
        all that is no passage.
    """
    rest = beside_passages(text)
    before, _, after = (re.escape(part.strip()) for part in wording.partition(QUERY))
    found = re.search(rf"{before}\s*(?P<query>\S.*?)\s*{after}[ \t]*(?=\n[ \t]*\n|\Z)", rest, re.DOTALL)
    return found["query"] if found else rest
