"""Where batch jobs go, what they may hold, and a job as it is kept; plain values.

AWS's user guide of Bedrock ("Format and upload your batch inference data", read on 2026-11-29) names the
quotas; their usual defaults are 100 records at least, 50,000 records in a file and in a job, 1 GB a file and
5 GB a job. They are set per model and some can be raised, which nothing here can read: the service's own
answer decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from bedrock_playground.evaluation.batch.keys import KeySpan, RecordKey, keys_of
from bedrock_playground.invocation.batch_values import JobReport, JobState

GB = 10**9
_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-zA-Z0-9]+)*/?")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one job may hold; a job has one file here."""

    minimum_records: int = 100
    """The fewest records of a job."""
    maximum_records: int = 50_000
    """The most records of a file."""
    maximum_bytes: int = GB
    """The most bytes of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlace:
    """Where records and answers lie, and as whom the service works on them."""

    uri: str
    """A folder in S3: ``s3://bucket/folder/``, in the Region of the calls."""
    role_arn: str
    """The service role of the jobs."""
    timeout_hours: int | None = None
    """Hours after which the service ends a job, 24–168; ``None`` leaves it to the service."""
    limits: BatchLimits = field(default_factory=BatchLimits)
    """What a job may hold."""

    def __post_init__(self) -> None:
        """Hold the place against its forms.

        Raises:
            ValueError: The address, the role or the hours are none; the message says what would do.
        """
        if not _URI.fullmatch(self.uri):
            raise ValueError(
                f"{self.uri!r:.80} is no folder in S3 for batch jobs. Example: s3://bucket/evaluations/"
            )
        if not _ROLE.fullmatch(self.role_arn):
            raise ValueError(
                f"{self.role_arn!r:.80} is no role's ARN. Example: arn:aws:iam::111122223333:role/batch"
            )
        if self.timeout_hours is not None and not 24 <= self.timeout_hours <= 168:
            raise ValueError("A batch job may take 24 to 168 hours.")


def local_place() -> BatchPlace:
    """The place that the local endpoint has from the start: a bucket of its own, and any role."""
    return BatchPlace(
        uri="s3://local-batch/evaluations/", role_arn="arn:aws:iam::000000000000:role/local-batch"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """A job that was submitted: all that is needed to follow it and to read its results, now or later."""

    arn: str
    """The job's ARN."""
    name: str
    """Its name."""
    evaluation_id: str
    """The evaluation that it is part of."""
    label: str
    """The contender's label."""
    part: int
    """Which part of the contender's calls, from 0."""
    model_id: str
    """The model that answers."""
    spans: tuple[KeySpan, ...]
    """Which calls are in it."""
    records: int
    """How many."""
    input_uri: str
    """The file of its records."""
    output_uri: str
    """The folder in which the service makes a folder of the job's own."""
    submitted_at: datetime
    """When it was submitted, in UTC."""
    region: str | None = None
    """The Region called."""
    endpoint: str | None = None
    """Where it went: ``local``, ``bedrock``, or another endpoint's URL."""
    state: JobState = JobState.SUBMITTED
    """Where it stood when it was last asked."""
    message: str | None = None
    """Why it failed, in the service's words."""
    processed: int | None = None
    """Records that were dealt with; ``None``: not told yet."""
    succeeded: int | None = None
    """Records with an answer."""
    failed: int | None = None
    """Records with an error."""
    ended_at: datetime | None = None
    """When it ended."""
    expires_at: datetime | None = None
    """When the service ends it, finished or not."""
    reserved: str | None = None
    """The spending ledger's entry that holds its worst case until its results are read."""

    @property
    def keys(self) -> Iterator[RecordKey]:
        """Which calls are in it, one by one."""
        return keys_of(self.label, self.spans)

    @property
    def answers_uri(self) -> str:
        """The folder in which its answers are."""
        return f"{self.output_uri.rstrip('/')}/{self.arn.rsplit('/', 1)[-1]}/"

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state.is_final

    def updated(self, report: JobReport) -> BatchJob:
        """The job by what the service tells of it."""
        return replace(
            self,
            state=report.state,
            message=report.message,
            processed=report.processed,
            succeeded=report.succeeded,
            failed=report.failed,
            ended_at=report.ended,
            expires_at=report.expires,
        )
