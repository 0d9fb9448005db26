"""What a row of the table says of a family of models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_playground.catalog.models import ReasoningKind
from bedrock_playground.invocation.values import Json

FIELDS = "additionalModelRequestFields"
"""Where a model's own fields go."""


@dataclass(frozen=True, slots=True)
class Span:
    """The values that a number may have."""

    minimum: float
    """The smallest."""
    maximum: float | None
    """The largest; ``None`` where not known."""
    default: float | None = None
    """What the model uses when nothing is sent; ``None`` where not known."""
    warning: str | None = None
    """Where sources conflict."""
    warn_below: float | None = None
    """The warning is about values smaller than this alone; ``None``: about all."""

    def warning_for(self, value: float | None) -> str | None:
        """What to say about a value; nothing where the warning is not about it."""
        if self.warn_below is None:
            return self.warning
        return self.warning if value is not None and value < self.warn_below else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How a family is asked to reason."""

    kind: ReasoningKind | None
    """The way; ``None``: nobody has verified one, so nothing is offered."""
    switch: tuple[str, ...] = ()
    """Where the object goes that turns it on and off."""
    on: Mapping[str, Json] | None = None
    """That object for on."""
    off: Mapping[str, Json] | None = None
    """That object for off."""
    effort: tuple[str, ...] = ()
    """Where the level of effort goes; empty: it takes none."""
    levels: tuple[str, ...] = ()
    """The levels, where the snapshot has none."""
    level_for_on: str | None = None
    """The level that is sent when reasoning is turned on without one."""
    off_level: str | None = None
    """The word at the effort's place that turns reasoning off."""
    on_by_default: bool = False
    """Whether it reasons when nothing is sent."""
    can_turn_off: bool = True
    """Whether it can answer without."""
    refuses_at_high: bool = False
    """Whether it is reported to refuse temperature, top-p and max tokens at effort ``high``."""
    refuses_forcing: bool = False
    """Whether it refuses, while it reasons, to be made to call a tool."""
    takes_budget_too: bool = False
    """Whether a fixed budget, the older way, is taken as well."""
    warning: str | None = None
    """What is not verified, or where sources conflict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the models of one family take."""

    name: str
    """As the reasons call it."""
    pattern: re.Pattern[str]
    """The beginning of the models' own ids."""
    source: str
    """Where this row comes from."""
    temperature: Span | None
    """``None``: refused."""
    top_p: Span | None
    """``None``: refused."""
    one_of_two: bool = False
    """Whether temperature and top-p exclude each other."""
    top_k: Span | None = None
    """``None``: refused, or not known to be taken."""
    top_k_path: tuple[str, ...] = ()
    """Where top-k goes."""
    top_k_refused: bool = True
    """Whether it is known to be refused, where it is not taken."""
    thinking: Thinking | None = None
    """``None``: it does not reason."""
    system_prompt: bool | None = None
    """Where the snapshot does not tell."""
    tools: bool | None = None
    """Where the snapshot does not tell."""
    tool_choice: tuple[str, ...] = ()
    """The choices that are known to be taken: ``auto``, ``any``, ``tool``."""
    refuses_forcing: bool = False
    """Whether it is known to refuse being made to call a tool."""
    stop_count: int | None = None
    """How many stop sequences; ``None``: Converse's own limit."""
    stop_words: tuple[str, ...] = ()
    """The only stop sequences taken; empty: any."""
    stop_not_blank: bool = False
    """Whether each stop sequence needs a visible character."""
    ceiling: int | None = None
    """The most tokens of one answer, where the snapshot does not tell."""
    small_default: bool = False
    """Whether Bedrock is reported to stop it early where max tokens are not sent."""
    warning: str | None = None
    """What may go wrong with any request."""
