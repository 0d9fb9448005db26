"""The texts of a preset, to be edited: name, purpose, tags, templates, variables, notes.

The dialog that saves a lane or a run and the page that edits a preset draw the same fields.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from bedrock_playground.presets.template import names_in
from bedrock_playground.presets.values import MAX_NAME, Preset
from components import variable_editor
from components.resources import get_store

_TEXTS = ("name", "description", "system", "prompt", "notes")


def begin(prefix: str, preset: Preset) -> None:
    """Put a preset where the fields will find it.

    Args:
        prefix: What the fields' keys begin with.
        preset: What stands in them first.
    """
    variable_editor.begin(f"{prefix}_variable", preset.variables)
    for name in _TEXTS:
        st.session_state[f"{prefix}_{name}"] = getattr(preset, name) or ""
    st.session_state[f"{prefix}_tags"] = list(preset.tags)


def about_fields(prefix: str) -> None:
    """Draw the fields for what a preset is called and for."""
    st.text_input("Name", key=f"{prefix}_name", max_chars=MAX_NAME)
    purpose, tags = st.columns([3, 2])
    purpose.text_input("What it is for", key=f"{prefix}_description", placeholder="In a sentence")
    known = [*get_store().presets.tags(), *st.session_state.get(f"{prefix}_tags", [])]
    tags.multiselect(
        "Tags",
        list(dict.fromkeys(known)),
        key=f"{prefix}_tags",
        accept_new_options=True,
        placeholder="Type a tag and press Enter",
    )


def text_fields(prefix: str, *, system: bool) -> None:
    """Draw the fields for the templates, their variables and the notes.

    Args:
        prefix: What the fields' keys begin with.
        system: Whether to offer a system prompt.
    """
    if system:
        st.text_area("System prompt", key=f"{prefix}_system", height=80)
    st.text_area("Prompt template", key=f"{prefix}_prompt", height=140)
    names = names_in(st.session_state[f"{prefix}_system"], st.session_state[f"{prefix}_prompt"])
    st.caption(
        "Write `{{name}}` in place of what changes from case to case: it becomes a field to fill in. To send "
        "the braces as they are, write `\\{{name}}`."
    )
    variable_editor.variable_editor(f"{prefix}_variable", names)
    st.text_area(
        "Notes",
        key=f"{prefix}_notes",
        height=80,
        placeholder="Why are the settings so? What should the next one know?",
    )


def read(prefix: str, base: Preset) -> Preset:
    """The preset that the fields say.

    Args:
        prefix: What the fields' keys begin with.
        base: What they say nothing of; its table of values is kept as far as the variables are.
    """
    state = st.session_state
    preset = replace(
        base,
        name=(state[f"{prefix}_name"] or "").strip(),
        description=state[f"{prefix}_description"] or "",
        tags=tuple(state[f"{prefix}_tags"]),
        system=state[f"{prefix}_system"] or None,
        prompt=state[f"{prefix}_prompt"] or "",
        notes=state[f"{prefix}_notes"] or "",
    )
    names = names_in(preset.system, preset.prompt)
    variables = variable_editor.read(f"{prefix}_variable", names)
    return with_rows_of(replace(preset, variables=variables, rows=()), base)


def with_rows_of(preset: Preset, before: Preset) -> Preset:
    """Give a preset another one's table of values, without columns that are gone or take something else."""
    kinds = {variable.name: (variable.type, variable.choices) for variable in preset.variables}
    same = {
        variable.name
        for variable in before.variables
        if kinds.get(variable.name) == (variable.type, variable.choices)
    }
    rows = [{name: value for name, value in row.items() if name in same} for row in before.rows]
    return replace(preset, rows=tuple(row for row in rows if row))
