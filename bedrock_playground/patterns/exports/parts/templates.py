r"""Prompt templates: `{{name}}` is replaced by a value; a backslash in front makes it plain text."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"(?P<backslashes>\\*)\{\{[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})[ \t]*\}\}")


def fill(template: str, values: dict[str, str]) -> str:
    """Put values in a template's places; a variable without one stays as written."""

    def put(match: re.Match[str]) -> str:
        backslashes = match["backslashes"]
        kept = backslashes[: len(backslashes) // 2]
        if len(backslashes) % 2 or match["name"] not in values:
            return kept + match[0][len(backslashes) :]
        return kept + values[match["name"]]

    return PLACEHOLDER.sub(put, template)
