"""What is asked of the operations of batch jobs, held against the API's own limits. Pure.

The patterns accept what those of the service's model do, which boto3 carries without holding requests against
them; they are written so that no text makes matching slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from bedrock_playground.local.batch.values import STATUSES, Job
from bedrock_playground.local.errors import ApiError, constraint, invalid
from bedrock_playground.local.fields import Fields, JsonObject

_NAME = r"[a-zA-Z0-9][a-zA-Z0-9+.-]*"
_ROLE = r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+"
_REQUEST_ID = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_URI = r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*)?/?"
_TYPES = ("InvokeModel", "Converse")
_MEMBERS = (
    "jobName", "roleArn", "clientRequestToken", "modelId", "inputDataConfig", "outputDataConfig", "vpcConfig",
    "timeoutDurationInHours", "tags", "modelInvocationType",
)  # fmt: skip


def checked(body: JsonObject) -> JsonObject:
    """Hold a CreateModelInvocationJob request against the API's limits.

    Returns:
        It, without what the API does not know.

    Raises:
        ApiError: Something does not fit.
    """
    fields = Fields(body)
    _pattern(fields, "jobName", _NAME, longest=63)
    _pattern(fields, "roleArn", _ROLE, longest=2048)
    if fields.text("clientRequestToken") is not None:
        _pattern(fields, "clientRequestToken", _REQUEST_ID, longest=256)
    if not fields.text("modelId"):
        raise constraint(fields.get("modelId"), "modelId", "not be null")
    given = fields.child("inputDataConfig").child("s3InputDataConfig")
    _pattern(given, "s3Uri", _URI, longest=1024)
    if given.text("s3InputFormat") not in (None, "JSONL"):
        raise constraint(
            given.get("s3InputFormat"), given.at("s3InputFormat"), "satisfy enum value set: [JSONL]"
        )
    _pattern(fields.child("outputDataConfig").child("s3OutputDataConfig"), "s3Uri", _URI, longest=1024)
    fields.integer("timeoutDurationInHours", low=24, high=168)
    kind = fields.text("modelInvocationType")
    if kind is not None and kind not in _TYPES:
        raise constraint(kind, "modelInvocationType", f"satisfy enum value set: [{', '.join(_TYPES)}]")
    return {name: body[name] for name in _MEMBERS if body.get(name) is not None}


def listed(jobs: list[Job], asked: Mapping[str, str]) -> JsonObject:
    """Answer ListModelInvocationJobs: filters, order and pages.

    Args:
        jobs: All there are.
        asked: The query's parameters.

    Raises:
        ApiError: A parameter is none the API has.
    """
    status, name = asked.get("statusEquals"), asked.get("nameContains", "")
    if status is not None and status not in STATUSES:
        raise constraint(status, "statusEquals", f"satisfy enum value set: [{', '.join(STATUSES)}]")
    order = asked.get("sortOrder", "Descending")
    if order not in ("Ascending", "Descending"):
        raise constraint(order, "sortOrder", "satisfy enum value set: [Ascending, Descending]")
    after, before = _time(asked, "submitTimeAfter"), _time(asked, "submitTimeBefore")
    found = [
        job
        for job in sorted(jobs, key=lambda job: job.submitted, reverse=order == "Descending")
        if job.status == (status or job.status)
        and name in str(job.asked["jobName"])
        and (after is None or datetime.fromisoformat(job.submitted) > after)
        and (before is None or datetime.fromisoformat(job.submitted) < before)
    ]
    start, size = asked.get("nextToken", "0"), asked.get("maxResults", "1000")
    if not start.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise invalid("nextToken or maxResults is not valid.")
    end = int(start) + int(size)
    more: JsonObject = {"nextToken": str(end)} if end < len(found) else {}
    return {"invocationJobSummaries": [job.described() for job in found[int(start) : end]], **more}


def no_such_job() -> ApiError:
    """There is no job under an ARN or id."""
    return ApiError(
        "ResourceNotFoundException",
        "Could not resolve the model invocation job from the provided identifier.",
        status=404,
    )


def _pattern(fields: Fields, name: str, pattern: str, *, longest: int) -> None:
    value = fields.text(name)
    if value is None:
        raise constraint(None, fields.at(name), "not be null")
    if len(value) > longest:
        raise constraint(value, fields.at(name), f"have length less than or equal to {longest}")
    if not re.fullmatch(pattern, value):
        raise constraint(value, fields.at(name), f"satisfy regular expression pattern: {pattern}")


def _time(asked: Mapping[str, str], name: str) -> datetime | None:
    text = asked.get(name)
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise constraint(text, name, "be a time") from None
