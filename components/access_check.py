"""Whether the account may call a model: asked when somebody presses the button, and kept on the page then."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.connection import Connection
from components.resources import get_access
from components.words import plain

_SIGNS = {True: "check_circle", False: "block", None: "help"}


def access_button(connection: Connection | None, resolution: Resolution, *, key: str) -> None:
    """Offer to ask; nothing where nobody could be asked, or where no account stands in the way.

    Args:
        connection: Whom to ask.
        resolution: What the model's id stands for; asked is about the foundation model behind it.
        key: The button's key; the answer is kept under it too.
    """
    if connection is None or connection.kind == "local" or not resolution.base_ids:
        return
    st.button(
        "Is access granted?",
        key=key,
        icon=":material/key:",
        on_click=_ask,
        args=(key, connection, resolution.base_ids[0]),
    )


def access_words(connection: Connection | None, resolution: Resolution, *, key: str) -> None:
    """Say what was told, if this model was asked about at this connection.

    Args:
        connection: As for :func:`access_button`.
        resolution: Likewise.
        key: Likewise.
    """
    if connection is None or st.session_state.get(_asked(key)) != (connection, *resolution.base_ids[:1]):
        return
    access = get_access(connection, resolution.base_ids[0])
    where = connection.config.region or "this Region"
    st.caption(f":material/{_SIGNS[access.allowed]}: {plain(where)}: {plain(access.words)}")


def _ask(key: str, connection: Connection, base_id: str) -> None:
    st.session_state[_asked(key)] = (connection, base_id)


def _asked(key: str) -> str:
    return f"{key}_asked"
