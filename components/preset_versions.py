"""The versions of a preset: what changed between two, and the way back to one."""

from __future__ import annotations

from difflib import unified_diff

import streamlit as st

from bedrock_playground.history import HistoryError, PresetShelf, PresetVersion, StoredPreset
from bedrock_playground.presets import FileRefused, yaml_text
from bedrock_playground.presets.codec import preset_to_json
from bedrock_playground.presets.values import Preset
from components import presets_bar
from components.history_filters import local_zone

_CONTEXT = 2
# A line per setting: folded text would change from the first changed word on.
_WIDE = 1_000_000


def difference(before: Preset, after: Preset) -> str:
    """What changed between two presets, line by line, as they stand in YAML; empty if nothing did."""
    old, new = (
        yaml_text.dump(preset_to_json(preset), width=_WIDE).splitlines() for preset in (before, after)
    )
    lines = list(unified_diff(old, new, lineterm="", n=_CONTEXT))
    # Without the heads that name files.
    return "\n".join(lines[2:])


def versions_view(shelf: PresetShelf, stored: StoredPreset) -> None:
    """Draw the versions, two of them beside each other, and the button that restores one."""
    if stored.starter:
        st.caption("It comes with the program and never changes. Duplicate it to have your own.")
        return
    found = shelf.versions(stored.preset_id)
    by_number = {one.version: one for one in found}
    if len(found) < 2:
        st.caption(f"{_words(found[0])} Every save makes another version, and none is ever lost.")
        return
    numbers = list(by_number)
    with st.container(horizontal=True, key="preset_versions"):
        before = st.selectbox(
            "From",
            numbers,
            index=1,
            format_func=lambda number: _words(by_number[number]),
            key=f"version_from_{stored.preset_id}_{numbers[0]}",
        )
        after = st.selectbox(
            "To",
            numbers,
            format_func=lambda number: _words(by_number[number]),
            key=f"version_to_{stored.preset_id}_{numbers[0]}",
        )
    old, new = shelf.get(stored.preset_id, before), shelf.get(stored.preset_id, after)
    if old is None or new is None:
        return
    changed = difference(old.preset, new.preset)
    if changed:
        st.code(changed, language="diff", wrap_lines=True)
    else:
        st.caption("Nothing is different between these two.")
    if before != stored.version:
        st.button(
            f"Restore version {before}",
            key="preset_restore",
            icon=":material/settings_backup_restore:",
            on_click=_restore,
            args=(shelf, stored.preset_id, before),
        )
        st.caption(f"It is saved once more, as version {stored.version + 1}. Nothing is lost.")


def _words(version: PresetVersion) -> str:
    when = f"{version.saved_at.astimezone(local_zone()):%Y-%m-%d %H:%M}"
    parts = [f"Version {version.version}", when, version.user or "", version.change]
    return " · ".join(part for part in parts if part)


def _restore(shelf: PresetShelf, preset_id: str, version: int) -> None:
    try:
        stored = shelf.restore(preset_id, version)
    except (HistoryError, FileRefused) as error:
        presets_bar.complain(error)
        return
    presets_bar.tell(f"Version {version} of {stored.preset.name} is back, as version {stored.version}.")
