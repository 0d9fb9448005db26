"""GitHub's ``.prompt.yml``, both ways, as far as the two formats agree.

The format is described in GitHub's documentation, "Storing prompts in GitHub repositories", and by the reader
of its command line, ``github/gh-models`` ``pkg/prompt/prompt.go`` (2025-08): name, description, model,
modelParameters (maxTokens, temperature, topP), messages, responseFormat with jsonSchema as a text that has a
``name`` and a ``schema``, testData and evaluators. There ``{{name}}`` is replaced wherever it stands, without
spaces in the braces and with no way to escape it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bedrock_playground.catalog.variant import Variant, escaped
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.presets import yaml_text
from bedrock_playground.presets.codec import document_of, preset_from_json, preset_to_json
from bedrock_playground.presets.errors import FileRefused
from bedrock_playground.presets.formats.values import Exported
from bedrock_playground.presets.schema import shown
from bedrock_playground.presets.template import NAME, PLACEHOLDER, names_in
from bedrock_playground.presets.values import Imported, Preset, Value, Variable, object_text, value_text

_MEMBERS = (
    "name", "description", "model", "modelParameters", "responseFormat", "jsonSchema", "messages",
    "testData", "evaluators",
)  # fmt: skip
_PARAMETERS = {"temperature": "temperature", "topP": "top_p", "maxTokens": "max_tokens"}
_SAME = {"maxCompletionTokens": "max_tokens"}
_PLACES = {
    "parameters.temperature": "modelParameters.temperature",
    "parameters.top_p": "modelParameters.topP",
    "parameters.max_tokens": "modelParameters.maxTokens",
    "parameters.stop_sequences": "modelParameters.stop",
    "output_schema": "jsonSchema",
    "rows": "testData",
    "variables": "testData",
}
_STRANGE = ("frequencyPenalty", "presencePenalty", "seed")
_LEFT_OUT = {
    "tags": "tags",
    "notes": "notes",
    "service": "service tier, latency, prompt cache and guardrail",
    "tools": "tools",
    "tool_choice": "the tool choice",
}


class PromptYml:
    """GitHub's ``.prompt.yml``."""

    name = "prompt-yml"
    label = "GitHub .prompt.yml"
    suffix = ".prompt.yml"
    mime = "application/yaml"
    language = "yaml"
    about = "For GitHub Models and its command line. One preset; what the format has no place for is told."
    many = False

    def write(self, presets: Sequence[Preset]) -> Exported:
        """Write one preset; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        if len(presets) != 1:
            raise FileRefused(
                "", f"A .prompt.yml holds one preset, and there are {len(presets)}. Choose one."
            )
        document_of(presets)
        return Exported(yaml_text.dump(_document(presets[0])), tuple(_lost(presets[0])))

    def read(self, text: str) -> Imported:
        """Read one preset; see :class:`~bedrock_playground.presets.formats.values.FileFormat`."""
        value = _object(yaml_text.load(text), "")
        _known(value, _MEMBERS, "")
        notes: list[str] = []
        preset = _preset(value, notes)
        return Imported(_checked(preset), tuple(notes))


FORMAT = PromptYml()
"""The format."""


# Writing


def _document(preset: Preset) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": preset.name,
        "description": preset.description,
        "model": preset.variant.model,
    }
    parameters = {
        name: value
        for name, field in _PARAMETERS.items()
        if (value := getattr(preset.variant, field)) is not None
    }
    if parameters:
        document["modelParameters"] = parameters
    if preset.output_schema is not None:
        document["responseFormat"] = "json_schema"
        document["jsonSchema"] = _named_schema(preset)
    messages = [("system", preset.system)] if preset.system else []
    document["messages"] = [
        {"role": role, "content": PLACEHOLDER.sub(_theirs, text)}
        for role, text in [*messages, ("user", preset.prompt)]
    ]
    if cases := _cases(preset):
        document["testData"] = cases
    return document


def _theirs(match: re.Match[str]) -> str:
    """A variable as the format writes it: no spaces, and backslashes that mean themselves."""
    kept = match["backslashes"][: len(match["backslashes"]) // 2]
    return f"{kept}{{{{{match['name']}}}}}"


def _ours(match: re.Match[str]) -> str:
    """A variable of the format as we write it; with spaces in its braces it is plain text there."""
    placeholder = match[0][len(match["backslashes"]) :]
    plain = placeholder != f"{{{{{match['name']}}}}}"
    return match["backslashes"] * 2 + ("\\" if plain else "") + placeholder


def _named_schema(preset: Preset) -> str:
    """The schema with the name around it that the format wants."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", preset.name).strip("_")[:64] or "answer"
    try:
        schema = strict_json(preset.output_schema or "")
    except ValueError as error:
        raise FileRefused(
            "presets[0].output_schema", "It is not JSON, and jsonSchema takes nothing else. Mend the schema."
        ) from error
    return object_text({"name": name, "schema": schema})


def _cases(preset: Preset) -> list[dict[str, Value]]:
    """The table of values; without one, the examples as its only row."""
    if preset.rows:
        return [dict(row) for row in preset.rows]
    examples = {
        variable.name: variable.example for variable in preset.variables if variable.example is not None
    }
    return [examples] if examples else []


def _lost(preset: Preset) -> Iterator[str]:
    """Name what the format has no place for."""
    told = preset_to_json(preset)
    for name, what in _LEFT_OUT.items():
        if name in told:
            yield f"Left out: {what}. The format has no place for it."
    others = [name for name in told.get("parameters", {}) if name not in _PARAMETERS.values()]
    if others:
        yield (
            f"Left out: the parameters {', '.join(others)}. The format knows temperature, topP and maxTokens."
        )
    texts = (preset.system or "", preset.prompt)
    if any(len(match["backslashes"]) % 2 for text in texts for match in PLACEHOLDER.finditer(text)):
        yield "The format cannot escape a variable: one that is plain text here may be replaced there."
    typed = [variable.name for variable in preset.variables if variable.type in {"choice", "integer"}]
    if typed or any(variable.description for variable in preset.variables):
        yield (
            "Left out: the types, choices and descriptions of variables. Read back, a variable takes what "
            "its values are: text, a number, or true and false."
        )
    if any(variable.example is None for variable in preset.variables) and not preset.rows:
        yield "A variable without an example has no test value there."


# Reading


def _preset(value: Mapping[str, Any], notes: list[str]) -> Preset:
    system, prompt = _messages(value.get("messages"))
    rows = _rows(value, names_in(system, prompt), notes)
    variables = _variables(names_in(system, prompt), rows)
    if "evaluators" in value:
        notes.append("evaluators: Left out. A preset has no evaluators.")
    name = _text(value.get("name", ""), "name").strip()
    model = _text(value.get("model", ""), "model").strip()
    if model.count("/") == 1 and not model.startswith("arn:"):
        notes.append(
            f"model: {model} is a model of GitHub Models. It is kept as it stands; pick one of Bedrock's "
            "before you run it."
        )
    return Preset(
        name=name or "Imported prompt",
        description=_text(value.get("description") or "", "description"),
        variant=_variant(model, value.get("modelParameters"), notes),
        system=system,
        prompt=prompt,
        variables=tuple(variables),
        # One row says no more than the examples do.
        rows=tuple(rows) if len(rows) > 1 else (),
        output_schema=_schema(value, notes),
    )


def _messages(value: object) -> tuple[str | None, str]:
    """The system prompt and the prompt; a preset has one of each."""
    system: str | None = None
    prompt: str | None = None
    for index, message in enumerate(_list(value, "messages")):
        where = f"messages[{index}]"
        _known(_object(message, where), ("role", "content"), where)
        role = message.get("role")
        content = PLACEHOLDER.sub(_ours, _text(message.get("content"), f"{where}.content"))
        if role == "system" and system is None and prompt is None:
            system = content
        elif role == "user" and prompt is None:
            prompt = content
        elif role in {"system", "user", "assistant"}:
            raise FileRefused(
                where,
                "A preset has one system and one user message, in this order. Put further turns into the "
                "prompt's text, or take this message away.",
            )
        else:
            raise FileRefused(f"{where}.role", f"It must be system, user or assistant; it is {shown(role)}.")
    if prompt is None:
        raise FileRefused("messages", "There is no user message. Add one.")
    return system, prompt


def _variant(model: str, value: object, notes: list[str]) -> Variant:
    given = _object({} if value is None else value, "modelParameters")
    found: dict[str, Any] = {}
    for name, item in given.items():
        where = f"modelParameters.{name}"
        if name in _PARAMETERS or name in _SAME:
            found[(_PARAMETERS | _SAME)[name]] = item
        elif name == "stop":
            texts = [item] if isinstance(item, str) else _list(item, where)
            found["stop"] = tuple(escaped(_text(text, where)) for text in texts)
        elif name in _STRANGE:
            notes.append(f"{where}: Left out. Converse has no such setting.")
        else:
            known = ", ".join((*_PARAMETERS, *_SAME, "stop", *_STRANGE))
            raise FileRefused(where, f"There is no such member. Known are: {known}.")
    return Variant(model=model, **found)


def _schema(value: Mapping[str, Any], notes: list[str]) -> str | None:
    kind, given = value.get("responseFormat"), value.get("jsonSchema")
    if kind not in {None, "text", "json_object", "json_schema"}:
        raise FileRefused(
            "responseFormat", f"It must be text, json_object or json_schema; it is {shown(kind)}."
        )
    if kind == "json_object":
        notes.append("responseFormat: json_object is left out. Converse takes a schema; give it one.")
    if kind != "json_schema":
        return None
    try:
        named = strict_json(_text(given, "jsonSchema"))
    except ValueError as error:
        raise FileRefused("jsonSchema", f"It must be JSON as text: {error}.") from error
    if not isinstance(named, Mapping) or not isinstance(named.get("schema"), Mapping):
        raise FileRefused("jsonSchema", "It must be an object with the members name and schema.")
    return object_text(named["schema"])


def _rows(value: Mapping[str, Any], names: Sequence[str], notes: list[str]) -> list[dict[str, Value]]:
    """The test data as a table of values; what no variable takes is told."""
    rows: list[dict[str, Value]] = []
    for index, item in enumerate(_list(value.get("testData") or [], "testData")):
        row: dict[str, Value] = {}
        for name, cell in _object(item, f"testData[{index}]").items():
            where = f"testData[{index}].{name}"
            if not NAME.fullmatch(name):
                notes.append(
                    f"{where}: Left out. A variable cannot be named so here; it stays as it is written."
                )
            elif name not in names:
                notes.append(f"{where}: Left out. No message has the variable {{{{{name}}}}}.")
            elif isinstance(cell, str | int | float):
                row[name] = cell
            else:
                raise FileRefused(where, f"It must be text, a number, or true or false; it is {shown(cell)}.")
        rows.append(row)
    return rows


def _variables(names: Sequence[str], rows: Sequence[Mapping[str, Value]]) -> list[Variable]:
    """Variables of the types that their values have; the first row's values are the examples."""
    found = []
    for name in names:
        values = [row[name] for row in rows if name in row]
        example = rows[0].get(name) if rows else None
        if values and all(isinstance(item, bool) for item in values):
            found.append(Variable(name=name, type="boolean", example=example))
        elif values and not any(isinstance(item, bool | str) for item in values):
            found.append(Variable(name=name, type="number", example=example))
        else:
            found.append(Variable(name=name, example=None if example is None else value_text(example)))
    return found


def _checked(preset: Preset) -> tuple[Preset, ...]:
    """Hold what was read against our own rules, and name the places as they are called there."""
    texts = {variable.name for variable in preset.variables if variable.type == "string"}
    # A column of texts and others is one of texts.
    rows = tuple(
        {name: value_text(item) if name in texts else item for name, item in row.items()}
        for row in preset.rows
    )
    try:
        return (preset_from_json(preset_to_json(replace(preset, rows=rows))),)
    except FileRefused as error:
        raise FileRefused(_their_place(error.place), error.message) from error


def _their_place(ours: str) -> str:
    where = ours.removeprefix("presets[0]").removeprefix(".")
    for here, there in _PLACES.items():
        if where.startswith(here):
            return there + where[len(here) :]
    return where


def _known(value: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in value:
        if name not in names:
            inside = f"{where}.{name}" if where else name
            raise FileRefused(inside, f"There is no such member. Known are: {', '.join(names)}.")


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FileRefused(where, f"It must be an object; it is {shown(value)}.")
    return value


def _list(value: object, where: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise FileRefused(where, f"It must be a list; it is {shown(value)}.")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise FileRefused(where, f"It must be text; it is {shown(value)}.")
    return value
