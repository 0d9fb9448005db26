"""The values of kept presets: what is kept beside a preset, what is asked for, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bedrock_playground.presets.values import Preset

OnConflict: TypeAlias = Literal["refuse", "version", "rename", "skip"]
"""What becomes of an imported preset whose name is taken: nothing is imported at all, it becomes the next
version of the one that is there, it gets another name, or it is left out."""


@dataclass(frozen=True, slots=True)
class StoredPreset:
    """One version of a preset as it is kept."""

    preset_id: str
    """Its id, the same for all its versions."""
    version: int
    """1 for the first save."""
    preset: Preset
    """What was saved."""
    saved_at: datetime | None
    """When, in UTC; ``None`` for the starter set, which came with the program."""
    user: str | None = None
    """Who saved it; ``None`` without sign-in."""
    latest: bool = True
    """Whether it is the version that is used."""
    deleted: bool = False
    """Whether the preset was deleted; it can be brought back."""
    starter: bool = False
    """Whether it came with the program: it cannot be changed, only copied."""


@dataclass(frozen=True, slots=True)
class PresetVersion:
    """What a list of versions shows of one."""

    version: int
    """1 for the first save."""
    saved_at: datetime
    """When, in UTC."""
    user: str | None
    """Who saved it."""
    change: str
    """How it came about, in words: ``restored from version 2``; empty: it was edited."""


@dataclass(frozen=True, slots=True)
class PresetSummary:
    """What a list shows of a preset."""

    preset_id: str
    """Its id."""
    name: str
    """What it is called."""
    description: str
    """What it is for."""
    tags: tuple[str, ...]
    """Words to find it by."""
    model: str
    """What is sent as ``modelId``; empty while none is picked."""
    version: int
    """Its latest version."""
    saved_at: datetime | None
    """When that was saved, in UTC; ``None`` for the starter set."""
    user: str | None = None
    """Who saved it."""
    starter: bool = False
    """Whether it came with the program."""


@dataclass(frozen=True, slots=True)
class PresetFilter:
    """Which presets; every field narrows, an empty one does not."""

    text: str = ""
    """Every word of it is found in name, description, tags, model, prompt or notes, whatever the case."""
    tags: tuple[str, ...] = ()
    """All of these tags."""
    starters: bool | None = None
    """``True``: only the starter set; ``False``: only what was saved here."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did."""

    added: tuple[StoredPreset, ...] = ()
    """Presets that are new here, by the names that they have now."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Names that were taken, and what they became."""
    updated: tuple[StoredPreset, ...] = ()
    """Presets that got a new version."""
    unchanged: tuple[str, ...] = ()
    """Names of presets that are here already, just so."""
    skipped: tuple[str, ...] = ()
    """Names that were taken and left out."""


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """The preset that a run comes from."""

    preset_id: str
    """The preset's id."""
    version: int
    """Its version then."""
    tags: tuple[str, ...] = ()
    """Its tags then; the run is found by them."""
