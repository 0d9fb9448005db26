"""The scorer of retrieval: at which place an answer has the right passage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_playground.evaluation.datasets.passages import passages_of, reciprocal_rank
from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, no_settings
from bedrock_playground.evaluation.scoring import Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score

_FIELD = "ranking"
"""Where the pattern that ranks passages by an embedding model tells its whole ranking."""


@dataclass(frozen=True, slots=True)
class Rank:
    """1 if the right passage is named first, 1/2 if second, and so on; its mean is called MRR."""

    name: str = "rank"
    calls_models: bool = False

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        passages = passages_of(case)
        if not case.accepted or not passages:
            return UNLABELLED if not case.accepted else Score(None, "The case has no passages.")
        ranking = _told(answer) or _named(answer.text, tuple(passages))
        value = reciprocal_rank(ranking, case)
        wanted = " or ".join(case.accepted)
        if not value:
            return Score(0.0, f"Expected {wanted}; it names {', '.join(ranking) or 'no passage'}.")
        return Score(value, "" if value == 1 else f"{wanted} is number {round(1 / value)} of its ranking.")


def _told(answer: Answer) -> tuple[str, ...]:
    """The ranking that an embedding model made; empty for an answer in words."""
    fields = answer.result.additional_model_response_fields
    told = fields.get(_FIELD) if isinstance(fields, Mapping) else None
    if not isinstance(told, list | tuple):
        return ()
    return tuple(str(one["id"]) for one in told if isinstance(one, Mapping) and "id" in one)


def _named(text: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The passages that a text names, in the order in which it names them first."""
    found = {key: re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) for key in ids}
    places = {key: match.start() for key, match in found.items() if match is not None}
    return tuple(sorted(places, key=places.__getitem__))


def _rank(settings: str) -> Scorer:
    no_settings("rank", settings)
    return Rank()


RANK = Kind(
    "rank",
    "Rank of the passage",
    "1 if the right passage is named first, 1/2 if it is second, 1/3 if third, 0 if it is not named; the "
    "mean is the mean reciprocal rank (MRR). No settings; for retrieval, by embedding models or in words.",
    _rank,
)
