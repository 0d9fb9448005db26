"""Between presets and rows: pure, both ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import RowMapping

from bedrock_playground.history.errors import PresetUnreadable
from bedrock_playground.history.preset_records import PresetSummary, StoredPreset
from bedrock_playground.history.rows import clean, dump, fold
from bedrock_playground.presets.codec import document_of, presets_of
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.starter import starters
from bedrock_playground.presets.values import Preset


@dataclass(frozen=True, slots=True)
class ReadyPreset:
    """A preset and the document that is kept of it."""

    preset: Preset
    """The preset."""
    document: str
    """Its file format's document, as text."""

    @classmethod
    def of(cls, preset: Preset) -> Self:
        """Make the document, before the database is asked for anything.

        Raises:
            FileRefused: It is not a preset that a file could hold.
        """
        return cls(preset, dump(document_of([preset])))

    def columns(self, user: str | None) -> dict[str, Any]:
        """What lists and searches read of it."""
        preset = self.preset
        return {
            "name": preset.name,
            "name_key": fold(preset.name),
            "description": clean(preset.description),
            "tags": dump(list(preset.tags)),
            "model_id": preset.variant.model,
            "search_text": search_text_of(preset),
            "user_name": None if user is None else clean(user),
        }


def search_text_of(preset: Preset) -> str:
    """What a search looks through."""
    told = (
        preset.name, preset.description, *preset.tags, preset.variant.model, preset.system or "",
        preset.prompt, preset.notes,
    )  # fmt: skip
    return fold("\n".join(told))


def stored_of(row: RowMapping) -> StoredPreset:
    """The preset in a row.

    Raises:
        PresetUnreadable: Its document is not what this version can read.
    """
    try:
        (preset,) = presets_of(json.loads(row["document"]))
    except (FileRefused, ValueError) as error:
        raise PresetUnreadable(f"Version {row['version']} of this preset cannot be read: {error}") from error
    return StoredPreset(
        preset_id=row["preset_id"],
        version=row["version"],
        preset=preset,
        saved_at=row["saved_at"],
        user=row["user_name"],
        latest=row["version"] == row["latest"],
        deleted=row["deleted_at"] is not None,
    )


def summary_of(row: RowMapping) -> PresetSummary:
    """The summary in a row."""
    return PresetSummary(
        preset_id=row["preset_id"],
        name=row["name"],
        description=row["description"],
        tags=tuple(json.loads(row["tags"])),
        model=row["model_id"],
        version=row["version"],
        saved_at=row["saved_at"],
        user=row["user_name"],
    )


def starter_summary(key: str, preset: Preset) -> PresetSummary:
    """What a list shows of a starter."""
    return PresetSummary(
        key, preset.name, preset.description, preset.tags, preset.variant.model, 1, None, starter=True
    )


def stored_starter(key: str) -> StoredPreset:
    """A starter, as the shelf has it."""
    return StoredPreset(key, 1, starters()[key], None, starter=True)
