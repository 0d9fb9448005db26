r"""RE2's expressions as Python's re takes them, with the same meaning, or the reason why not; pure.

RE2's ``\d``, ``\w``, ``\s`` and ``\b`` are ASCII's, and its ``$`` is the end of the text alone, where
Python's is also before a last line break. What Python has no word for (``\p{L}``, ``\Q…\E``,
``[[:alpha:]]``) is refused.
"""

from __future__ import annotations

import re
import warnings

from bedrock_playground.patterns.exports.values import CannotExport


def python_expression(expression: str) -> str:
    """Write an expression for Python's re with its flag ``ASCII``.

    Raises:
        CannotExport: It means something else there, or nothing at all.
    """
    reason = _reason(expression)
    if reason is None:
        made = _ends(expression)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                re.compile(made, re.ASCII)
        except (re.error, Warning, RecursionError) as error:
            reason = str(error)
        else:
            return made
    raise CannotExport(
        f"The expression “{expression:.80}” is RE2's, and Python's re does not read it the same way: "
        f"{reason}. Write it without what only RE2 has."
    )


def _reason(expression: str) -> str | None:
    if "{," in expression:
        return "{,n} is no repetition in RE2"
    if re.search(r"\(\?[a-z]*i", expression) and not expression.isascii():
        return "it ignores case beyond ASCII"
    if re.search(r"\(\?[a-z]*m", expression) and "$" in expression:
        return "$ at the ends of lines"
    return None


def _ends(expression: str) -> str:
    r"""Write ``$`` as ``\Z``, outside of classes and escapes."""
    made, inside, place = "", False, 0
    while place < len(expression):
        char = expression[place]
        if char == "\\":
            made += expression[place : place + 2]
            place += 2
            continue
        if char == "[" and not inside:
            inside = True
            # A bracket that closes at once is one of the class.
            lead = re.match(r"\[\^?\]?", expression[place:])
            assert lead is not None  # noqa: S101 - it begins with a bracket
            made += lead[0]
            place += len(lead[0])
            continue
        inside = inside and char != "]"
        made += r"\Z" if char == "$" and not inside else char
        place += 1
    return made
