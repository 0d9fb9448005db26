"""Votes: how an answer is read as one, and how they are counted.

Two answers are the same vote when they are equal after this normalisation:

1. JSON is compared by what it says (:func:`~bedrock_playground.texts.canonical.canonical_json`).
2. Unicode's compatibility form (NFKC), case-folded, white space as single spaces.
3. Quotes, Markdown's marks and punctuation at either end go: ``**Paris**.`` is ``paris``.

Long answers are never equal, so name what counts of them: one of some labels, what a regular expression
finds, or a field of a JSON answer.

The winner depends on the votes alone, never on who was asked first or answered first: among equals the
shorter answer wins, then the one that comes first in the alphabet, and the count says that it was a tie.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bedrock_playground.patterns.asking_json import read_object
from bedrock_playground.texts.canonical import canonical_json
from bedrock_playground.texts.expressions import compiled, found

_AROUND = " .,;:!?…\"'`*_~#()[]{}“”‘’«»"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What of an answer is the vote. Set one of these; with none, all of the answer is."""

    labels: tuple[str, ...] = ()
    """Of these, the one that the answer mentions first."""
    regex: str | None = None
    """What this expression finds: its first group, or all of it (RE2)."""
    field: str | None = None
    """This field of an answer that is a JSON object."""

    def __post_init__(self) -> None:
        """Refuse an expression that is none."""
        if self.regex is not None:
            compiled(self.regex)

    def read(self, answer: str) -> str | None:
        """The vote that an answer is, normalised; ``None``: it is none."""
        said: str | None = answer
        if self.labels:
            said = _first_mentioned(answer, self.labels)
        elif self.regex is not None:
            said = found(self.regex, answer)
        elif self.field is not None:
            told = (read_object(answer) or {}).get(self.field)
            said = None if told is None else str(told)
        return None if said is None else normal(said) or None


WHOLE = Ballot()
"""All of the answer is the vote."""


@dataclass(frozen=True, slots=True)
class Count:
    """How votes came out."""

    winner: str | None
    """The vote that won; ``None``: nobody voted."""
    votes: int
    """How many it has."""
    of: int
    """How many voted."""
    tied: int = 0
    """How many others have as many."""

    @property
    def words(self) -> str:
        """The result in words."""
        if self.winner is None:
            return "no answer could be read as a vote"
        tie = f", a tie with {self.tied} other{'s' if self.tied > 1 else ''}" if self.tied else ""
        return f"{self.votes} of {self.of} say “{self.winner:.60}”{tie}"


def count(votes: Sequence[str | None]) -> Count:
    """Count votes; ``None`` is an abstention."""
    numbers = Counter(vote for vote in votes if vote is not None)
    if not numbers:
        return Count(None, 0, 0)
    most = max(numbers.values())
    first, *others = sorted((vote for vote in numbers if numbers[vote] == most), key=lambda v: (len(v), v))
    return Count(first, most, sum(numbers.values()), len(others))


def normal(answer: str) -> str:
    """An answer after the normalisation above."""
    written = canonical_json(answer)
    if written is not None:
        return written
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", answer).casefold())
    return " ".join(folded.split()).strip(_AROUND)


def _first_mentioned(answer: str, labels: Sequence[str]) -> str | None:
    """The label that stands first in an answer as words of its own, the longest of those that begin there."""
    places = [
        (match.start(), -len(label), label)
        for label in labels
        if (match := re.search(rf"(?<!\w){re.escape(label)}(?!\w)", answer, re.IGNORECASE))
    ]
    return min(places)[2] if places else None
