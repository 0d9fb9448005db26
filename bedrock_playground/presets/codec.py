"""Presets as JSON documents and back, losing nothing; strict, and pure but for reading the schema's file.

A document is a list of presets with its format and version. Its schema, which is published, is in
:mod:`bedrock_playground.presets.schema`. What no schema can say is said here: that names are unique, that an
example suits its variable. A refused document names the place, and nothing of it is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from bedrock_playground.catalog.raw_fields import NotAnObject, parse_object
from bedrock_playground.catalog.variant import ToolDefinition, Variant, escaped, unescaped
from bedrock_playground.invocation.codec import has_surrogates
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.schema import SCHEMA_ID, place, shown, validate
from bedrock_playground.presets.template import value_problem
from bedrock_playground.presets.values import Preset, Variable, object_text

FORMAT = "bedrock-playground/presets"
"""What a document says it is."""
VERSION = 1
"""The newest version that this program reads and the one that it writes."""

_PARAMETERS = ("temperature", "top_p", "top_k", "max_tokens")
_SERVICE = {"service_tier": "tier", "latency": "latency", "cache_ttl": "cache_ttl"}


def document_of(presets: Iterable[Preset]) -> dict[str, Any]:
    """Make the document of some presets; :func:`presets_of` makes equal ones of it.

    Raises:
        FileRefused: A preset is not one that a file can hold; it names the place.
    """
    document = {
        "$schema": SCHEMA_ID,
        "format": FORMAT,
        "version": VERSION,
        "presets": [preset_to_json(preset) for preset in presets],
    }
    # What this program could not read again is never written.
    presets_of(document)
    return document


def presets_of(document: object) -> tuple[Preset, ...]:
    """Read the presets of a document.

    Raises:
        FileRefused: It is not such a document, or a newer version's, or something in it is wrong.
    """
    try:
        _check_version(document)
        validate(document)
        _check_values(document, ())
        assert isinstance(document, Mapping)  # noqa: S101 - the schema says so
        presets = tuple(_preset(value, ("presets", index)) for index, value in enumerate(document["presets"]))
    except RecursionError as error:
        raise FileRefused("", "It is nested too deeply to be read.") from error
    names = [preset.name.casefold() for preset in presets]
    for index, name in enumerate(names):
        if name in names[:index]:
            first = place(("presets", names.index(name)))
            raise FileRefused(
                place(("presets", index, "name")),
                f"{presets[index].name!r} is the name of {first} already. Rename one of them.",
            )
    return presets


def preset_to_json(preset: Preset) -> dict[str, Any]:
    """Say one preset as JSON; what is not set is absent."""
    variant = preset.variant
    parameters: dict[str, Any] = {name: getattr(variant, name) for name in _PARAMETERS}
    parameters |= {
        "stop_sequences": [unescaped(text) for text in variant.stop],
        "reasoning": variant.reasoning,
        "thinking_budget": variant.thinking_budget,
        "effort": variant.effort,
        "additional_fields": _object_or_text(variant.additional_fields),
    }
    service: dict[str, Any] = {name: getattr(variant, field) for field, name in _SERVICE.items()}
    service["guardrail"] = _guardrail_to_json(variant.guardrail) if variant.guardrail else None
    return {"name": preset.name, "model": variant.model} | _set(
        {
            "description": preset.description,
            "tags": list(preset.tags),
            "parameters": _set(parameters),
            "service": _set(service),
            "system": preset.system,
            "prompt": preset.prompt,
            "variables": [_variable_to_json(variable) for variable in preset.variables],
            "rows": [dict(row) for row in preset.rows],
            "output_schema": _object_or_text(preset.output_schema),
            "tools": [_tool_to_json(tool) for tool in preset.tools],
            "tool_choice": preset.tool_choice,
            "notes": preset.notes,
        }
    )


def preset_from_json(value: object) -> Preset:
    """Read one preset of :func:`preset_to_json`.

    Raises:
        FileRefused: It is not one; the place begins with ``presets[0]``.
    """
    return presets_of({"format": FORMAT, "version": VERSION, "presets": [value]})[0]


def _set(members: Mapping[str, Any]) -> dict[str, Any]:
    """What is set: everything but ``None``, and empty texts and lists; 0 and false are set."""
    return {
        name: value
        for name, value in members.items()
        if value is not None and not (isinstance(value, str | list | dict) and not value)
    }


def _variable_to_json(variable: Variable) -> dict[str, Any]:
    told: dict[str, Any] = {"name": variable.name, "type": variable.type}
    if variable.description:
        told["description"] = variable.description
    if variable.example is not None:
        told["example"] = variable.example
    if variable.choices:
        told["choices"] = list(variable.choices)
    return told


def _tool_to_json(tool: ToolDefinition) -> dict[str, Any]:
    told: dict[str, Any] = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    told["input_schema"] = tool.input_schema
    if tool.canned_result is not None:
        told["canned_result"] = tool.canned_result
    return told


def _guardrail_to_json(guardrail: Guardrail) -> dict[str, Any]:
    plain = Guardrail(guardrail.identifier, guardrail.version)
    return {
        field.name: getattr(guardrail, field.name)
        for field in fields(Guardrail)
        if field.name in {"identifier", "version"}
        or getattr(guardrail, field.name) != getattr(plain, field.name)
    }


def _object_or_text(text: str | None) -> object:
    """An object where its text is just how this program writes it, so that people can read and edit it."""
    if text is None:
        return None
    try:
        value = parse_object(text, what="The fields")
    except NotAnObject:
        return text
    return value if value and object_text(value) == text else text


def _text_of(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else object_text(value)


# Reading


def _check_version(document: object) -> None:
    """Tell a newer version's document apart from a broken one, before the schema calls it wrong all over."""
    if not isinstance(document, Mapping):
        raise FileRefused(
            "", f"It must be an object with format, version and presets; it is {shown(document)}."
        )
    if document.get("format") != FORMAT:
        found = f"it says {shown(document['format'])}" if "format" in document else "it does not say so"
        raise FileRefused(
            "format", f"This is no file of presets: its format must be {FORMAT!r}, and {found}."
        )
    version = document.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise FileRefused(
            "version",
            f"A newer version of Bedrock Playground wrote this file (its format is {version}; this version "
            f"reads up to {VERSION}). Upgrade Bedrock Playground.",
        )


def _check_values(value: object, path: tuple[str | int, ...]) -> None:
    """Refuse what no JSON can say: halves of characters, and numbers that are none."""
    if isinstance(value, float) and not math.isfinite(value):
        raise FileRefused(place(path), f"{value} is not a number that JSON has.")
    if isinstance(value, str):
        if has_surrogates(value):
            raise FileRefused(place(path), "It holds half of a character (a lone surrogate). Mend the text.")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_values(name, path)
            _check_values(item, (*path, name))
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            _check_values(item, (*path, index))


def _preset(value: Mapping[str, Any], path: tuple[str | int, ...]) -> Preset:
    if value["name"] != value["name"].strip():
        raise FileRefused(place((*path, "name")), "It has spaces at its ends. Take them away.")
    variables = tuple(
        _variable(item, (*path, "variables", index)) for index, item in enumerate(value.get("variables", ()))
    )
    _check_unique([variable.name for variable in variables], (*path, "variables"))
    tools = tuple(_tool(item) for item in value.get("tools", ()))
    rows = tuple(value.get("rows", ()))
    _check_rows(rows, variables, path)
    return Preset(
        name=value["name"],
        description=value.get("description", ""),
        tags=tuple(value.get("tags", ())),
        variant=_variant(value),
        system=value.get("system"),
        prompt=value.get("prompt", ""),
        variables=variables,
        rows=rows,
        output_schema=_text_of(value.get("output_schema")),
        tools=tools,
        tool_choice=value.get("tool_choice"),
        notes=value.get("notes", ""),
    )


def _check_unique(names: Sequence[str], path: tuple[str | int, ...]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise FileRefused(
                place((*path, index, "name")), f"{name!r} is there already. Rename one of them."
            )


def _check_rows(
    rows: Sequence[Mapping[str, Any]], variables: Sequence[Variable], path: tuple[str | int, ...]
) -> None:
    by_name = {variable.name: variable for variable in variables}
    for index, row in enumerate(rows):
        for name, item in row.items():
            where = place((*path, "rows", index, name))
            if name not in by_name:
                raise FileRefused(where, f"There is no variable {name!r}. Name it in variables first.")
            if problem := value_problem(by_name[name], item):
                raise FileRefused(where, f"{problem} It is {shown(item)}.")


def _variant(value: Mapping[str, Any]) -> Variant:
    parameters, service = value.get("parameters", {}), value.get("service", {})
    guardrail = service.get("guardrail")
    return Variant(
        model=value["model"],
        stop=tuple(escaped(text) for text in parameters.get("stop_sequences", ())),
        reasoning=parameters.get("reasoning"),
        thinking_budget=parameters.get("thinking_budget"),
        effort=parameters.get("effort"),
        additional_fields=_text_of(parameters.get("additional_fields")),
        guardrail=Guardrail(**guardrail) if guardrail else None,
        **{name: parameters.get(name) for name in _PARAMETERS},
        **{field: service.get(name) for field, name in _SERVICE.items()},
    )


def _variable(value: Mapping[str, Any], path: tuple[str | int, ...]) -> Variable:
    variable = Variable(
        name=value["name"],
        type=value.get("type", "string"),
        description=value.get("description", ""),
        example=value.get("example"),
        choices=tuple(value.get("choices", ())),
    )
    if variable.type == "choice" and not variable.choices:
        raise FileRefused(place(path), "A variable of the type choice needs choices. Name them.")
    if variable.type != "choice" and variable.choices:
        raise FileRefused(
            place((*path, "choices")), f"A variable of the type {variable.type} has no choices."
        )
    if variable.example is not None and (problem := value_problem(variable, variable.example)):
        raise FileRefused(place((*path, "example")), f"{problem} It is {shown(variable.example)}.")
    return variable


def _tool(value: Mapping[str, Any]) -> ToolDefinition:
    return ToolDefinition(
        name=value["name"],
        description=value.get("description", ""),
        input_schema=value["input_schema"],
        canned_result=value.get("canned_result"),
    )
