"""What goes with new cases, suggested from what they hold: a prompt template, scorers, a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from bedrock_playground.evaluation.values import Case

_MOST_CLASSES = 20
_CLASS_WORDS = 3
_SHORT = 8
"""Words that an answer may have to be looked for in another one."""


def suggested_prompt(cases: Sequence[Case]) -> str:
    """A template that sends every input: the one as it is, several each behind its name.

    Where the answers are classes it says which there are, because no model could guess their names.

    Args:
        cases: The cases; there is at least one.
    """
    variables = tuple(cases[0].inputs)
    named = [f"{name.replace('_', ' ').strip().capitalize()}: {{{{{name}}}}}" for name in variables]
    asked = "\n\n".join(named) if len(variables) > 1 else f"{{{{{variables[0]}}}}}"
    classes = _classes([case.expected for case in cases if case.expected is not None])
    if not classes:
        return asked
    return f"Which class is this? Answer with one of: {', '.join(classes)}.\n\n{asked}\n\nClass:"


def suggested_scorers(cases: Sequence[Case]) -> tuple[str, ...]:
    """The scorers that can score these cases, the most telling first; none where nothing is labelled.

    Few different short answers, each several times, are classes. Short answers are looked for in the answer,
    long ones compared word by word; answers that are JSON objects field by field.
    """
    answers = [case.expected for case in cases if case.expected is not None]
    found = []
    if answers:
        found.append(_for_answers(answers))
    if any(case.checks for case in cases):
        found.append("constraints")
    return tuple(found)


def suggested_name(file_name: str) -> str:
    """A data set's name from a file's: without its ending, with spaces, the first letter a capital."""
    stem = re.sub(r"\.[A-Za-z0-9]+$", "", file_name.strip())
    words = " ".join(re.split(r"[\s_\-]+", stem)).strip()
    return words[:1].upper() + words[1:120]


def _for_answers(answers: Sequence[str]) -> str:
    if _classes(answers):
        return "classification"
    if all(answer.lstrip().startswith("{") for answer in answers):
        return "fields"
    return "contains" if median(len(answer.split()) for answer in answers) <= _SHORT else "rouge:l"


def _classes(answers: Sequence[str]) -> list[str]:
    """The answers as classes, in the order in which they first appear; empty where they are none."""
    classes: dict[str, str] = {}
    for answer in answers:
        classes.setdefault(answer.strip().casefold(), answer.strip())
    few = 2 <= len(classes) <= min(_MOST_CLASSES, len(answers) // 3)
    plain = all(0 < len(name.split()) <= _CLASS_WORDS for name in classes)
    return list(classes.values()) if few and plain else []
