"""Contenders as JSON and back: models with their settings, and patterns of any depth.

Each value says what it is (``"kind": "cascade"``) and leaves out what has its default; so does each part
that can be one of several things, such as a cascade's criteria. Money is text, so that no digit is lost.
Reading is strict: what is unknown, missing or of the wrong kind is refused, with its place named.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bedrock_playground.invocation.values import Json
from bedrock_playground.patterns.kinds import pattern_kinds
from bedrock_playground.patterns.members import Member, Pattern, Solo

_SOLO = "solo"


class MemberRefused(ValueError):
    """JSON that is no contender; the message names the place and what was expected there."""


def member_to_json(member: Member) -> dict[str, Any]:
    """Say a contender as JSON; :func:`member_from_json` makes an equal one of it."""
    told: dict[str, Any] = _told(member)
    return told


def member_from_json(value: object) -> Member:
    """Read a contender.

    Raises:
        MemberRefused: It is none.
    """
    return _member(value, "")


# Writing


def _told(value: Any) -> Any:  # noqa: ANN401 - any part of a member
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = {
            field.name: _told(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        }
        kind = _SOLO if isinstance(value, Solo) else _kind(type(value))
        return told if kind is None else {"kind": kind, **told}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list):
        return [_told(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _told(item) for name, item in value.items()}
    return value


def _kind(cls: type[Any]) -> str | None:
    """What a pattern or one of several parts says that it is; ``None`` for a part that needs not say."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else None


# Reading


def _member(value: object, place: str) -> Member:
    if not isinstance(value, Mapping):
        raise _wrong(place, "an object with a kind", value)
    kinds: dict[str, type[Any]] = {_SOLO: Solo, **pattern_kinds()}
    kind = value.get("kind")
    if kind not in kinds:
        raise _wrong(f"{place}.kind", f"one of {', '.join(kinds)}", kind)
    read: Member = _fields(kinds[str(kind)], _without_kind(value), place)
    return read


def _part(kinds: Mapping[str, type[Any]], value: object, place: str) -> Any:  # noqa: ANN401
    """Read a part that says which of several it is."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or kind not in kinds:
        raise _wrong(f"{place}.kind", f"one of {', '.join(kinds)}", kind)
    return _fields(kinds[str(kind)], _without_kind(value), place)


def _without_kind(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != "kind"}


def _fields(cls: type[Any], value: object, place: str) -> Any:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise _wrong(place, "an object", value)
    hints: dict[str, Any] = _hints(cls)
    if unknown := sorted(set(value) - set(hints)):
        raise MemberRefused(
            f"{place or 'The contender'} has {unknown[0]!r}, which is not known. Known: {', '.join(hints)}."
        )
    given = {name: _read(hints[name], item, f"{place}.{name}") for name, item in value.items()}
    try:
        return cls(**given)
    except TypeError as error:
        missing = [field.name for field in dataclasses.fields(cls) if _required(field, given)]
        raise MemberRefused(f"{place or 'The contender'} lacks {', '.join(missing) or error}.") from error
    except ValueError as error:
        raise MemberRefused(f"{place or 'The contender'}: {error}") from error


def _required(field: dataclasses.Field[Any], given: Mapping[str, Any]) -> bool:
    bare = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return bare and field.name not in given


def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _read(hint: Any, value: Any, place: str) -> Any:  # noqa: ANN401, PLR0911 - one return per kind of value
    if hint == Member or _is_member(hint):
        return _member(value, place)
    if hint == Json or hint is Any:
        return value
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _one_of(get_args(hint), value, place)
    if origin is tuple:
        return _tuple(get_args(hint), value, place)
    if origin is Literal:
        if value not in get_args(hint):
            raise _wrong(place, f"one of {', '.join(map(str, get_args(hint)))}", value)
        return value
    if origin in {dict, Mapping} or origin is typing.get_origin(Mapping[str, str]):
        if not isinstance(value, Mapping):
            raise _wrong(place, "an object", value)
        return {str(name): _read(get_args(hint)[1], item, f"{place}.{name}") for name, item in value.items()}
    if dataclasses.is_dataclass(hint):
        part = typing.cast("type[Any]", hint)
        kind = _kind(part)
        return _fields(part, value, place) if kind is None else _part({kind: part}, value, place)
    return _scalar(hint, value, place)


def _is_member(hint: Any) -> bool:  # noqa: ANN401
    return isinstance(hint, type) and issubclass(hint, Solo | Pattern)


def _one_of(hints: tuple[Any, ...], value: Any, place: str) -> Any:  # noqa: ANN401
    if value is None and type(None) in hints:
        return None
    kinds = {kind: hint for hint in hints if not _is_member(hint) and (kind := _kind(hint)) is not None}
    if kinds and len(kinds) == len([hint for hint in hints if hint is not type(None)]):
        return _part(kinds, value, place)
    refused: MemberRefused | None = None
    for hint in hints:
        if hint is type(None):
            continue
        try:
            return _read(hint, value, place)
        except MemberRefused as error:
            refused = refused or error
    raise refused or _wrong(place, "something else", value)


def _tuple(hints: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        raise _wrong(place, "a list", value)
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(_read(hints[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if len(value) != len(hints):
        raise _wrong(place, f"a list of {len(hints)}", value)
    return tuple(
        _read(hint, item, f"{place}[{index}]")
        for index, (hint, item) in enumerate(zip(hints, value, strict=True))
    )


def _scalar(hint: Any, value: Any, place: str) -> Any:  # noqa: ANN401
    if isinstance(hint, type) and issubclass(hint, Enum):
        if value not in {each.value for each in hint}:
            raise _wrong(place, f"one of {', '.join(str(each.value) for each in hint)}", value)
        return hint(value)
    if hint is Decimal:
        return _decimal(value, place)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        words = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
        raise _wrong(place, words.get(hint, str(hint)), value)
    return value


def _decimal(value: Any, place: str) -> Decimal:  # noqa: ANN401
    try:
        read = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        read = None
    if read is None or not read.is_finite():
        raise _wrong(place, "an amount as text, such as 0.002", value)
    return read


def _wrong(place: str, expected: str, value: object) -> MemberRefused:
    return MemberRefused(f"{place.lstrip('.') or 'A contender'} must be {expected}; it is {value!r:.60}.")
