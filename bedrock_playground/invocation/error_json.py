"""Errors as JSON and back, so that what failed can be kept and told as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from bedrock_playground.invocation.errors import InvocationError, UnknownServiceError

_T = TypeVar("_T", str, int, float)


def error_to_json(error: InvocationError) -> dict[str, object]:
    """Say an error as JSON.

    Returns:
        ``type`` (the class's name), ``message``, ``retryable``, ``advice``, and ``code``, ``status``,
        ``request_id``, ``retry_after`` (seconds), each ``None`` where not told.
    """
    return {
        "type": type(error).__name__,
        "message": error.message,
        "retryable": error.retryable,
        "advice": error.advice,
        "code": error.code,
        "status": error.status,
        "request_id": error.request_id,
        "retry_after": error.retry_after,
    }


def error_from_json(value: object) -> InvocationError:
    """Make an error again from :func:`error_to_json`'s JSON.

    A type that this version does not know (a newer one wrote it) becomes :class:`UnknownServiceError`.

    Raises:
        ValueError: The JSON is not an error's.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        raise ValueError(  # noqa: TRY004 - what is wrong is the value of a document, not a caller's type
            f"An error must be an object with a type; this is {value!r:.80}."
        )
    by_name = {cls.__name__: cls for cls in _descendants(InvocationError)}
    cls = by_name.get(value["type"], UnknownServiceError)
    return cls(
        _optional(value, "message", str) or "",
        code=_optional(value, "code", str),
        status=_optional(value, "status", int),
        request_id=_optional(value, "request_id", str),
        retry_after=_optional(value, "retry_after", float),
    )


def _optional(value: Mapping[str, object], key: str, kind: type[_T]) -> _T | None:
    found = value.get(key)
    if kind is float and type(found) is int:
        found = float(found)
    if found is None or isinstance(found, kind):
        return found
    raise ValueError(f"An error's {key} must be {kind.__name__} or null; this is {found!r:.80}.")


def _descendants(cls: type[InvocationError]) -> Iterator[type[InvocationError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _descendants(child)
