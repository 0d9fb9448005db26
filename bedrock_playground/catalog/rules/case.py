"""What the rules of one request depend on: the model, and what else is set."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules.families import family_of
from bedrock_playground.catalog.rules.family import Family, Thinking
from bedrock_playground.catalog.rules.raw import NOTHING, RawSettings, read_raw
from bedrock_playground.catalog.rules.values import ControlState, Rule
from bedrock_playground.catalog.variant import Inputs, Variant

SMALLEST_BUDGET = 1024
"""Tokens; Claude takes no smaller thinking budget."""
SMALL_DEFAULT = 4096
"""Where Bedrock is reported to stop Claude when max tokens are not sent (pydantic-ai, LibreChat#14058);
AWS's API reference says that the default is the most that the model takes."""


@dataclass(frozen=True, slots=True)
class Case:
    """One model with the settings of one variant."""

    resolution: Resolution
    """What the id stands for."""
    family: Family | None
    """The family's row; ``None``: nobody knows this model."""
    variant: Variant
    """The settings."""
    inputs: Inputs | None
    """What is asked; ``None`` where only the settings matter."""

    @property
    def spec(self) -> ModelSpec | None:
        """What the snapshot knows."""
        return self.resolution.spec

    @property
    def name(self) -> str:
        """The model as reasons call it."""
        if self.spec is not None:
            return self.spec.name
        return self.family.name if self.family else "This model"

    @property
    def name_within(self) -> str:
        """The same, in the middle of a sentence."""
        return self.name if self.name != "This model" else "this model"

    @property
    def is_prompt(self) -> bool:
        """Whether the id is a stored prompt, which brings its own settings."""
        return self.resolution.kind == "prompt"

    @property
    def is_local(self) -> bool:
        """Whether it is served by the local endpoint."""
        return _is_local(self.resolution)

    @property
    def source(self) -> str | None:
        """Where the family's row comes from."""
        return self.family.source if self.family else None

    @property
    def thinking(self) -> Thinking | None:
        """How it reasons; ``None``: it does not, or nobody knows the model.

        The table says how it is asked; the snapshot's word on whether it reasons, and can be kept from it,
        goes before the table's.
        """
        thinking = self.family.thinking if self.family else None
        told = self.spec.reasoning if self.spec else None
        if thinking is None or told is None:
            return thinking
        if told.kind == "none":
            return None
        if told.kind == "always":
            return Thinking(kind="always", on_by_default=True, can_turn_off=False)
        if told.can_turn_off is False:
            return replace(thinking, can_turn_off=False)
        return thinking

    @property
    def raw(self) -> RawSettings:
        """What the raw additional fields set of what is known."""
        return (
            NOTHING
            if self.is_prompt
            else read_raw(self.variant.additional_fields, self.family, self.thinking)
        )

    @property
    def ceiling(self) -> int | None:
        """The most tokens of one answer."""
        told = self.spec.max_output_tokens if self.spec else None
        return told or (self.family.ceiling if self.family else None)

    @property
    def max_tokens(self) -> int | None:
        """The max tokens that will be sent: as set, at most the model's; ``None`` where none is set."""
        wanted = self.variant.max_tokens
        if wanted is None or self.is_prompt:
            return None
        return min(max(wanted, 1), self.ceiling or wanted)

    @property
    def room(self) -> int | None:
        """The largest thinking budget: below max tokens; ``None`` where no limit is known."""
        limit = self.max_tokens if self.max_tokens is not None else self.ceiling
        return None if limit is None else limit - 1

    @property
    def too_small_to_think(self) -> bool:
        """Whether max tokens leaves no room for the smallest thinking budget."""
        thinking = self.thinking
        budgeted = thinking is not None and thinking.kind == "budget"
        return budgeted and self.room is not None and self.room < SMALLEST_BUDGET

    @property
    def reasons(self) -> bool:
        """Whether the model will reason, as things are set; the raw fields have the last word."""
        thinking = self.thinking
        if thinking is None or thinking.can_turn_off:
            told = self.raw.reasoning
            if told is not None:
                return told == "on"
        return self.reasons_by_controls

    @property
    def reasons_by_controls(self) -> bool:
        """Whether the model will reason, as the settings but the raw fields ask."""
        thinking = self.thinking
        if thinking is None or thinking.kind is None or self.is_prompt or self.too_small_to_think:
            return False
        if not thinking.can_turn_off:
            return True
        if self.variant.reasoning is not None:
            return self.variant.reasoning == "on"
        return thinking.on_by_default or self.asks_for_reasoning

    @property
    def asks_for_reasoning(self) -> bool:
        """Whether a budget or a level is set that turns reasoning on by itself."""
        thinking = self.thinking
        if thinking is None:
            return False
        if thinking.kind == "budget":
            return self.variant.thinking_budget is not None
        return thinking.kind == "effort" and self.effort is not None

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of effort it takes; the word for "off" is not one of them."""
        thinking = self.thinking
        if thinking is None or not thinking.effort:
            return ()
        told = self.spec.reasoning.effort_levels if self.spec and self.spec.reasoning else ()
        return tuple(level for level in told or thinking.levels if level != thinking.off_level)

    @property
    def effort(self) -> str | None:
        """The level that is set, if it is one of the model's."""
        return self.variant.effort if self.variant.effort in self.levels else None


def case_of(resolution: Resolution, variant: Variant, inputs: Inputs | None) -> Case:
    """Find what the rules depend on; only a model that the catalogue knows has a family."""
    known = resolution.spec.model_id if resolution.spec else None
    base = known or (resolution.model_id if _is_local(resolution) else None)
    family = family_of(base) if base else None
    return Case(resolution=resolution, family=family, variant=variant, inputs=inputs)


def _is_local(resolution: Resolution) -> bool:
    # The endpoint refuses Bedrock's ids and Bedrock has none like these: the id alone tells. Its test-only
    # models are not meant: they stand for models that nobody knows.
    base = resolution.spec.model_id if resolution.spec else resolution.model_id
    return base.startswith("local.") and not base.startswith("local.test-")


def cannot(case: Case, parameter: str, reason: str, *, state: ControlState = ControlState.REJECTED) -> Rule:
    """Make a rule of something that is not sent."""
    return Rule(parameter=parameter, state=state, reason=reason, source=case.source)


def by_prompt(parameter: str) -> Rule:
    """Make the rule of what a stored prompt brings itself."""
    return Rule(
        parameter=parameter,
        state=ControlState.REJECTED,
        reason="A stored prompt brings its own settings: Converse refuses any beside it.",
        source="AWS, Converse API reference",
    )


def by_ignorance(parameter: str, what: str) -> Rule:
    """Make the rule for a model that nobody knows."""
    return Rule(
        parameter=parameter,
        state=ControlState.DEFAULT_ONLY,
        reason=f"The catalogue does not know {what}, and the newest models refuse requests that set this. "
        "If yours takes it, write it as an additional field.",
    )
