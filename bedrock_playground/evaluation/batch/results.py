"""What came of a job: a result for every call that it was given, and a failed one where it tells of none."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from bedrock_playground.evaluation.batch.keys import RecordKey
from bedrock_playground.evaluation.batch.records import TIER, read_answer
from bedrock_playground.evaluation.batch.values import BatchJob
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.batch_values import JobState
from bedrock_playground.invocation.errors import (
    Cancelled,
    InvocationError,
    ObjectNotFound,
    RecordUnanswered,
    StreamError,
)
from bedrock_playground.invocation.values import InvocationResult

_log = logging.getLogger(__name__)
_TRIES = 3


class NotOver(ValueError):
    """The job goes on: what it would tell now is not all of it."""


def results(client: BatchClient, job: BatchJob) -> Iterator[tuple[RecordKey, InvocationResult]]:
    """Read a job's results as they arrive, in whatever order the service wrote them.

    Every call that the job was given comes exactly once: of several answers to one record the first counts,
    and a record without an answer comes last, failed, with what is known of why.

    Args:
        client: Who reads.
        job: A job that is over.

    Raises:
        NotOver: It is not over.
        InvocationError: The answers cannot be read; reading again begins anew.
    """
    if not job.is_over:
        raise NotOver(f"The batch job {job.name} is {job.state}: it has to end before its results are read.")
    waiting = set(job.keys)
    strange = 0
    for uri in _files(client, job):
        for key, result in _answers(client, uri):
            if key in waiting:
                waiting.discard(key)
                yield key, result
            else:
                strange += 1
    if strange:
        _log.info(
            "%s: %d answers were passed over: nobody asked for them, or they came twice", job.arn, strange
        )
    error = _unanswered(job)
    for key in job.keys:
        if key in waiting:
            yield key, InvocationResult(error=error, service_tier=TIER)


def _files(client: BatchClient, job: BatchJob) -> list[str]:
    """The files of answers, without the manifest; none where the job never came to write any."""
    try:
        found = list(client.objects(job.answers_uri))
    except ObjectNotFound:
        if job.state is not JobState.FAILED:
            raise
        # A bucket that is not there is the very reason why a job may fail.
        return []
    return sorted(uri for uri in found if uri.endswith(".jsonl.out"))


def _answers(client: BatchClient, uri: str) -> Iterator[tuple[RecordKey, InvocationResult]]:
    """Read a file's answers; where reading breaks off, from its beginning again."""
    for left in reversed(range(_TRIES)):
        try:
            for line in client.lines(uri):
                key, result = read_answer(line)
                if key is not None:
                    yield key, result
        except StreamError as error:
            if not left:
                raise
            _log.warning("%s is read again: %s", uri, error.message)
        else:
            return


def _unanswered(job: BatchJob) -> InvocationError:
    """Why a record has no answer, as far as its job tells."""
    match job.state:
        case JobState.STOPPED:
            return Cancelled("The batch job was stopped before it told of this record.")
        case JobState.FAILED:
            return RecordUnanswered(f"The batch job failed: {job.message or 'the service gave no reason.'}")
        case JobState.EXPIRED:
            return RecordUnanswered(
                "The batch job expired before it began: it waited longer than it may take."
            )
        case JobState.PARTIALLY_COMPLETED:
            return RecordUnanswered("The batch job ran out of time before it told of this record.")
        case _:
            return RecordUnanswered("The batch job ended without telling of this record.")
