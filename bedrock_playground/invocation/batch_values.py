"""What a batch job is asked for and what the service tells of it; standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Where a batch job stands, by Bedrock's own names."""

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    """It ran out of time: some records have no answer."""
    FAILED = "Failed"
    STOPPED = "Stopped"
    EXPIRED = "Expired"
    """It ran out of time before it began."""
    UNKNOWN = "Unknown"
    """A state that this version has no name for; not a final one."""

    @classmethod
    def told(cls, name: object) -> JobState:
        """The state of that name."""
        try:
            return cls(str(name))
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self in _FINAL


_FINAL = frozenset({
    JobState.COMPLETED, JobState.PARTIALLY_COMPLETED, JobState.FAILED, JobState.STOPPED, JobState.EXPIRED,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What CreateModelInvocationJob is asked for; records are Converse's requests."""

    name: str
    """Up to 63 letters, digits, ``-``, ``+`` and ``.``."""
    model_id: str
    """The model or inference profile that answers."""
    role_arn: str
    """The service role that Bedrock takes on to read records and write answers."""
    input_uri: str
    """The file of records: ``s3://bucket/key.jsonl``."""
    output_uri: str
    """The folder for answers, ``s3://bucket/prefix/``: the service makes a folder of the job's own in it."""
    token: str
    """The client request token: the same one makes no second job."""
    timeout_hours: int | None = None
    """Hours after which the service ends the job, 24–168; ``None`` leaves it to the service."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """How a job is doing, as the service tells; ``None`` where it does not."""

    arn: str
    """The job's ARN."""
    name: str = ""
    """Its name."""
    state: JobState = JobState.UNKNOWN
    """Where it stands."""
    message: str | None = None
    """Why it failed, in the service's words."""
    token: str | None = None
    """The client request token that made it."""
    submitted: datetime | None = None
    """When it was submitted."""
    ended: datetime | None = None
    """When it ended."""
    expires: datetime | None = None
    """When the service ends it, finished or not."""
    total: int | None = None
    """Records."""
    processed: int | None = None
    """Records that were dealt with."""
    succeeded: int | None = None
    """Records that have an answer."""
    failed: int | None = None
    """Records that have an error."""
