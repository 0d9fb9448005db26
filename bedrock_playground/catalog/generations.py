"""Which of two models of one line is the newer, as far as their ids tell.

``anthropic.claude-opus-4-8`` and ``anthropic.claude-opus-5`` are one line; the numbers that are left when
dates, API versions and parameter counts are taken away are the generation. Pure.
"""

from __future__ import annotations

import re

_NOT_A_GENERATION = re.compile(r"[-.:]v\d+(?=:)(?::\d+)*(?::\d+k)?|(?<=\d)-v\d+$|:\d+k?$|-\d{6,8}(?!\d)")
_SIZE = re.compile(r"(?<![a-z0-9])[ae]?\d+(?:\.\d+)?b(?![a-z0-9])")
_NUMBER = re.compile(r"\d+")


def line_of(base_id: str) -> tuple[str, tuple[int, ...]]:
    """Tell a model's line and generation.

    Args:
        base_id: The foundation model's id.

    Returns:
        The line's name, and a generation that can be compared within it: the larger is the newer.
    """
    name = _NOT_A_GENERATION.sub("", base_id.casefold())
    sizes = _SIZE.findall(name)
    name = _SIZE.sub("", name)
    generation = tuple(int(number) for number in _NUMBER.findall(name))
    words = [word for word in re.split(r"[^a-z]+", _NUMBER.sub("", name)) if word]
    return " ".join((*words, *sizes)), generation
