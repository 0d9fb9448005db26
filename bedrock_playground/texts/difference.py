"""What differs between two texts, word by word.

Python's ``difflib`` (Ratcliff and Obershelp's pattern matching, junk rules off) aligns words rather than
characters: people read words. Spacing is not compared, and is kept as it is on either side, so that each text
can be put together again exactly. Work is counted, not timed: beyond :data:`MOST_STEPS` steps words are given
up for sentences, and sentences for the whole text, the same way on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, pairwise

MOST_STEPS = 10_000_000
"""Pairs of equal units that one comparison may look at: half a second, measured at 25 million a second. Two
unrelated answers of 1,600 words of prose take 0.6 million, of 5,000 words 6 million."""
CONTEXT = 6
"""Words that stay beside a difference when what is equal is folded."""

# Chinese, Japanese and Thai put no space between words; each sign is taken for one.
_ALONE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(
    rf"(?:\d+(?:[.,]\d+)*|[{_ALONE}]|(?:(?![{_ALONE}])\w)+(?:['’](?:(?![{_ALONE}])\w)+)*|[^\w\s])\s*|\s+"
)
_SENTENCE = re.compile(r".*?(?:[.!?。！？]+[\"'”’)\]]*(?=\s)\s*|\n\s*|$)", re.DOTALL)
_A_WORD = re.compile(r"\w")


class Kind(StrEnum):
    """Where a stretch stands."""

    SAME = "same"
    """In both texts."""
    LEFT = "left"
    """In the first only."""
    RIGHT = "right"
    """In the second only."""


class Level(StrEnum):
    """What was aligned."""

    WORDS = "words"
    """Words and marks."""
    SENTENCES = "sentences"
    """Sentences and lines: the texts are too long, or too alike in every word, for words."""
    TEXTS = "texts"
    """Nothing but a common beginning and end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one text, or of both."""

    kind: Kind
    """Where it stands."""
    left: str
    """As the first text has it; empty if it does not."""
    right: str
    """As the second text has it; empty if it does not."""

    @property
    def words(self) -> int:
        """How many words it has; marks are none."""
        return words_in(self.left or self.right)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that is the same in both texts and is not shown."""

    words: int
    """How many words it has."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts, cut into what they share and what they do not."""

    pieces: tuple[Piece, ...]
    """In order: what is left or the same makes the first text, what is right or the same the second."""
    level: Level = Level.WORDS
    """What was aligned."""

    def words(self, kind: Kind) -> int:
        """How many words stand in both texts, or in one of them only."""
        return sum(piece.words for piece in self.pieces if piece.kind is kind)

    @property
    def identical(self) -> bool:
        """Whether the texts are the same, spacing aside."""
        return all(piece.kind is Kind.SAME for piece in self.pieces)

    @property
    def share(self) -> float:
        """Which part of all words is the same, 0–1: twice the shared words over the words of both texts."""
        same, other = self.words(Kind.SAME), self.words(Kind.LEFT) + self.words(Kind.RIGHT)
        return 2 * same / (2 * same + other) if same or other else float(self.identical)


def words_in(text: str) -> int:
    """Count the words of a text, as they are compared."""
    return sum(1 for unit in _WORD.findall(text) if _A_WORD.match(unit))


@lru_cache(maxsize=64)
def compare(left: str, right: str) -> Difference:
    """Find what differs between two texts.

    Args:
        left: The first text.
        right: The second text.
    """
    for level, split in ((Level.WORDS, _WORD.findall), (Level.SENTENCES, _sentences)):
        first, second = split(left), split(right)
        try:
            return Difference(tuple(_pieces(first, second)), level)
        except _TooMuchError:
            continue
    first, second = _sentences(left), _sentences(right)
    start, end = _common(_keys(first), _keys(second))
    stretches = [(start, start), (len(first) - end, len(second) - end), (len(first), len(second))]
    return Difference(tuple(_cut(first, second, [(0, 0), *stretches], starts_same=True)), Level.TEXTS)


def folded(difference: Difference, *, context: int = CONTEXT) -> list[Piece | Gap]:
    """Leave out what is the same, but for some words beside each difference.

    Args:
        difference: What was found.
        context: How many words stay on either side. A gap that would hide less than twice that is not made:
            it would be longer than what it hides.
    """
    shown: list[Piece | Gap] = []
    last = len(difference.pieces) - 1
    for place, piece in enumerate(difference.pieces):
        if piece.kind is not Kind.SAME:
            shown.append(piece)
            continue
        left, right = _WORD.findall(piece.left), _WORD.findall(piece.right)
        before, after = 0 if place == 0 else context, 0 if place == last else context
        # Both sides have the same units but for the spacing, and for white space that begins a text.
        if len(left) != len(right) or len(left) - before - after <= 2 * context:
            shown.append(piece)
            continue
        end = len(left) - after
        hidden = Gap(words_in("".join(left[before:end])))
        kept = [
            Piece(Kind.SAME, "".join(left[start:stop]), "".join(right[start:stop]))
            for start, stop in ((0, before), (end, len(left)))
        ]
        shown += [part for part in (kept[0], hidden, kept[1]) if isinstance(part, Gap) or part.left]
    return shown


class _TooMuchError(Exception):
    """The work is more than this level may cost."""


class _Bounded(SequenceMatcher[str]):
    """difflib's matcher, which gives up once it has looked at too many pairs."""

    def __init__(self, left: Sequence[str], right: Sequence[str]) -> None:
        super().__init__(None, left, right, autojunk=False)
        places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined] # public, and not in typeshed
        costs = (1 + len(places.get(unit, ())) for unit in left)
        self._before = list(accumulate(costs, initial=0))
        self._steps = 0

    def find_longest_match(  # type: ignore[override] # noqa: PLR0917 - difflib itself names all four
        self, alo: int, ahi: int, blo: int, bhi: int
    ) -> object:
        self._steps += self._before[ahi] - self._before[alo]
        if self._steps > MOST_STEPS:
            raise _TooMuchError
        return super().find_longest_match(alo, ahi, blo, bhi)


def _sentences(text: str) -> list[str]:
    return [found for found in _SENTENCE.findall(text) if found]


def _keys(units: Sequence[str]) -> list[str]:
    """What is compared of each unit: not its spacing."""
    return [" ".join(unit.split()) for unit in units]


def _common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many units the two share at the beginning, and at the end of what is left then."""
    most = min(len(left), len(right))
    start = next((place for place in range(most) if left[place] != right[place]), most)
    rest = most - start
    end = next((place for place in range(rest) if left[-1 - place] != right[-1 - place]), rest)
    return start, end


def _pieces(left: Sequence[str], right: Sequence[str]) -> Iterator[Piece]:
    first, second = _keys(left), _keys(right)
    start, end = _common(first, second)
    matcher = _Bounded(first[start : len(first) - end], second[start : len(second) - end])
    cuts = [(0, 0), (start, start)]
    for a, b, size in matcher.get_matching_blocks()[:-1]:
        cuts += [(start + a, start + b), (start + a + size, start + b + size)]
    cuts += [(len(left) - end, len(right) - end), (len(left), len(right))]
    return _cut(left, right, _without_crumbs(cuts, left), starts_same=True)


def _without_crumbs(cuts: list[tuple[int, int]], left: Sequence[str]) -> list[tuple[int, int]]:
    """Take back matches that only chop a change into bits: a lone word or mark between longer changes.

    Args:
        cuts: Where stretches begin and end: same, changed, same, changed, …, same.
        left: The first text's units.
    """
    kept = cuts[:2]
    for place in range(2, len(cuts) - 2, 2):
        (a, b), (a_end, b_end) = cuts[place], cuts[place + 1]
        before = max(a - kept[-1][0], b - kept[-1][1])
        after = max(cuts[place + 2][0] - a_end, cuts[place + 2][1] - b_end)
        small = sum(1 for unit in left[a:a_end] if _A_WORD.match(unit)) <= 1
        if not (small and min(before, after) > a_end - a):
            kept += [(a, b), (a_end, b_end)]
    return [*kept, *cuts[-2:]]


def _cut(
    left: Sequence[str], right: Sequence[str], cuts: Sequence[tuple[int, int]], *, starts_same: bool
) -> Iterator[Piece]:
    """Make pieces of stretches that are the same and changed in turn; empty ones vanish."""
    same = starts_same
    text, other = "", ""
    for (a, b), (a_end, b_end) in pairwise(cuts):
        first, second = "".join(left[a:a_end]), "".join(right[b:b_end])
        if same and first:
            yield from _changed(text, other)
            text, other = "", ""
            yield Piece(Kind.SAME, first, second)
        elif not same:
            text, other = text + first, other + second
        same = not same
    yield from _changed(text, other)


def _changed(left: str, right: str) -> Iterator[Piece]:
    if left:
        yield Piece(Kind.LEFT, left, "")
    if right:
        yield Piece(Kind.RIGHT, "", right)
