"""The values of an evaluation: cases, data sets and scores; frozen, standard library only.

A case is a labelled input; a data set is a list of cases, named by what it holds. ``None`` means *not told*
or *could not be scored*, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bedrock_playground.invocation.values import InvocationResult, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled input."""

    number: int
    """Its place in the data set, from 1; it is what a run is recorded under."""
    inputs: Mapping[str, str]
    """A text for each variable of the prompt template, such as ``{"text": "…", "question": "…"}``."""
    expected: str | None = None
    """The expected answer, as text (JSON where the answer is JSON); ``None``: nobody labelled it."""
    references: tuple[str, ...] = ()
    """Further answers that are as good as ``expected``."""
    tags: tuple[str, ...] = ()
    """Words to split results by, such as ``easy`` or ``hard``."""
    checks: Mapping[str, Json] = field(default_factory=dict)
    """What this case alone asks of an answer, for scorers that read it: ``{"max_words": 40}``."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every answer that counts as right: the expected one first."""
        return (() if self.expected is None else (self.expected,)) + self.references


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A list of cases, and where they come from."""

    data_set_id: str
    """A hash of its contents: the same cases are the same data set, changed ones are another version."""
    name: str
    """What it is called; versions of one data set share it."""
    cases: tuple[Case, ...]
    """The cases, in order; their numbers are 1, 2, 3 …"""
    task: str = ""
    """``generation``, ``summarisation``, ``classification``, ``question-answering``, ``retrieval``,
    ``routing``, or empty: the user's own."""
    description: str = ""
    """What it is for, in a sentence or two."""
    origin: str = ""
    """Who wrote it, from what, and under which terms, in words."""
    prompt: str = ""
    """The prompt template that fits its inputs; see :mod:`bedrock_playground.presets.template`."""
    system: str | None = None
    """The system prompt that goes with it."""
    output_schema: str | None = None
    """A JSON schema for the answers, as text."""
    scorers: tuple[str, ...] = ()
    """The scorers that fit it, as the command line writes them: ``exact``, ``contains``, ``rouge:l`` …"""


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer says of one answer."""

    value: float | None
    """0 (wrong) to 1 (right); ``None``: it could not be scored, and ``note`` says why."""
    note: str = ""
    """Why, in words: what was expected and found, a judge's rationale."""
    label: str | None = None
    """The class that the answer was read as, for classification."""
    cost: Decimal | None = None
    """US dollars that scoring itself cost; ``None``: it calls nothing, or nobody knows (``note`` says)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scorer is shown of a run."""

    result: InvocationResult
    """What came of it; a failed run is scored 0 by whoever runs the evaluation, not by scorers."""
    cost: Decimal | None = None
    """US dollars of the run; ``None`` is unknown."""

    @property
    def text(self) -> str:
        """The visible text."""
        return self.result.text
