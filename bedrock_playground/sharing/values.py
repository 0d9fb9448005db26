"""What is shared of a comparison: everything that it takes to run it again, and nothing of who ran it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bedrock_playground.catalog.variant import Inputs, Variant, escaped
from bedrock_playground.presets.values import Value, Variable

MAX_REPEAT = 50
"""Times that each variant answers, at most."""
MAX_FILES = 25
"""Files beside a prompt, at most: Converse takes 20 images and 5 documents."""
LETTERS = "ABCDEFGH"
"""What variants are called; eight at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedComparison:
    """A comparison before it is run: what is asked, of whom, with what settings.

    Credentials, endpoints, answers and the bytes of files are no part of it.
    """

    inputs: Inputs
    """What all variants are asked; its texts are templates, its files are left out."""
    variants: tuple[tuple[str, Variant], ...]
    """Every variant by its letter, in the order of display; at least one."""
    variables: tuple[Variable, ...] = ()
    """What is known of the templates' variables."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What fills them; a variable may have no value yet."""
    repeat: int = 1
    """Times that each variant answers, 1-50."""
    files_left_out: int = 0
    """How many files stood beside the prompt."""

    def __post_init__(self) -> None:
        """Leave files out, and write stop sequences as they are typed."""
        object.__setattr__(self, "inputs", replace(self.inputs, attachments=()))
        typed = tuple(
            (letter, replace(variant, stop=tuple(escaped(text) for text in variant.stop)))
            for letter, variant in self.variants
        )
        object.__setattr__(self, "variants", typed)
        object.__setattr__(self, "values", dict(self.values))
