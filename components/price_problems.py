"""Say which source of prices cannot be read."""

from __future__ import annotations

import streamlit as st

from components.resources import get_price_book
from components.words import plain


def price_problems() -> None:
    """Say which source cannot be read, if any: what it would have said is missing from all figures."""
    for problem in get_price_book().problems:
        st.warning(plain(f"{problem} Until then the other sources hold."), icon=":material/sell:")
