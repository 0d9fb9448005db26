"""How large a model is, roughly: a prior for quality and speed until somebody has measured them.

It is read from the model's name (the provider's own size words, or the parameter count in it) and else from
what its output costs. It says nothing about any one task. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


class Size(IntEnum):
    """From the smallest and fastest to the largest."""

    MICRO = 1
    """A few billion parameters: the fastest and cheapest."""
    SMALL = 2
    """Small and quick: the usual choice for simple, frequent requests."""
    MEDIUM = 3
    """In between."""
    LARGE = 4
    """Large: hard tasks at a price and a delay."""
    FRONTIER = 5
    """A provider's largest."""


@dataclass(frozen=True, slots=True)
class SizeClass:
    """A size and what it was read from."""

    size: Size
    """The class."""
    basis: str
    """In words, such as ``its name says Haiku``."""
    active: Size | None = None
    """For a mixture of experts: the size of what works on each token, which makes its speed."""

    @property
    def pace(self) -> Size:
        """The size that tells how fast it is."""
        return self.size if self.active is None else self.active


_WORDS: tuple[tuple[str, Size], ...] = (
    ("nova-micro", Size.MICRO),
    ("nova-lite", Size.SMALL),
    ("nova-2-lite", Size.SMALL),
    ("nova-pro", Size.MEDIUM),
    ("nova-2-pro", Size.LARGE),
    ("nova-premier", Size.LARGE),
    ("titan-text", Size.SMALL),
    ("claude-instant", Size.SMALL),
    ("claude-v", Size.MEDIUM),
    ("haiku", Size.SMALL),
    ("sonnet", Size.LARGE),
    ("opus", Size.FRONTIER),
    ("j2-mid", Size.SMALL),
    ("j2-ultra", Size.MEDIUM),
    ("command-light", Size.SMALL),
    ("command-text", Size.MEDIUM),
    ("maverick", Size.LARGE),
    ("scout", Size.MEDIUM),
    ("-mini", Size.SMALL),
    ("-flash", Size.SMALL),
    ("smollm", Size.MICRO),
    ("-nano", Size.SMALL),
)
_VAGUE_WORDS: tuple[tuple[str, Size], ...] = (
    ("-small", Size.MEDIUM),
    ("-large", Size.LARGE),
    ("-medium", Size.MEDIUM),
)
_PARAMETERS = re.compile(r"(?<![a-z0-9.])e?(?P<count>\d+(?:\.\d+)?)b(?![a-z0-9])")
_ACTIVE = re.compile(r"(?<![a-z0-9.])(?P<total>\d+(?:\.\d+)?)b-a(?P<active>\d+(?:\.\d+)?)b(?![a-z0-9])")
_EXPERTS = re.compile(r"(?<![a-z0-9])(?P<experts>\d+)x(?P<each>\d+)b")


def size_class(base_id: str, *, output_price: Decimal | None = None) -> SizeClass | None:
    """Tell the size class of a model; ``None`` where neither name nor price tells.

    Args:
        base_id: The foundation model's id.
        output_price: US dollars per million output tokens.
    """
    name = base_id.casefold()
    return (
        _by_words(name, _WORDS)
        or _by_parameters(name)
        or _by_words(name, _VAGUE_WORDS)
        or _by_price(output_price)
    )


def _by_words(name: str, words: tuple[tuple[str, Size], ...]) -> SizeClass | None:
    for word, size in words:
        if word in name:
            return SizeClass(size, f"its name says “{word.strip('-')}”")
    return None


def _by_parameters(name: str) -> SizeClass | None:
    experts = _EXPERTS.search(name)
    if experts:
        return _of_billions(float(experts["experts"]) * float(experts["each"]))
    mixture = _ACTIVE.search(name)
    if mixture:
        total, active = float(mixture["total"]), float(mixture["active"])
        # Between the two: all of it knows, and only a part of it works on each token.
        return SizeClass(
            _size_of(math.sqrt(total * active)),
            f"its name tells {total:g} billion parameters, {active:g} of them active",
            # All of it has to be served: it is not as quick as a small model of the active part alone.
            max(_size_of(active), Size.SMALL),
        )
    counts = [float(match["count"]) for match in _PARAMETERS.finditer(name)]
    return _of_billions(max(counts)) if counts else None


def _of_billions(count: float) -> SizeClass:
    return SizeClass(_size_of(count), f"its name tells {count:g} billion parameters")


def _size_of(billions: float) -> Size:
    return (
        Size.MICRO
        if billions <= 4
        else Size.SMALL
        if billions <= 15
        else Size.MEDIUM
        if billions <= 60
        else Size.LARGE
    )


def _by_price(output_price: Decimal | None) -> SizeClass | None:
    if output_price is None or output_price <= 0:
        return None
    limits = (
        (Decimal("0.2"), Size.MICRO),
        (Decimal(1), Size.SMALL),
        (Decimal(4), Size.MEDIUM),
        (Decimal(18), Size.LARGE),
    )
    size = next((size for limit, size in limits if output_price <= limit), Size.FRONTIER)
    return SizeClass(size, "what its output tokens cost; its name does not tell")
