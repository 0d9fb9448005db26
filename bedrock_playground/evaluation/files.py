"""An evaluation's answers as CSV and JSONL, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bedrock_playground.history.export import csv_lines, to_jsonl

__all__ = ["answers_csv", "answers_jsonl"]


def answers_csv(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Write rows of :func:`~bedrock_playground.evaluation.results.export_rows` as CSV, the head first.

    All rows have the same columns, so that those of the first one are the file's.
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return

    def again() -> Iterator[Mapping[str, object]]:
        yield first
        yield from remaining

    yield from csv_lines(again(), columns=tuple(first))


def answers_jsonl(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Write the same rows as one JSON object per line; unknown values are ``null``."""
    yield from to_jsonl(rows)
