"""Passages and the question beside them, found in a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.evaluation.builtin import builtin_for
from bedrock_playground.evaluation.datasets.passages import passages_of
from bedrock_playground.patterns.ranking import WORDING
from bedrock_playground.presets.template import fill
from bedrock_playground.texts.passages import beside_passages, passages_in, question_in


def test_the_built_in_set_asks_as_the_ranking_takes_it() -> None:
    (data_set,) = builtin_for("retrieval")
    assert data_set.prompt is not None
    for case in data_set.cases:
        prompt = fill(data_set.prompt, case.inputs)
        assert passages_in(prompt) == passages_of(case)
        assert question_in(prompt, WORDING) == case.inputs["query"]


@pytest.mark.parametrize(
    ("text", "wording", "question"),
    [
        ("[a] One\n\nWhere?", WORDING, "Where?"),
        ("Where?\n[a] One\n[b] Two", WORDING, "Where?"),
        ("Look:\n[a] One\n\n\nWhere?\nAnd when?", WORDING, "Look:\n\nWhere?\nAnd when?"),
        ("Q: Where (is it)? A:\n\nMore", "Q: {{query}} A:", "Where (is it)?"),
        ("Which passage answers this question?   Two\nlines\n\nSay [a].", WORDING, "Two\nlines"),
        ("[a] One", WORDING, ""),
        ("Which passage answers this question?", WORDING, "Which passage answers this question?"),
    ],
)
def test_the_question_is_what_stands_in_its_place(text: str, wording: str, question: str) -> None:
    assert question_in(text, wording) == question


def test_what_is_no_line_of_its_own_is_no_passage() -> None:
    assert passages_in(
        "Reply with its id, such as [p00]. \n [p1] indented\n[two words] no\n[p2]\n[p3] yes"
    ) == {"p3": "yes"}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True), st.from_regex(r"\w[\w .]{0,9}\w", fullmatch=True)
    ),
    st.from_regex(r"\w[\w .?]{0,20}", fullmatch=True).map(str.strip),
)
def test_passages_and_what_is_beside_them_make_up_the_text(passages: dict[str, str], question: str) -> None:
    lines = "\n".join(f"[{key}] {text}" for key, text in passages.items())
    text = f"{lines}\n\n{question}"
    assert passages_in(text) == passages
    assert beside_passages(text) == question
