"""Presets: named, saved variants with their prompt templates; their files, and what they are exported to."""

from bedrock_playground.presets.errors import FileRefused, PresetError, TemplateUnfilled
from bedrock_playground.presets.values import Imported, Preset, Value, Variable

__all__ = [
    "FileRefused",
    "Imported",
    "Preset",
    "PresetError",
    "TemplateUnfilled",
    "Value",
    "Variable",
]
