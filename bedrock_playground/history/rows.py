"""Between records and rows: pure, both ways."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from bedrock_playground.history.errors import RunUnreadable
from bedrock_playground.history.preset_records import RunOrigin
from bedrock_playground.history.records import RunRecord, RunSummary
from bedrock_playground.history.schema import runs
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.serialization import (
    request_from_json,
    request_to_json,
    result_from_json,
    result_to_json,
)
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState

PROMPT_START_LENGTH = 200
"""How many characters of the prompt a list can show."""

_SUMMARY_FIELDS = tuple(field.name for field in fields(RunSummary) if field.name not in {"state", "user"})

SUMMARY_COLUMNS = tuple(runs.c[name] for name in ("id", "state", "user_name", *_SUMMARY_FIELDS))
"""What a list reads."""


def clean(text: str) -> str:
    """Make text fit a text column: PostgreSQL takes no NUL, and neither database half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def fold(text: str) -> str:
    """Make text comparable whatever its case; the same for what is stored and what is searched."""
    return unicodedata.normalize("NFC", clean(text)).casefold()


def prompt_of(request: InvocationRequest) -> str:
    """The last thing the user said."""
    for message in reversed(request.messages):
        if message.role == "user":
            return message.text
    return ""


def identity_row(identity: RunIdentity, request: InvocationRequest) -> dict[str, Any]:
    """The columns of ``runs`` that are known before anything is sent."""
    return {
        "run_id": identity.run_id,
        "comparison_id": identity.comparison_id,
        "label": clean(identity.label),
        "turn": identity.turn,
        "repeat": identity.repeat,
        "started_at": identity.started_at,
        "model_id": clean(request.model_id),
        "region": identity.region,
        "endpoint": identity.endpoint,
        "parent_id": identity.parent_id,
        "role": _clean(identity.role),
        "case_number": identity.case_number,
        "tags": "[]",
        "prompt_start": clean(" ".join(prompt_of(request)[: 4 * PROMPT_START_LENGTH].split()))[
            :PROMPT_START_LENGTH
        ],
    }


def origin_row(origin: RunOrigin | None) -> dict[str, Any]:
    """The columns of ``runs`` that say which preset it comes from; all empty without one."""
    return {
        "preset_id": None if origin is None else clean(origin.preset_id),
        "preset_version": None if origin is None else origin.version,
        "tags": dump([] if origin is None else list(origin.tags)),
    }


def result_row(result: InvocationResult | None) -> dict[str, Any]:
    """The columns of ``runs`` that come from the result; all unknown without one."""
    if result is None:
        return dict.fromkeys(_RESULT_COLUMNS)
    timing, usage = result.timing, result.usage
    output_tokens = usage.output_tokens if usage else None
    row: dict[str, Any] = {
        "time_to_first_token": timing.time_to_first_token,
        "time_to_first_reasoning_token": timing.time_to_first_reasoning_token,
        "total": timing.total,
        "server_latency": timing.server_latency,
        "tokens_per_second": timing.tokens_per_second(output_tokens),
        "stop_reason": _clean(result.stop_reason),
        "error_type": type(result.error).__name__ if result.error else None,
        "attempts": len(result.attempts) or None,
        "service_tier": _clean(result.service_tier),
        "invoked_model_id": _clean(result.invoked_model_id),
    }
    for name in _USAGE_COLUMNS:
        row[name] = getattr(usage, name) if usage else None
    return row


def cost_row(cost: Cost | None) -> dict[str, Any]:
    """The columns of ``runs`` that say what it cost; all unknown without a price."""
    known = cost is not None and cost.amount is not None
    return {
        "cost": cost.amount if cost else None,
        "price_source": _clean(cost.source) if cost and known else None,
        "price_as_of": cost.as_of if cost and known else None,
        "price_confidence": cost.confidence.value if cost and known else None,
    }


def note_row(note: str | None) -> dict[str, Any]:
    """The column of ``run_details`` that says why a cost is unknown, or what was assumed for it."""
    return {"price_note": _clean(note)}


def details_row(request: InvocationRequest, result: InvocationResult | None) -> dict[str, Any]:
    """The columns of ``run_details`` that come from the request and the result."""
    return {"request": dump(request_to_json(request)), **ended_details_row(request, result)}


def ended_details_row(request: InvocationRequest, result: InvocationResult | None) -> dict[str, Any]:
    """Those of them that the result changes."""
    answer = result.text if result else ""
    return {
        # A line break between the two keeps a search from matching across them by chance.
        "search_text": fold(f"{prompt_of(request)}\n{answer}"),
        "result": None if result is None else dump(result_to_json(result)),
    }


def record_row(record: RunRecord) -> dict[str, Any]:
    """Every column of ``runs`` but its own key."""
    return {
        **identity_row(record.identity, record.request),
        **result_row(record.result),
        "state": record.state.value,
        "ended_at": record.ended_at,
        "process_id": None,
        "user_name": record.user,
        "preset_id": record.preset_id,
        "preset_version": record.preset_version,
        "tags": dump(list(record.tags)),
        "cost": record.cost,
        "price_source": record.price_source,
        "price_as_of": record.price_as_of,
        "price_confidence": record.price_confidence,
    }


def summary_of(row: RowMapping) -> RunSummary:
    """The summary in a row of :data:`SUMMARY_COLUMNS`."""
    values = {name: row[name] for name in _SUMMARY_FIELDS}
    return RunSummary(**values, state=RunState(row["state"]), user=row["user_name"])


def record_of(row: RowMapping) -> RunRecord:
    """The record in a row of ``runs`` joined with ``run_details``.

    Raises:
        RunUnreadable: The stored request or result is not what this version can read.
    """
    try:
        request = request_from_json(json.loads(row["request"]))
        result = None if row["result"] is None else result_from_json(json.loads(row["result"]))
    except ValueError as error:
        raise RunUnreadable(f"The run {row['run_id']} cannot be read: {error}.") from error
    return RunRecord(
        identity=RunIdentity(**{field.name: row[field.name] for field in fields(RunIdentity)}),
        request=request,
        state=RunState(row["state"]),
        result=result,
        ended_at=row["ended_at"],
        user=row["user_name"],
        preset_id=row["preset_id"],
        preset_version=row["preset_version"],
        tags=tuple(json.loads(row["tags"])),
        cost=row["cost"],
        price_source=row["price_source"],
        price_as_of=row["price_as_of"],
        price_confidence=row["price_confidence"],
        price_note=row["price_note"],
    )


def dump(value: object) -> str:
    """Compact JSON in ASCII: any text survives in any database."""
    return _COMPACT.encode(value)


# Made once: json.dumps would make one each time.
_COMPACT = json.JSONEncoder(separators=(",", ":"))

_USAGE_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "cache_write_1h_input_tokens",
    "reasoning_tokens",
    "total_tokens",
)
_RESULT_COLUMNS = (
    *_USAGE_COLUMNS,
    "time_to_first_token",
    "time_to_first_reasoning_token",
    "total",
    "server_latency",
    "tokens_per_second",
    "stop_reason",
    "error_type",
    "attempts",
    "service_tier",
    "invoked_model_id",
)
