"""The scorer that compares meanings by embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, named
from bedrock_playground.evaluation.scoring import Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.measures import cosine

_COST = "What embedding cost is not told here; the history has it."


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosine similarity to the nearest accepted answer, below 0 taken as 0."""

    model_id: str = ""
    """The embedding model; empty: the connection's own."""
    calls_models: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return named("similarity", self.model_id)

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
        """Score an answer."""
        accepted = [one for one in case.accepted if one.strip()]
        if not accepted:
            return UNLABELLED
        if not answer.text.strip():
            return Score(0.0, "The answer is empty.")
        try:
            said, *others = desk.embed([answer.text, *accepted], model_id=self.model_id or None)
            nearest = max(cosine(said, other) for other in others)
        except InvocationError as error:
            return Score(None, f"It could not be embedded: {error.message}")
        except ValueError as error:
            return Score(None, f"The vectors cannot be compared: {error}")
        clipped = ", taken as 0" if nearest < 0 else ""
        return Score(max(0.0, nearest), f"Cosine similarity {nearest:.3f}{clipped}. {_COST}")


def _make(settings: str) -> Scorer:
    return Similarity(settings)


SIMILARITY = Kind(
    "similarity",
    "Embedding similarity",
    "How near the answer's meaning is to an accepted one, as cosine similarity of embeddings, 0 to 1. An "
    "embedding model's id may stand behind the colon; for answers that can be worded in many ways.",
    _make,
)
