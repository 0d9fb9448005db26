"""The seam of scorers: what one is, what it may ask, and how the answer to a case is told.

A scorer is a value: its settings are its fields, it keeps no state and may be used from many threads at once.
Scorers come from entry points of the group :data:`GROUP`; nothing that is typed into a page is ever executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.values import Answer, Case, DataSet, Score

GROUP = "bedrock_playground.scorers"
"""The entry point group that plug-ins use; each entry point is a :class:`ScorerKind`."""


class Desk(Protocol):
    """What a scorer may ask of models: each call is guarded, recorded and priced."""

    def ask(
        self,
        variant: Variant,
        prompt: str,
        *,
        system: str | None = None,
        output_schema: str | None = None,
        role: str = "judge",
    ) -> Answer:
        """Call a model and wait for its whole answer; never raises for what the service did.

        Args:
            variant: The model and its settings.
            prompt: The user's message.
            system: The system prompt.
            output_schema: A JSON schema for the answer, as text: asked for where the model takes one, left
                out where it does not (as :attr:`~bedrock_playground.catalog.variant.Inputs.output_schema`).
            role: What the call is for, as the history tells it.
        """
        ...

    def embed(self, texts: Sequence[str], *, model_id: str | None = None) -> Sequence[Sequence[float]]:
        """Embed texts with an embedding model; the connection's own where none is named.

        Raises:
            InvocationError: It failed.
        """
        ...


class Scorer(Protocol):
    """A function from an answer to a score."""

    @property
    def name(self) -> str:
        """How it is written on the command line and in tables: ``exact``, ``rouge:l``; unique in a run."""
        ...

    @property
    def calls_models(self) -> bool:
        """Whether scoring costs calls."""
        ...

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
        """Score one completed answer; never raises for what the answer says."""
        ...


@runtime_checkable
class NeedsDataSet(Protocol):
    """A scorer that looks at the whole data set before it scores: which classes there are, which schema."""

    def for_data(self, data_set: DataSet) -> Scorer:
        """The same scorer, knowing the data set; its name stays.

        Raises:
            BadScorer: The data set does not have what it needs; the message says what.
        """
        ...


class ScorerKind(Protocol):
    """A kind of scorer: what a plug-in provides."""

    @property
    def kind(self) -> str:
        """The first part of its name: ``exact``, ``judge``."""
        ...

    @property
    def title(self) -> str:
        """What the page calls it."""
        ...

    @property
    def help(self) -> str:
        """What it measures, what its settings are, and when to use it, in two sentences."""
        ...

    def make(self, settings: str) -> Scorer:
        """Make a scorer of what stands behind the colon, empty where nothing does.

        Raises:
            BadScorer: The settings cannot be used; the message says why and what would do.
        """
        ...


class BadScorer(ValueError):
    """There is no such scorer, or it cannot use its settings; the message says what would do."""
