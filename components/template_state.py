"""The template variables of Compare: what they are, what stands in their fields, and the text that is sent.

The prompt, the shared system prompt and the variants' own are templates. What is known of their variables
(types, choices, examples) comes with a preset; a variable that nobody described takes any text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.presets.errors import TemplateUnfilled
from bedrock_playground.presets.filled import Template
from bedrock_playground.presets.template import check_values, escape, fill_known, variables_of
from bedrock_playground.presets.values import Value, Variable
from components import variants
from components.inputs_state import PROMPT, SYSTEM

_KNOWN = "template_variables"


def field_key(name: str) -> str:
    """The session state's key of a variable's field."""
    return f"template_value_{name}"


def templates() -> tuple[str | None, ...]:
    """Every template that stands in Compare now."""
    own = [variant.system for variant in variants.read_all().values()]
    return (st.session_state.get(SYSTEM), st.session_state.get(PROMPT), *own)


def current_variables() -> tuple[Variable, ...]:
    """The variables of the templates that stand in Compare now."""
    known: tuple[Variable, ...] = st.session_state.get(_KNOWN, ())
    return variables_of(templates(), known)


def current_values() -> dict[str, Value]:
    """What stands in the fields; a field that was never drawn has its example."""
    found: dict[str, Value] = {}
    for variable in current_variables():
        value = st.session_state.get(field_key(variable.name), variable.start)
        if value is not None and value != "":
            found[variable.name] = value
    return found


def describe(variables: Sequence[Variable], values: Mapping[str, Value] | None = None) -> None:
    """Put these variables, and what fills them, where the fields will find them.

    Args:
        variables: What is known of them from now on.
        values: Their values; their examples if not given.
    """
    state = st.session_state
    state[_KNOWN] = tuple(variables)
    for variable in variables:
        value = variable.start if values is None else values.get(variable.name, variable.start)
        if value is None:
            state.pop(field_key(variable.name), None)
        else:
            state[field_key(variable.name)] = value


def current_template() -> Template:
    """The shared templates as they stand, and what fills them."""
    state = st.session_state
    return Template(state.get(PROMPT) or "", state.get(SYSTEM) or None, current_variables(), current_values())


def unfilled() -> TemplateUnfilled | None:
    """What keeps the templates from being sent; ``None`` if nothing does."""
    try:
        check_values(templates(), current_variables(), current_values())
    except TemplateUnfilled as error:
        return error
    return None


def filled_inputs(inputs: Inputs) -> Inputs:
    """What all variants are asked with the values of now; a variable without one stays as it is written."""
    values = current_values()
    return replace(
        inputs,
        prompt=fill_known(inputs.prompt, values),
        system=fill_known(inputs.system, values) if inputs.system else None,
    )


def filled_variant(variant: Variant) -> Variant:
    """A variant with its own system prompt filled in."""
    if not variant.system:
        return variant
    return replace(variant, system=fill_known(variant.system, current_values()))


def as_templates(inputs: Inputs) -> Inputs:
    """Texts that were sent, as templates that are sent just so."""
    return replace(
        inputs, prompt=escape(inputs.prompt), system=escape(inputs.system) if inputs.system else None
    )


def as_template(variant: Variant) -> Variant:
    """A variant whose own system prompt was sent, as one whose template is sent just so."""
    return replace(variant, system=escape(variant.system)) if variant.system else variant
