"""The criterion that an answer is JSON of a schema, for the schemas that need no library."""

from __future__ import annotations

from typing import Any

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.cascade import Criterion, Tried, Verdict
from bedrock_playground.patterns.exports.parts.reading_json import strict_json

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def follows(schema: dict[str, Any] | None) -> Criterion:
    """The answer is JSON that follows a schema; None: no schema is asked for."""

    def check(tried: Tried, course: Course) -> Verdict:
        del course
        if schema is None:
            return Verdict(met=None, why="no schema is asked for")
        try:
            value = strict_json(tried.reply.text)
        except (ValueError, RecursionError) as error:
            return Verdict(met=False, why=f"its answer does not follow the schema at $: no JSON: {error}")
        wrong = problem(value, schema, "$")
        if wrong is None:
            return Verdict(met=True, why="its answer follows the schema")
        return Verdict(met=False, why=f"its answer does not follow the schema at {wrong}")

    return check


def problem(value: Any, schema: Any, path: str) -> str | None:
    """Where a value does not follow a schema of the keywords below, and why; None: it does."""
    if isinstance(schema, bool):
        return None if schema else f"{path}: nothing is allowed there"
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_of(value, name) for name in types):
            return f"{path}: it is not of type {', '.join(types)}"
    if "enum" in schema and not any(same(value, each) for each in schema["enum"]):
        return f"{path}: it is none of {schema['enum']}"
    if "const" in schema and not same(value, schema["const"]):
        return f"{path}: it is not {schema['const']}"
    for limit, size in (("Length", str), ("Items", list), ("Properties", dict)):
        if isinstance(value, size) and not within(len(value), schema, f"min{limit}", f"max{limit}"):
            return f"{path}: its size is {len(value)}"
    if is_of(value, "number") and not within(value, schema, "minimum", "maximum"):
        return f"{path}: it is {value}"
    return problem_inside(value, schema, path)


def problem_inside(value: Any, schema: Any, path: str) -> str | None:
    """The same for what is in an object or a list."""
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name in schema.get("required", []):
            if name not in value:
                return f"{path}: {name} is missing"
        for name, item in value.items():
            if (wrong := problem(item, properties.get(name, rest), f"{path}.{name}")) is not None:
                return wrong
    if isinstance(value, list):
        for place, item in enumerate(value):
            if (wrong := problem(item, schema.get("items", True), f"{path}[{place}]")) is not None:
                return wrong
    return None


def is_of(value: Any, name: str) -> bool:
    """Whether a value is of one of JSON schema's types: a boolean is no number, 1.0 is an integer."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[name])


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


def within(size: float, schema: dict[str, Any], least: str, most: str) -> bool:
    """Whether a size keeps to the limits that a schema sets."""
    return bool(schema.get(least, size) <= size <= schema.get(most, size))
