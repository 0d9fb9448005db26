"""Share: a link to what stands in Compare, its results to take away, and what was shared to be opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from bedrock_playground.history import HistoryError
from bedrock_playground.invocation import Comparison
from bedrock_playground.sharing import SharedComparison, ShareRefused
from bedrock_playground.sharing.codec import to_text
from bedrock_playground.sharing.link import MAX_LINK, encode
from components import compare_blind, share_state
from components.prepared import Prepared
from components.resources import get_store
from components.share_button import PROBLEM, STORED, close
from components.share_results import results
from components.share_store import shelf
from components.words import plain

# The button that copies is there without a mouse over it, too: on a phone there is none.
_STYLE = """
<style>
[class*="st-key-share_"] .stCode > div:has(> div > [data-testid="stElementToolbarButton"]) {
  opacity: 1 !important; visibility: visible !important; pointer-events: auto !important; }
</style>
"""


# It stays open while lanes finish and rerun the page, until somebody closes it.
@st.dialog("Share", width="large", icon=":material/share:", on_dismiss=close)
def share_dialog(standing: Sequence[Prepared], comparison: Comparison | None) -> None:
    """Draw the dialog.

    Args:
        standing: What stands in the lanes.
        comparison: What is shown, if anything is.
    """
    st.html(_STYLE)
    link, taken, opened = st.tabs(["Link", "Results", "Open"], key="share_tabs", on_change="rerun")
    hidden = comparison is not None and compare_blind.hidden(comparison.id)
    if link.open:
        with link:
            if hidden:
                _blind()
            else:
                _link(share_state.standing(standing))
    elif taken.open:
        with taken:
            if hidden:
                _blind()
            else:
                results(comparison)
    elif opened.open:
        with opened:
            shelf(close)


def _blind() -> None:
    st.info(
        "This comparison is blind until the vote: a link or a report would tell who is who. Vote first, or "
        "show the names.",
        icon=":material/visibility_off:",
    )


def _link(shared: SharedComparison) -> None:
    try:
        link = encode(shared)
    except ShareRefused as refused:
        st.error(f"**It cannot be shared as it stands.** {plain(str(refused))}", icon=":material/block:")
        return
    address = share_state.address(link=link)
    fits = len(address) <= MAX_LINK
    if fits:
        st.caption("Whoever opens it finds Compare filled in with this. Nothing is run, nothing is spent.")
        with st.container(key="share_link"):
            st.code(address, language=None, wrap_lines=True, height=150 if len(address) > 500 else "content")
        st.caption(
            f"{len(address):,} of at most {MAX_LINK:,} characters. Whoever sees the link can read what is in "
            "it."
        )
    else:
        st.warning(
            f"**Too long for a link:** {len(address):,} characters, and many servers and chats cut off what "
            f"is longer than {MAX_LINK:,}. Store it here under a short link, or send it as a file.",
            icon=":material/link_off:",
        )
    st.markdown(
        f"**In it:** {share_state.contents(shared)}.  \n**Not in it:** {share_state.left_out(shared)}."
    )
    if numbers := share_state.accounts(shared):
        st.warning(f"An ARN in it names the AWS account {', '.join(numbers)}.", icon=":material/badge:")
    _elsewhere(shared, primary=not fits)


def _elsewhere(shared: SharedComparison, *, primary: bool) -> None:
    with st.container(horizontal=True, gap="small", key="share_elsewhere"):
        st.button(
            "Store it here",
            key="share_store",
            icon=":material/bookmark_add:",
            type="primary" if primary else "secondary",
            on_click=_store,
            args=(shared,),
        )
        st.download_button(
            "As a file",
            partial(_file, shared),
            f"comparison-{datetime.now(UTC):%Y%m%d-%H%M%S}.json",
            "application/json",
            key="share_file",
            icon=":material/download:",
            on_click="ignore",
        )
    if problem := st.session_state.get(PROBLEM):
        st.error(plain(problem), icon=":material/error:")
    document, share_id = st.session_state.get(STORED, (None, None))
    if share_id is not None and document == to_text(shared):
        st.caption(
            "Stored. This link works wherever this app is reached, until somebody deletes it under Open:"
        )
        with st.container(key="share_stored_link"):
            st.code(share_state.address(stored=share_id), language=None, wrap_lines=True)
    else:
        st.caption("Stored here, it has a short link that works for whoever reaches this app.")


def _store(shared: SharedComparison) -> None:
    document = to_text(shared)
    try:
        kept = get_store().shares.keep(document, title=share_state.title(shared))
    except HistoryError as error:
        st.session_state[PROBLEM] = f"It was not stored. {error}"
        return
    st.session_state.pop(PROBLEM, None)
    st.session_state[STORED] = (document, kept.share_id)


def _file(shared: SharedComparison) -> bytes:
    return to_text(shared, pretty=True).encode()
