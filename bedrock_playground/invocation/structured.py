"""Answers that shall follow a JSON schema: is the schema one, and does the answer follow it.

``jsonschema`` is imported when it is first needed. References to other places are never fetched: a schema
comes from whoever writes it, and checking one must not make a request. Nor must it run away on what a model
wrote: its regular expressions are looked for by RE2 (:mod:`bedrock_playground.texts.expressions`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import InvocationRequest, Json
from bedrock_playground.texts.expressions import BadExpression, found

MAX_PROBLEMS = 20
"""Problems that are told of one answer; the rest are counted."""
_LONG = 300
_DIALECT = "$schema"


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

    try:
        # Without a registry of its own the library would fetch what a schema refers to; and it takes a
        # validator of its own, whose expressions can run away, wherever a schema names its dialect.
        bare = {key: inside for key, inside in schema.items() if key != _DIALECT}
        validator = _answer_class(schema)(bare, registry=REGISTRY)
        problems = [
            Problem(_path(error.absolute_path), _short(error.message))
            for error in validator.iter_errors(value)
        ]
    except Unresolvable as error:
        problems = [Problem("$", f"The schema refers to {error.ref}, which is not in it and is not fetched.")]
    except RecursionError:
        problems = [Problem("$", "It is nested too deeply to be checked.")]
    except BadExpression as error:
        problems = [Problem("$", f"The schema cannot be checked here: {error}")]
    return AnswerCheck(
        is_json=True, problems=tuple(problems[:MAX_PROBLEMS]), more=max(0, len(problems) - MAX_PROBLEMS)
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


def _answer_class(schema: Mapping[str, Json]) -> Any:  # noqa: ANN401 - as above
    """The validator of answers: as the library's, but for what it would have Python's expressions look at."""
    from jsonschema.validators import extend  # noqa: PLC0415 - as above

    base = _validator_class(schema)
    written = json.dumps(schema)
    if written.count(f'"{_DIALECT}"') > (_DIALECT in schema):
        raise BadExpression(f"“{_DIALECT}” stands inside of it; it can stand at the beginning alone.")
    if '"unevaluatedProperties"' in written and '"patternProperties"' in written:
        # The library looks for these two together by itself.
        raise BadExpression("“unevaluatedProperties” stands beside “patternProperties”.")
    own = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return extend(base, own)


def _pattern(_: Any, pattern: str, value: Json, __: Any) -> Iterator[Any]:  # noqa: ANN401 - the library's
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if isinstance(value, str) and found(pattern, value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any,  # noqa: ANN401 - the library's
    patterns: Mapping[str, Json],
    value: Json,
    _: Any,  # noqa: ANN401
) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    for pattern, inside in patterns.items():
        for name in value:
            if found(pattern, name) is not None:
                yield from validator.descend(value[name], inside, path=name, schema_path=pattern)


def _additional_properties(  # noqa: PLR0917 - as the library calls it
    validator: Any,  # noqa: ANN401 - the library's
    allowed: Json,
    value: Json,
    schema: Mapping[str, Any],
) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if not isinstance(value, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    more = [
        name
        for name in value
        if name not in named and all(found(pattern, name) is None for pattern in patterns)
    ]
    if isinstance(allowed, dict):
        for name in more:
            yield from validator.descend(value[name], allowed, path=name)
    elif allowed is False and more:
        told = ", ".join(repr(name) for name in more)
        yield ValidationError(f"Additional properties are not allowed: {told}")


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
