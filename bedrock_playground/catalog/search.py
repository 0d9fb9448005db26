"""Finding models: filters that know of "unknown"; the rows and their order come along.

What nobody knows never passes a filter as if it were good, and never sorts before what is known. Shared by
the page Models and by ``bedrock-playground models``. Pure: no clock, environment or network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from bedrock_playground.catalog.model_rows import (
    Capability,
    Knows,
    ModelRow,
    capabilities_of,
    geography_of,
    options_of,
    price_of,
    rows_of,
)
from bedrock_playground.catalog.models import Lifecycle, Modality, Scope, Task
from bedrock_playground.catalog.ordering import ModelGroup, SortKey, group_by_model, preference, sort_rows

__all__ = [
    "Capability",
    "Filters",
    "Found",
    "Knows",
    "ModelGroup",
    "ModelRow",
    "SortKey",
    "capabilities_of",
    "geography_of",
    "group_by_model",
    "options_of",
    "passes",
    "preference",
    "price_of",
    "reaches",
    "relaxations",
    "rows_of",
    "search",
    "sort_rows",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which models; every field narrows, an empty one does not."""

    text: str = ""
    """Words that must all be found in name, ids, provider or family."""
    providers: tuple[str, ...] = ()
    """Any of these, whatever the case; a part of the name will do."""
    tasks: tuple[Task, ...] = ()
    """Good for all of these."""
    inputs: tuple[Modality, ...] = ()
    """Takes all of these."""
    outputs: tuple[Modality, ...] = ()
    """Gives all of these."""
    scopes: tuple[Scope, ...] = ()
    """Reached in any of these ways."""
    region: str | None = None
    """Can be called from this Region, as far as the id tells."""
    max_input_price: Decimal | None = None
    """US dollars per million input tokens."""
    max_output_price: Decimal | None = None
    """US dollars per million output tokens."""
    min_context: int | None = None
    """Tokens."""
    needs: tuple[Capability, ...] = ()
    """Can do all of these."""
    lifecycles: tuple[Lifecycle, ...] = ()
    """Stands in any of these."""
    listed_only: bool = False
    """The connection lists it."""
    include_unknown: bool = False
    """Let pass what nobody knows too."""

    def active(self) -> tuple[str, ...]:
        """The names of the filters that narrow."""
        return tuple(
            item.name for item in fields(self) if item.name != "include_unknown" and getattr(self, item.name)
        )

    def without(self, name: str) -> Filters:
        """The same without one of them."""
        changes: dict[str, Any] = {name: getattr(_NO_FILTERS, name)}
        return replace(self, **changes)


_NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Found:
    """What filters let pass."""

    rows: tuple[ModelRow, ...]
    """The rows, in the order given."""
    unknown: tuple[ModelRow, ...] = ()
    """Left out for one reason alone: nobody knows whether they pass."""


_EUROPE_OUTSIDE = ("eu-west-2", "eu-central-2")
_GEOGRAPHIES = {
    "us": ("us-",), "eu": ("eu-",), "apac": ("ap-",), "us-gov": ("us-gov-",), "ca": ("ca-",),
    "au": ("ap-southeast-2", "ap-southeast-4"), "jp": ("ap-northeast-1", "ap-northeast-3"),
    "in": ("ap-south-1", "ap-south-2"),
}  # fmt: skip


def reaches(geography: str | None, region: str) -> bool | None:
    """Whether a profile of this geography can be called from a Region.

    Args:
        geography: ``us``, ``eu`` …, ``global``; ``None`` for an id without one.
        region: An AWS Region.

    Returns:
        ``None`` where the id does not tell: which models a Region has itself, only the account can say.
    """
    if geography is None:
        return None
    if geography == "global":
        return False if region.startswith(("us-gov-", "cn-")) else None
    if geography not in _GEOGRAPHIES:
        return None
    if geography == "us" and region.startswith("us-gov-"):
        return False
    # Some geographies may take calls from a few Regions beside their own (us. from ca-central-1), and London
    # and Zurich are named as European Regions without being in the Union.
    if (geography == "us" and region.startswith("ca-")) or (geography == "eu" and region in _EUROPE_OUTSIDE):
        return None
    return region.startswith(_GEOGRAPHIES[geography])


_Test = Callable[[ModelRow, Filters], "bool | None"]


def _all_known(values: Iterable[bool | None]) -> bool | None:
    found = list(values)
    return False if False in found else None if None in found else True


def _at_most(value: Decimal | None, limit: Decimal | None) -> bool | None:
    return None if value is None or limit is None else value <= limit


def _tasks(row: ModelRow, which: Filters) -> bool | None:
    good_for = row.spec.good_for if row.spec else {}
    return all(task in good_for for task in which.tasks) if good_for else None


def _modalities(told: Sequence[Modality], wanted: Sequence[Modality]) -> bool | None:
    return all(one in told for one in wanted) if told else None


_TESTS: dict[str, _Test] = {
    "text": lambda row, which: all(word in row.haystack for word in which.text.casefold().split()),
    "providers": lambda row, which: any(
        name.casefold() in row.provider.casefold() for name in which.providers
    ),
    "tasks": _tasks,
    "inputs": lambda row, which: _modalities(row.spec.input_modalities if row.spec else (), which.inputs),
    "outputs": lambda row, which: _modalities(row.spec.output_modalities if row.spec else (), which.outputs),
    "scopes": lambda row, which: row.scope in which.scopes,
    # What a Region has itself is not in an id: that must not hide it.
    "region": lambda row, which: reaches(row.geography, which.region or "") is not False,
    "max_input_price": lambda row, which: _at_most(row.input_price, which.max_input_price),
    "max_output_price": lambda row, which: _at_most(row.output_price, which.max_output_price),
    "min_context": lambda row, which: (
        None if row.context_window is None else row.context_window >= (which.min_context or 0)
    ),
    "needs": lambda row, which: _all_known(row.capabilities.get(need) for need in which.needs),
    "lifecycles": lambda row, which: None if row.lifecycle is None else row.lifecycle in which.lifecycles,
    "listed_only": lambda row, _: row.listed,
}


def passes(row: ModelRow, which: Filters) -> bool | None:
    """Whether a row passes; ``None`` where that hangs on something that nobody knows."""
    return _verdict(row, which, which.active())


def _verdict(row: ModelRow, which: Filters, active: Sequence[str]) -> bool | None:
    verdict: bool | None = True
    for name in active:
        one = _TESTS[name](row, which)
        if one is False:
            return False
        if one is None:
            verdict = None
    return verdict


def search(rows: Iterable[ModelRow], which: Filters) -> Found:
    """Let the rows through that pass, and keep apart those of which nobody knows."""
    active = which.active()
    passed: list[ModelRow] = []
    unknown: list[ModelRow] = []
    for row in rows:
        verdict = _verdict(row, which, active)
        if verdict is True or (verdict is None and which.include_unknown):
            passed.append(row)
        elif verdict is None:
            unknown.append(row)
    return Found(tuple(passed), tuple(unknown))


def relaxations(rows: Sequence[ModelRow], which: Filters) -> tuple[tuple[str, int], ...]:
    """Which filters, when one of them is taken away, let something through, and how much; most first."""
    counts = [(name, len(search(rows, which.without(name)).rows)) for name in which.active()]
    return tuple(sorted(((name, count) for name, count in counts if count), key=lambda item: -item[1]))
