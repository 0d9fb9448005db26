"""The published JSON schema of preset files, and what it says of a document, in words with the place.

The schema is the one source of truth of what a file may hold: reading is held against it, and
:mod:`bedrock_playground.presets.codec` adds only what no schema can say. ``jsonschema`` is imported when the
first file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.presets.errors import FileRefused

SCHEMA_ID = "urn:bedrock-playground:presets:1"
"""The schema's ``$id``."""
_NAME = "presets-1.schema.json"
_SHOWN = 60
_Error: TypeAlias = Any
"""jsonschema's ``ValidationError``."""


def schema_text() -> str:
    """The schema, as it is published."""
    return (files("bedrock_playground.presets") / "data" / _NAME).read_text(encoding="utf-8")


@cache
def schema() -> Mapping[str, Any]:
    """The schema, read."""
    found: Mapping[str, Any] = strict_json(schema_text())
    return found


def validate(document: object) -> None:
    """Hold a document against the schema.

    Raises:
        FileRefused: It does not follow it; the first place in the file is named.
    """
    errors = sorted(_validator().iter_errors(document), key=_order)
    if errors:
        first = errors[0]
        raise FileRefused(place((*first.absolute_path, *_unknown_names(first)[:1])), _words(first))


def place(path: Sequence[str | int]) -> str:
    """Write where something is: ``presets[2].parameters.temperature``."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            written += f"{'.' if written else ''}{part}"
    return written


def shown(value: object) -> str:
    """Write a value into a message, as JSON names its kinds, and not at any length."""
    kinds: dict[type, str] = {dict: "an object", list: "a list", type(None): "null"}
    if type(value) in kinds:
        return kinds[type(value)]
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema makes its classes at run time
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - a tenth of a second, only when needed

    def whole(_checker: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    # To JSON schema 512.0 is a whole number; to Converse it is none.
    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", whole)
    from jsonschema.validators import extend  # noqa: PLC0415

    return extend(Draft202012Validator, type_checker=checker)(schema())


def _order(error: _Error) -> tuple[tuple[tuple[bool, int, str], ...], str]:
    """Earlier places first; an unknown member, which may be a misspelt one, before one that is missing."""
    path = tuple(
        (isinstance(part, str), part if isinstance(part, int) else 0, str(part))
        for part in error.absolute_path
    )
    return path, str(error.validator)


def _words(error: _Error) -> str:
    return _WORDS.get(error.validator, _otherwise)(error)


def _otherwise(error: _Error) -> str:
    return f"It does not follow the schema: {error.message[:200]}."


def _unknown_names(error: _Error) -> list[str]:
    if error.validator != "additionalProperties":
        return []
    return [name for name in error.instance if name not in error.schema.get("properties", {})]


def _unknown(error: _Error) -> str:
    offered = ", ".join(name for name in error.schema["properties"] if name != "$schema")
    return f"There is no such member. Known are: {offered}."


def _missing(error: _Error) -> str:
    names = [name for name in error.validator_value if name not in error.instance]
    return f"It lacks {', '.join(names)}."


def _type(error: _Error) -> str:
    words = {
        "string": "text",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "object": "an object",
        "array": "a list",
    }
    wanted = error.validator_value
    kinds = [words[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted)]
    return f"It must be {' or '.join(kinds)}; it is {shown(error.instance)}."


def _enum(error: _Error) -> str:
    offered = ", ".join(error.validator_value)
    return f"It must be one of {offered}; it is {shown(error.instance)}."


def _limit(wanted: str) -> Callable[[_Error], str]:
    return lambda error: f"It must be {wanted} {error.validator_value:,}; it is {shown(error.instance)}."


def _length(what: str, most: str) -> Callable[[_Error], str]:
    def words(error: _Error) -> str:
        return f"It has {len(error.instance):,} {what}; {most} {error.validator_value:,} are taken."

    return words


def _pattern(error: _Error) -> str:
    if error.schema.get("pattern", "").startswith("^[A-Za-z_]"):
        return (
            f"{shown(error.instance)} cannot be a variable's name: it takes letters, digits and _, beginning "
            "with a letter or _, at most 64."
        )
    if "DRAFT" in error.schema.get("pattern", ""):
        return f"It must be DRAFT or a version's number, as text; it is {shown(error.instance)}."
    return "It must be one line without control characters."


_WORDS: Mapping[str, Callable[[_Error], str]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _type,
    "enum": _enum,
    "const": lambda error: f"It must be {shown(error.validator_value)}; it is {shown(error.instance)}.",
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "minLength": lambda _error: "It is empty.",
    "minItems": lambda _error: "It is empty.",
    "maxLength": _length("characters", "at most"),
    "maxItems": _length("entries", "at most"),
    "maxProperties": _length("members", "at most"),
    "uniqueItems": lambda _error: "An entry is there twice.",
    "pattern": _pattern,
}
