"""Presets as YAML: the same document as the JSON, where prompts are blocks that people can edit."""

from __future__ import annotations

from collections.abc import Sequence

from bedrock_playground.presets import yaml_text
from bedrock_playground.presets.codec import document_of, presets_of
from bedrock_playground.presets.formats.values import Exported
from bedrock_playground.presets.values import Imported, Preset


class YamlFile:
    """YAML, by the same published schema."""

    name = "yaml"
    label = "YAML"
    suffix = ".yaml"
    mime = "application/yaml"
    language = "yaml"
    about = "The same as JSON, easier to read and to edit by hand."
    many = True

    def write(self, presets: Sequence[Preset]) -> Exported:
        """Write presets; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        return Exported(yaml_text.dump(document_of(presets)))

    def read(self, text: str) -> Imported:
        """Read presets; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        return Imported(presets_of(yaml_text.load(text)))


FORMAT = YamlFile()
"""The format."""
