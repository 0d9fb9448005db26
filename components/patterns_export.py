"""Taking a pattern away: as code that runs without the app, with what has to be known about it."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.catalog.embeddings import default_embedding_model
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.patterns.asked import pattern_request, without_pattern
from bedrock_playground.patterns.exports import CannotExport, Context, Exported, pattern_exports
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.shaping import shape_by_catalogue
from components import patterns_state as state
from components.resources import get_models, told_behind
from components.words import plain


def take_away(pattern: Pattern, connection: Connection | None) -> None:
    """Draw the choice of a format, what it makes, and the buttons that take it away.

    Args:
        pattern: The pattern.
        connection: Where it runs; without one its requests cannot be made.
    """
    box = st.expander(
        "Take it away: the pattern as code",
        icon=":material/ios_share:",
        key="pattern_export",
        on_change="rerun",
    )
    # Written only where it is looked at: some of it is a thousand lines.
    if not box.open:
        return
    with box:
        if connection is None:
            st.info("Its requests are made for the models of a connection, and there is none at the moment.")
            return
        _chosen(pattern, connection)


def _chosen(pattern: Pattern, connection: Connection) -> None:
    exports = pattern_exports()
    name = st.segmented_control(
        "Format",
        list(exports),
        default=next(iter(exports)),
        format_func=lambda each: exports[each].title,
        key="pattern_export_format",
        label_visibility="collapsed",
        required=True,
    )
    form = exports[name]
    st.caption(form.hint)
    try:
        exported = form.make(pattern, _context(pattern, connection))
    except CannotExport as refused:
        st.warning(f"**Not in this format.** {plain(str(refused))}", icon=":material/block:")
        return
    for words in exported.notes:
        st.caption(f":material/info: {plain(words)}")
    if connection.kind == "local":
        st.caption(
            "Without AWS: `bedrock-playground endpoint` starts a local endpoint and prints its address."
        )
    elif url := connection.config.endpoint_url:
        st.caption(f"To call what is called here: `AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url}`")
    _files(exported, mime=form.mime)


def _files(exported: Exported, *, mime: str) -> None:
    """Show each file, the main one first, with a button of its own."""
    for number, file in enumerate(exported.files):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(file.name)}**")
            st.download_button(
                "Download",
                file.data,
                file.name,
                mime,
                key=f"pattern_download_{file.name}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.code(str(file.content), language=file.language, height=420 if number == 0 else 220)


def _context(pattern: Pattern, connection: Connection) -> Context:
    """What the page would ask, by the rules of the models there."""
    asked: InvocationRequest = without_pattern(pattern_request(pattern, state.inputs()))
    region = connection.config.region
    return Context(
        asked=asked,
        shape=shape_by_catalogue(told_behind(connection.endpoint_label, region)),
        # The local endpoint's own is no Region of AWS's.
        region=None if connection.kind == "local" else region,
        embedding_model=default_embedding_model(get_models(connection)),
    )
