"""Retrieval: the passages of a case, the collection of all cases, and how well a ranking finds the right one.

A case has the inputs ``query`` and ``passages``, a line ``[id] text`` per passage, and expects an id. So a
language model can choose among a case's own passages, and an embedding model can rank them, or all passages
of all cases. Pure: no clock, environment or network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bedrock_playground.evaluation.values import Case
from bedrock_playground.texts.passages import passages_in

QUERY = "query"
"""The input that is asked."""
PASSAGES = "passages"
"""The input that has the passages."""


def passages_of(case: Case) -> dict[str, str]:
    """The passages of a case by id, in their order; empty if it is none of retrieval."""
    return passages_in(case.inputs.get(PASSAGES, ""))


def collection_of(cases: Iterable[Case]) -> dict[str, str]:
    """Every passage of every case by id.

    Raises:
        ValueError: Two passages have one id.
    """
    found: dict[str, str] = {}
    for case in cases:
        for key, text in passages_of(case).items():
            if found.setdefault(key, text) != text:
                raise ValueError(f"Two passages have the id “{key}”.")
    return found


def reciprocal_rank(ranking: Sequence[str], case: Case) -> float:
    """1 if the first id of a ranking is a right one, 1/2 if the second is, and so on; 0 if none is.

    Its mean over cases is the mean reciprocal rank (MRR).
    """
    places = (place for place, key in enumerate(ranking, 1) if key in case.accepted)
    place = next(places, None)
    return 0.0 if place is None else 1 / place
