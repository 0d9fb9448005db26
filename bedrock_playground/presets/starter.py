"""The starter set: presets that come with the program, for what inference parameters govern.

They are data in this package's own format, and each says in its notes why its settings are so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from bedrock_playground.presets.files import file_stem, read_file
from bedrock_playground.presets.values import Preset

PREFIX = "starter:"
"""What the ids of the starter set begin with; a saved preset's id has no colon."""
_NAME = "starters.yaml"


@cache
def starters() -> Mapping[str, Preset]:
    """The starter set by id, in its own order."""
    data = (files("bedrock_playground.presets") / "data" / _NAME).read_bytes()
    return MappingProxyType({
        f"{PREFIX}{file_stem(preset.name)}": preset for preset in read_file(_NAME, data).presets
    })  # fmt: skip
