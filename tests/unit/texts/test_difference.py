"""Differences between texts: exact on either side, counted by hand, bounded whatever comes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.texts import (
    Difference,
    Gap,
    Kind,
    Level,
    Piece,
    canonical_json,
    columns_html,
    compare,
    difference,
    folded,
    inline_html,
)

_WORDS = st.sampled_from(
    ["the", "sea", "is", "blue", "Deep", "42", "3.14", "it's", "海", "ก", "<b>", "&", "\n"]
)
_PROSE = st.lists(_WORDS, max_size=30).map(" ".join)
_TEXTS = st.one_of(_PROSE, st.text(max_size=60), st.text("ab .\n\t\x00\u2028", max_size=40))


def sides(found: Difference) -> tuple[str, str]:
    return "".join(piece.left for piece in found.pieces), "".join(piece.right for piece in found.pieces)


@given(left=_TEXTS, right=_TEXTS)
def test_each_text_can_be_put_together_again(left: str, right: str) -> None:
    found = compare(left, right)
    assert sides(found) == (left, right)
    for piece in found.pieces:
        assert bool(piece.left) == (piece.kind is not Kind.RIGHT)
        assert bool(piece.right) == (piece.kind is not Kind.LEFT)
        if piece.kind is Kind.SAME:
            assert piece.left.split() == piece.right.split()
    kinds = [piece.kind for piece in found.pieces]
    assert all(one is not other for one, other in pairwise(kinds))


@given(left=_TEXTS, right=_TEXTS)
def test_shares_and_counts_agree_whichever_text_stands_first(left: str, right: str) -> None:
    found = compare(left, right)
    assert 0 <= found.share <= 1
    assert found.words(Kind.SAME) + found.words(Kind.LEFT) == difference.words_in(left)
    assert found.words(Kind.SAME) + found.words(Kind.RIGHT) == difference.words_in(right)
    assert found.identical == (
        difference._keys(difference._WORD.findall(left)) == difference._keys(difference._WORD.findall(right))
    )
    assert compare(left, left).identical


@given(left=_TEXTS, right=_TEXTS, context=st.integers(0, 4))
def test_what_is_folded_is_the_same_and_nothing_else(left: str, right: str, context: int) -> None:
    found = compare(left, right)
    shown = folded(found, context=context)
    changed = [piece for piece in found.pieces if piece.kind is not Kind.SAME]
    assert [p for p in shown if isinstance(p, Piece) and p.kind is not Kind.SAME] == changed
    seen = sum(p.words for p in shown if isinstance(p, Gap) or p.kind is Kind.SAME)
    assert seen == found.words(Kind.SAME)


class _Shown(HTMLParser):
    """What a reader sees of some HTML, by the element that it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text: dict[str, str] = {}
        self._open = [""]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text[self._open[-1]] = self.text.get(self._open[-1], "") + data


def _seen(html: str) -> _Shown:
    shown = _Shown()
    shown.feed(html)
    shown.close()
    return shown


@given(left=_TEXTS, right=_TEXTS)
def test_html_holds_no_element_but_its_own_marks_and_every_word(left: str, right: str) -> None:
    found = compare(left, right)
    inline = _seen(inline_html(found.pieces))
    first, second = (_seen(html) for html in columns_html(found.pieces))
    assert set(inline.tags) <= {"del", "ins"}
    assert (set(first.tags), set(second.tags)) <= ({"del"}, {"ins"}) or not (first.tags and second.tags)
    for kind, tag in ((Kind.LEFT, "del"), (Kind.RIGHT, "ins")):
        only = "".join(p.left or p.right for p in found.pieces if p.kind is kind)
        assert _loose(inline.text.get(tag, "")) == _loose(only)
    assert _loose("".join(_in_order(columns_html(found.pieces)[0]))) == _loose(left)
    assert _loose("".join(_in_order(columns_html(found.pieces)[1]))) == _loose(right)


def _in_order(html: str) -> list[str]:
    from html import unescape

    return [unescape(part) for part in re.split(r"</?(?:del|ins)>", html)]


def _loose(text: str) -> str:
    # An HTML parser may read carriage returns and NULs its own way.
    return "".join(text.replace("\x00", "").replace("\ufffd", "").split())


def test_a_change_is_counted_by_hand() -> None:
    found = compare("The sea is blue and deep.", "The sea is green, and  deep.")
    assert [(piece.kind.value, piece.left, piece.right) for piece in found.pieces] == [
        ("same", "The sea is ", "The sea is "),
        ("left", "blue ", ""),
        ("right", "", "green, "),
        ("same", "and deep.", "and  deep."),
    ]
    assert [found.words(kind) for kind in Kind] == [5, 1, 1]
    assert found.share == pytest.approx(10 / 12)
    assert not found.identical


def test_only_the_spacing_differs() -> None:
    found = compare("one two\nthree", "one  two three")
    assert found.identical
    assert found.share == 1
    assert sides(found) == ("one two\nthree", "one  two three")


@pytest.mark.parametrize(
    ("left", "right", "share"), [("", "", 1), ("", "word", 0), ("…", "…", 1), ("…", "!", 0)]
)
def test_texts_without_words_have_a_share_too(left: str, right: str, share: float) -> None:
    assert compare(left, right).share == share


def test_a_lone_word_in_common_does_not_chop_a_change_into_bits() -> None:
    found = compare("start one two the three four end", "start five six the seven eight end")
    assert [piece.kind for piece in found.pieces] == [Kind.SAME, Kind.LEFT, Kind.RIGHT, Kind.SAME]
    assert found.pieces[1].left == "one two the three four "


def test_signs_of_scripts_without_spaces_are_words() -> None:
    found = compare("海は青い", "海は赤い")
    assert [(piece.kind.value, piece.left, piece.right) for piece in found.pieces] == [
        ("same", "海は", "海は"),
        ("left", "青", ""),
        ("right", "", "赤"),
        ("same", "い", "い"),
    ]


def test_what_is_equal_is_folded_around_a_difference() -> None:
    words = [f"w{number}" for number in range(40)]
    other = [*words[:20], "NEW", *words[20:]]
    shown = folded(compare(" ".join(words), " ".join(other)), context=2)
    assert [part if isinstance(part, Gap) else part.left or part.right for part in shown] == [
        Gap(18),
        "w18 w19 ",
        "NEW ",
        "w20 w21 ",
        Gap(18),
    ]
    assert '<span class="bp-gap"> … 18 equal words … </span>' in inline_html(shown)


def test_too_much_work_for_words_is_done_by_sentences_and_then_for_the_whole() -> None:
    numbers = [", ".join(str(n + first) for n in range(4_000)) for first in (0, 10_000)]
    found = compare(f"Same.\n{numbers[0]}\nEnd here.", f"Same.\n{numbers[1]}\nEnd here.")
    assert found.level is Level.SENTENCES
    assert [piece.kind for piece in found.pieces] == [Kind.SAME, Kind.LEFT, Kind.RIGHT, Kind.SAME]
    lines = ["".join(f"{n + first}\nx\n" for n in range(8_000)) for first in (0, 10_000)]
    whole = compare(f"Same.\n{lines[0]}End.", f"Same.\n{lines[1]}End.")
    assert whole.level is Level.TEXTS
    assert sides(whole)[1] == f"Same.\n{lines[1]}End."
    assert whole.pieces[0].left.startswith("Same.")


def test_two_answers_of_2000_tokens_are_compared_by_words() -> None:
    words = [
        "the",
        "of",
        "and",
        "a",
        "to",
        "in",
        "is",
        "that",
        "it",
        "was",
        "for",
        "on",
        "are",
        "as",
        "with",
        "his",
        "they",
        "at",
        "be",
        "this",
    ]
    first = " ".join(f"{words[n % 20]} noun{n * 7919 % 997}" for n in range(900))
    second = " ".join(f"{words[n % 19]} noun{n * 104729 % 997}" for n in range(900))
    assert compare(first, second).level is Level.WORDS


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{"b": 1.0, "a": [1, {}]}', '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": 1.0\n}'),
        ('```json\n[true, null, "ä"]\n```', '[\n  true,\n  null,\n  "ä"\n]'),
        ("[12345678901234567890.10]", "[\n  12345678901234567890.10\n]"),
        ('{"n": NaN}', '{\n  "n": NaN\n}'),
        ("[]", "[]"),
        ('"a word"', None),
        ("12", None),
        ("no JSON", None),
        ("[" * 100_000, None),
    ],
)
def test_json_is_written_one_way_with_its_own_numbers(text: str, written: str | None) -> None:
    assert canonical_json(text) == written


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, list | dict))
)
def test_canonical_json_says_the_same_and_is_its_own_canonical_form(value: object) -> None:
    import json

    written = canonical_json(json.dumps(value))
    assert written is not None
    assert json.loads(written) == value
    assert canonical_json(written) == written
