"""Regular expressions, as the pattern uses them."""

from __future__ import annotations

import re


def found(expression: str, text: str) -> str | None:
    """What an expression finds in a text: its first group, or all of it where it has none.

    The app uses RE2, which takes time in proportion to the text. Python's re is quicker to have, but an
    expression with nested repetition can take very long on a long text.
    """
    match = re.search(expression, text, re.ASCII)
    if match is None:
        return None
    group = match.group(1) if match.re.groups else match.group(0)
    return group or ""
