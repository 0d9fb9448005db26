"""Opening what was shared: from the address, from a file, from the store; and what is said of it.

Opening fills Compare and runs nothing. What is refused leaves everything as it was. The address keeps the
link until something is run or shown, so that a reload opens it again; each link is opened once in a session,
so that what is changed since stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bedrock_playground.catalog import Catalogue
from bedrock_playground.connection import Connection
from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison
from bedrock_playground.sharing import SharedComparison, ShareRefused
from bedrock_playground.sharing.codec import from_text
from bedrock_playground.sharing.link import NAME, STORED, decode
from components import compare_state, variants
from components.resources import get_store
from components.share_state import counted, put_into_compare
from components.words import code, plain

_SEEN = "share_opened"
_NOTICE = "share_notice"


@dataclass(frozen=True, slots=True)
class _Notice:
    """What is said of the last opening."""

    source: str
    """What was opened, in words."""
    refused: str | None = None
    """Why it was not."""
    shared: SharedComparison | None = None
    """What it filled Compare with."""


def from_address() -> None:
    """Open what the address names, if it names anything that this session has not opened yet."""
    for name in (NAME, STORED):
        value: str | None = st.query_params.get(name)
        if value is None:
            continue
        if st.session_state.get(_SEEN) == (name, value):
            return
        if _open(name, value):
            st.session_state[_SEEN] = (name, value)
        else:
            compare_state.drop_share_from_address()
        return


def _open(name: str, value: str) -> bool:
    if name == NAME:
        try:
            shared = decode(value)
        except ShareRefused as refused:
            _refuse("the link", str(refused))
            return False
        open_shared(shared, source="a link")
        return True
    return open_stored(value)


def open_stored(share_id: str) -> bool:
    """Open a stored share; return whether it could be."""
    source = "the stored share"
    try:
        found = get_store().shares.get(share_id)
    except HistoryError as error:
        _refuse(source, str(error))
        return False
    if found is None:
        _refuse(source, "It is not known here. It was deleted, or stored in another installation.")
        return False
    try:
        shared = from_text(found.document)
    except ShareRefused as refused:
        _refuse(source, str(refused))
        return False
    open_shared(shared, source="a stored share")
    return True


def open_shared(shared: SharedComparison, *, source: str) -> None:
    """Fill Compare with what was shared, and say so.

    Args:
        shared: What was read.
        source: Where it was read from, in words.
    """
    put_into_compare(shared)
    st.session_state[_NOTICE] = _Notice(source, shared=shared)


def _refuse(source: str, why: str) -> None:
    st.session_state[_NOTICE] = _Notice(source, refused=why)


def notice(*, connection: Connection | None, catalogue: Catalogue, comparison: Comparison | None) -> None:
    """Say what was opened, and what of it cannot be used here; or why nothing was.

    Args:
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: What can be called there.
        comparison: What is shown; once something was run, there is nothing left to say.
    """
    told: _Notice | None = st.session_state.get(_NOTICE)
    if told is None:
        return
    if told.refused is not None:
        words = f"{told.source[0].upper()}{told.source[1:]} was not opened; nothing has changed."
        with st.container(key="share_refused"), _beside_dismiss():
            st.error(f"**{words}** {plain(told.refused)}", icon=":material/block:")
        return
    if comparison is not None or told.shared is None:
        del st.session_state[_NOTICE]
        return
    with st.container(key="share_opened_notice"), _beside_dismiss():
        st.info(_opened_words(told.source, told.shared), icon=":material/link:")
    if connection is not None and (unknown := _unknown(told.shared, catalogue)):
        st.warning(unknown, icon=":material/help:")


def _beside_dismiss() -> DeltaGenerator:
    """A place for a message, with the button beside it that puts it away."""
    message, button = st.columns([1, 0.09], vertical_alignment="center", gap="small")
    with button:
        st.button("Got it", key="share_notice_dismiss", type="tertiary", on_click=_forget)
    return message


def _opened_words(source: str, shared: SharedComparison) -> str:
    count = counted(len(shared.variants), "variant")
    repeats = f", {shared.repeat} answers each" if shared.repeat > 1 else ""
    files = shared.files_left_out
    missing = (
        f" It was made with {counted(files, 'file')} beside the prompt: attach them again." if files else ""
    )
    return (
        f"**Opened from {source}: {count}{repeats}. Nothing has been run.** Read the prompt and the settings "
        f"before you press Run: whoever made it chose them.{missing}"
    )


def _unknown(shared: SharedComparison, catalogue: Catalogue) -> str | None:
    """Name the models that the connection does not offer, where they still stand."""
    offered = {option.model_id for option in catalogue.options if option.listed}
    standing = variants.read_all()
    unknown = [
        f"{letter}: {code(variant.model)}"
        for letter, variant in shared.variants
        if variant.model and variant.model not in offered and standing.get(letter, variant) == variant
    ]
    if not unknown:
        return None
    return (
        f"Not known where calls go now: {', '.join(unknown)}. Pick another model there, or choose where "
        "calls go in the sidebar; a call to it may be refused."
    )


def _forget() -> None:
    st.session_state.pop(_NOTICE, None)
