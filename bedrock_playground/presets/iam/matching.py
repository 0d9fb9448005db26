"""How IAM matches: wildcards, actions without case, conditions; pure.

``*`` stands for any number of characters, colons and slashes among them, and ``?`` for exactly one. Actions
and condition keys know no case; resources and values do. A condition is true, false, or *cannot be told*
(``None``): a key that only the request itself knows, such as ``aws:SourceIp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

Verdict = bool | None
"""Holds, does not hold, or cannot be told from here."""

KNOWN_KEYS = frozenset({"bedrock:inferenceprofilearn", "bedrock:guardrailidentifier", "aws:requestedregion"})
"""The condition keys of which it is known whether a call has them, and what they say."""


@lru_cache(maxsize=4096)
def _compiled(pattern: str, *, cased: bool) -> re.Pattern[str]:
    written = "".join("." if char == "?" else re.escape(char) for char in pattern)
    return re.compile(written, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


def matches(pattern: str, text: str, *, cased: bool = True) -> bool:
    """Whether a pattern of IAM's matches a text as a whole."""
    pieces = re.split(r"\*+", pattern)
    if len(pieces) == 1:
        return _compiled(pattern, cased=cased).fullmatch(text) is not None
    return _greedy(pieces, text, cased=cased)


def _greedy(pieces: list[str], text: str, *, cased: bool) -> bool:
    """Match the pieces between stars, each at its first place: no pattern takes more than pieces × length."""
    first, *middle, last = pieces
    head = _compiled(first, cased=cased).match(text)
    if head is None or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    if _compiled(last, cased=cased).fullmatch(text, end) is None:
        return False
    for piece in middle:
        found = _compiled(piece, cased=cased).search(text, at, end)
        if found is None:
            return False
        at = found.end()
    return True


def is_wild(pattern: str) -> bool:
    """Whether a pattern can match more than one text."""
    return "*" in pattern or "?" in pattern


def action_matches(pattern: str, action: str) -> bool:
    """Whether a pattern of a policy's ``Action`` matches an action."""
    return matches(pattern, action, cased=False)


def resource_matches(pattern: str, arn: str) -> Verdict:
    """Whether a pattern of a policy's ``Resource`` matches an ARN; policy variables cannot be told."""
    if "${" in pattern:
        return None
    return matches(pattern, arn)


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether ``ArnLike`` (and ``ArnEquals``, which is the same) holds: part by part between the colons."""
    parts, wanted = pattern.split(":", 5), arn.split(":", 5)
    if len(parts) != 6 or len(wanted) != 6:
        return False
    return all(matches(part, whole) for part, whole in zip(parts, wanted, strict=True))


def conditions_hold(
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]], context: Mapping[str, str | None]
) -> Verdict:
    """Whether all conditions of a statement hold.

    Args:
        conditions: By operator and key, the values of which any will do.
        context: What a call says, by key in small letters; a known key that is absent is not sent, and
            one that is ``None`` is sent with a value that is not known.
    """
    return _all(
        _holds(operator, key.lower(), values=values, context=context)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    told = list(verdicts)
    return False if False in told else None if None in told else True


def _holds(operator: str, key: str, *, values: tuple[str, ...], context: Mapping[str, str | None]) -> Verdict:
    if key not in KNOWN_KEYS:
        return None
    name = operator.rpartition(":")[2].lower()
    # Of no values at all, everything holds: that is how IAM reads ForAllValues where a key is absent.
    optional = name.endswith("ifexists") or operator.lower().startswith("forallvalues:")
    name = name.removesuffix("ifexists")
    value = context.get(key)
    if name == "null":
        return any((key not in context) == (wanted.lower() == "true") for wanted in values)
    negated, name = ("not" in name), name.replace("not", "")
    if key not in context:
        # … and ForAnyValue finds none among them, whatever it looks for.
        return optional or (negated and not operator.lower().startswith("foranyvalue:"))
    if value is None or any("${" in wanted for wanted in values):
        return None
    found = _any_equal(name, value, values)
    return None if found is None else found != negated


def _any_equal(name: str, value: str, values: tuple[str, ...]) -> Verdict:
    match name:
        case "stringequals":
            return value in values
        case "stringequalsignorecase":
            return value.lower() in {wanted.lower() for wanted in values}
        case "stringlike":
            return any(matches(wanted, value) for wanted in values)
        case "arnequals" | "arnlike":
            return any(arn_matches(wanted, value) for wanted in values)
        case _:
            return None
