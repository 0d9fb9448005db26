"""A request as a line of a batch job's file, and a line of its answers as a result; pure.

Formats: AWS's user guide of Bedrock, "Format and upload your batch inference data" and "View the results of a
batch inference job", read on 2026-11-29: a record of the type Converse holds Converse's request body, and its
answer Converse's response body, or an error with code and message in its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bedrock_playground.evaluation.batch.keys import RecordKey
from bedrock_playground.invocation.answer import Answer
from bedrock_playground.invocation.codec import converse_arguments, strict_json, to_json
from bedrock_playground.invocation.errors import InvocationError, UnknownServiceError, ValidationFailed
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult

TIER = "batch"
"""The tier by which results are priced, and which their runs are recorded with."""


def record_line(key: RecordKey, request: InvocationRequest) -> bytes:
    """Write a record, with its line end.

    Raises:
        ValidationFailed: The request cannot be expressed.
    """
    arguments = converse_arguments(
        replace(request, service_tier=None, performance_latency=None), streaming=False
    )
    del arguments["modelId"]
    record = {"recordId": key.record_id, "modelInput": to_json(arguments)}
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except ValueError as error:
        raise ValidationFailed(f"It cannot be written as JSON in UTF-8: {error}") from error


def read_answer(line: bytes) -> tuple[RecordKey | None, InvocationResult]:
    """Read an answer.

    The times of a record are nobody's to tell: its result has no time to the first token and no total. The
    service's own latency is there where it is told.

    Returns:
        Whose it is, ``None`` where the line does not say; and the result, failed where the answer is an error
        or makes no sense.
    """
    try:
        record = strict_json(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return None, _failed(UnknownServiceError("A line of the job's answers is not a JSON object."))
    key = RecordKey.of(record.get("recordId"))
    if record.get("error") is not None:
        return key, _failed(_error(record["error"]))
    output = record.get("modelOutput")
    if not isinstance(output, dict):
        return key, _failed(UnknownServiceError("The record has neither an answer nor an error."))
    answer = Answer(timed=False)
    try:
        answer.add_response(output, 0.0)
        return key, replace(answer.result(total=None), service_tier=TIER)
    except (InvocationError, AttributeError, TypeError, ValueError) as error:
        what = f"The record's answer is not Converse's ({type(error).__name__})."
        return key, _failed(UnknownServiceError(what))


def _failed(error: InvocationError) -> InvocationResult:
    return InvocationResult(error=error, service_tier=TIER)


def _error(told: Any) -> InvocationError:  # noqa: ANN401 - any JSON
    # botocore's world, in which the codes have their names.
    from bedrock_playground.invocation.error_mapping import service_error  # noqa: PLC0415

    told = told if isinstance(told, Mapping) else {"errorMessage": str(told)}
    code = told.get("errorCode", "")
    message = str(told.get("errorMessage") or "")
    if isinstance(code, int) or (isinstance(code, str) and code.isdecimal()):
        return service_error("", message, status=int(code))
    return service_error(str(code), message)
