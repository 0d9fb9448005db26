"""From an evaluation's requests to submitted jobs: checked, written to files, shared out, uploaded, made.

All requests are looked at before anything is sent. They are written to a file on the way, so that neither
10,000 nor 50,000 of them are ever held in memory.

A job's token follows from the evaluation, the label, the part, the attempt and what is in its file: whoever
submits the same again, because a process died before it could keep the job, gets the job that is there, and
pays for it once.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from array import array
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import IO

from bedrock_playground.evaluation.batch.fit import BatchRefused, Part, split, why_not
from bedrock_playground.evaluation.batch.keys import LABEL, RecordKey, spans_of
from bedrock_playground.evaluation.batch.records import record_line
from bedrock_playground.evaluation.batch.values import BatchJob, BatchPlace
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.batch_values import JobRequest
from bedrock_playground.invocation.errors import ValidationFailed
from bedrock_playground.invocation.values import InvocationRequest

_MOST_PROBLEMS = 20
_CHUNK = 1 << 20
_UNSAFE = re.compile(r"[^a-zA-Z0-9-]+")
_EVALUATION_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")


@dataclass(slots=True)
class _Spool:
    """One contender's records, on disk."""

    model_id: str
    file: IO[bytes]
    sizes: array[int] = field(default_factory=lambda: array("q"))
    cases: array[int] = field(default_factory=lambda: array("q"))
    repeats: array[int] = field(default_factory=lambda: array("q"))

    def add(self, key: RecordKey, line: bytes) -> None:
        self.file.write(line)
        self.sizes.append(len(line))
        self.cases.append(key.case)
        self.repeats.append(key.repeat)

    def keys(self, label: str, part: Part) -> list[RecordKey]:
        return [RecordKey(label, self.cases[place], self.repeats[place]) for place in part]


def submit(
    client: BatchClient,
    requests: Iterable[tuple[RecordKey, InvocationRequest]],
    *,
    evaluation_id: str,
    place: BatchPlace,
    endpoint: str | None = None,
    attempt: int = 0,
    kept: Callable[[BatchJob], None] = lambda _job: None,
) -> tuple[BatchJob, ...]:
    """Submit an evaluation's calls as batch jobs: at least one for each contender.

    Args:
        client: Who calls.
        requests: The calls; a label always goes to the same model, and a key comes once.
        evaluation_id: The evaluation's, unguessable; letters, digits, ``.``, ``_`` and ``-``.
        place: Where records and answers lie.
        endpoint: Where it goes, as runs are recorded: ``local``, ``bedrock`` or an endpoint's URL.
        attempt: 0; one more for each time that the very same calls should be made anew, after a job that
            failed.
        kept: Told of each job at once, to keep it: a process may die before the next one is made.

    Returns:
        The jobs, by label and part.

    Raises:
        BatchRefused: Some request cannot be a record, or there are too few; nothing was sent.
        InvocationError: The service refused. What ``kept`` was told of is submitted; submitting again goes on
            behind it.
    """
    if not _EVALUATION_ID.fullmatch(evaluation_id):
        raise BatchRefused(f"{evaluation_id!r:.60} cannot be part of an address in S3.")
    with ExitStack() as stack:
        spools = _written(requests, stack)
        parts = {label: split(spool.sizes, place.limits) for label, spool in spools.items()}
        jobs: list[BatchJob] = []
        for label, spool in spools.items():
            spool.file.seek(0)
            for number, part in enumerate(parts[label]):
                file = stack.enter_context(tempfile.TemporaryFile())
                digest = _copy(spool.file, file, sum(spool.sizes[part.start : part.stop]))
                marks = (evaluation_id, label, str(number), str(attempt), spool.model_id, digest)
                job = _send(
                    client,
                    file,
                    place=place,
                    job=_planned(marks, spool.keys(label, part), place, client=client, endpoint=endpoint),
                    token=hashlib.sha256("\n".join(marks).encode()).hexdigest(),
                )
                kept(job)
                jobs.append(job)
                file.close()
    return tuple(jobs)


def _written(requests: Iterable[tuple[RecordKey, InvocationRequest]], stack: ExitStack) -> dict[str, _Spool]:
    """Write all records to files, one for each label, or say what is in the way."""
    spools: dict[str, _Spool] = {}
    seen: set[RecordKey] = set()
    problems: list[str] = []
    wrong = 0
    for key, request in requests:
        spool = spools.get(key.label)
        if spool is None:
            spool = spools[key.label] = _Spool(
                request.model_id,
                stack.enter_context(tempfile.TemporaryFile()),  # noqa: SIM115 - the stack closes it
            )
        problem = _problem(key, request, spool, twice=key in seen)
        seen.add(key)
        if problem is None:
            try:
                spool.add(key, record_line(key, request))
                continue
            except ValidationFailed as error:
                problem = error.message
        wrong += 1
        if len(problems) < _MOST_PROBLEMS:
            problems.append(f"{key.label}, case {key.case}, repeat {key.repeat + 1}: {problem}")
    if wrong:
        calls = "1 call" if wrong == 1 else f"{wrong:,} calls"
        raise BatchRefused(f"{calls} cannot be made by batch inference. {problems[0]}", problems)
    if not spools:
        raise BatchRefused("There is nothing to submit.")
    return spools


def _problem(key: RecordKey, request: InvocationRequest, spool: _Spool, *, twice: bool) -> str | None:
    if not LABEL.fullmatch(key.label):
        return "A label in batch inference has letters and digits alone."
    if twice:
        return "It is there twice."
    if request.model_id != spool.model_id:
        return f"A batch job has one model: {spool.model_id}, not {request.model_id} as well."
    return why_not(request)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> str:
    """Copy so many bytes from where the source stands; returns their digest."""
    digest = hashlib.sha256()
    while size > 0:
        chunk = source.read(min(size, _CHUNK))
        digest.update(chunk)
        target.write(chunk)
        size -= len(chunk)
    target.seek(0)
    return digest.hexdigest()


def _planned(
    marks: tuple[str, ...],
    keys: list[RecordKey],
    place: BatchPlace,
    *,
    client: BatchClient,
    endpoint: str | None,
) -> BatchJob:
    """The job as it will be, but for its ARN."""
    evaluation_id, label, part, attempt, model_id, digest = marks
    folder = f"{place.uri.rstrip('/')}/{evaluation_id}"
    # What is in the file is part of its name: calls that are left over never replace those of another job.
    stem = f"{label}-{part}-{attempt}-{digest[:12]}"
    return BatchJob(
        arn="",
        name=f"evaluation-{_UNSAFE.sub('-', evaluation_id)[:16].strip('-')}-{stem}"[:63].strip("-"),
        evaluation_id=evaluation_id,
        label=label,
        part=int(part),
        model_id=model_id,
        spans=spans_of(keys),
        records=len(keys),
        input_uri=f"{folder}/{stem}.jsonl",
        output_uri=f"{folder}/answers/",
        submitted_at=datetime.now(UTC),
        region=client.config.region,
        endpoint=endpoint,
    )


def _send(client: BatchClient, file: IO[bytes], *, place: BatchPlace, job: BatchJob, token: str) -> BatchJob:
    client.upload(job.input_uri, file)
    arn = client.create(
        JobRequest(
            name=job.name,
            model_id=job.model_id,
            role_arn=place.role_arn,
            input_uri=job.input_uri,
            output_uri=job.output_uri,
            token=token,
            timeout_hours=place.timeout_hours,
        )
    )
    return replace(job, arn=arn)
