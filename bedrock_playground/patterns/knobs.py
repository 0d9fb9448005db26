"""Thresholds that can be dragged: each pattern marks its own, and whoever drags them finds them here.

A pattern declares one where it declares the field: ``threshold: float = knob(0.6, label=…, low=0, high=1)``.
Patterns are values, so turning a knob makes another pattern and leaves the first as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bedrock_playground.patterns.members import Member

_KEY = "knob"
_Owner = TypeVar("_Owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A threshold of a pattern, or of one inside it."""

    name: str
    """Where it is, as the pattern's JSON has it: ``by.threshold``, ``tiers[0].member.by.threshold``."""
    label: str
    """What the page calls it."""
    value: float
    """Where it stands, within its range."""
    low: float
    """The least."""
    high: float
    """The most."""
    step: float
    """From one value to the next; 1 for whole numbers."""
    whole: bool
    """Whether it takes whole numbers alone."""

    def values(self) -> tuple[float, ...]:
        """Every value it can be dragged to, in order."""
        count = round((self.high - self.low) / self.step)
        found = [round(self.low + index * self.step, 6) for index in range(count + 1)]
        return tuple(int(value) if self.whole else value for value in found)


@dataclass(frozen=True, slots=True)
class _Range:
    label: str
    low: float
    high: float | Callable[[Any], float]
    step: float


def knob(
    default: float | None,
    *,
    label: str,
    low: float,
    high: float | Callable[[Any], float],
    step: float = 0.05,
) -> Any:  # noqa: ANN401 - what dataclasses.field returns has the field's type
    """Declare a field that can be dragged.

    Args:
        default: Its default; ``None`` stands for the most.
        label: What the page calls it.
        low: The least.
        high: The most, or what tells it from the value that has the field.
        step: From one value to the next; whole fields take 1.
    """
    return field(default=default, metadata={_KEY: _Range(label, low, high, step)})


def knobs(member: Member) -> tuple[Knob, ...]:
    """Find every knob of a contender, those of patterns inside it included."""
    return tuple(_found(member, ""))


def with_knob(member: Member, name: str, value: float) -> Member:
    """Turn a knob.

    Args:
        member: The contender; it stays as it is.
        name: The knob's name.
        value: Where to turn it.

    Raises:
        KeyError: There is no such knob.
    """
    known = {knob.name: knob for knob in knobs(member)}
    found = known[name]
    turned: Member = _set(member, _steps(name), int(value) if found.whole else float(value))
    return turned


def _found(value: Any, place: str) -> Iterator[Knob]:  # noqa: ANN401 - any part of a contender
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _found(item, f"{place}[{index}]")
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return
    for each in dataclasses.fields(value):
        own, name = getattr(value, each.name), f"{place}.{each.name}".lstrip(".")
        if isinstance(span := each.metadata.get(_KEY), _Range):
            high = span.high(value) if callable(span.high) else span.high
            yield Knob(
                name=name,
                label=span.label,
                value=high if own is None else min(max(own, span.low), high),
                low=span.low,
                high=high,
                step=span.step,
                whole=span.step == 1,
            )
        else:
            yield from _found(own, name)


def _steps(name: str) -> list[str | int]:
    parts = name.replace("[", ".[").split(".")
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]


def _set(owner: _Owner, steps: list[str | int], value: float) -> Any:  # noqa: ANN401
    if not steps:
        return value
    step, *rest = steps
    if isinstance(owner, tuple):
        assert isinstance(step, int)  # noqa: S101 - names come from knobs()
        return (*owner[:step], _set(owner[step], rest, value), *owner[step + 1 :])
    assert isinstance(step, str)  # noqa: S101 - as above
    return replace(owner, **{step: _set(getattr(owner, step), rest, value)})  # type: ignore[type-var]
