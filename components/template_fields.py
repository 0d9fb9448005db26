"""A field for each variable of the templates that stand in Compare, under the prompt."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.presets.errors import TemplateUnfilled
from bedrock_playground.presets.values import Variable
from components.template_state import current_variables, field_key, unfilled
from components.words import plain

_SHORT = 60


def template_fields() -> None:
    """Draw a field for each variable; nothing where the prompt has none."""
    variables = current_variables()
    if not variables:
        return
    with st.container(horizontal=True, gap="small", key="template_fields", vertical_alignment="top"):
        for variable in variables:
            value_field(variable, key=field_key(variable.name))
    problem = unfilled()
    if problem is not None:
        # Run says more, where somebody presses it all the same.
        empty = f"Still empty: {', '.join(problem.missing)}."
        words = empty if problem.missing and not problem.wrong else str(problem)
        st.caption(f":orange[:material/edit_note: {plain(words)}]")


def problem_words(problem: TemplateUnfilled) -> str:
    """Say what keeps templates from being sent, and how braces are sent as they are."""
    if not problem.missing:
        return str(problem)
    name = problem.missing[0]
    return f"{problem} Write \\{{{{{name}}}}} to send the braces as they are."


def value_field(variable: Variable, *, key: str, label: str | None = None) -> None:
    """Draw the field of one variable, of the kind that its type asks for.

    Args:
        variable: The variable; its example stands there first.
        key: The widget's key.
        label: What to call it; its name if not given.
    """
    state = st.session_state
    if key not in state and variable.start is not None:
        state[key] = variable.start
    label = label or plain(variable.name)
    about = plain(variable.description) or None
    match variable.type:
        case "boolean":
            with st.container(width=160):
                st.toggle(label, key=key, persist_state="session", help=about)
        case "number" | "integer":
            whole = variable.type == "integer"
            value = state.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                state[key] = int(value) if whole else float(value)
            st.number_input(
                label,
                value=None,
                step=1 if whole else None,
                format=None if whole else "%g",
                key=key,
                persist_state="session",
                help=about,
                width=160,
            )
        case "choice":
            if state.get(key) not in variable.choices:
                state[key] = variable.choices[0]
            st.selectbox(label, variable.choices, key=key, persist_state="session", help=about, width=260)
        case "string":
            text = state.get(key) or ""
            long = len(str(text)) > _SHORT or "\n" in str(text)
            with st.container(width="stretch"):
                st.text_area(label, key=key, persist_state="session", help=about, height=110 if long else 68)
