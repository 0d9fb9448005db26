"""One preset, opened: what it is, the request it makes, its table of values, its versions, its fields."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.variant import BuiltRequest
from bedrock_playground.connection import Connection
from bedrock_playground.history import PresetShelf, StoredPreset
from bedrock_playground.presets import Preset, TemplateUnfilled, Value
from bedrock_playground.presets.building import request_of
from components.preset_edit import edit_view
from components.preset_export import export_view
from components.preset_table import table_view
from components.preset_versions import versions_view
from components.preset_words import settings_words
from components.request_dialog import request_view
from components.resources import resolve_model
from components.template_fields import value_field
from components.variants import default_model
from components.words import plain


def detail(
    shelf: PresetShelf, stored: StoredPreset, *, connection: Connection | None, catalogue: Catalogue
) -> None:
    """Draw one preset.

    Args:
        shelf: Where it is kept.
        stored: The preset.
        connection: Where calls go; ``None`` while that is not ready.
        catalogue: What that place can call.
    """
    preset = stored.preset
    with st.container(border=True, key="preset_detail"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(plain(preset.name), anchor=False, width="content")
            st.badge("Starter set" if stored.starter else f"Version {stored.version}", color="gray")
            for tag in preset.tags:
                st.badge(plain(tag), color="blue")
        # All tabs are drawn: what somebody types into one is there for the others.
        overview, request, table, versions, edit, export = st.tabs(
            ["What it is", "Request", "Table of values", "Versions", "Edit", "Export"]
        )
        with overview:
            _overview(preset)
        with request:
            built = _request(stored, connection=connection, catalogue=catalogue)
        with table:
            table_view(shelf, stored, connection=connection, catalogue=catalogue)
        with versions:
            versions_view(shelf, stored)
        with edit:
            edit_view(shelf, stored, catalogue)
        with export:
            config = connection.config if connection else None
            export_view(
                stored,
                built,
                region=config.region if config else None,
                endpoint_url=config.endpoint_url if config else None,
            )


def _overview(preset: Preset) -> None:
    if preset.description:
        st.markdown(plain(preset.description))
    st.markdown(f":material/tune: {plain(settings_words(preset))}")
    texts, notes = st.columns([3, 2])
    with texts:
        for label, text in (("System prompt", preset.system), ("Prompt template", preset.prompt)):
            if text:
                st.caption(label)
                st.code(text, language=None, wrap_lines=True)
        if preset.output_schema:
            with st.expander("JSON schema for the answer"):
                st.code(preset.output_schema, language="json", wrap_lines=True)
        for tool in preset.tools:
            st.caption(f"Tool: {plain(tool.name)}. {plain(tool.description)}")
    with notes:
        st.caption("Notes")
        st.markdown(_paragraphs(preset.notes) or ":gray[None yet. Say why the settings are so.]")


def _paragraphs(notes: str) -> str:
    """Notes as they are written: line by line, lists as lists, and nothing else of Markdown."""
    lines = []
    for line in notes.splitlines():
        item = line.startswith("- ")
        lines.append(f"- {plain(line[2:])}" if item else f"\n{plain(line)}\n")
    return "\n".join(lines).strip()


def _request(
    stored: StoredPreset, *, connection: Connection | None, catalogue: Catalogue
) -> BuiltRequest | None:
    """Draw the fields and the request that they make; ``None`` where something is missing."""
    preset = with_model(stored.preset, catalogue)
    values = _values(stored)
    if not preset.variant.model:
        st.info("No model is set, and none is ready here. Pick one on Edit.", icon=":material/info:")
        return None
    if preset.variant.model != stored.preset.variant.model:
        st.caption(f"The preset takes any model; this is {plain(preset.variant.model)}.")
    try:
        built = request_of(preset, values, resolve_model(connection, preset.variant.model))
    except TemplateUnfilled as unfilled:
        st.caption(f":orange[:material/edit_note: {plain(str(unfilled))}]")
        return None
    for refusal in built.refusals:
        st.error(f"**It would sit out.** {plain(refusal)}", icon=":material/block:")
    request_view(built)
    return built


def _values(stored: StoredPreset) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if not stored.preset.variables:
        return values
    with st.container(horizontal=True, gap="small", key="preset_values", vertical_alignment="top"):
        for variable in stored.preset.variables:
            key = f"preset_value_{stored.preset_id}_{stored.version}_{variable.name}"
            value_field(variable, key=key)
            found = st.session_state.get(key)
            if found is not None and found != "":
                values[variable.name] = found
    return values


def with_model(preset: Preset, catalogue: Catalogue) -> Preset:
    """The preset; one that takes any model with the one that stands ready."""
    if preset.variant.model:
        return preset
    return replace(preset, variant=replace(preset.variant, model=default_model(catalogue)))
