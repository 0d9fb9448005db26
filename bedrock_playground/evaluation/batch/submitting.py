"""From an evaluation's requests to submitted jobs: checked, shared out, reserved, uploaded, made.

All requests are looked at, and all jobs are reserved with the spending guard, before anything is sent.
Requests are written to a file on the way, so that neither 10,000 nor 50,000 of them are ever held in memory.

A job's name and token follow from the evaluation, the label, what is in its file, and how often that was
answered already: whoever submits the same again, because a process died before it could keep the job, gets
the job that is there, and pays for it once, whatever became of the others meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

from bedrock_playground.evaluation.batch.fit import BatchRefused, Part, split
from bedrock_playground.evaluation.batch.keys import RecordKey, spans_of
from bedrock_playground.evaluation.batch.pricing import priced_as_batch
from bedrock_playground.evaluation.batch.spool import Spool, spooled
from bedrock_playground.evaluation.batch.values import BatchJob, BatchPlace
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.batch_values import JobRequest
from bedrock_playground.invocation.errors import InvocationError, ServiceError
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.spending.estimate import Estimate, Estimator
from bedrock_playground.spending.guard import Account, Hold

_UNSAFE = re.compile(r"[^a-zA-Z0-9-]+")
_EVALUATION_ID = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9_.-]{1,128}")


@dataclass(frozen=True, slots=True)
class Submission:
    """What is submitted, and where."""

    evaluation_id: str
    """The evaluation's, unguessable; letters, digits, ``.``, ``_`` and ``-``."""
    endpoint: str | None = None
    """Where it goes, as runs are recorded: ``local``, ``bedrock`` or an endpoint's URL."""
    earlier: tuple[BatchJob, ...] = ()
    """Its jobs that are over and done with: the very same calls as one of them made are made anew."""

    def __post_init__(self) -> None:
        """Hold the id against what an address in S3 takes.

        Raises:
            BatchRefused: It cannot be part of one.
        """
        if not _EVALUATION_ID.fullmatch(self.evaluation_id):
            raise BatchRefused(f"{self.evaluation_id!r:.60} cannot be part of an address in S3.")


@dataclass(frozen=True, slots=True)
class BatchGuard:
    """Who pays for jobs, and who says what calls cost."""

    account: Account
    """Who pays."""
    estimator: Estimator
    """Who says what a call costs where it goes."""

    def estimate(self, request: InvocationRequest) -> Estimate:
        """Say what a call would cost; its worst case is reckoned at the default price."""
        return self.estimator.estimate(priced_as_batch(request))


@dataclass(frozen=True, slots=True)
class _Share:
    """The calls of one job."""

    label: str
    number: int
    spool: Spool
    part: Part
    hold: Hold


def submit(
    client: BatchClient,
    requests: Iterable[tuple[RecordKey, InvocationRequest]],
    *,
    submission: Submission,
    place: BatchPlace,
    guard: BatchGuard | None = None,
    kept: Callable[[BatchJob], None] = lambda _job: None,
) -> tuple[BatchJob, ...]:
    """Submit an evaluation's calls as batch jobs: at least one for each contender.

    Args:
        client: Who calls.
        requests: The calls; a label always goes to the same model, and a key comes once.
        submission: Which evaluation's they are, and where they go.
        place: Where records and answers lie.
        guard: Who pays: what jobs cost at most is reserved until their results are read.
        kept: Told of each job at once, to keep it: a process may die before the next one is made.

    Returns:
        The jobs, by label and part.

    Raises:
        BatchRefused: Some request cannot be a record, or there are too few; nothing was sent.
        SpendingRefused: The guard stands in the way; nothing was sent.
        InvocationError: The service refused. What ``kept`` was told of is submitted; submitting again goes on
            behind it.
    """
    with ExitStack() as stack:
        spools = spooled(requests, stack, estimating=guard.estimate if guard else None)
        parts = {label: split(spool.sizes, place.limits) for label, spool in spools.items()}
        shares = _reserved(spools, parts, guard=guard, endpoint=submission.endpoint)
        jobs: list[BatchJob] = []
        try:
            for share in shares:
                job = _submit_one(client, share, submission, place=place)
                jobs.append(job)
                kept(job)
        finally:
            for share in shares[len(jobs) :]:
                share.hold.release()
    return tuple(jobs)


def _reserved(
    spools: dict[str, Spool],
    parts: dict[str, tuple[Part, ...]],
    *,
    guard: BatchGuard | None,
    endpoint: str | None,
) -> list[_Share]:
    """Reserve what all jobs cost at most, or none of them."""
    shares: list[_Share] = []
    try:
        for label, number, part in _numbered(parts):
            estimate = spools[label].estimate(part)
            admitted = guard.account.admit(estimate, endpoint) if guard and estimate else Hold(None, None)
            shares.append(_Share(label, number, spools[label], part, admitted))
    except InvocationError:
        for share in shares:
            share.hold.release()
        raise
    return shares


def _numbered(parts: dict[str, tuple[Part, ...]]) -> Iterator[tuple[str, int, Part]]:
    for label, of_label in parts.items():
        for number, part in enumerate(of_label):
            yield label, number, part


def _submit_one(client: BatchClient, share: _Share, submission: Submission, *, place: BatchPlace) -> BatchJob:
    with tempfile.TemporaryFile() as file:
        digest = share.spool.copy(share.part, file)
        planned = _planned(submission, share, digest, folder=place.uri, region=client.config.region)
        marks = (submission.evaluation_id, planned.input_uri, planned.model_id, digest)
        token = hashlib.sha256("\n".join(marks).encode()).hexdigest()
        return _send(client, file, place=place, job=planned, token=token, hold=share.hold)


def _planned(
    submission: Submission, share: _Share, digest: str, *, folder: str, region: str | None
) -> BatchJob:
    """The job as it will be, but for its ARN."""
    keys = share.spool.keys(share.label, share.part)
    folder = f"{folder.rstrip('/')}/{submission.evaluation_id}"
    # What is in the file is part of its name: calls that are left over never replace those of another job.
    stem = f"{share.label}-{digest[:12]}"
    mine = f"{folder}/{stem}"
    if before := sum(job.input_uri.startswith((f"{mine}.", f"{mine}-")) for job in submission.earlier):
        stem = f"{stem}-{before}"
    short = _UNSAFE.sub("-", submission.evaluation_id)[:16].strip("-")
    return BatchJob(
        arn="",
        name=f"evaluation-{short}-{stem}"[:63].strip("-"),
        evaluation_id=submission.evaluation_id,
        label=share.label,
        part=share.number,
        model_id=share.spool.model_id,
        spans=spans_of(keys),
        records=len(keys),
        input_uri=f"{folder}/{stem}.jsonl",
        output_uri=f"{folder}/answers/",
        submitted_at=datetime.now(UTC),
        region=region,
        endpoint=submission.endpoint,
        reserved=share.hold.entry,
    )


def _send(
    client: BatchClient, file: IO[bytes], *, place: BatchPlace, job: BatchJob, token: str, hold: Hold
) -> BatchJob:
    client.upload(job.input_uri, file)
    asked = JobRequest(
        name=job.name,
        model_id=job.model_id,
        role_arn=place.role_arn,
        input_uri=job.input_uri,
        output_uri=job.output_uri,
        token=token,
        timeout_hours=place.timeout_hours,
    )
    try:
        return replace(job, arn=client.create(asked))
    except InvocationError as error:
        if not isinstance(error, ServiceError):
            # Whether the job was made is not known: what it costs at most stays counted.
            hold.settle(None)
        raise
