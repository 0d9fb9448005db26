"""What can be done with presets: open in Compare, copy, take away, delete and bring back, bring in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from bedrock_playground.history import HistoryError, PresetShelf, PresetSummary, StoredPreset
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.files import file_stem
from bedrock_playground.presets.formats import file_formats
from bedrock_playground.presets.schema import schema_text
from components import preset_open, presets_list
from components.history_view import COMPARE_PAGE
from components.preset_import import DONE as IMPORTED
from components.preset_import import import_popover
from components.preset_words import refusal_words
from components.words import plain

_DELETED = "presets_deleted"
_PROBLEM = "presets_problem"
_DONE = "presets_done"
_GO = "presets_go_to_compare"
_STANDING = "What stands in Compare"


def tell(words: str) -> None:
    """Say what was done, once."""
    st.session_state[_DONE] = words


def complain(error: HistoryError | FileRefused) -> None:
    """Say what could not be done, once."""
    st.session_state[_PROBLEM] = refusal_words(error)


def notices(shelf: PresetShelf) -> None:
    """Say what the last action did, and offer to undo a deletion."""
    if st.session_state.pop(_GO, False):
        st.switch_page(COMPARE_PAGE)
    for done in (st.session_state.pop(_DONE, None), st.session_state.pop(IMPORTED, None)):
        if done:
            st.toast(plain(done), icon=":material/check:")
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")
    deleted: list[tuple[str, str]] | None = st.session_state.get(_DELETED)
    if deleted:
        what = f"“{deleted[0][1]}” was" if len(deleted) == 1 else f"{len(deleted)} presets were"
        with st.container(horizontal=True, vertical_alignment="center", key="presets_undo_row"):
            st.markdown(f":material/delete: {plain(what)} deleted.", width="content")
            st.button(
                "Undo",
                key="presets_undo",
                icon=":material/undo:",
                on_click=_undo,
                args=(shelf, [preset_id for preset_id, _ in deleted]),
            )
            st.button("Dismiss", key="presets_dismiss", type="tertiary", on_click=_dismiss)


def bar(shelf: PresetShelf, *, total: int, selected: Sequence[PresetSummary]) -> None:
    """Draw the count and the actions.

    Args:
        shelf: The presets.
        total: How many the filters let pass.
        selected: Those that are selected.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="presets_bar"):
        st.markdown(f"**{total:,} {'preset' if total == 1 else 'presets'}**", width="content")
        _open(shelf, selected)
        st.button(
            "Duplicate",
            key="presets_copy",
            icon=":material/content_copy:",
            disabled=len(selected) != 1,
            on_click=_copy,
            args=(shelf, selected[0].preset_id if selected else ""),
        )
        with st.popover("Export", icon=":material/download:", key="presets_export"):
            _export(shelf, selected)
        with st.popover("Import", icon=":material/upload:", key="presets_import"):
            import_popover(shelf)
        own = [one for one in selected if not one.starter]
        st.button(
            "Delete" if len(own) < 2 else f"Delete {len(own)}",
            key="presets_delete",
            icon=":material/delete:",
            type="tertiary",
            disabled=not own,
            on_click=_delete,
            args=(shelf, [(one.preset_id, one.name) for one in own]),
        )


def _open(shelf: PresetShelf, selected: Sequence[PresetSummary]) -> None:
    ids = [one.preset_id for one in selected][: preset_open.MOST]
    label = "Open in Compare" if len(ids) < 2 else f"Open {len(ids)} in Compare"
    if len(ids) < 2:
        st.button(
            label,
            key="presets_open",
            type="primary",
            icon=":material/compare:",
            disabled=not ids,
            on_click=_go,
            args=(shelf, ids, ids[0] if ids else None),
        )
        return
    with st.popover(label, type="primary", icon=":material/compare:", key="presets_open_many"):
        names = {one.preset_id: one.name for one in selected if one.preset_id in ids}
        asked = st.radio(
            "All variants are asked the same. Whose prompt?",
            [*names, ""],
            format_func=lambda key: names.get(key, _STANDING),
            key="presets_asked",
        )
        if len(selected) > len(ids):
            st.caption(f"Compare has room for {len(ids)} variants: the first {len(ids)} are taken.")
        st.button(
            "Open",
            key="presets_open",
            type="primary",
            icon=":material/compare:",
            on_click=_go,
            args=(shelf, ids, asked or None),
        )


def _go(shelf: PresetShelf, ids: Sequence[str], asked: str | None) -> None:
    try:
        chosen = [stored for preset_id in ids if (stored := shelf.get(preset_id)) is not None]
    except HistoryError as error:
        complain(error)
        return
    whose: StoredPreset | None = next((one for one in chosen if one.preset_id == asked), None)
    preset_open.put_into_compare(chosen, asked=whose)
    # A callback cannot switch pages; the page does, first of all.
    st.session_state[_GO] = True


def _copy(shelf: PresetShelf, preset_id: str) -> None:
    try:
        copy = shelf.copy(preset_id)
    except (HistoryError, FileRefused) as error:
        complain(error)
        return
    presets_list.show(copy.preset_id)
    presets_list.clear_filters()
    tell(f"Copied: {copy.preset.name}")


def _delete(shelf: PresetShelf, chosen: Sequence[tuple[str, str]]) -> None:
    try:
        shelf.delete([preset_id for preset_id, _ in chosen])
    except HistoryError as error:
        complain(error)
        return
    st.session_state[_DELETED] = list(chosen)
    presets_list.forget_selection()


def _undo(shelf: PresetShelf, ids: Sequence[str]) -> None:
    try:
        back = shelf.bring_back(ids)
    except (HistoryError, FileRefused) as error:
        complain(error)
        return
    _dismiss()
    tell(f"Back again: {', '.join(one.preset.name for one in back)}")


def _dismiss() -> None:
    st.session_state.pop(_DELETED, None)


def _export(shelf: PresetShelf, selected: Sequence[PresetSummary]) -> None:
    ids = [one.preset_id for one in selected]
    if not ids:
        ids = [one.preset_id for one in shelf.find() if not one.starter]
        st.caption("Nothing is selected: everything that was saved here." if ids else "Select presets first.")
    for form in file_formats():
        if form.many:
            st.download_button(
                f"{form.label}, {len(ids)} {'preset' if len(ids) == 1 else 'presets'}",
                # Made only when somebody asks for it.
                partial(_file, shelf, ids, form.name),
                f"{_stem(selected)}{form.suffix}",
                form.mime,
                key=f"presets_export_{form.name}",
                icon=":material/download:",
                disabled=not ids,
                on_click="ignore",
                width="stretch",
            )
    st.caption("Open one preset for its other formats.")
    st.download_button(
        "The format's JSON schema",
        schema_text,
        "presets-1.schema.json",
        "application/schema+json",
        key="presets_schema",
        icon=":material/schema:",
        type="tertiary",
        on_click="ignore",
    )


def _stem(selected: Sequence[PresetSummary]) -> str:
    return file_stem(selected[0].name) if len(selected) == 1 else "presets"


def _file(shelf: PresetShelf, ids: Sequence[str], name: str) -> bytes:
    found = [stored.preset for preset_id in ids if (stored := shelf.get(preset_id)) is not None]
    form = next(form for form in file_formats() if form.name == name)
    return form.write(found).text.encode()
