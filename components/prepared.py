"""What becomes of a variant's settings: the request that would be sent now, and why it would not be."""

from __future__ import annotations

from dataclasses import dataclass, fields

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.variant import Adjustment, BuiltRequest, Inputs, Variant
from bedrock_playground.connection import Connection
from bedrock_playground.invocation.trace import is_pattern
from components import variants
from components.raw_by_model import with_own_fields
from components.resources import resolve_model
from components.template_state import filled_variant

_SETTINGS = frozenset(field.name for field in fields(Variant))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A variant, the model behind it, and the request that they make."""

    letter: str
    """The variant's name."""
    variant: Variant
    """Its settings as they were made."""
    resolution: Resolution
    """What its model id stands for."""
    built: BuiltRequest
    """What would be sent, and what became of the settings."""
    refusals: tuple[str, ...]
    """Why it sits out, in words; empty: it can be sent."""

    @property
    def set_aside(self) -> tuple[Adjustment, ...]:
        """The variant's own settings that are kept, but not sent to this model."""
        return tuple(
            adjustment
            for adjustment in self.built.adjustments
            if adjustment.action == "dropped" and adjustment.parameter in _SETTINGS
        )


def prepare(
    letter: str, inputs: Inputs, *, connection: Connection | None, catalogue: Catalogue
) -> Prepared | None:
    """Make the request of one variant as it stands.

    Args:
        letter: Which variant.
        inputs: What all variants are asked, filled in.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: What that place can call.

    Returns:
        ``None`` where no model is picked yet.
    """
    variant = variants.read(letter)
    if not variant.model:
        return None
    if is_pattern(variant.model):
        # Only here: Compare's first page needs nothing of patterns.
        from components.patterns_variant import prepare_pattern  # noqa: PLC0415

        return prepare_pattern(letter, variant, inputs, connection=connection)
    resolution = resolve_model(connection, variant.model)
    variant = with_own_fields(letter, variant, resolution)
    built = build_request(filled_variant(variant), inputs, resolution)
    elsewhere = catalogue.why_not_callable(variant.model)
    refusals = (*built.refusals, *((elsewhere,) if elsewhere else ()))
    return Prepared(letter, variant, resolution, built, refusals)
