"""Runs as CSV and JSONL, line by line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bedrock_playground.history.records import RunRecord
from bedrock_playground.history.rows import prompt_of

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
)
"""The columns of the CSV, in order; the JSONL has them too, and ``request`` and ``result`` in full."""

# What spreadsheets take for the beginning of a formula, the full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export_row(record: RunRecord, row: RowMapping) -> dict[str, Any]:
    """Flatten a record.

    Args:
        record: The record.
        row: Its row, whose ``request`` and ``result`` are the stored JSON.
    """
    identity, request, result = record.identity, record.request, record.result
    flat: dict[str, Any] = dict.fromkeys(CSV_COLUMNS)
    flat.update(asdict(identity))
    flat.update(asdict(request.parameters))
    flat.update(
        ended_at=record.ended_at,
        state=record.state.value,
        model_id=request.model_id,
        user=record.user,
        preset_id=record.preset_id,
        tags=list(record.tags),
        system=request.system,
        prompt=prompt_of(request),
        tokens_per_second=row["tokens_per_second"],
        cost_usd=record.cost,
        price_source=record.price_source,
        price_as_of=record.price_as_of,
        price_confidence=record.price_confidence,
        request=json.loads(row["request"]),
        result=None if row["result"] is None else json.loads(row["result"]),
    )
    if result is not None:
        timing = result.timing
        flat.update(asdict(result.usage) if result.usage else {})
        flat.update(
            answer=result.text,
            reasoning=result.reasoning,
            stop_reason=result.stop_reason,
            time_to_first_token_s=timing.time_to_first_token,
            time_to_first_reasoning_token_s=timing.time_to_first_reasoning_token,
            total_s=timing.total,
            server_latency_s=timing.server_latency,
            attempts=len(result.attempts) or None,
            request_id=result.request_id,
            service_tier=result.service_tier,
            invoked_model_id=result.invoked_model_id,
            error_type=type(result.error).__name__ if result.error else None,
            error_message=result.error.message if result.error else None,
        )
    return {name: _plain(value) for name, value in flat.items()}


def to_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write rows as CSV (RFC 4180), the head first; unknown values are empty.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; the JSONL keeps it as it is.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(CSV_COLUMNS)
    yield _drain(buffer)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in CSV_COLUMNS])
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
        value = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
        if value.startswith(_FORMULA_STARTS):
            value = "'" + value
    return value


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
