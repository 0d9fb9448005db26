"""What a rule is: one control, its state, its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ControlState(StrEnum):
    """What can be done with a control."""

    FREE = "free"
    """Any value in the range."""
    DEFAULT_ONLY = "default_only"
    """The model takes nothing but its own default, or nobody knows better: not sent."""
    REJECTED = "rejected"
    """The model refuses the whole request if it is sent."""
    CONFLICTS = "conflicts"
    """It would be free, but another setting that is in use excludes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one model takes for one setting."""

    parameter: str
    """The field of :class:`~bedrock_playground.catalog.variant.Variant`."""
    state: ControlState
    """What can be done with it, given the variant's other settings."""
    reason: str
    """Why, in a sentence for the user."""
    minimum: float | None = None
    """The smallest value."""
    maximum: float | None = None
    """The largest value; ``None`` where not known."""
    step: float | None = None
    """A sensible step."""
    default: float | str | None = None
    """What the model uses when nothing is sent; ``None`` where not known."""
    options: tuple[str, ...] = ()
    """The values on offer, where it is one of a few."""
    path: tuple[str, ...] = ()
    """Where it goes in the Converse request."""
    conflicts_with: tuple[str, ...] = ()
    """The settings that exclude it, whether in use or not."""
    warning: str | None = None
    """Where sources conflict or nothing is verified: said, and not blocked."""
    source: str | None = None
    """Where the rule comes from."""

    @property
    def usable(self) -> bool:
        """Whether a value will be sent."""
        return self.state is ControlState.FREE
