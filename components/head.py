"""The head of a page: its name and what it is for, on one line where there is room."""

from __future__ import annotations

import streamlit as st


def page_head(title: str, what: str) -> None:
    """Draw the head of a page.

    Args:
        title: The page's name, as in the navigation.
        what: What it is for, in a short sentence.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.header(title, anchor=False, width="content")
        st.caption(what)
