"""JSONL and JSON arrays as raw rows: one object each, a problem per line that is none. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bedrock_playground.evaluation.datasets.csv_rows import too_many_rows
from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.values import LIMITS, Format, Limits, Problem, RawTable, Row
from bedrock_playground.invocation.codec import strict_json
from bedrock_playground.invocation.values import Json

INPUTS = "inputs"
"""The member of our own format that is an object of inputs; its members are columns ``inputs.name``."""
MAX_DEPTH = 50
"""Levels of lists and objects inside one another that a row may have."""
_EXAMPLE = 'Write one object per line: {"question": "…", "expected": "…"}.'


def read_jsonl(text: str, *, limits: Limits = LIMITS) -> RawTable:
    """Read JSON lines; empty lines are passed over.

    Raises:
        DataSetRefused: It has too many rows or columns.
    """
    found = _lines(text)
    return table_of(found, format="jsonl", limits=limits)


def read_json(text: str, *, limits: Limits = LIMITS) -> RawTable:
    """Read a JSON array of objects.

    Raises:
        DataSetRefused: It is not JSON, no array, or has too many rows or columns.
    """
    try:
        array = strict_json(text)
    except json.JSONDecodeError as error:
        raise DataSetRefused(
            f"It is not JSON: {error.msg}, line {error.lineno:,}, column {error.colno:,}.",
            "Correct it there.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataSetRefused(f"It is not JSON: {error}.", "Correct it.") from error
    if not isinstance(array, list):
        raise DataSetRefused(
            "It is JSON, but no list of cases.", f"{_EXAMPLE} Or put the objects into a list."
        )
    return table_of(enumerate(array, 1), format="json", limits=limits)


def table_of(
    found: Iterable[tuple[int, object]],
    *,
    format: Format,  # noqa: A002 - the table's own word
    limits: Limits = LIMITS,
) -> RawTable:
    """Make a table of numbered objects; what is a :class:`Problem` or no object is told.

    Raises:
        DataSetRefused: There are too many rows or columns.
    """
    columns: dict[str, None] = {}
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, value in found:
        if isinstance(value, Problem):
            problems.append(value)
        elif not isinstance(value, Mapping):
            problems.append(
                Problem(f"It is {_kind(value)}, not an object. {_EXAMPLE}", number, left_out=True)
            )
        elif _is_too_deep(value):
            words = f"It is nested more than {MAX_DEPTH} levels deep. Take out what no case needs."
            problems.append(Problem(words, number, left_out=True))
        elif len(rows) >= limits.max_cases:
            raise too_many_rows(limits)
        else:
            values = _flat(value)
            columns.update(dict.fromkeys(values))
            rows.append(Row(number, values))
        if len(columns) > limits.max_columns:
            raise DataSetRefused(
                f"Its objects have more than {limits.max_columns:,} different members.",
                "Leave out those that no case needs.",
            )
    return RawTable(format=format, columns=tuple(columns), rows=tuple(rows), unreadable=tuple(problems))


def _lines(text: str) -> Iterator[tuple[int, object]]:
    # Not splitlines(): JSON's texts may have Unicode's other line ends in them.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _parsed(line, number)


def _parsed(line: str, number: int) -> Any:  # noqa: ANN401 - any JSON
    try:
        return strict_json(line)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at column {error.colno:,}"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    return Problem(f"It is not JSON: {reason}. {_EXAMPLE}", number, left_out=True)


def _flat(value: Mapping[str, Json]) -> dict[str, Json]:
    """Our own format's inputs as columns; everything else as it is."""
    values: dict[str, Json] = {}
    for name, member in value.items():
        if name == INPUTS and isinstance(member, Mapping):
            values |= {f"{INPUTS}.{inner}": one for inner, one in member.items()}
        else:
            values[name] = member
    return values


def _is_too_deep(value: object) -> bool:
    # Not by recursion: that is what it guards against.
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[object] = []
        for one in level:
            if isinstance(one, Mapping):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        if not inner:
            return False
        level = inner
    return True


def _kind(value: object) -> str:
    if value is None:
        return "null"
    named: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "a text"),
        (list, "a list"),
    )
    return next((words for kind, words in named if isinstance(value, kind)), "a number")
