"""Reading files and pasted text into a raw table: its name or its looks tell what it is written in."""

from __future__ import annotations

from typing import Literal, cast

from bedrock_playground.evaluation.datasets.csv_rows import find_delimiter, read_csv, too_many_rows
from bedrock_playground.evaluation.datasets.decoding import PARQUET, check_size, decode, refuse_known
from bedrock_playground.evaluation.datasets.errors import DataSetRefused
from bedrock_playground.evaluation.datasets.json_rows import read_json, read_jsonl
from bedrock_playground.evaluation.datasets.known import is_known
from bedrock_playground.evaluation.datasets.parquet_rows import read_parquet
from bedrock_playground.evaluation.datasets.values import LIMITS, Format, Limits, RawTable, Row

ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "auto",
}
"""What a file's name ends in, and what it is then; ``auto``: its looks tell."""
Pasted = Literal["auto", "csv", "tsv", "jsonl", "json", "lines"]
"""How pasted text is read; ``auto`` tells by its looks."""
LINE_COLUMN = "text"
"""The only column of one case per line."""
_MAX_NAME = 64
_TOLD = 3


def read_file(name: str, data: bytes, *, limits: Limits = LIMITS) -> RawTable:
    """Read a file.

    Args:
        name: Its name; the ending tells what it is written in.
        data: The file.
        limits: How much is taken.

    Raises:
        DataSetRefused: It is too large, of no known kind, not UTF-8, or has no table in it. What is wrong
            with single rows is among the table's ``unreadable`` instead.
    """
    check_size(data, limits)
    kind = next((kind for ending, kind in ENDINGS.items() if name.lower().endswith(ending)), None)
    if kind is None:
        refuse_known(data)
        raise DataSetRefused(
            f"“{name}” is of no kind that is read.", f"Its name should end in one of {', '.join(ENDINGS)}."
        )
    if kind == "parquet":
        if not data.startswith(PARQUET):
            raise DataSetRefused("It is called .parquet but is no Parquet file.", "Choose the file itself.")
        return read_parquet(data, limits=limits)
    text = decode(data)
    return _read(text, looks_like(text) if kind == "auto" else cast("Format", kind), limits)


def read_pasted(text: str, *, kind: Pasted = "auto", limits: Limits = LIMITS) -> RawTable:
    """Read pasted text: CSV, TSV, JSON lines, a JSON array, or one case per line.

    Args:
        text: The text.
        kind: How to read it; by its looks if not given.
        limits: How much is taken.

    Raises:
        DataSetRefused: It is too long, or has no table in it.
    """
    data = text.encode("utf-8", "surrogatepass")
    check_size(data, limits)
    bare = text.removeprefix("\ufeff")
    return _read(bare, looks_like(bare) if kind == "auto" else kind, limits)


def looks_like(text: str) -> Format:
    """Tell how pasted text is written.

    It is JSON if it begins so. It is a table if the first line can be names of columns: at least two that are
    short and different, with tabs between them (as from a spreadsheet) or one of them known, such as
    ``question``. Everything else is one case per line: a sentence with a comma must not become two columns.
    """
    start = text.lstrip()
    if start.startswith("{"):
        return "jsonl"
    if start.startswith("[") and start.rstrip().endswith("]"):
        return "json"
    first = start.partition("\n")[0]
    delimiter = find_delimiter(first)
    names = [name.strip().strip('"') for name in first.split(delimiter)]
    plausible = (
        len(names) > 1 and len(set(names)) == len(names) and all(0 < len(n) <= _MAX_NAME for n in names)
    )
    if plausible and delimiter == "\t":
        return "tsv"
    return "csv" if plausible and any(map(is_known, names)) else "lines"


def _read(text: str, kind: Format, limits: Limits) -> RawTable:
    table = _by_kind(text, kind, limits)
    if table.rows:
        return table
    lost = [problem for problem in table.unreadable if problem.left_out]
    if not lost:
        raise DataSetRefused("It has no case in it.", "Add at least one row below the columns' names.")
    told = " ".join(f"{one.place(table.unit)}: {one.message}" for one in lost[:_TOLD])
    none = "Its only row cannot" if len(lost) == 1 else f"None of its {len(lost):,} rows can"
    raise DataSetRefused(f"{none} be read. {told}", "Correct that, and take it again.")


def _by_kind(text: str, kind: Format, limits: Limits) -> RawTable:
    match kind:
        case "csv":
            return read_csv(text, limits=limits)
        case "tsv":
            return read_csv(text, delimiter="\t", limits=limits)
        case "jsonl":
            # Some call a JSON array .jsonl, and JSON lines .json.
            return (
                read_json(text, limits=limits)
                if text.lstrip().startswith("[")
                else read_jsonl(text, limits=limits)
            )
        case "json":
            return (
                read_jsonl(text, limits=limits)
                if text.lstrip().startswith("{")
                else read_json(text, limits=limits)
            )
        case _:
            return _read_lines(text, limits)


def _read_lines(text: str, limits: Limits) -> RawTable:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = tuple(Row(number, {LINE_COLUMN: line}) for number, line in enumerate(lines, 1) if line.strip())
    if len(rows) > limits.max_cases:
        raise too_many_rows(limits)
    return RawTable(format="lines", columns=(LINE_COLUMN,), rows=rows)
