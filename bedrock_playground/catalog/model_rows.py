"""One flat row per id that can be sent: what a table of models shows, what filters and rankings look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bedrock_playground.catalog.models import Lifecycle, ModelOption, ModelSpec, Scope
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.resolution import Resolution, base_model_id
from bedrock_playground.invocation.cost import Confidence


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
    VIDEO = "video"
    """Watches video."""
    AUDIO = "audio"
    """Listens to recordings or speech."""
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
    def refused(self) -> bool:
        """Whether it is known that a call to this id is refused, as to any other id of the model."""
        return self.spec is not None and self.spec.reachable is False and self.model_id == self.spec.model_id

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


def options_of(models: Mapping[str, ModelSpec]) -> tuple[ModelOption, ...]:
    """Every id that the snapshot knows, as options that no connection has listed.

    A model's own id is among them unless it is known that only a profile reaches it. One that no known id
    reaches is there by its own, to be looked at: :attr:`ModelOption.comparable` tells.
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


def price_of(found: Resolution, prices: Knows, *, region: str | None = None) -> Price | None:
    """The price of an id, or of what stands behind it.

    Args:
        found: The id with what stands behind it.
        prices: Who knows prices: the user may have one for any id or ARN, and that one wins.
        region: Whose prices, where they differ by Region.
    """
    own = prices.price(found.model_id, region=region)
    if own is not None:
        return own
    if found.priced_as is not None:
        return prices.price(found.priced_as, region=region)
    if found.kind != "application_profile" or len(found.base_ids) != 1:
        return None
    near = prices.price(found.base_ids[0], region=region)
    if near is None:
        return None
    why = "How far the application profile reaches is not known; this is its model's own price."
    return replace(near, confidence=Confidence.ESTIMATE, note=f"{near.note} {why}" if near.note else why)


def rows_of(
    options: Iterable[ModelOption],
    prices: Knows | None = None,
    *,
    region: str | None = None,
    resolve: Callable[[str], Resolution] | None = None,
) -> tuple[ModelRow, ...]:
    """Make the rows of options.

    Args:
        options: The ids on offer.
        prices: Who knows prices; without, every price is unknown.
        region: Whose prices, where they differ by Region.
        resolve: Tells what stands behind an application profile, whose ARN no source has a price for.
    """

    def price(option: ModelOption) -> Price | None:
        if prices is None:
            return None
        if resolve is not None and option.scope == "application":
            return price_of(resolve(option.model_id), prices, region=region)
        return prices.price(option.model_id, region=region)

    return tuple(_row(option, price(option)) for option in options)


def _row(option: ModelOption, price: Price | None) -> ModelRow:
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
        price=price,
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
        Capability.VIDEO: "video" in takes if takes else None,
        Capability.AUDIO: not {"audio", "speech"}.isdisjoint(takes) if takes else None,
        Capability.STREAMING: spec.streaming,
        Capability.SYSTEM: spec.system_prompt,
    }
