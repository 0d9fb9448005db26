"""Taking a contender away from its evaluation: as a preset, or as a pattern."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from bedrock_playground.evaluation.taking import preset_of_contender
from bedrock_playground.history import HistoryError, StoredPreset
from bedrock_playground.history.errors import PatternNameTaken
from bedrock_playground.history.patterns import MAX_NAME, StoredPattern
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.values import Preset
from components import patterns_kept
from components.preset_words import refusal_words
from components.resources import get_store
from components.results_data import Shown
from components.words import plain

_PRESETS = "pages/workspace/presets.py"
_PATTERNS = "pages/playground/patterns.py"
_SAVED = "results_saved"
_TRIES = 100


def save_button(shown: Shown, label: str) -> None:
    """Offer to keep a contender: one click.

    Args:
        shown: What is shown.
        label: The contender's letter.
    """
    member = shown.reading.result(label).contender.member
    if isinstance(member, Pattern):
        save_pattern_button(shown, label, member)
        return
    key = f"results_save_{label}"
    st.button(
        "Save as preset",
        key=key,
        icon=":material/bookmark_add:",
        type="primary",
        on_click=_save_preset,
        args=(shown, label, key),
    )
    _told(shown, key, page=_PRESETS, link="Open Presets")


def save_pattern_button(shown: Shown, label: str, pattern: Pattern) -> None:
    """Offer to keep a pattern as it stands now: one click.

    Args:
        shown: What is shown.
        label: The letter of the contender that it is or was made of.
        pattern: The pattern.
    """
    contender = shown.reading.result(label).contender
    changed = pattern != contender.member
    key = f"results_save_pattern_{label}_{int(changed)}"
    st.button(
        "Use this threshold" if changed else "Save the pattern",
        key=key,
        icon=":material/bookmark_add:",
        type="primary",
        help="Keeps the pattern on the Patterns page" if changed else None,
        on_click=_save_pattern,
        args=(shown, pattern, key),
        kwargs={"name": f"{contender.name} ({shown.evaluation.name})"},
    )
    _told(shown, key, page=_PATTERNS, link="Open Patterns")


def _told(shown: Shown, key: str, *, page: str, link: str) -> None:
    """Say what became of the click, once the page was drawn again."""
    said: dict[tuple[str, str], tuple[bool, str]] = st.session_state.get(_SAVED, {})
    found = said.get((shown.evaluation.evaluation_id, key))
    if found is None:
        return
    saved, words = found
    if not saved:
        st.error(plain(words), icon=":material/error:")
        return
    st.markdown(f":material/check: {plain(words)}")
    st.page_link(page, label=link, icon=":material/open_in_new:")


def _note(shown: Shown, key: str, save: Callable[[], str]) -> None:
    """Save, and keep what is to be said of it."""
    said: dict[tuple[str, str], tuple[bool, str]] = st.session_state.setdefault(_SAVED, {})
    place = (shown.evaluation.evaluation_id, key)
    try:
        said[place] = (True, save())
    except (HistoryError, FileRefused) as error:
        said[place] = (False, refusal_words(error))


def _save_preset(shown: Shown, label: str, key: str) -> None:
    def save() -> str:
        stored = _kept(preset_of_contender(shown.reading.spec, label))
        version = "" if stored.version == 1 else f", version {stored.version}"
        return f"Saved as the preset “{stored.preset.name}”{version}."

    _note(shown, key, save)


def _kept(preset: Preset) -> StoredPreset:
    """Keep a preset; saved before, it gets another version, or stays as it is."""
    shelf = get_store().presets
    before = shelf.named(preset.name)
    if before is None or before.starter:
        return shelf.add(preset)
    return shelf.save(before.preset_id, preset, change="saved from an evaluation")


def _save_pattern(shown: Shown, pattern: Pattern, key: str, *, name: str) -> None:
    def save() -> str:
        stored = _shelved(pattern, name)
        patterns_kept.forget()
        return f"Saved as the pattern “{stored.summary.name}”."

    _note(shown, key, save)


def _shelved(pattern: Pattern, name: str) -> StoredPattern:
    """Keep a pattern under this name, or with a number behind it where another one has it."""
    shelf = get_store().patterns
    for number in range(2, _TRIES):
        with suppress(PatternNameTaken):
            return shelf.add(
                pattern, name=name[:MAX_NAME] if number == 2 else f"{name[: MAX_NAME - 4]} {number - 1}"
            )
    return shelf.add(pattern, name=f"{name[: MAX_NAME - 7]} {secrets.token_hex(3)}")
