"""Reading a JSON request field by field, refusing what does not fit in the service's own words. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from bedrock_playground.local.errors import ApiError, constraint, invalid

JsonObject = dict[str, object]

_NAMES = {str: "String", bool: "Boolean", int: "Integer", float: "Float", list: "List", dict: "Structure"}


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of a request, with the path to it for messages."""

    values: JsonObject
    """The object's members."""
    path: str = ""
    """Where the object is in the request; empty for the request itself."""

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str) -> object:
        """Return a member as it was sent, or ``None``."""
        return self.values.get(name)

    def text(self, name: str) -> str | None:
        """Return a string member."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise wrong_type(self.at(name), str)
        return value

    def flag(self, name: str) -> bool | None:
        """Return a Boolean member."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(self.at(name), bool)
        return value

    def integer(self, name: str, *, low: int, high: int | None = None) -> int | None:
        """Return a whole number within its limits."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(self.at(name), int)
        self._limits(name, value, low=low, high=high)
        return value

    def number(self, name: str, *, low: float, high: float) -> float | None:
        """Return a finite number within its limits."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise wrong_type(self.at(name), float)
        self._limits(name, value, low=low, high=high)
        return float(value)

    def child(self, name: str) -> Fields:
        """Return an object member; one that was not sent is empty."""
        value = self.values.get(name)
        if value is None:
            return Fields({}, self.at(name))
        return Fields(as_object(value, self.at(name)), self.at(name))

    def items(self, name: str) -> list[object]:
        """Return a list member; one that was not sent is empty."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong_type(self.at(name), list)
        return cast("list[object]", value)

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects."""
        return [
            Fields(
                as_object(item, f"{self.at(name)}.{index + 1}.member"), f"{self.at(name)}.{index + 1}.member"
            )
            for index, item in enumerate(self.items(name))
        ]

    def _limits(self, name: str, value: float, *, low: float, high: float | None) -> None:
        if value < low:
            raise constraint(value, self.at(name), f"have value greater than or equal to {low:g}")
        if high is not None and value > high:
            raise constraint(value, self.at(name), f"have value less than or equal to {high:g}")


def as_object(value: object, path: str) -> JsonObject:
    """Return a value as a JSON object or refuse it."""
    if not isinstance(value, dict):
        raise wrong_type(path, dict)
    return cast("JsonObject", value)


def wrong_type(path: str, expected: type) -> ApiError:
    """A member of another JSON type than the API has there."""
    return ApiError("SerializationException", f"Expected {_NAMES[expected]} at '{path}'.")


def refuse_sent(fields: Fields, messages: dict[str, str]) -> None:
    """Refuse members that this model cannot honour, rather than ignore them.

    Args:
        fields: The request.
        messages: For each such member, what to say if it was sent.
    """
    for name, message in messages.items():
        if fields.get(name) not in (None, {}, []):
            raise invalid(message)
