"""Finding models: one flat row per id that can be sent, filters that know of "unknown", and sorting.

What nobody knows never passes a filter as if it were good, and never sorts before what is known. Shared by
the page Models and by ``bedrock-playground models``. Pure: no clock, environment or network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from bedrock_playground.catalog.models import Lifecycle, Modality, ModelOption, ModelSpec, Scope, Task
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import base_model_id


class Capability(StrEnum):
    """What a model can do, by the words that filters and the command line use."""

    TOOLS = "tools"
    """Takes tool definitions."""
    JSON = "json"
    """Answers by a JSON schema."""
    REASONING = "reasoning"
    """Reasons before it answers."""
    CACHING = "caching"
    """Takes prompt-cache checkpoints."""
    IMAGES = "images"
    """Reads images."""
    DOCUMENTS = "documents"
    """Reads documents."""
    STREAMING = "streaming"
    """Streams its answer."""
    SYSTEM = "system"
    """Takes a system prompt."""


class Knows(Protocol):
    """Who knows prices."""

    def price(self, model_id: str, *, tier: str = "default", region: str | None = None) -> Price | None:
        """The price of an id, or ``None`` where nobody knows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One id that can be sent, flat: what a table shows of it."""

    model_id: str
    """What is sent as ``modelId``."""
    base_id: str
    """The foundation model's id, as far as it shows."""
    name: str
    """The model's name."""
    provider: str
    """Who made it."""
    scope: Scope
    """How it is reached."""
    geography: str | None = None
    """A profile's prefix: ``us``, ``eu`` … ``global``."""
    listed: bool = False
    """Whether the connection lists it."""
    spec: ModelSpec | None = None
    """The model behind it, where that is known."""
    price: Price | None = None
    """The price in the default tier."""
    capabilities: Mapping[Capability, bool | None] = field(default_factory=dict)
    """What it can do; ``None`` or missing where nobody told."""
    haystack: str = ""
    """What the text search looks through, folded."""

    @property
    def context_window(self) -> int | None:
        """Tokens, input and output together."""
        return self.spec.context_window if self.spec else None

    @property
    def max_output_tokens(self) -> int | None:
        """The most tokens of one answer."""
        return self.spec.max_output_tokens if self.spec else None

    @property
    def input_price(self) -> Decimal | None:
        """US dollars per million input tokens; nothing for a model on this machine."""
        if self.scope == "local":
            return Decimal(0)
        return self.price.rates.input if self.price else None

    @property
    def output_price(self) -> Decimal | None:
        """US dollars per million output tokens; nothing for a model on this machine."""
        if self.scope == "local":
            return Decimal(0)
        return self.price.rates.output if self.price else None

    @property
    def lifecycle(self) -> Lifecycle | None:
        """Where the model stands."""
        return self.spec.lifecycle if self.spec else None

    @property
    def end_of_life(self) -> date | None:
        """From when it cannot be called."""
        return self.spec.end_of_life if self.spec else None


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


def options_of(models: Mapping[str, ModelSpec]) -> tuple[ModelOption, ...]:
    """Every id that the snapshot knows, as options that no connection has listed.

    A model's own id is among them unless it is known that only a profile reaches it.
    """
    options = []
    for spec in models.values():
        ids: list[tuple[str, Scope]] = [(profile.profile_id, profile.scope) for profile in spec.profiles]
        if spec.on_demand is not False or not ids:
            ids.insert(0, (spec.model_id, "in_region"))
        options += [
            ModelOption(
                model_id=model_id,
                name=spec.name,
                provider=spec.provider,
                scope=scope,
                spec=spec,
                listed=False,
            )
            for model_id, scope in ids
        ]
    return tuple(options)


def rows_of(
    options: Iterable[ModelOption], prices: Knows | None = None, *, region: str | None = None
) -> tuple[ModelRow, ...]:
    """Make the rows of options.

    Args:
        options: The ids on offer.
        prices: Who knows prices; without, every price is unknown.
        region: Whose prices, where they differ by Region.
    """
    return tuple(_row(option, prices, region) for option in options)


def _row(option: ModelOption, prices: Knows | None, region: str | None) -> ModelRow:
    spec = option.spec
    base = spec.model_id if spec else base_model_id(option.model_id)
    words = (option.model_id, base, option.name, option.provider, spec.name if spec else "")
    return ModelRow(
        model_id=option.model_id,
        base_id=base,
        name=spec.name if spec else option.name,
        provider=option.provider or (spec.provider if spec else ""),
        scope=option.scope,
        geography=geography_of(option.model_id, base) if option.scope in _TRAVELLING else None,
        listed=option.listed,
        spec=spec,
        price=prices.price(option.model_id, region=region) if prices else None,
        capabilities=capabilities_of(spec) if spec else {},
        haystack=" ".join((*words, spec.family or "" if spec else "")).casefold(),
    )


_TRAVELLING = ("geographic", "global")


def geography_of(model_id: str, base_id: str) -> str | None:
    """The prefix of an inference profile's id: ``us`` of ``us.amazon.nova-lite-v1:0``."""
    last = model_id.rpartition("/")[2]
    head = last.removesuffix(f".{base_id}")
    return head if head and head != last else None


def capabilities_of(spec: ModelSpec) -> dict[Capability, bool | None]:
    """What a model can do; ``None`` where nobody told."""
    takes = spec.input_modalities
    return {
        Capability.TOOLS: spec.tools,
        Capability.JSON: spec.structured_output,
        Capability.REASONING: None if spec.reasoning is None else spec.reasoning.kind != "none",
        Capability.CACHING: None if spec.prompt_caching is None else spec.prompt_caching.supported,
        Capability.IMAGES: "image" in takes if takes else None,
        Capability.DOCUMENTS: "document" in takes if takes else None,
        Capability.STREAMING: spec.streaming,
        Capability.SYSTEM: spec.system_prompt,
    }


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
    """The id that stands for it: one that the connection lists, then the cheapest, then the nearest."""
    rows: tuple[ModelRow, ...]
    """All of them, the best first."""


_NEAREST: dict[Scope, int] = {"local": 0, "in_region": 1, "geographic": 2, "global": 3, "application": 4}


def preference(row: ModelRow) -> tuple[bool, bool, Decimal, int, str]:
    """What makes one id of a model stand before another: listed, priced, cheap, near."""
    known = row.input_price is not None and row.output_price is not None
    total = (row.input_price or Decimal(0)) + (row.output_price or Decimal(0))
    return (not row.listed, not known, total, _NEAREST.get(row.scope, 9), row.model_id)


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
