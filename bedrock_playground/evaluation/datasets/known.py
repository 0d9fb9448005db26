"""Names that columns of data sets usually have, and what they usually mean. Pure."""

from __future__ import annotations

from typing import Literal

Role = Literal["expected", "references", "tags", "checks", "ignored"]
"""What a column can be besides an input."""

_ROLES: dict[str, Role] = {
    **dict.fromkeys(
        (
            "expected", "expected answer", "expected output", "expected response", "answer", "answers",
            "label", "labels", "output", "completion", "target", "ground truth", "reference answer",
            "reference response", "referenceresponse", "reference", "gold", "summary", "reference summary",
            "ideal", "class", "sentiment", "intent", "response", "correct answer", "expectedresponse",
        ),
        "expected",
    ),
    **dict.fromkeys(
        ("references", "other answers", "alternatives", "alternative answers", "aliases", "also accepted"),
        "references",
    ),
    **dict.fromkeys(
        ("tags", "tag", "category", "categories", "difficulty", "topic", "topics", "level", "group", "split",
         "language", "subject", "domain"),
        "tags",
    ),
    **dict.fromkeys(("checks", "constraints"), "checks"),
    **dict.fromkeys(
        (
            "id", "number", "no", "nr", "index", "row", "case", "uuid", "case id", "unnamed: 0",
            "index level 0",
        ),
        "ignored",
    ),
}  # fmt: skip
_INPUTS = frozenset({
    "question", "questions", "text", "input", "inputs", "prompt", "query", "context", "passage", "passages",
    "document", "article", "message", "instruction", "instructions", "sentence", "content", "body", "title",
    "review", "comment", "user", "request", "source", "task", "email", "ticket",
})  # fmt: skip


def plain_name(column: str) -> str:
    """A column's name for looking up: lower case, without underscores, hyphens and dots."""
    return " ".join(column.lower().replace("_", " ").replace("-", " ").replace(".", " ").split())


def role_of(column: str) -> Role | None:
    """What a column of this name usually is; ``None``: an input."""
    return _ROLES.get(plain_name(column))


def is_known(column: str) -> bool:
    """Whether a column of this name is usual in data sets."""
    return plain_name(column) in _INPUTS or role_of(column) is not None
