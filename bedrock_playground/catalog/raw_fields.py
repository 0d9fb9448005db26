"""The raw ``additionalModelRequestFields`` that a user types: read, and laid over what settings make."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import NoReturn

from bedrock_playground.invocation.values import Json


class NotAnObject(ValueError):
    """The text is no JSON object; the message says where and what would do."""


def parse_object(text: str, *, what: str) -> dict[str, Json]:
    """Read a JSON object.

    Args:
        text: What was typed.
        what: What the message calls it, in the plural: ``The additional fields``.

    Raises:
        NotAnObject: It is not JSON, or not an object.
    """
    try:
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_without_repeats
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotAnObject(f"{what} are not JSON: {error.msg} at {where}.") from error
    except ValueError as error:
        raise NotAnObject(f"{what} cannot be used: {error}.") from error
    except RecursionError as error:
        raise NotAnObject(f"{what} are nested too deeply.") from error
    if not isinstance(value, dict):
        raise NotAnObject(f'{what} must be a JSON object, such as {{"name": 1}}; this is {_kind(value)}.')
    return value


def merge(under: Mapping[str, Json], over: Mapping[str, Json]) -> dict[str, Json]:
    """Lay one object over another: what both have is the upper one's, objects are merged member by member."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type] # both are mappings
    return merged


def overridden(under: Mapping[str, Json], over: Mapping[str, Json]) -> Iterator[str]:
    """Name what the upper object changes of the lower one, as dotted paths."""
    for key, value in over.items():
        if key not in under:
            continue
        below = under[key]
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            yield from (f"{key}.{name}" for name in overridden(below, value))
        elif below != value:
            yield key


def put(fields: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    """Set a member deep inside an object, making the objects on the way."""
    for name in path[:-1]:
        inner = fields.setdefault(name, {})
        if not isinstance(inner, dict):
            inner = fields[name] = {}
        fields = inner
    fields[path[-1]] = value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_repeats(members: list[tuple[str, Json]]) -> dict[str, Json]:
    """Refuse a name that is there twice: the first would be lost without a word."""
    value = dict(members)
    if len(value) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in value if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
