"""At which place an answer has the right passage: by a ranking of vectors, or as the words name them."""

from __future__ import annotations

import pytest

from bedrock_playground.evaluation.scorers.registry import make_scorer
from bedrock_playground.evaluation.scoring import BadScorer
from bedrock_playground.evaluation.values import Answer
from bedrock_playground.invocation.values import InvocationResult, Json
from tests.unit.evaluation.desks import SILENT, answer, case

RANK = make_scorer("rank")
CASE = case("p02", query="?", passages="[p01] One\n[p02] Two\n[p03] Three\n[p02b] Not two")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p02", 1.0),
        ("[p02]", 1.0),
        ("It is [p02], not [p01].", 1.0),
        ("p01, p02", 1 / 2),
        ("[p03] [p01] [p02] [p01]", 1 / 3),
        ("p01", 0.0),
        ("p02b", 0.0),
        ("xp02", 0.0),
        ("I do not know.", 0.0),
    ],
)
def test_words_rank_what_they_name(text: str, value: float) -> None:
    assert RANK.score(answer(text), CASE, SILENT).value == pytest.approx(value)


def test_the_ranking_of_vectors_counts_before_the_words() -> None:
    told: Json = [
        {"id": "p01", "similarity": 0.9},
        {"id": "p03", "similarity": 0.5},
        {"id": "p02", "similarity": 0.1},
    ]
    result = InvocationResult(text="p01", additional_model_response_fields={"ranking": told})
    found = RANK.score(Answer(result), CASE, SILENT)
    assert found.value == pytest.approx(1 / 3)
    assert found.note == "p02 is number 3 of its ranking."


def test_what_cannot_be_ranked_is_not_scored() -> None:
    assert RANK.score(answer("p02"), case(passages="[p02] Two"), SILENT).value is None
    assert RANK.score(answer("p02"), case("p02"), SILENT).note == "The case has no passages."
    with pytest.raises(BadScorer):
        make_scorer("rank:5")
