"""Keeping patterns: save, open, delete and take back, bring in and take away as files."""

from __future__ import annotations

import json

import streamlit as st

from bedrock_playground.history import HistoryError, StoredPattern
from bedrock_playground.patterns.codec import MemberRefused, member_from_json, member_to_json
from bedrock_playground.patterns.members import Pattern, Solo
from components import patterns_draft as drafts
from components import patterns_kept
from components import patterns_state as state
from components.resources import get_store
from components.words import plain

_NAME, _FILE, _DONE, _PROBLEM = "shelf_name", "shelf_file", "shelf_done", "shelf_problem"
_DELETED = "shelf_deleted"
_LARGEST = 1_000_000
"""Bytes of a pattern's file."""


def shelf(pattern: Pattern | None) -> None:
    """Draw what can be done with patterns that are kept.

    Args:
        pattern: What stands on the page; ``None`` where that is no pattern now.
    """
    _notices()
    kept = drafts.shelf_id()
    with st.popover(_label(pattern, kept), icon=":material/folder_open:", key="pattern_shelf"):
        if pattern is None:
            st.caption("What stands here cannot be kept before it can run.")
        else:
            _saving(pattern, kept)
            st.download_button(
                "Take away as JSON",
                json.dumps(member_to_json(pattern), indent=2, ensure_ascii=False),
                f"{kept or pattern.kind}.pattern.json",
                "application/json",
                key="shelf_export",
                icon=":material/download:",
                on_click="ignore",
            )
        _opening()
        st.file_uploader(
            "Bring one in from a file", type=["json"], key=_FILE, on_change=_bring_in, max_upload_size=1
        )


def _label(pattern: Pattern | None, kept: str | None) -> str:
    """What the popover is called; it stays while somebody types, so that it stays open."""
    return "Saved ✓" if kept and pattern is not None and drafts.unchanged(pattern) else "Save, open"


def _saving(pattern: Pattern, kept: str | None) -> None:
    st.session_state.setdefault(_NAME, pattern.name)
    st.text_input(
        "Name",
        key=_NAME,
        max_chars=80,
        placeholder="Small first, large if need be",
        help="Saved under this name it can play a role in other patterns and be a variant in Compare.",
    )
    with st.container(horizontal=True, gap="xsmall"):
        if kept:
            st.button(
                "Save changes",
                key="shelf_save",
                icon=":material/save:",
                disabled=drafts.unchanged(pattern) and st.session_state[_NAME] == pattern.name,
                on_click=_save,
                args=(pattern, kept),
            )
        st.button(
            "Save as new" if kept else "Save",
            key="shelf_add",
            icon=":material/bookmark_add:",
            on_click=_save,
            args=(pattern, None),
        )


def _opening() -> None:
    found = patterns_kept.summaries()
    if not found:
        return
    st.divider()
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.button(
                f"{one.name} · {one.kind}",
                key=f"shelf_open_{one.pattern_id}",
                type="tertiary",
                icon=":material/account_tree:",
                on_click=_open,
                args=(one.pattern_id,),
            )
            st.button(
                f"Delete {one.name}",
                key=f"shelf_delete_{one.pattern_id}",
                type="tertiary",
                icon=":material/delete:",
                on_click=_delete,
                args=(one.pattern_id,),
            )


def _notices() -> None:
    """Say what the last action did, and offer to undo a deletion."""
    if done := st.session_state.pop(_DONE, None):
        st.toast(plain(done), icon=":material/check:")
    if wrong := st.session_state.pop(_PROBLEM, None):
        st.error(plain(wrong), icon=":material/error:")
    deleted: StoredPattern | None = st.session_state.get(_DELETED)
    if deleted is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="shelf_undo_row"):
            st.markdown(f":material/delete: “{plain(deleted.summary.name)}” was deleted.", width="content")
            st.button("Undo", key="shelf_undo", icon=":material/undo:", on_click=_undo, args=(deleted,))
            st.button("Dismiss", key="shelf_dismiss", type="tertiary", on_click=_dismiss)


def _save(pattern: Pattern, kept: str | None) -> None:
    name, shelf_of = str(st.session_state.get(_NAME) or ""), get_store().patterns
    try:
        saved = shelf_of.save(kept, pattern, name=name) if kept else None
        saved = saved or shelf_of.add(pattern, name=name)
    except HistoryError as error:
        _complain(error)
        return
    patterns_kept.forget()
    drafts.kept_as(saved.summary.pattern_id, saved.pattern)
    st.session_state[_DONE] = f"Saved as “{saved.summary.name}”."


def _open(pattern_id: str) -> None:
    try:
        stored = get_store().patterns.get(pattern_id)
    except HistoryError as error:
        _complain(error)
        return
    if stored is None:
        st.session_state[_PROBLEM] = "That pattern is not there any more."
        patterns_kept.forget()
        return
    state.clear()
    _put(stored.pattern, shelf_id=pattern_id)


def open_saved(pattern_id: str) -> None:
    """Put a saved pattern on the page the next time it is drawn, from wherever one comes."""
    _open(pattern_id)


def _put(pattern: Pattern, *, shelf_id: str | None) -> None:
    drafts.open_draft(pattern, shelf_id=shelf_id)
    st.session_state[_NAME] = pattern.name
    st.session_state.pop(state.LEFT_OUT, None)


def _delete(pattern_id: str) -> None:
    shelf_of = get_store().patterns
    try:
        stored = shelf_of.get(pattern_id)
    except HistoryError:
        stored = None  # It cannot be read, so it cannot be put back either; it can go all the same.
    try:
        shelf_of.delete(pattern_id)
    except HistoryError as error:
        _complain(error)
        return
    patterns_kept.forget()
    st.session_state[_DELETED] = stored
    if drafts.shelf_id() == pattern_id:
        drafts.no_longer_kept()


def _undo(stored: StoredPattern) -> None:
    try:
        get_store().patterns.put_back(stored)
    except HistoryError as error:
        _complain(error)
        return
    patterns_kept.forget()
    st.session_state[_DELETED] = None


def _dismiss() -> None:
    st.session_state[_DELETED] = None


def _bring_in() -> None:
    """Read a file, and put its pattern on the page; what is wrong with it is said."""
    file = st.session_state.get(_FILE)
    if file is None:
        return
    try:
        pattern = read_file(file.getvalue())
    except MemberRefused as error:
        st.session_state[_PROBLEM] = f"{file.name} is no pattern: {error}"
        return
    state.clear()
    _put(pattern, shelf_id=None)
    st.session_state[_DONE] = f"Brought in from {file.name}. Save it to keep it."


def read_file(data: bytes) -> Pattern:
    """Read a pattern's file.

    Raises:
        MemberRefused: It is none; the message says why.
    """
    if len(data) > _LARGEST:
        raise MemberRefused(f"The file has {len(data):,} bytes; a pattern's has at most {_LARGEST:,}.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MemberRefused(f"The file is no JSON: {error}.") from error
    member = member_from_json(value)
    if isinstance(member, Solo):
        raise MemberRefused("It is a single model. Presets keep those.")
    return member


def _complain(error: HistoryError) -> None:
    st.session_state[_PROBLEM] = f"{error} {error.advice}"
