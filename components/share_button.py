"""The button that opens Share; the dialog itself is imported when it is drawn."""

from __future__ import annotations

import streamlit as st

STORED = "share_stored"
"""What was stored since the dialog was opened: the document and its id."""
PROBLEM = "share_store_problem"
"""Why it could not be stored."""
_OPEN = "share_dialog_open"


def share_button() -> None:
    """Draw the button."""
    st.button("Share", key="share", icon=":material/share:", type="tertiary", on_click=_show)


def pressed() -> bool:
    """Whether the dialog is open."""
    return bool(st.session_state.get(_OPEN))


def close() -> None:
    """Close the dialog with the next rerun."""
    st.session_state.pop(_OPEN, None)


def _show() -> None:
    st.session_state[_OPEN] = True
    for name in (STORED, PROBLEM):
        st.session_state.pop(name, None)
