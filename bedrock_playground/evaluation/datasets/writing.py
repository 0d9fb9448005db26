"""Data sets as JSONL and CSV, which this program reads back just as they were. Pure.

The columns are our own format's: ``inputs.NAME`` per variable (in JSONL an object ``inputs``), ``expected``,
``references``, ``tags``, ``checks``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from bedrock_playground.evaluation.datasets.case_json import case_to_json
from bedrock_playground.evaluation.datasets.csv_rows import guarded
from bedrock_playground.evaluation.datasets.json_rows import INPUTS
from bedrock_playground.evaluation.values import Case

_PLAIN = frozenset("-_ ./")


def to_jsonl(cases: Iterable[Case]) -> Iterator[str]:
    """Write cases as JSON lines, one by one; what a case does not have is left out."""
    for case in cases:
        yield json.dumps(case_to_json(case), ensure_ascii=False) + "\n"


def to_csv(cases: Iterable[Case], variables: Sequence[str]) -> Iterator[str]:
    """Write cases as CSV (RFC 4180), line by line, the head first.

    Text that a spreadsheet would take for a formula gets a leading apostrophe, which reading takes away.

    Args:
        cases: The cases; taken one by one.
        variables: The names of their inputs, in the order of the columns.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([*(f"{INPUTS}.{name}" for name in variables), "expected", "references", "tags", "checks"])
    for case in cases:
        writer.writerow([
            *(guarded(case.inputs.get(name, "")) for name in variables),
            guarded(case.expected or ""),
            _json(list(case.references)) if case.references else "",
            _tags(case.tags),
            _json(dict(case.checks)) if case.checks else "",
        ])  # fmt: skip
        yield _drain(buffer)
    rest = _drain(buffer)
    if rest:
        yield rest


def variables_in(cases: Iterable[Case]) -> tuple[str, ...]:
    """The names of all inputs, in the order in which they first appear."""
    return tuple(dict.fromkeys(name for case in cases for name in case.inputs))


def _tags(tags: Sequence[str]) -> str:
    """Tags with ``; `` between them where that is unmistakable, else as JSON."""
    plain = all(all(letter.isalnum() or letter in _PLAIN for letter in tag) for tag in tags)
    return guarded("; ".join(tags)) if plain else _json(list(tags))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
