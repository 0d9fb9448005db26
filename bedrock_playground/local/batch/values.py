"""A batch job as the endpoint keeps it: what was asked, where it stands, and both as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.fixtures.models import ACCOUNT, REGION

Status: TypeAlias = Literal[
    "Submitted", "Validating", "Scheduled", "InProgress", "Stopping",
    "Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired",
]  # fmt: skip
"""Bedrock's names for where a job stands."""

STATUSES: tuple[Status, ...] = (
    "Submitted", "InProgress", "Completed", "Failed", "Stopping", "Stopped", "PartiallyCompleted", "Expired",
    "Validating", "Scheduled",
)  # fmt: skip
"""In the API's order."""

FINAL = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})
"""Those in which nothing will change any more."""

MINIMUM_RECORDS = 100
"""Bedrock's default for "Minimum number of records per batch inference job"."""

_DEFAULT_HOURS = 24
_SHOWN = (
    "jobName", "modelId", "clientRequestToken", "roleArn", "inputDataConfig", "outputDataConfig", "vpcConfig",
    "timeoutDurationInHours",
)  # fmt: skip


@dataclass(slots=True)
class Job:
    """One job; what stands in ``asked`` never changes, the rest does as the job goes on."""

    job_id: str
    """Twelve small letters and digits."""
    asked: JsonObject
    """The request that made it, checked."""
    caller: str
    """The access key id of who asked."""
    submitted: str
    """When, in UTC, ISO 8601."""
    status: Status = "Submitted"
    """Where it stands."""
    message: str | None = None
    """Why it failed."""
    modified: str | None = None
    """When its status changed last."""
    ended: str | None = None
    """When it came to its end."""
    total: int | None = None
    """Records in its files, once they were counted."""
    succeeded: int = 0
    """Records with an answer."""
    failed: int = 0
    """Records with an error."""
    input_tokens: int = 0
    """Of the answered records."""
    output_tokens: int = 0
    """Of the answered records."""

    @property
    def arn(self) -> str:
        """The job's ARN in this endpoint's Region."""
        return f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-invocation-job/{self.job_id}"

    @property
    def model_id(self) -> str:
        """The model that answers."""
        return str(self.asked["modelId"])

    @property
    def is_converse(self) -> bool:
        """Whether records are Converse's requests rather than InvokeModel's."""
        return self.asked.get("modelInvocationType") == "Converse"

    @property
    def input_uri(self) -> str:
        """Where its records are: a file or a folder."""
        return str(_nested(self.asked, "inputDataConfig", "s3InputDataConfig")["s3Uri"])

    @property
    def output_uri(self) -> str:
        """The folder into which its answers go, in a folder of the job's own."""
        return str(_nested(self.asked, "outputDataConfig", "s3OutputDataConfig")["s3Uri"])

    @property
    def expires(self) -> datetime:
        """When it is ended, finished or not."""
        hours = self.asked.get("timeoutDurationInHours")
        return datetime.fromisoformat(self.submitted) + timedelta(
            hours=hours if isinstance(hours, int) else _DEFAULT_HOURS
        )

    @property
    def processed(self) -> int:
        """Records that were dealt with."""
        return self.succeeded + self.failed

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL

    def turn(self, status: Status, message: str | None = None) -> None:
        """Note a new status, and why."""
        self.status, self.message = status, message
        self.modified = datetime.now(UTC).isoformat()
        if self.is_final:
            self.ended = self.modified

    def described(self) -> JsonObject:
        """The job as GetModelInvocationJob and ListModelInvocationJobs show it."""
        told: JsonObject = {name: self.asked[name] for name in _SHOWN if name in self.asked}
        told |= {
            "jobArn": self.arn,
            "status": self.status,
            "submitTime": self.submitted,
            "lastModifiedTime": self.modified or self.submitted,
            "jobExpirationTime": self.expires.isoformat(),
            "modelInvocationType": self.asked.get("modelInvocationType", "InvokeModel"),
        }
        if self.message is not None:
            told["message"] = self.message
        if self.ended is not None:
            told["endTime"] = self.ended
        if self.total is not None:
            told |= {
                "totalRecordCount": self.total,
                "processedRecordCount": self.processed,
                "successRecordCount": self.succeeded,
                "errorRecordCount": self.failed,
            }
        return told

    def manifest(self) -> JsonObject:
        """The summary that lies beside the answers as ``manifest.json.out``."""
        return {
            "totalRecordCount": self.total or 0,
            "processedRecordCount": self.processed,
            "successRecordCount": self.succeeded,
            "errorRecordCount": self.failed,
            "inputTokenCount": self.input_tokens,
            "outputTokenCount": self.output_tokens,
        }

    def to_json(self) -> JsonObject:
        """The job, to be kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Job:
        """The job, as it was kept."""
        return cls(**{item.name: value[item.name] for item in fields(cls)})


def _nested(value: Mapping[str, object], *names: str) -> JsonObject:
    for name in names:
        value = cast("JsonObject", value[name])
    return dict(value)
