"""Normalisation: what two texts have in common when case, spacing, articles and punctuation do not count.

1. Unicode's compatibility form (NFKC), and case-folded: ``Ｐaris`` and ``PARIS`` are ``paris``.
2. Numbers are written one way: commas between thousands and zeros at the end of decimals go, a minus at their
   beginning stays: ``1,000.50`` is ``1000.5``, ``+5`` is ``5``. One that begins with further zeros, such as
   ``007``, is a code and stays as it is. Numbers in words are left alone.
3. Apostrophes and full stops go (``don't`` is ``dont``, ``U.S.`` is ``us``); other punctuation becomes a
   space. ``%``, ``#``, ``&`` and symbols such as ``+`` and ``€`` stay, because they say something: ``C#`` is
   not ``C``.
4. The English articles *a*, *an* and *the* go, unless nothing else is left.
5. White space becomes one space.

The steps are those of SQuAD's evaluation (P. Rajpurkar et al., 2016), with numbers and symbols told apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

ARTICLES = frozenset({"a", "an", "the"})
"""What step 4 takes away."""
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>(?:(?<=\s)|^|(?<=[(\[{\"'“‘=:]))[-+−])?"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<part>\.[0-9]+)?(?![\w]|[.,][0-9])"
)
_KEPT = frozenset("%#&")
_GONE = frozenset("'’‘ʼ.`´")
_MARK = "\ue000"


def tokens(text: str, *, articles: bool = False, fold: bool = True) -> list[str]:
    """The words of a text after the steps above.

    Args:
        text: Any text.
        articles: Whether to keep articles.
        fold: Whether to fold case.
    """
    plain = unicodedata.normalize("NFKC", text).replace(_MARK, " ")
    if fold:
        plain = plain.casefold()
    numbers: list[str] = []

    def keep(match: re.Match[str]) -> str:
        numbers.append(_number(match))
        return f" {_MARK} "

    kept = "".join(_letter(letter) for letter in _NUMBER.sub(keep, plain))
    told = iter(numbers)
    words = [next(told) if word == _MARK else word for word in kept.split()]
    if articles:
        return words
    return [word for word in words if word.casefold() not in ARTICLES] or words


def normalised(text: str) -> str:
    """A text after the steps above."""
    return " ".join(tokens(text))


def place_of(part: Sequence[str], whole: Sequence[str]) -> int | None:
    """Where a run of words begins in another, from 0; ``None``: nowhere, or it is empty."""
    size = len(part)
    if not size:
        return None
    places = range(len(whole) - size + 1)
    return next(
        (at for at in places if whole[at] == part[0] and list(whole[at : at + size]) == list(part)), None
    )


def _number(match: re.Match[str]) -> str:
    whole, part = match["whole"].replace(",", ""), match["part"] or ""
    if whole.startswith("0") and len(whole) > 1:
        return match[0]
    told = Decimal(whole + part)
    sign = "-" if match["sign"] in {"-", "−"} and told else ""
    written = f"{told:f}"
    return sign + (written.rstrip("0").rstrip(".") if "." in written else written)


def _letter(letter: str) -> str:
    if letter in _GONE:
        return ""
    kind = unicodedata.category(letter)
    if letter == _MARK or kind[0] in "LNM":
        return letter
    if kind[0] == "S" or letter in _KEPT:
        return letter
    return " "
