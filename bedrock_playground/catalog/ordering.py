"""The order of models: by what is known first, and the ids of one model together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bedrock_playground.catalog.model_rows import ModelRow
from bedrock_playground.catalog.models import Scope


class SortKey(StrEnum):
    """What rows can be sorted by."""

    CURRENT = "current"
    """What the connection lists first, then by lifecycle, provider and name."""
    NAME = "name"
    """Provider and name."""
    MODEL = "model"
    """Name alone."""
    LIFECYCLE = "lifecycle"
    """Active before legacy before ended; then the day of the end."""
    INPUT_PRICE = "input_price"
    """US dollars per million input tokens."""
    OUTPUT_PRICE = "output_price"
    """US dollars per million output tokens."""
    CONTEXT = "context_window"
    """Tokens."""
    MAX_OUTPUT = "max_output_tokens"
    """Tokens."""
    END_OF_LIFE = "end_of_life"
    """The day."""


def sort_rows(
    rows: Iterable[ModelRow], by: SortKey = SortKey.NAME, *, descending: bool = False
) -> tuple[ModelRow, ...]:
    """Sort rows; what is unknown comes last, whichever way round."""
    named = sorted(rows, key=lambda row: (row.provider.casefold(), row.name.casefold(), row.model_id))
    if by in _ALWAYS_KNOWN:
        return tuple(sorted(named, key=_ALWAYS_KNOWN[by], reverse=descending))
    known = [row for row in named if getattr(row, by.value) is not None]
    unknown = [row for row in named if getattr(row, by.value) is None]
    known.sort(
        key=_ordinal if by is SortKey.LIFECYCLE else lambda row: getattr(row, by.value), reverse=descending
    )
    return (*known, *unknown)


def _ordinal(row: ModelRow) -> tuple[int, date]:
    # Of two that are legacy, the one that ends first has come further.
    return _STANDING.get(row.lifecycle or "", 1), row.end_of_life or date.max


_STANDING = {"active": 0, "legacy": 2, "end_of_life": 3}
_ALWAYS_KNOWN: Mapping[SortKey, Callable[[ModelRow], tuple[Any, ...]]] = {
    SortKey.CURRENT: lambda row: (not row.listed, _STANDING.get(row.lifecycle or "", 1)),
    SortKey.NAME: lambda row: (row.provider.casefold(), row.name.casefold(), row.model_id),
    SortKey.MODEL: lambda row: (row.name.casefold(), row.model_id),
}


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """A model and the ids of it that were found."""

    best: ModelRow
    """The id that stands for it: priced, then listed by the connection, then the cheapest, the nearest."""
    rows: tuple[ModelRow, ...]
    """All of them, the best first."""


_NEAREST: dict[Scope, int] = {"local": 0, "in_region": 1, "geographic": 2, "global": 3, "application": 4}


def preference(row: ModelRow) -> tuple[bool, bool, bool, Decimal, int, str]:
    """What makes one id of a model stand before another: priced, listed, cheap, near.

    A listed id without a price would say that nobody knows what the model costs, where somebody does.
    An application profile without a price stands last.
    """
    known = row.input_price is not None and row.output_price is not None
    total = (row.input_price or Decimal(0)) + (row.output_price or Decimal(0))
    unpriced_profile = row.scope == "application" and not known
    return (not known, unpriced_profile, not row.listed, total, _NEAREST.get(row.scope, 9), row.model_id)


def group_by_model(rows: Iterable[ModelRow]) -> tuple[ModelGroup, ...]:
    """Put the ids of one model together, in the order in which each model first occurs."""
    groups: dict[str, list[ModelRow]] = {}
    for row in rows:
        groups.setdefault(row.base_id, []).append(row)
    found = []
    for members in groups.values():
        ordered = tuple(sorted(members, key=preference))
        found.append(ModelGroup(ordered[0], ordered))
    return tuple(found)
