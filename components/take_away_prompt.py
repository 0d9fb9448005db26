"""Creating a prompt in the connected account: the one button here that changes something there."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.prompts import PromptNotSaved, save_prompt
from bedrock_playground.connection import Connection
from bedrock_playground.presets.exports import Source
from bedrock_playground.presets.exports.prompt_management import managed_prompt
from components.words import code, plain


def create_in_account(source: Source, connection: Connection | None) -> None:
    """Offer to create or update the prompt where calls go, and say what that does.

    Args:
        source: What is exported; it fits a managed prompt.
        connection: Where calls go.
    """
    if connection is None or connection.kind != "bedrock":
        st.caption("Connect to Amazon Bedrock (Connection page) to create it from here.")
        return
    prompt = managed_prompt(source)
    with st.container(border=True, key="take_away_create"):
        existing = st.text_input(
            "Prompt to update",
            key="take_away_prompt_id",
            placeholder="Empty: a new prompt. Else its id or ARN.",
        ).strip()
        where = f"the account behind {connection.title}"
        does = (
            f"The draft of {code(existing)} is replaced by this; its versions stay, and a new one is made."
            if existing
            else f"A prompt called **{plain(prompt.name)}** and a version of it are created."
        )
        st.markdown(f"{does} This changes {plain(where)}, and it stays there until somebody deletes it.")
        label = "Update it there" if existing else "Create it there"
        if st.button(label, key="take_away_create_now", icon=":material/cloud_upload:"):
            _save(source, connection, existing or None)


def _save(source: Source, connection: Connection, existing: str | None) -> None:
    try:
        with st.spinner("Saving …"):
            saved = save_prompt(connection.config, managed_prompt(source).arguments, prompt_id=existing)
    except PromptNotSaved as refused:
        st.error(plain(str(refused)), icon=":material/error:")
        return
    st.success(f"Saved as version {plain(saved.version)}. Name this as the model to call it:")
    st.code(saved.version_arn, language=None)
