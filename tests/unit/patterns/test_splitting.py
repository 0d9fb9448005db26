"""Texts are cut where it hurts least, into pieces that fit, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.patterns.map_reduce import grouped
from bedrock_playground.patterns.splitting import split, tokens_of

TEXT = "One two three. Four five six.\n\nSeven eight nine."


@pytest.mark.parametrize(
    ("tokens", "pieces"),
    [
        (100, (TEXT,)),
        (8, ("One two three. Four five six.\n\n", "Seven eight nine.")),
        (5, ("One two three. ", "Four five six.\n\n", "Seven eight nine.")),
        (2, ("One two ", "three. ", "Four ", "five ", "six.\n\n", "Seven ", "eight ", "nine.")),
    ],
)
def test_paragraphs_then_sentences_then_words(tokens: int, pieces: tuple[str, ...]) -> None:
    assert split(TEXT, tokens=tokens) == pieces


def test_a_word_that_does_not_fit_is_cut() -> None:
    assert split("abcdefghij", tokens=1) == ("abcd", "efgh", "ij")
    assert split("", tokens=5) == ("",)


def test_pieces_overlap_by_whole_words() -> None:
    assert split(TEXT, tokens=7, overlap=2) == (
        "One two three. ",
        "three. Four five six.\n\n",
        "six.\n\nSeven eight nine.",
    )


def test_an_overlap_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot overlap by 5"):
        split(TEXT, tokens=5, overlap=5)


texts = st.text(st.sampled_from("ab .!?\n\t漢é😀"), max_size=200)


@given(texts, st.integers(1, 20))
def test_nothing_is_lost_and_everything_fits(text: str, tokens: int) -> None:
    pieces = split(text, tokens=tokens)
    assert "".join(pieces) == text
    assert all(tokens_of(piece) <= tokens for piece in pieces)


@given(texts, st.integers(4, 20), st.integers(0, 3))
def test_overlap_only_adds(text: str, tokens: int, overlap: int) -> None:
    bare, over = split(text, tokens=tokens - overlap), split(text, tokens=tokens, overlap=overlap)
    assert len(bare) == len(over)
    assert all(longer.endswith(piece) for piece, longer in zip(bare, over, strict=True))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=12), st.integers(1, 10))
def test_groups_keep_the_order_and_come_to_an_end(parts: list[str], tokens: int) -> None:
    groups = list(grouped(parts, tokens=tokens))
    assert [part for group in groups for part in group] == parts
    assert len(parts) == 1 or len(groups) < len(parts)
