"""Regular expressions that cannot run away, by RE2: patterns come from users, texts from models.

RE2 takes time in proportion to the text, whatever the expression; in return it has no look-around and no
back-references.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MAX_EXPRESSION = 1000
"""Characters of an expression."""


class BadExpression(ValueError):
    """A text is no expression that RE2 takes; the message says why."""


@lru_cache(maxsize=256)
def compiled(expression: str) -> Any:  # noqa: ANN401 - RE2 has no types
    """Compile an expression.

    Raises:
        BadExpression: It is too long, or RE2 does not take it.
    """
    import re2  # noqa: PLC0415 - a compiled module, only when needed

    if len(expression) > MAX_EXPRESSION:
        raise BadExpression(f"An expression has at most {MAX_EXPRESSION:,} characters.")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise BadExpression(
            f"“{expression:.80}” is no expression: {said}. RE2 has no look-around and no back-references."
        ) from error


def found(expression: str, text: str) -> str | None:
    """What an expression finds in a text: its first group, or all of it where it has none.

    Raises:
        BadExpression: As :func:`compiled`.
    """
    # A lone surrogate is no text that RE2 can read.
    match = compiled(expression).search(text.encode("utf-8", "replace").decode("utf-8"))
    if match is None:
        return None
    group = match.group(1) if match.re.groups else match.group(0)
    return group if isinstance(group, str) else ""
