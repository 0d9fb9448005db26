"""A request in the making: what was decided so far, and what is to be told about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bedrock_playground.catalog.raw_fields import put
from bedrock_playground.catalog.rules.case import Case
from bedrock_playground.catalog.rules.family import FIELDS
from bedrock_playground.catalog.rules.values import Rule
from bedrock_playground.catalog.variant import Action, Adjustment
from bedrock_playground.invocation.values import Json

_Number = TypeVar("_Number", int, float)


@dataclass(slots=True)
class Draft:
    """A request in the making."""

    case: Case
    """The model and the settings."""
    rules: Mapping[str, Rule]
    """What can be done with each setting."""
    fields: dict[str, Json] = field(default_factory=dict)
    """``additionalModelRequestFields`` so far."""
    output: dict[str, Json] = field(default_factory=dict)
    """``outputConfig`` so far."""
    adjustments: list[Adjustment] = field(default_factory=list)
    """What was not sent as it was set."""
    warnings: list[str] = field(default_factory=list)
    """What may go wrong."""
    refusals: list[str] = field(default_factory=list)
    """Why it cannot be sent."""

    def note(self, parameter: str, action: Action, *, given: Json, sent: Json, reason: str) -> None:
        """Say that something is not sent as it was set."""
        self.adjustments.append(Adjustment(parameter, action, given, sent, reason))

    def drop(self, parameter: str, given: Json, reason: str | None = None) -> None:
        """Say that something is left out; by default for the rule's reason."""
        self.note(parameter, "dropped", given=given, sent=None, reason=reason or self.rules[parameter].reason)

    def warn(self, *warnings: str | None) -> None:
        """Add warnings, each once."""
        self.warnings += [text for text in dict.fromkeys(warnings) if text and text not in self.warnings]

    def takes(self, parameter: str, given: Json) -> bool:
        """Whether the setting is sent; notes it where it is not, and the rule's warning where it is."""
        rule = self.rules[parameter]
        if not rule.usable:
            self.drop(parameter, given)
            return False
        self.warn(rule.warning)
        return True

    def number(self, parameter: str, value: _Number | None) -> _Number | None:
        """Clamp a number to its rule and put it where the rule says.

        Returns:
            The number for ``inferenceConfig``; ``None`` where it is not sent, or goes elsewhere.
        """
        if value is None:
            return None
        if not math.isfinite(value):
            self.drop(parameter, str(value), "It is not a number.")
            return None
        if not self.takes(parameter, value):
            return None
        rule = self.rules[parameter]
        clamped = self.clamp(parameter, value, low=rule.minimum, high=rule.maximum)
        if rule.path and rule.path[0] == FIELDS:
            self.place(parameter, rule.path, clamped, given=value)
            return None
        return clamped

    def clamp(self, parameter: str, value: _Number, *, low: float | None, high: float | None) -> _Number:
        """Bring a number within limits, and say so where that changed it."""
        kept = value
        if low is not None and value < low:
            kept = _as_kind_of(value, low)
        if high is not None and value > high:
            kept = _as_kind_of(value, high)
        if kept != value:
            word = "at least" if kept > value else "at most"
            reason = f"{self.case.name} takes {word} {kept:,}."
            self.note(parameter, "clamped", given=value, sent=kept, reason=reason)
        return kept

    def place(self, parameter: str, path: tuple[str, ...], value: Json, *, given: Json) -> None:
        """Put a setting where Converse itself has no field for it, and say so."""
        put(self.fields if path[0] == FIELDS else self.output, path[1:], value)
        self.note(parameter, "translated", given=given, sent=value, reason=f"Sent as {'.'.join(path)}.")

    def choice(self, parameter: str, value: str | None) -> str | None:
        """Pass on one of a few words; one that is not on offer is dropped."""
        if value is None or not self.takes(parameter, value):
            return None
        options = self.rules[parameter].options
        if options and value not in options:
            offered = ", ".join(options)
            self.drop(parameter, value, f"{self.case.name} takes one of: {offered}.")
            return None
        return value


def _as_kind_of(value: float, limit: float) -> Any:  # noqa: ANN401 - a whole number for a whole number
    """A limit as a whole number where a whole number was set, unless that would be another limit."""
    return int(limit) if isinstance(value, int) and limit == int(limit) else float(limit)
