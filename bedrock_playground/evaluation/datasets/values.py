"""The values of reading a data set: limits, raw tables, what is wrong with rows; standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bedrock_playground.invocation.values import Json

Format = Literal["csv", "tsv", "jsonl", "json", "parquet", "lines"]
"""How a table was written; ``lines`` is one text per line."""
Unit = Literal["line", "row"]
"""What rows are numbered by: lines of the file, or rows where a file has no lines (Parquet, a JSON array)."""
MAX_PROBLEMS = 200
"""Problems that are told in full; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken; more is refused, never cut off."""

    max_bytes: int = 50_000_000
    """Bytes of a file or a pasted text, and of a Parquet file's columns when unpacked."""
    max_cases: int = 50_000
    """Rows."""
    max_columns: int = 200
    """Columns."""
    max_characters: int = 100_000
    """Characters of one field."""
    max_tags: int = 20
    """Tags of a case; each may have 64 characters."""

    def __str__(self) -> str:
        """The limits in words."""
        return (
            f"At most {self.max_bytes / 1_000_000:g} MB, {self.max_cases:,} cases, {self.max_columns:,} "
            f"columns, {self.max_characters:,} characters per field, and {self.max_tags} tags per case."
        )


LIMITS = Limits()
"""The limits that hold."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row, or worth knowing."""

    message: str
    """What was found, why it matters, what to do."""
    row: int | None = None
    """The row's number in the file, by the table's unit; ``None``: it is about the table."""
    column: str | None = None
    """Which column."""
    left_out: bool = False
    """Whether the row is no case because of it; else it is told, and the row is a case."""

    def place(self, unit: Unit) -> str:
        """Where, such as ``Line 7, column “question”``; empty: the table."""
        parts = [] if self.row is None else [f"{unit.capitalize()} {self.row:,}"]
        parts += [] if self.column is None else [f"column “{self.column}”"]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong, in the order of the file; beyond :data:`MAX_PROBLEMS` it is counted."""

    listed: tuple[Problem, ...] = ()
    """The first ones, in full."""
    more: int = 0
    """How many are not listed."""

    @classmethod
    def of(cls, found: Iterable[Problem]) -> Problems:
        """Keep the first ones, and count the rest."""
        listed: list[Problem] = []
        more = 0
        for problem in found:
            if len(listed) < MAX_PROBLEMS:
                listed.append(problem)
            else:
                more += 1
        return cls(tuple(listed), more)

    def __len__(self) -> int:
        """How many there are, listed or not."""
        return len(self.listed) + self.more


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read; a column that it does not have is not among its values."""

    number: int
    """Its number in the file, by the table's unit."""
    values: Mapping[str, Json]
    """By column; texts in CSV and lines, any JSON in the others. ``None``: the file says null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A table as it was read, before anybody said which column is what."""

    format: Format
    """How it was written."""
    columns: tuple[str, ...]
    """The columns' names, in the order of the file; unique."""
    rows: tuple[Row, ...]
    """The rows that could be read, in order."""
    unreadable: tuple[Problem, ...] = ()
    """A problem per row that could not be read, and what was done about odd column names."""

    @property
    def unit(self) -> Unit:
        """What its rows are numbered by."""
        return "row" if self.format in {"json", "parquet"} else "line"
