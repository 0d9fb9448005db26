"""CSV and TSV as raw rows: strict about quotes, ragged rows told by their line. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.values import LIMITS, Limits, Problem, RawTable, Row

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between fields; the one that splits the header into most of them is taken."""
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What spreadsheets take for the beginning of a formula, behind any apostrophes that were put before it."""
_OWN = re.compile(r"inputs\.[A-Za-z_][A-Za-z0-9_]*|expected|references|tags|checks")


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    fields: Sequence[str]
    problem: str = ""


def read_csv(text: str, *, delimiter: str | None = None, limits: Limits = LIMITS) -> RawTable:
    """Read CSV; its first line that is not empty names the columns.

    Args:
        text: The file.
        delimiter: What stands between fields; found by the header if not given.
        limits: How much is taken.

    Raises:
        DataSetRefused: It has no header, no row, or too many columns or rows.
    """
    delimiter = delimiter or find_delimiter(text)
    records = _records(text, delimiter)
    header = next((one for one in records if any(cell.strip() for cell in one.fields) or one.problem), None)
    if header is None:
        raise DataSetRefused(
            "It has no line with column names.", "Put the columns' names into the first line."
        )
    if header.problem:
        raise DataSetRefused(f"Line {header.line:,} should name the columns. {header.problem}", "Correct it.")
    if len(header.fields) > limits.max_columns:
        raise DataSetRefused(
            f"It has {len(header.fields):,} columns; at most {limits.max_columns:,} are taken.",
            "Leave out those that no case needs.",
        )
    columns, problems = name_columns(header.fields, row=header.line)
    own = all(_OWN.fullmatch(name) for name in columns) and any(
        name.startswith("inputs.") for name in columns
    )
    rows: list[Row] = []
    for record in records:
        problem = record.problem or _ragged(record.fields, columns)
        if not record.fields and not record.problem:
            continue  # an empty line, such as the last one
        if problem:
            problems.append(Problem(problem, record.line, left_out=True))
        elif len(rows) >= limits.max_cases:
            raise too_many_rows(limits)
        else:
            cells = [unguarded(cell) if own else cell for cell in record.fields]
            rows.append(Row(record.line, dict(zip(columns, cells, strict=False))))
    return RawTable(
        format="tsv" if delimiter == "\t" else "csv",
        columns=columns,
        rows=tuple(rows),
        unreadable=tuple(problems),
    )


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first line that is not empty into most fields; a comma if none does."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=outside.count)


def name_columns(names: Sequence[str], *, row: int | None = None) -> tuple[tuple[str, ...], list[Problem]]:
    """Give every column a name of its own, and tell which had none."""
    taken: dict[str, None] = {}
    problems: list[Problem] = []
    for place, raw in enumerate(names, 1):
        wanted = raw.strip() or f"column {place}"
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted} ({number})"
        if not raw.strip():
            problems.append(Problem(f"Column {place} has no name; it is called “{name}” here.", row))
        elif name != wanted:
            problems.append(Problem(f"Two columns are called “{wanted}”; this one is “{name}” here.", row))
        taken[name] = None
    return tuple(taken), problems


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; :func:`unguarded` undoes it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Take the apostrophe of :func:`guarded` away."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def too_many_rows(limits: Limits) -> DataSetRefused:
    """The refusal of a table with too many rows."""
    return DataSetRefused(
        f"It has more than {limits.max_cases:,} rows.", "Take a sample, or split it into several data sets."
    )


def _records(text: str, delimiter: str) -> Iterator[_Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Record(line, (), _quoting(str(error), line))
        else:
            yield _Record(line, fields)


def _quoting(error: str, line: int) -> str:
    if "unexpected end of data" in error:
        return f"A quotation mark that opens behind line {line:,} is never closed. Close it, or double it."
    if "field larger" in error:
        return (
            "A field has more than 131,072 characters, or a quotation mark before it is never closed. "
            "Shorten it, or close the mark."
        )
    return (
        "After a closing quotation mark something other than a delimiter follows. Double the quotation marks "
        'inside a field: "He said ""yes"".".'
    )


def _ragged(fields: Sequence[str], columns: Sequence[str]) -> str:
    """What is wrong with a row's number of fields; empty ones behind the last column do no harm."""
    surplus = fields[len(columns) :]
    if not any(cell.strip() for cell in fields):
        return "The row is empty."
    if len(fields) < len(columns):
        return (
            f"It has {len(fields)} {_fields(len(fields))}; the header has {len(columns)}. Add the missing "
            "ones, if only as empty fields."
        )
    if any(cell.strip() for cell in surplus):
        return (
            f"It has {len(fields)} {_fields(len(fields))}; the header has {len(columns)}. Put quotation "
            "marks around a field that has the delimiter in it."
        )
    return ""


def _fields(number: int) -> str:
    return "field" if number == 1 else "fields"
