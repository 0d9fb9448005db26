"""What the scorers share: a kind made of a function, words for notes, and the best of several references."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bedrock_playground.evaluation.scoring import BadScorer, NeedsDataSet, Scorer
from bedrock_playground.evaluation.values import Score

__all__ = ["UNLABELLED", "Kind", "NeedsDataSet", "best", "named", "no_settings", "shown", "wrong"]

_LONG = 80
UNLABELLED = Score(None, "The case has no expected answer.")
"""What is said of a case that cannot be scored without one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of scorer, as a plug-in may provide one."""

    kind: str
    """The first part of its name."""
    title: str
    """What the page calls it."""
    help: str
    """What it measures, what its settings are, and when to use it."""
    build: Callable[[str], Scorer]
    """Makes one of its settings; raises :class:`~bedrock_playground.evaluation.scoring.BadScorer`."""

    def make(self, settings: str) -> Scorer:
        """Make a scorer of what stands behind the colon."""
        return self.build(settings)


def named(kind: str, settings: str) -> str:
    """A scorer's name: its kind, and its settings behind a colon if there are any."""
    return f"{kind}:{settings}" if settings else kind


def no_settings(kind: str, settings: str) -> None:
    """Refuse settings of a kind that takes none.

    Raises:
        BadScorer: There are some.
    """
    if settings:
        raise BadScorer(f"“{kind}” takes no settings; write it without “:{shown(settings)}”.")


def shown(text: str) -> str:
    """A text in a note: on one line, and not longer than that."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[:_LONG]}…"


def wrong(accepted: Iterable[str], found: str) -> Score:
    """Say that an answer is none of those that are right."""
    expected = " or ".join(f"“{shown(one)}”" for one in accepted)
    return Score(0.0, f"Expected {expected}, found “{shown(found)}”.")


def best(scores: Iterable[Score]) -> Score:
    """The highest of several references' scores, the first among equals; there is at least one."""
    return max(scores, key=lambda score: -1.0 if score.value is None else score.value)
