r"""Checks: what one case asks of an answer that a program can decide. The scorer ``constraints`` reads them.

``Case.checks`` is a JSON object. Every key is a check, and all of them must pass:

=====================  ==============  ==================================================================
key                    value           what must hold
=====================  ==============  ==================================================================
``words``              whole number    The answer has exactly so many words. ``min_words``, ``max_words``.
``sentences``          whole number    … sentences. ``min_sentences``, ``max_sentences``.
``lines``              whole number    … lines that are not empty. ``min_lines``, ``max_lines``.
``items``              whole number    … list items. ``min_items``, ``max_items``.
``characters``         whole number    … characters. ``min_characters``, ``max_characters``.
``must_include``       list of texts   Every one of the texts stands in the answer.
``must_include_any``   list of texts   At least one of the texts stands in the answer.
``must_not_include``   list of texts   None of the texts stands in the answer as words of its own.
``starts_with``        text            The answer begins with the text.
``ends_with``          text            The answer ends with the text.
``one_of``             list of texts   The answer is one of the texts and nothing else.
``letter_case``        text            All letters are ``"upper"`` case, or all are ``"lower"`` case.
``json``               text            The answer is JSON and nothing else: an ``"object"`` or an ``"array"``.
``json_keys``          list of texts   The answer is a JSON object with exactly these keys.
=====================  ==============  ==================================================================

How things are counted and compared:

- White space around the answer is taken off first.
- A *word* is what stands between white space and has a letter or a digit in it; a list item's number is none.
- A *sentence* ends with ``.``, ``!`` or ``?`` (and closing quotes or brackets) before white space or the end;
  a full stop behind a list's number ends none. What is left over behind the last one is a sentence too.
- A *list item* is a line that begins with ``-``, ``*``, ``•``, or a number with ``.`` or ``)``, then a space.
- Texts are compared whatever their case; ``one_of`` leaves out punctuation at either end of the answer too.
- A Markdown code fence around the whole answer is taken off before ``json`` and ``json_keys`` look.

Each key is one check, but every text of ``must_include`` and ``must_not_include`` is a check of its own: so
many of :func:`count_checks` as :func:`failed_checks` does not name have passed. There is no check by regular
expression: one from a stranger's data set could hold up the whole process.

Pure: no clock, environment or network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Json

UNITS = ("words", "sentences", "lines", "items", "characters")
"""What is counted."""
COUNT_KEYS = tuple(f"{bound}{unit}" for unit in UNITS for bound in ("", "min_", "max_"))
"""Checks that take a whole number."""
TEXT_KEYS = ("starts_with", "ends_with")
"""Checks that take a text."""
LIST_KEYS = ("must_include", "must_include_any", "must_not_include", "one_of", "json_keys")
"""Checks that take a list of texts."""
CHOICES: Mapping[str, tuple[str, ...]] = {"letter_case": ("upper", "lower"), "json": ("object", "array")}
"""Checks that take one of some words."""
CHECKS = (*COUNT_KEYS, *LIST_KEYS[:3], *TEXT_KEYS, "one_of", *CHOICES, "json_keys")
"""Every check there is."""

_ITEM = re.compile(r"[ \t]*(?:[-*•]|\d{1,4}[.)])[ \t]+\S")
_NUMBERED = re.compile(r"^[ \t]*\d{1,4}[.)](?=[ \t])", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s|$)")
_FENCE = re.compile(r"\A```[A-Za-z0-9_-]*[ \t]*\n(?P<inside>.*)\n[ \t]*```\Z", re.DOTALL)
# Not all punctuation: C, C# and C++ are different answers.
_AROUND = ".,;:!?…\"'`*_()[]“”‘’ "
_MAX_SHOWN = 40


def failed_checks(text: str, checks: Mapping[str, Json]) -> list[str]:
    """Hold an answer against checks.

    Args:
        text: The answer.
        checks: The checks, as in the table above. Nothing is raised for one that cannot be used: it fails,
            and says so. :func:`check_problems` finds those beforehand.

    Returns:
        A sentence per check that failed, what was asked and what was found; empty if all passed.
    """
    answer = text.strip()
    failed: list[str] = []
    for key, wanted in checks.items():
        problem = _problem(key, wanted)
        failed += [problem] if problem is not None else _failures(answer, key, wanted)
    return failed


def count_checks(checks: Mapping[str, Json]) -> int:
    """How many checks these are: each key is one, each text that must or must not be included too."""
    counted = 0
    for key, wanted in checks.items():
        each = key in {"must_include", "must_not_include"} and _problem(key, wanted) is None
        counted += len(_texts(wanted)) if each else 1
    return counted


def check_problems(checks: Mapping[str, Json]) -> list[str]:
    """Say what is wrong with checks themselves, in a sentence each; empty if they can be used."""
    return [problem for key, wanted in checks.items() if (problem := _problem(key, wanted)) is not None]


def count(text: str, unit: str) -> int:
    """Count what is in an answer.

    Args:
        text: The answer.
        unit: One of :data:`UNITS`.
    """
    return _COUNTERS[unit](text.strip())


# Whether a check can be used


def _problem(key: str, wanted: Json) -> str | None:
    if key in COUNT_KEYS:
        whole = isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0
        return None if whole else f"“{key}” takes a whole number, such as 3."
    if key in TEXT_KEYS:
        return None if isinstance(wanted, str) and wanted.strip() else f"“{key}” takes a text."
    if key in CHOICES:
        offered = " or ".join(f"“{choice}”" for choice in CHOICES[key])
        return None if wanted in CHOICES[key] else f"“{key}” takes {offered}."
    if key in LIST_KEYS:
        return None if _texts(wanted) else f'“{key}” takes a list of texts, such as ["one", "two"].'
    return f"There is no check “{key}”. There are: {', '.join(CHECKS)}."


def _texts(wanted: Json) -> list[str]:
    """The texts of a list; empty if it is anything else, or one of them is empty."""
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        return []
    texts = [one for one in wanted if isinstance(one, str) and one.strip()]
    return texts if len(texts) == len(wanted) else []


# The checks


def _failures(answer: str, key: str, wanted: Json) -> list[str]:
    if isinstance(wanted, int):
        return _counted(answer, key, wanted)
    if isinstance(wanted, str):
        return _TEXT_CHECKS[key](answer, wanted)
    return _LIST_CHECKS[key](answer, _texts(wanted))


def _counted(answer: str, key: str, wanted: int) -> list[str]:
    bound, _, unit = key.rpartition("_")
    found = count(answer, unit)
    asked = {"": "exactly", "min": "at least", "max": "at most"}[bound]
    passed = {"": found == wanted, "min": found >= wanted, "max": found <= wanted}[bound]
    return [] if passed else [f"It should have {asked} {wanted} {_unit(unit, wanted)}; it has {found}."]


def _unit(unit: str, number: int) -> str:
    return unit[:-1] if number == 1 else unit


def _must_include(answer: str, wanted: Sequence[str]) -> list[str]:
    folded = _folded(answer)
    return [f"It should say “{one}”." for one in wanted if _folded(one) not in folded]


def _must_include_any(answer: str, wanted: Sequence[str]) -> list[str]:
    folded = _folded(answer)
    if any(_folded(one) in folded for one in wanted):
        return []
    return [f"It should say one of {_listed(wanted)}."]


def _must_not_include(answer: str, wanted: Sequence[str]) -> list[str]:
    folded = _folded(answer)
    return [f"It should not say “{one}”." for one in wanted if _has_word(folded, _folded(one))]


def _has_word(text: str, word: str) -> bool:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        joined_before = start > 0 and text[start - 1].isalnum() and word[0].isalnum()
        joined_after = end < len(text) and text[end].isalnum() and word[-1].isalnum()
        if not joined_before and not joined_after:
            return True
        start = text.find(word, start + 1)
    return False


def _starts_with(answer: str, wanted: str) -> list[str]:
    passed = _folded(answer).startswith(_folded(wanted))
    return [] if passed else [f"It should begin with “{wanted}”; it begins with “{_short(answer)}”."]


def _ends_with(answer: str, wanted: str) -> list[str]:
    passed = _folded(answer).endswith(_folded(wanted))
    return [] if passed else [f"It should end with “{wanted}”; it ends with “{_short(answer, end=True)}”."]


def _one_of(answer: str, wanted: Sequence[str]) -> list[str]:
    bare = _bare(answer)
    passed = any(_bare(one) == bare for one in wanted)
    return (
        []
        if passed
        else [f"It should be one of {_listed(wanted)} and nothing else; it is “{_short(answer)}”."]
    )


def _bare(text: str) -> str:
    return _folded(text).strip(_AROUND)


def _letter_case(answer: str, wanted: str) -> list[str]:
    passed = answer.isupper() if wanted == "upper" else answer.islower()
    return [] if passed else [f"All its letters should be {wanted} case."]


def _json(answer: str, wanted: str) -> list[str]:
    found = _read_json(answer)
    kind = dict if wanted == "object" else list
    a_kind = "a JSON object" if wanted == "object" else "a JSON array"
    return [] if isinstance(found, kind) else [f"It should be {a_kind} and nothing else."]


def _json_keys(answer: str, wanted: Sequence[str]) -> list[str]:
    found = _read_json(answer)
    if not isinstance(found, dict):
        return [f"It should be a JSON object with the keys {_listed(wanted)} and nothing else."]
    if set(found) == set(wanted):
        return []
    has = _listed(list(found)) if found else "none"
    return [f"Its keys should be {_listed(wanted)}; they are {has}."]


_TEXT_CHECKS: Mapping[str, Callable[[str, str], list[str]]] = {
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "letter_case": _letter_case,
    "json": _json,
}
_LIST_CHECKS: Mapping[str, Callable[[str, Sequence[str]], list[str]]] = {
    "must_include": _must_include,
    "must_include_any": _must_include_any,
    "must_not_include": _must_not_include,
    "one_of": _one_of,
    "json_keys": _json_keys,
}


# Counting and reading


def _words(text: str) -> int:
    return sum(any(letter.isalnum() for letter in word) for word in _NUMBERED.sub("", text).split())


def _sentences(text: str) -> int:
    parts = _SENTENCE_END.split(_NUMBERED.sub("", text))
    return sum(any(letter.isalnum() for letter in part) for part in parts)


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _items(text: str) -> int:
    return sum(_ITEM.match(line) is not None for line in text.splitlines())


_COUNTERS: Mapping[str, Callable[[str], int]] = {
    "words": _words,
    "sentences": _sentences,
    "lines": _lines,
    "items": _items,
    "characters": len,
}


def _folded(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def _read_json(answer: str) -> object:
    fenced = _FENCE.match(answer)
    try:
        return strict_json(fenced["inside"] if fenced else answer)
    except (ValueError, RecursionError):
        return None


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"“{one}”" for one in texts)


def _short(text: str, *, end: bool = False) -> str:
    line = " ".join(text.split())
    if len(line) <= _MAX_SHOWN:
        return line
    return f"…{line[-_MAX_SHOWN:]}" if end else f"{line[:_MAX_SHOWN]}…"
