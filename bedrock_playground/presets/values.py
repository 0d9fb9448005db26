"""What a preset is: a named variant with its prompt template and variables; frozen and comparable.

``None`` and empty mean *not set*, as in :mod:`bedrock_playground.catalog.variant`. The limits here are those
of the published file format; :mod:`bedrock_playground.presets.codec` holds files against them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from bedrock_playground.catalog.variant import ToolDefinition, Variant, escaped

VariableType: TypeAlias = Literal["string", "number", "integer", "boolean", "choice"]
"""What a variable takes: any text, a number, a whole number, yes or no, one of some texts."""
VARIABLE_TYPES: tuple[VariableType, ...] = get_args(VariableType)
"""Every type, in the order in which they are offered."""
Value: TypeAlias = str | int | float | bool
"""What a variable can be filled with."""

MAX_NAME = 120
"""Characters of a preset's name."""
MAX_TEXT = 400_000
"""Characters of a prompt, a system prompt, a schema or a note."""
MAX_PRESETS = 500
"""Presets of one file."""
# Up to here a float holds every whole number.
_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Something in a template that is filled in before it is sent."""

    name: str
    """``[A-Za-z_][A-Za-z0-9_]*``, at most 64 characters; written ``{{name}}``."""
    type: VariableType = "string"
    """What it takes."""
    description: str = ""
    """What to fill in, for people."""
    example: Value | None = None
    """What stands there until somebody fills in something else."""
    choices: tuple[str, ...] = ()
    """What there is to choose from; for ``choice`` alone."""

    @property
    def start(self) -> Value | None:
        """What a field begins with: the example, else the first choice; ``None``: it begins empty."""
        if self.example is not None:
            return self.example
        return self.choices[0] if self.type == "choice" and self.choices else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named, saved variant with its prompt template and variables."""

    name: str
    """What it is called; one line."""
    description: str = ""
    """What it is for, in a sentence or two."""
    tags: tuple[str, ...] = ()
    """Words to find it by."""
    variant: Variant
    """Model, parameters and service settings. Its ``system`` is always ``None``: see ``system`` below."""
    system: str | None = None
    """The system prompt, a template too; ``None``: none is sent."""
    prompt: str = ""
    """The prompt template: see :mod:`bedrock_playground.presets.template`."""
    variables: tuple[Variable, ...] = ()
    """The template's variables, in the order of their fields; names are unique."""
    rows: tuple[Mapping[str, Value], ...] = ()
    """A table of values to run the template with, one row a run."""
    output_schema: str | None = None
    """A JSON schema for the answer, as text."""
    tools: tuple[ToolDefinition, ...] = ()
    """Tools on offer."""
    tool_choice: str | None = None
    """``auto``, ``any`` or a tool's name; ``None`` sends none."""
    notes: str = ""
    """Why the settings are so, for whoever uses it next."""

    def __post_init__(self) -> None:
        """Write stop sequences as they are typed, and let an empty system prompt be none.

        Raises:
            ValueError: The variant has a system prompt of its own.
        """
        if self.variant.system is not None:
            raise ValueError("A preset's system prompt stands in `system`, not in its variant.")
        typed = tuple(escaped(text) for text in self.variant.stop)
        object.__setattr__(self, "variant", replace(self.variant, stop=typed))
        object.__setattr__(self, "system", self.system or None)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read from a file."""

    presets: tuple[Preset, ...]
    """Every preset of the file."""
    notes: tuple[str, ...] = field(default=())
    """What the file says that a preset cannot hold, each with its place."""


def value_text(value: Value) -> str:
    """Write a value as it stands in a filled template.

    ``true`` and ``false``, and numbers as JSON has them, but whole ones without a fraction: a prompt asks for
    2 sentences, not for 2.0.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def object_text(value: object) -> str:
    """Write a JSON object as this program's editors write it, so that a file can hold it as an object."""
    return json.dumps(value, indent=2, ensure_ascii=False)
