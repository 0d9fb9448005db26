"""What was shared, to be opened: a file, or one of the stored shares, which can be deleted here."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bedrock_playground.history import HistoryError, StoredShare
from bedrock_playground.sharing import ShareRefused
from bedrock_playground.sharing.codec import from_bytes
from components import share_open, share_state
from components.history_filters import local_zone
from components.resources import get_store
from components.words import plain

_CHOSEN = "share_chosen"
_DELETED = "share_deleted"
_PROBLEM = "share_shelf_problem"
_MOST = 100


def shelf(close: Callable[[], None]) -> None:
    """Draw the uploader and the stored shares.

    Args:
        close: Closes the dialog once something was opened.
    """
    st.caption("It fills Compare and runs nothing. What stands there now can be brought back.")
    _from_file(close)
    st.divider()
    try:
        stored = get_store().shares.find(limit=_MOST)
    except HistoryError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")
    _undo()
    if not stored:
        st.caption("Nothing is stored here yet: Link → Store it here.")
        return
    _choose({share.share_id: share for share in stored}, close)


def _from_file(close: Callable[[], None]) -> None:
    file = st.file_uploader(
        "A file of a comparison",
        ["json"],
        key="share_upload",
        max_upload_size=1,
        help="JSON as Share makes it.",
    )
    if file is None:
        return
    try:
        shared = from_bytes(file.getvalue())
    except ShareRefused as refused:
        st.error(f"**Nothing was opened.** {plain(str(refused))}", icon=":material/block:")
        return
    st.markdown(f"**{plain(share_state.title(shared))}**  \nIn it: {share_state.contents(shared)}.")

    def open_it() -> None:
        share_open.open_shared(shared, source="a file")
        close()

    if st.button("Open the file", key="share_open_file", type="primary", on_click=open_it):
        st.rerun()


def _choose(stored: dict[str, StoredShare], close: Callable[[], None]) -> None:
    chosen = st.selectbox(
        f"Stored here ({len(stored)})" if len(stored) < _MOST else f"Stored here (the newest {_MOST})",
        list(stored),
        format_func=lambda share_id: _label(stored[share_id]) if share_id in stored else share_id,
        key=_CHOSEN,
    )
    st.code(share_state.address(stored=chosen), language=None, wrap_lines=True)

    def open_it() -> None:
        share_open.open_stored(chosen)
        close()

    with st.container(horizontal=True, gap="small"):
        if st.button("Open", key="share_open_stored", icon=":material/open_in_new:", on_click=open_it):
            st.rerun()
        st.button(
            "Delete",
            key="share_delete",
            icon=":material/delete:",
            type="tertiary",
            on_click=_delete,
            args=(stored[chosen],),
        )


def _label(share: StoredShare) -> str:
    return f"{share.created_at.astimezone(local_zone()):%d %b %Y, %H:%M} · {share.title}"


def _delete(share: StoredShare) -> None:
    try:
        get_store().shares.delete(share.share_id)
    except HistoryError as error:
        st.session_state[_PROBLEM] = f"It was not deleted. {error}"
        return
    st.session_state.pop(_CHOSEN, None)
    st.session_state[_DELETED] = share


def _undo() -> None:
    share: StoredShare | None = st.session_state.get(_DELETED)
    if share is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/delete: Deleted: {plain(share.title)}", width="content")
        st.button("Undo", key="share_undo", icon=":material/undo:", on_click=_put_back, args=(share,))


def _put_back(share: StoredShare) -> None:
    try:
        get_store().shares.put_back(share)
    except HistoryError as error:
        st.session_state[_PROBLEM] = f"It could not be put back. {error}"
        return
    st.session_state.pop(_DELETED, None)
