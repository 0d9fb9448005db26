"""Bringing presets in from a file: what is in it, what of it is taken already, what was refused and where."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from bedrock_playground.history import HistoryError, ImportOutcome, OnConflict, PresetShelf
from bedrock_playground.presets import FileRefused, Imported
from bedrock_playground.presets.files import read_file
from components import presets_list
from components.preset_words import refusal_words, settings_words
from components.words import plain

_ROUND = "presets_import_round"
_PROBLEM = "presets_import_problem"
DONE = "presets_import_done"
"""What was imported, in words, once."""
_MAX_UPLOAD_MB = 6
_SHOWN = 6
_CHOICES: dict[OnConflict, str] = {
    "rename": "Keep both: the new one gets a number",
    "version": "Save it as the next version of the one here",
    "skip": "Leave it out",
}
assert set(_CHOICES) == set(get_args(OnConflict)) - {"refuse"}  # noqa: S101 - nobody is asked and refused


def import_popover(shelf: PresetShelf) -> None:
    """Draw the uploader, and what an uploaded file holds.

    Args:
        shelf: Where presets go.
    """
    file = st.file_uploader(
        "A file of presets",
        ["json", "yaml", "yml"],
        key=f"presets_file_{st.session_state.get(_ROUND, 0)}",
        max_upload_size=_MAX_UPLOAD_MB,
        help="JSON or YAML as this page exports them, or a .prompt.yml of GitHub Models.",
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")
    if file is None:
        st.caption("Nothing is imported before you have seen what is in it.")
        return
    try:
        imported = read_file(file.name, file.getvalue())
    except FileRefused as refused:
        st.error(f"**Nothing was imported.** {plain(str(refused))}", icon=":material/block:")
        return
    _preview(imported)
    _offer(shelf, imported)


def _preview(imported: Imported) -> None:
    for preset in imported.presets[:_SHOWN]:
        st.markdown(f"**{plain(preset.name)}**  \n:small[:gray[{plain(settings_words(preset))}]]")
    if (more := len(imported.presets) - _SHOWN) > 0:
        st.caption(f"… and {more:,} more")
    for words in imported.notes:
        st.caption(f":orange[:material/info: {plain(words)}]")


def _offer(shelf: PresetShelf, imported: Imported) -> None:
    taken = shelf.conflicts(imported.presets)
    on_conflict: OnConflict = "refuse"
    if taken:
        names = ", ".join(f"“{name}”" for name in taken)
        there = "There is another preset" if len(taken) == 1 else "There are other presets"
        on_conflict = st.radio(
            f"{there} named {plain(names)}.",
            list(_CHOICES),
            format_func=_CHOICES.__getitem__,
            key="presets_on_conflict",
        )
    count = len(imported.presets)
    st.button(
        f"Import {count:,} {'preset' if count == 1 else 'presets'}",
        key="presets_import_confirm",
        type="primary",
        icon=":material/upload:",
        on_click=_bring_in,
        args=(shelf, imported, on_conflict),
    )


def _bring_in(shelf: PresetShelf, imported: Imported, on_conflict: OnConflict) -> None:
    try:
        outcome = shelf.bring_in(imported.presets, on_conflict=on_conflict)
    except (HistoryError, FileRefused) as error:
        st.session_state[_PROBLEM] = f"Nothing was imported. {refusal_words(error)}"
        return
    # A new uploader, and an empty one.
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[DONE] = outcome_words(outcome)
    presets_list.clear_filters()
    presets_list.forget_selection()
    changed = (*outcome.added, *outcome.updated)
    if len(changed) == 1:
        presets_list.show(changed[0].preset_id)


def outcome_words(outcome: ImportOutcome) -> str:
    """Say what an import did."""
    parts = []
    if outcome.added:
        parts.append(f"{len(outcome.added):,} new")
    if outcome.updated:
        parts.append(f"{len(outcome.updated):,} saved as a new version")
    if outcome.unchanged:
        parts.append(f"{len(outcome.unchanged):,} here already, just so")
    if outcome.skipped:
        parts.append(f"{len(outcome.skipped):,} left out")
    renamed = [f"{before} is {after} now" for before, after in outcome.renamed]
    return f"Imported: {'; '.join([', '.join(parts), *renamed])}."
