"""Content-based routing by embeddings: a request goes where the labelled examples most like it went.

Costs one embedding per request, which is far cheaper and quicker than an answer, and is taught by adding
examples. These are embedded once by :func:`prepared`, and their vectors travel with the pattern; one without
a vector is embedded anew for every request, which the trace then shows call by call. This is classification
by nearest neighbours (Cover and Hart, 1967) over cosine similarity, each vote weighted by its similarity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.measures.vectors import nearest
from bedrock_playground.patterns.desk import Desk, vector
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.routes import Choice, Route
from bedrock_playground.patterns.shaping import prompt_of

EMBEDDING = "embedding"
"""The role of the call that embeds the request."""
Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request of which somebody said where it belongs."""

    text: str
    """The request."""
    route: str
    """The route's name."""
    vector: Vector = ()
    """Its embedding by the pattern's embedding model; empty until :func:`prepared`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Labelled examples, the nearest of which decide."""

    kind: ClassVar[str] = "neighbours"
    examples: tuple[Example, ...]
    """The examples; a handful per route does."""
    k: int = knob(3, label="Neighbours that vote", low=1, high=lambda own: len(own.examples), step=1)
    """How many of the nearest vote."""
    threshold: float = knob(0.3, label="Least similarity of a neighbour", low=0.0, high=1.0)
    """How similar a neighbour has to be to count, 0–1; where none is, the default route takes the request.
    What is similar differs from model to model."""
    embedding_model: str | None = None
    """The embedding model's id; ``None``: the connection's own."""

    @property
    def names(self) -> tuple[str, ...]:
        """The routes that it names."""
        return tuple(example.route for example in self.examples)

    def choose(self, asked: InvocationRequest, routes: tuple[Route, ...], desk: Desk) -> Choice:  # noqa: ARG002
        """Embed the request and let its neighbours vote."""

        def embed(text: str, role: str) -> Vector | None:
            return vector(desk.embed(text, role=role, model_id=self.embedding_model))

        wanted = embed(prompt_of(asked), EMBEDDING)
        if wanted is None:
            return Choice(None, "the request could not be embedded")
        known = prepared(self, embed).examples
        if any(len(example.vector) != len(wanted) for example in known):
            return Choice(None, "an example has no vector of this embedding model: prepare them anew")
        return self._vote(wanted, known)

    def _vote(self, wanted: Vector, known: Sequence[Example]) -> Choice:
        found = nearest(wanted, [example.vector for example in known], count=self.k)
        close = [neighbour for neighbour in found if neighbour.similarity >= self.threshold]
        if not close:
            best = f"the nearest has {found[0].similarity:.2f}" if found else "there are no examples"
            return Choice(None, f"no example is as similar as {self.threshold:.2f}: {best}")
        votes: dict[str, float] = defaultdict(float)
        for neighbour in close:
            votes[known[neighbour.index].route] += neighbour.similarity
        # The first to be counted is the nearest one's route, and wins a tie.
        route = max(votes, key=lambda name: round(votes[name], 9))
        like = known[close[0].index].text
        told = ", ".join(f"{name} {weight:.2f}" for name, weight in votes.items())
        return Choice(
            route, f"its nearest example is “{like:.60}” ({close[0].similarity:.2f}); votes: {told}"
        )


def prepared(by: Neighbours, embed: Callable[[str, str], Vector | None]) -> Neighbours:
    """Embed the examples that have no vector yet.

    Args:
        by: The examples.
        embed: Told a text and a role, returns the text's vector; ``None``: it failed, and the example stays
            without one.
    """
    done = [
        example if example.vector else replace(example, vector=embed(example.text, f"example {number}") or ())
        for number, example in enumerate(by.examples, 1)
    ]
    return replace(by, examples=tuple(done))
