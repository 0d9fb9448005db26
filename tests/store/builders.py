"""Records for the tests of the history, and a child process that records."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, inspect

from bedrock_playground import history
from bedrock_playground.history import RunRecord
from bedrock_playground.history.engine import make_engine, parse_url
from bedrock_playground.history.rows import details_row, record_row
from bedrock_playground.history.schema import run_details, runs
from bedrock_playground.invocation.errors import Cancelled
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    RunState,
    Timing,
    Usage,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MODEL = "local.smollm2-135m-instruct-v1:0"


def identity(number: int = 0, **changes: Any) -> RunIdentity:
    values: dict[str, Any] = {
        "run_id": uuid.uuid4().hex,
        "comparison_id": "comparison",
        "label": "A",
        "turn": 0,
        "repeat": 0,
        "started_at": NOON + timedelta(seconds=number),
        "region": "us-east-1",
        "endpoint": "local",
    }
    return RunIdentity(**(values | changes))


def request(prompt: str = "Why is the sky blue?", *, model_id: str = MODEL) -> InvocationRequest:
    return InvocationRequest.from_prompt(
        model_id,
        prompt,
        system="Be brief.",
        parameters=InferenceParameters(max_tokens=64, temperature=0.5, stop_sequences=("END",)),
    )


def result(text: str = "Because of Rayleigh scattering.", **changes: Any) -> InvocationResult:
    values: dict[str, Any] = {
        "text": text,
        "stop_reason": "end_turn",
        "usage": Usage(input_tokens=12, output_tokens=21, total_tokens=33),
        "timing": Timing(
            time_to_first_token=0.25, total=1.25, server_latency=1.125, arrivals=(0.25, 0.5, 1.0)
        ),
        "attempts": (Attempt(number=1, started=0.0, duration=1.25, status=200, request_id="req-1"),),
        "request_id": "req-1",
    }
    return InvocationResult(**(values | changes))


def cancelled() -> InvocationResult:
    return result("Because", stop_reason=None, usage=None, error=Cancelled("Somebody pressed Stop."))


def record(
    number: int = 0,
    *,
    prompt: str = "Why is the sky blue?",
    answer: str = "Because of Rayleigh scattering.",
    model_id: str = MODEL,
    state: RunState = RunState.COMPLETED,
    identity_changes: dict[str, Any] | None = None,
    **changes: Any,
) -> RunRecord:
    who = identity(number, **(identity_changes or {}))
    values: dict[str, Any] = {
        "result": result(answer) if state is RunState.COMPLETED else None,
        "ended_at": who.started_at + timedelta(seconds=2) if state is RunState.COMPLETED else None,
    }
    if state is RunState.CANCELLED:
        values["result"] = cancelled()
    return RunRecord(
        identity=who, request=request(prompt, model_id=model_id), state=state, **(values | changes)
    )


def history_as_of(version: str, url: str, made: Sequence[RunRecord]) -> None:
    """Make a history as an older version left it, at one of the migrations' revisions."""
    engine = make_engine(parse_url(url))
    config = Config()
    config.set_main_option("script_location", str(Path(history.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        for run in made:
            row = _of_then(connection, "runs", record_row(run))
            key = connection.execute(insert(runs).values(row).returning(runs.c.id)).scalar_one()
            details = _of_then(connection, "run_details", details_row(run.request, run.result))
            connection.execute(insert(run_details).values(id=key, **details))
    engine.dispose()


def _of_then(connection: Connection, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The part of a row for which the table had a column at the time."""
    columns = {column["name"] for column in inspect(connection).get_columns(table)}
    return {name: value for name, value in row.items() if name in columns}
