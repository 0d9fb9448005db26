"""What of an answer is a vote, and that the order of votes means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.patterns.asking_json import read_object
from bedrock_playground.patterns.likelihood import mean_probability
from bedrock_playground.patterns.votes import WHOLE, Ballot, Count, count, normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris", " **paris**.\n"),
        ("“Paris”", "PARIS!"),
        ("ﬁne  day", "Fine day"),
        ('{"a": 1, "b": [2]}', '```json\n{"b": [2], "a": 1}\n```'),
    ],
)
def test_answers_that_say_the_same_are_the_same_vote(one: str, other: str) -> None:
    assert WHOLE.read(one) == WHOLE.read(other)


def test_answers_that_do_not_are_not() -> None:
    assert len({WHOLE.read(text) for text in ("4", "-4", "4.5", "c", '{"a": 1}', '{"a": "1"}')}) == 6
    assert WHOLE.read(" .. ") is None


@pytest.mark.parametrize(
    ("ballot", "answer", "vote"),
    [
        (Ballot(labels=("spam", "ham")), "It is Ham, not spam.", "ham"),
        (Ballot(labels=("in", "income tax")), "An income tax matter", "income tax"),
        (Ballot(labels=("ham",)), "Hamburg", None),
        (Ballot(labels=("C", "C++")), "I say C++", "c++"),
        (Ballot(regex=r"answer is (\d+)"), "So the answer is 42.", "42"),
        (Ballot(regex=r"\d+"), "none", None),
        (Ballot(field="label"), 'Sure: {"label": "Spam"}', "spam"),
        (Ballot(field="label"), '{"other": 1}', None),
        (Ballot(field="label"), "Spam", None),
    ],
)
def test_what_of_an_answer_is_the_vote(ballot: Ballot, answer: str, vote: str | None) -> None:
    assert ballot.read(answer) == vote


@pytest.mark.parametrize(
    ("votes", "counted", "words"),
    [
        (["a", "b", "a", None], Count("a", 2, 3), "2 of 3 say “a”"),
        (["bb", "c", "a"], Count("a", 1, 3, 2), "1 of 3 say “a”, a tie with 2 others"),
        (["bb", "c"], Count("c", 1, 2, 1), "1 of 2 say “c”, a tie with 1 other"),
        ([None], Count(None, 0, 0), "no answer could be read as a vote"),
    ],
)
def test_counting(votes: list[str | None], counted: Count, words: str) -> None:
    assert count(votes) == counted
    assert counted.words == words


@given(st.lists(st.sampled_from(["a", "b", "cc", "d d", None]), max_size=8), st.randoms())
def test_the_order_of_votes_means_nothing(votes: list[str | None], order: object) -> None:
    shuffled = list(votes)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count(shuffled) == count(votes)
    counted = count(votes)
    if counted.winner is not None:
        assert counted.votes == votes.count(counted.winner) == max(map(votes.count, set(votes) - {None}))


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_the_first_object_in_an_answer_is_read() -> None:
    assert read_object('Well: {"a": {"b": 1}} and {"c": 2}') == {"a": {"b": 1}}
    assert read_object("[1]") is None
    assert read_object("{not json}") is None


@pytest.mark.parametrize(
    ("fields", "mean"),
    [
        ({"logprobs": {"content": [{"logprob": 0.0}, {"logprob": -1.3862943611198906}]}}, 0.5),
        ({"choices": [{"logprobs": {"token_logprobs": [None, -0.6931471805599453]}}]}, 0.5),
        ({"logprobs": [0, 0]}, 1.0),
        ({"logprobs": None}, None),
        (None, None),
        ({"embedding": [0.5]}, None),
    ],
)
def test_how_likely_the_words_were(fields: object, mean: float | None) -> None:
    assert mean_probability(fields) == (None if mean is None else pytest.approx(mean))  # type: ignore[arg-type]
