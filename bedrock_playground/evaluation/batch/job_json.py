"""A job as JSON and back, so that whoever keeps it can go on after a restart; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from bedrock_playground.evaluation.batch.keys import KeySpan
from bedrock_playground.evaluation.batch.values import BatchJob
from bedrock_playground.invocation.batch_values import JobState
from bedrock_playground.invocation.values import Json

_TIMES = ("submitted_at", "ended_at", "expires_at")


def job_to_json(job: BatchJob) -> dict[str, Json]:
    """Say a job as JSON; :func:`job_from_json` makes an equal one of it."""
    told: dict[str, Any] = {item.name: getattr(job, item.name) for item in fields(job)}
    told["spans"] = [[span.repeat, span.first, span.last] for span in job.spans]
    told["state"] = job.state.value
    for name in _TIMES:
        told[name] = told[name].isoformat() if told[name] is not None else None
    return told


def job_to_text(job: BatchJob) -> str:
    """Say a job as JSON text, for a history to keep."""
    return json.dumps(job_to_json(job), separators=(",", ":"))


def job_from_text(text: str) -> BatchJob:
    """Make a job of :func:`job_to_text`'s text.

    Raises:
        ValueError: The text is not a job's.
    """
    value = json.loads(text)
    if not isinstance(value, Mapping):
        raise ValueError("This is not a batch job as it was kept: it is no JSON object.")  # noqa: TRY004
    return job_from_json(value)


def job_from_json(value: Mapping[str, Any]) -> BatchJob:
    """Make a job of :func:`job_to_json`'s JSON; what a newer version wrote besides is passed over.

    Raises:
        ValueError: The JSON is not a job's.
    """
    known = {item.name for item in fields(BatchJob)}
    told = {name: item for name, item in value.items() if name in known}
    try:
        told["spans"] = tuple(KeySpan(*span) for span in told["spans"])
        told["state"] = JobState.told(told["state"])
        for name in _TIMES:
            if told.get(name) is not None:
                told[name] = datetime.fromisoformat(told[name])
        return BatchJob(**told)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is not a batch job as it was kept: {error!r}") from error
