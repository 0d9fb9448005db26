"""Templates and what filled them, as JSON and back: what a comparison was asked, before it was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.presets.codec import preset_from_json, preset_to_json
from bedrock_playground.presets.values import Preset, Value, Variable


@dataclass(frozen=True, slots=True)
class Template:
    """Templates as they stand, and what fills them."""

    prompt: str
    """The prompt's template."""
    system: str | None
    """The shared system prompt's template."""
    variables: tuple[Variable, ...]
    """What is known of the variables."""
    values: Mapping[str, Value]
    """What stands in their fields."""


def template_to_json(template: Template) -> dict[str, Any]:
    """Say a template as JSON: a nameless preset with one row of values."""
    known = {variable.name for variable in template.variables}
    row = {name: value for name, value in template.values.items() if name in known}
    return preset_to_json(
        Preset(
            name="template",
            variant=Variant(),
            system=template.system,
            prompt=template.prompt,
            variables=template.variables,
            rows=(row,) if row else (),
        )
    )


def template_from_json(value: object) -> Template:
    """Read a template of :func:`template_to_json`.

    Raises:
        FileRefused: It is not one.
    """
    preset = preset_from_json(value)
    return Template(preset.prompt, preset.system, preset.variables, preset.rows[0] if preset.rows else {})
