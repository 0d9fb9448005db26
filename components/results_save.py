"""Taking a contender away from its evaluation: as a preset, or as a pattern."""

from __future__ import annotations

import json

import streamlit as st

from bedrock_playground.evaluation.taking import preset_of_contender
from bedrock_playground.history import HistoryError, StoredPreset
from bedrock_playground.patterns.codec import member_to_json
from bedrock_playground.patterns.members import Solo
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.values import Preset
from components.preset_words import refusal_words
from components.resources import get_store
from components.results_chart import file_of
from components.results_data import Shown
from components.words import plain

_PRESETS = "pages/workspace/presets.py"
_SAVED = "results_saved"


def save_button(shown: Shown, label: str) -> None:
    """Offer to keep a contender: one click.

    Args:
        shown: What is shown.
        label: The contender's letter.
    """
    contender = shown.reading.result(label).contender
    if not isinstance(contender.member, Solo):
        st.download_button(
            "Take the pattern away (JSON)",
            json.dumps(member_to_json(contender.member), indent=2, ensure_ascii=False),
            file_name=f"{file_of(shown.evaluation.evaluation_id, contender.name)}.json",
            mime="application/json",
            key=f"results_take_{label}",
            icon=":material/download:",
            on_click="ignore",
        )
        return
    st.button(
        "Save as preset",
        key=f"results_save_{label}",
        icon=":material/bookmark_add:",
        type="primary",
        on_click=_save_preset,
        args=(shown, label),
    )
    _told(shown, label)


def _told(shown: Shown, label: str) -> None:
    """Say what became of the click, once the page was drawn again."""
    said: dict[tuple[str, str], tuple[bool, str]] = st.session_state.get(_SAVED, {})
    found = said.get((shown.evaluation.evaluation_id, label))
    if found is None:
        return
    saved, words = found
    if not saved:
        st.error(plain(words), icon=":material/error:")
        return
    st.markdown(f":material/check: {plain(words)}")
    st.page_link(_PRESETS, label="Open Presets", icon=":material/bookmarks:")


def _save_preset(shown: Shown, label: str) -> None:
    key = (shown.evaluation.evaluation_id, label)
    said: dict[tuple[str, str], tuple[bool, str]] = st.session_state.setdefault(_SAVED, {})
    try:
        stored = _kept(preset_of_contender(shown.reading.spec, label))
    except (HistoryError, FileRefused) as error:
        said[key] = (False, refusal_words(error))
        return
    version = "" if stored.version == 1 else f", version {stored.version}"
    said[key] = (True, f"Saved as the preset “{stored.preset.name}”{version}.")


def _kept(preset: Preset) -> StoredPreset:
    """Keep a preset; saved before, it gets another version, or stays as it is."""
    shelf = get_store().presets
    before = shelf.named(preset.name)
    if before is None or before.starter:
        return shelf.add(preset)
    return shelf.save(before.preset_id, preset, change="saved from an evaluation")
