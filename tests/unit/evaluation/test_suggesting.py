"""What is suggested to go with new cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bedrock_playground.evaluation.datasets.suggesting import (
    suggested_name,
    suggested_prompt,
    suggested_scorers,
)
from bedrock_playground.evaluation.scorers.registry import make_scorer
from bedrock_playground.evaluation.values import Case
from bedrock_playground.invocation.values import Json

LONG = "The council closes the street to cars on summer weekends because a trial drew more people."


def cases(
    answers: Sequence[str | None],
    *,
    inputs: Sequence[str] = ("text",),
    checks: Mapping[str, Json] | None = None,
) -> list[Case]:
    return [
        Case(
            number=number,
            inputs=dict.fromkeys(inputs, f"text {number}"),
            expected=answer,
            checks=checks or {},
        )
        for number, answer in enumerate(answers, 1)
    ]


@pytest.mark.parametrize(
    ("answers", "scorers"),
    [
        (["billing", "Billing ", "delivery"] * 3, ("classification",)),
        (["billing"] * 9, ("contains",)),
        (["Paris", "Rome", "Oslo"], ("contains",)),
        (['{"name": "Ada"}', '{"name": "Bob"}'], ("fields",)),
        ([LONG, LONG + " More."], ("rouge:l",)),
        ([None, None], ()),
    ],
)
def test_scorers_follow_from_the_answers(answers: list[str | None], scorers: tuple[str, ...]) -> None:
    assert suggested_scorers(cases(answers)) == scorers
    assert all(make_scorer(name).name == name for name in scorers)


def test_checks_are_scored_by_what_reads_them() -> None:
    assert suggested_scorers(cases([None], checks={"max_words": 3})) == ("constraints",)


def test_a_prompt_sends_every_input_and_names_the_classes() -> None:
    assert suggested_prompt(cases(["Paris"])) == "{{text}}"
    assert suggested_prompt(cases(["Paris"], inputs=("long_text", "question"))) == (
        "Long text: {{long_text}}\n\nQuestion: {{question}}"
    )
    assert suggested_prompt(cases(["Billing", "billing", "delivery"] * 2)) == (
        "Which class is this? Answer with one of: Billing, delivery.\n\n{{text}}\n\nClass:"
    )


@pytest.mark.parametrize(
    ("file_name", "name"),
    [("my_messages.csv", "My messages"), ("a-b.v2.jsonl", "A b.v2"), ("", ""), (".csv", "")],
)
def test_a_name_follows_from_the_files(file_name: str, name: str) -> None:
    assert suggested_name(file_name) == name
