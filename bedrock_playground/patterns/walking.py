"""Going through the parts of a contender: patterns are trees of frozen values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from bedrock_playground.patterns.members import Pattern, Solo


def parts_of(value: object, *, inside: bool = True) -> Iterator[object]:
    """Yield a value and every part of it, outer ones first.

    Args:
        value: A contender or a part of one.
        inside: Whether to go into members as well; otherwise these are passed over.
    """
    yield value
    for part in _parts(value):
        if inside or not isinstance(part, Solo | Pattern):
            yield from parts_of(part, inside=inside)


def changed(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any part of a contender
    """Make the same value with parts changed, inner ones first; what does not change stays the same object.

    Args:
        value: A contender or a part of one.
        change: Told a part, returns it or another one in its place.
    """
    if isinstance(value, tuple):
        made = tuple(changed(item, change) for item in value)
        return value if all(map(_same, made, value)) else made
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    new = {name: changed(own, change) for name, own in fields.items()}
    differ = {name: own for name, own in new.items() if own is not fields[name]}
    return change(dataclasses.replace(value, **differ) if differ else value)


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        yield from value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            part = getattr(value, each.name)
            if isinstance(part, tuple) or dataclasses.is_dataclass(part):
                yield part


def _same(one: object, other: object) -> bool:
    return one is other
