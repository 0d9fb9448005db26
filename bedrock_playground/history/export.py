"""Runs as CSV and JSONL, line by line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bedrock_playground.texts.spreadsheets import guarded

CSV_COLUMNS = (
    "run_id",
    "comparison_id",
    "label",
    "turn",
    "repeat",
    "started_at",
    "ended_at",
    "state",
    "model_id",
    "region",
    "endpoint",
    "user",
    "preset_id",
    "preset_version",
    "tags",
    "system",
    "prompt",
    "answer",
    "reasoning",
    "max_tokens",
    "temperature",
    "top_p",
    "stop_sequences",
    "additional_model_request_fields",
    "stop_reason",
    "time_to_first_token_s",
    "time_to_first_reasoning_token_s",
    "total_s",
    "server_latency_s",
    "tokens_per_second",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
    "reasoning_tokens",
    "total_tokens",
    "attempts",
    "request_id",
    "service_tier",
    "invoked_model_id",
    "error_type",
    "error_message",
    "cost_usd",
    "price_source",
    "price_as_of",
    "price_confidence",
    "price_note",
    "votes",
    "blind_votes",
)
"""The columns of the CSV, in order; the JSONL has them too, and ``request`` and ``result`` in full."""

_PARAMETERS = ("max_tokens", "temperature", "top_p", "stop_sequences", "additional_model_request_fields")
_RENAMED = {
    "user": "user_name",
    "cost_usd": "cost",
    "total_s": "total",
    "server_latency_s": "server_latency",
    "time_to_first_token_s": "time_to_first_token",
    "time_to_first_reasoning_token_s": "time_to_first_reasoning_token",
}
_FROM_DETAILS = {
    "tags",
    "system",
    "prompt",
    "answer",
    "reasoning",
    "request_id",
    "error_message",
    "votes",
    "blind_votes",
    *_PARAMETERS,
}
_FROM_ROW = {name: _RENAMED.get(name, name) for name in CSV_COLUMNS if name not in _FROM_DETAILS}


def export_row(row: RowMapping, *, votes: Sequence[tuple[str, bool]] = ()) -> dict[str, Any]:
    """Flatten a row of ``runs`` joined with its stored request and result.

    Args:
        row: The row.
        votes: What votes say of the run (``won``, ``lost``, ``tied``, ``bad``), and whether each was blind.

    The JSON is taken as it is stored, not made into values first: that is twice as quick, and a run
    whose details this version cannot read does not end the export.
    """
    request = json.loads(row["request"])
    result = None if row["result"] is None else json.loads(row["result"])
    error = (result or {}).get("error") or {}
    flat = {name: row[column] for name, column in _FROM_ROW.items()}
    flat.update(
        tags=json.loads(row["tags"]),
        system=request.get("system"),
        prompt=_prompt(request),
        **{name: (request.get("parameters") or {}).get(name) for name in _PARAMETERS},
        answer=(result or {}).get("text"),
        reasoning=(result or {}).get("reasoning"),
        request_id=(result or {}).get("request_id"),
        error_message=error.get("message"),
        # Nobody voted on most runs: that is unknown, not a vote of 0.
        votes=", ".join(outcome for outcome, _ in votes) or None,
        blind_votes=sum(blind for _, blind in votes) if votes else None,
        request=request,
        result=result,
    )
    return {name: _plain(value) for name, value in flat.items()}


def _prompt(request: Mapping[str, Any]) -> str:
    for message in reversed(request.get("messages") or []):
        if message.get("role") == "user":
            blocks = message.get("content") or []
            return "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")
    return ""


def to_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write rows as CSV (RFC 4180), the head first; unknown values are empty.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; the JSONL keeps it as it is.
    """
    yield from csv_lines(rows, columns=CSV_COLUMNS)


def csv_lines(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> Iterator[str]:
    """Write any rows as :func:`to_csv` does.

    Args:
        rows: The rows.
        columns: Which of their values, in order; what a row lacks is empty.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_cell(name) for name in columns])
    yield _drain(buffer)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
        yield _drain(buffer)


def to_jsonl(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write rows as one JSON object per line; unknown values are ``null``."""
    for row in rows:
        yield json.dumps(row, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    if isinstance(value, datetime | date):
        return value.isoformat()
    # A decimal as text: JSON's numbers would lose it.
    return format(value, "f") if isinstance(value, Decimal) else value


def _cell(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value, separators=(",", ":")) if value else ""
    if isinstance(value, str):
        # A NUL ends a file for many readers, and half a surrogate pair cannot be written at all.
        value = guarded(value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8"))
    return value


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
