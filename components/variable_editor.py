"""What a template's variables take: a row of fields for each, wherever presets are saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import streamlit as st

from bedrock_playground.presets.template import value_problem
from bedrock_playground.presets.values import VARIABLE_TYPES, Value, Variable, VariableType
from components.template_fields import value_field
from components.words import code

_TYPES = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "choice": "One of a list",
}


def begin(prefix: str, variables: Iterable[Variable]) -> None:
    """Put what is known of variables where the fields will find it.

    Args:
        prefix: What the fields' keys begin with.
        variables: What is known.
    """
    for name in list(st.session_state):
        if str(name).startswith(f"{prefix}_"):
            del st.session_state[name]
    for variable in variables:
        st.session_state[_key(prefix, variable.name, "type")] = variable.type
        st.session_state[_key(prefix, variable.name, "about")] = variable.description
        st.session_state[_key(prefix, variable.name, "choices")] = list(variable.choices)
        if variable.example is not None:
            st.session_state[_key(prefix, variable.name, f"example_{variable.type}")] = variable.example


def variable_editor(prefix: str, names: Sequence[str]) -> None:
    """Draw a row of fields for each variable.

    Args:
        prefix: What the fields' keys begin with.
        names: The variables that the templates have now, in order.
    """
    for name in names:
        _row(prefix, name)


def read(prefix: str, names: Sequence[str]) -> tuple[Variable, ...]:
    """What the fields of these variables say."""
    state, found = st.session_state, []
    for name in names:
        kind: VariableType = state.get(_key(prefix, name, "type"), "string")
        choices = tuple(state.get(_key(prefix, name, "choices")) or ()) if kind == "choice" else ()
        described = Variable(
            name=name,
            type=kind,
            description=state.get(_key(prefix, name, "about")) or "",
            choices=choices,
        )
        found.append(replace(described, example=_example(prefix, described)))
    return tuple(found)


def _row(prefix: str, name: str) -> None:
    with st.container(border=True, key=f"{prefix}_row_{name}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{code('{{' + name + '}}')}**", width=150)
            kind: VariableType = st.selectbox(
                f"What {name} takes",
                VARIABLE_TYPES,
                format_func=_TYPES.__getitem__,
                key=_key(prefix, name, "type"),
                label_visibility="collapsed",
                width=160,
            )
            st.text_input(
                f"What to fill in for {name}",
                key=_key(prefix, name, "about"),
                placeholder="What to fill in (for people)",
                label_visibility="collapsed",
                width="stretch",
            )
        choices: tuple[str, ...] = ()
        if kind == "choice":
            offered = st.session_state.get(_key(prefix, name, "choices")) or []
            choices = tuple(
                st.multiselect(
                    f"What to choose from for {name}",
                    offered,
                    key=_key(prefix, name, "choices"),
                    accept_new_options=True,
                    placeholder="Type a choice and press Enter",
                )
            )
            if not choices:
                st.caption(":orange[Name at least one choice.]")
        if kind != "choice" or choices:
            described = Variable(name=name, type=kind, choices=choices)
            value_field(described, key=_key(prefix, name, f"example_{kind}"), label="Example")


def _example(prefix: str, variable: Variable) -> Value | None:
    found = st.session_state.get(_key(prefix, variable.name, f"example_{variable.type}"))
    if found is None or found == "" or value_problem(variable, found) is not None:
        return None
    value: Value = found
    return value


def _key(prefix: str, name: str, what: str) -> str:
    return f"{prefix}_{name}_{what}"
