"""Votes: how an answer is read as one, and how they are counted."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_playground.patterns.exports.parts.calling import Reply
from bedrock_playground.patterns.exports.parts.expressions import found
from bedrock_playground.patterns.exports.parts.reading_json import read_object

AROUND = " .,;:!?…\"'`*_~#()[]{}“”‘’«»"
FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL | re.IGNORECASE)


@dataclass(kw_only=True)
class Ballot:
    """What of an answer is the vote: one of some labels, what an expression finds, a field, or all of it."""

    labels: tuple[str, ...] = ()
    regex: str | None = None
    field: str | None = None

    def read(self, answer: str) -> str | None:
        """The vote that an answer is, normalised; None: it is none."""
        said: str | None = answer
        if self.labels:
            said = first_mentioned(answer, self.labels)
        elif self.regex is not None:
            said = found(self.regex, answer)
        elif self.field is not None:
            told = (read_object(answer) or {}).get(self.field)
            said = None if told is None else str(told)
        return None if said is None else normal(said) or None


@dataclass(kw_only=True)
class Count:
    """How votes came out."""

    winner: str | None = None
    votes: int = 0
    of: int = 0
    tied: int = 0  # how many others have as many

    @property
    def words(self) -> str:
        """The result in words."""
        if self.winner is None:
            return "no answer could be read as a vote"
        tie = f", a tie with {self.tied} other{'s' if self.tied > 1 else ''}" if self.tied else ""
        return f"{self.votes} of {self.of} say “{self.winner:.60}”{tie}"


def count(votes: Sequence[str | None]) -> Count:
    """Count votes; among equals the shorter one wins, then the first in the alphabet."""
    numbers = Counter(vote for vote in votes if vote is not None)
    if not numbers:
        return Count()
    most = max(numbers.values())
    first, *others = sorted((vote for vote in numbers if numbers[vote] == most), key=lambda v: (len(v), v))
    return Count(winner=first, votes=most, of=sum(numbers.values()), tied=len(others))


def majority(replies: Sequence[Reply], ballot: Ballot) -> tuple[Count, Reply | None]:
    """Count replies as votes; also the first that gave the answer which won."""
    votes = [ballot.read(reply.text) for reply in replies]
    counted = count(votes)
    return counted, None if counted.winner is None else replies[votes.index(counted.winner)]


def normal(answer: str) -> str:
    """An answer so that equal ones are equal: JSON by what it says, texts without case, space and marks."""
    written = canonical_json(answer)
    if written is not None:
        return written
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", answer).casefold())
    return " ".join(folded.split()).strip(AROUND)


def first_mentioned(answer: str, labels: Sequence[str]) -> str | None:
    """The label that stands first in an answer as words of its own, the longest of those that begin there."""
    places = [
        (match.start(), -len(label), label)
        for label in labels
        if (match := re.search(rf"(?<!\w){re.escape(label)}(?!\w)", answer, re.IGNORECASE))
    ]
    return min(places)[2] if places else None


class Number(str):
    """A number as it was written: 1.0 and 1 are different answers."""

    __slots__ = ()


def canonical_json(text: str) -> str | None:
    """Write an answer that is a JSON object or list in one way; None: it is anything else."""
    fenced = FENCED.fullmatch(text)
    try:
        value = json.loads(
            fenced[1] if fenced else text, parse_float=Number, parse_int=Number, parse_constant=Number
        )
        return written_json(value, "") if isinstance(value, dict | list) else None
    except (ValueError, RecursionError):
        return None


def written_json(value: Any, indent: str) -> str:
    """Write JSON with sorted names, one value per line."""
    inner = indent + "  "
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        rows = [f"{in_json(name)}: {written_json(value[name], inner)}" for name in sorted(value)]
        return enclosed("{", rows, "}", indent=indent)
    if isinstance(value, list):
        return enclosed("[", [written_json(item, inner) for item in value], "]", indent=indent)
    return in_json(value)


def enclosed(opening: str, rows: list[str], closing: str, *, indent: str) -> str:
    """Write an object or a list."""
    lines = ",\n".join(f"{indent}  {row}" for row in rows)
    return f"{opening}\n{lines}\n{indent}{closing}" if rows else opening + closing


def in_json(value: Any) -> str:
    """A name, text, boolean or null in JSON."""
    return json.dumps(value, ensure_ascii=False)
