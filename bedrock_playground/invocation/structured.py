"""Answers that shall follow a JSON schema: is the schema one, and does the answer follow it.

``jsonschema`` is imported when it is first needed. References to other places are never fetched: a schema
comes from whoever writes it, and checking one must not make a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import InvocationRequest, Json

MAX_PROBLEMS = 20
"""Problems that are told of one answer; the rest are counted."""
_LONG = 300


class SchemaRefused(ValueError):
    """A text is no JSON schema; the message says why and where."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in an answer that does not follow the schema."""

    path: str
    """Where, as ``$.items[2].name``."""
    message: str
    """What is wrong there."""


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Whether an answer follows a schema."""

    is_json: bool
    """Whether it is JSON at all."""
    problems: tuple[Problem, ...] = ()
    """What does not follow the schema; empty: the answer is valid."""
    more: int = 0
    """Further problems, not told."""

    @property
    def valid(self) -> bool:
        """Whether the answer follows the schema."""
        return self.is_json and not self.problems


def read_schema(text: str) -> Mapping[str, Json]:
    """Read a JSON schema.

    Raises:
        SchemaRefused: It is not JSON, no object, or not a schema.
    """
    try:
        schema = strict_json(text)
    except json.JSONDecodeError as error:
        raise SchemaRefused(
            f"The schema is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SchemaRefused(f"The schema is not JSON: {error}.") from error
    if not isinstance(schema, dict):
        raise SchemaRefused('The schema must be an object, such as {"type": "object", "properties": …}.')
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - a tenth of a second, only when needed

    validator = _validator_class(schema)
    try:
        worst = best_match(validator(validator.META_SCHEMA).iter_errors(schema))
    except RecursionError as error:
        raise SchemaRefused("The schema is nested too deeply to be checked.") from error
    if worst is not None:
        where = _path(worst.absolute_path)
        raise SchemaRefused(f"This is no JSON schema: at {where}, {_short(worst.message)}")
    return schema


def check_answer(answer: str, schema: Mapping[str, Json]) -> AnswerCheck:
    """Hold an answer against a schema that :func:`read_schema` has read."""
    try:
        value = strict_json(answer)
    except (ValueError, RecursionError) as error:
        return AnswerCheck(is_json=False, problems=(Problem("$", f"The answer is not JSON: {error}."),))
    from jsonschema_specifications import REGISTRY  # noqa: PLC0415 - as above
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    # Without a registry of its own the library would fetch what a schema refers to.
    validator = _validator_class(schema)(schema, registry=REGISTRY)
    try:
        found = [
            Problem(_path(error.absolute_path), _short(error.message))
            for error in validator.iter_errors(value)
        ]
    except Unresolvable as error:
        found = [Problem("$", f"The schema refers to {error.ref}, which is not in it and is not fetched.")]
    except RecursionError:
        found = [Problem("$", "It is nested too deeply to be checked.")]
    return AnswerCheck(
        is_json=True, problems=tuple(found[:MAX_PROBLEMS]), more=max(0, len(found) - MAX_PROBLEMS)
    )


def asked_schema(request: InvocationRequest) -> str | None:
    """Return the JSON schema that a request asks its answer to follow, as text."""
    match request.output_config:
        case {"textFormat": {"structure": {"jsonSchema": {"schema": str(text)}}}}:
            return text
        case _:
            return None


def _validator_class(schema: Mapping[str, Json]) -> Any:  # noqa: ANN401 - jsonschema makes classes at run time
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - as above
    from jsonschema.validators import validator_for  # noqa: PLC0415

    return validator_for(schema, default=Draft202012Validator)


def _short(message: str) -> str:
    """Cut a message: the library writes the whole offending value into it."""
    return message if len(message) <= _LONG else f"{message[: _LONG // 2]} … {message[-_LONG // 2 :]}"


def _path(parts: Sequence[str | int]) -> str:
    """Write where something is, as in JSONPath."""
    path = "$"
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if part.isidentifier() else f"[{json.dumps(part, ensure_ascii=False)}]"
    return path
