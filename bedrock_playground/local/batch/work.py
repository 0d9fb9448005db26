"""Working a job off: validate its files, answer its records with the endpoint's own models, publish.

One job at a time, as a queue does, and within it a few records at a time: whoever runs a prompt meanwhile
still gets a turn of the engine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bedrock_playground.local.batch.files import JobFiles, RecordFile, Unfit, lines_done, record_lines
from bedrock_playground.local.batch.values import Job, Status
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.eventstream import json_bytes
from bedrock_playground.local.faults import Sabotage
from bedrock_playground.local.fields import Fields, JsonObject, as_object
from bedrock_playground.local.operations import Runtime
from bedrock_playground.local.s3.objects import ObjectStore, StoreError

_logger = logging.getLogger(__name__)

_AT_ONCE = 4
"""Records of a real model at the same time: half of its slots stay free for whoever waits for an answer."""
_AT_ONCE_FIXTURE = 32
"""The same for what only pretends to be a model."""
_SAVED_EVERY = 0.5
"""Seconds between two notes of how far a job is."""
_NO_TOOLS = "Batch inference does not support tool use with the Converse invocation type. Remove toolConfig."


class Worker:
    """Works jobs off.

    Args:
        runtime: Who answers.
        store: Where records and answers are.
        folder: Where a job's files are kept meanwhile; each has a folder of its own.
        minimum: The fewest records that a job may have.
        saved: Told of every change of a job, to keep it.
    """

    def __init__(
        self,
        runtime: Runtime,
        store: ObjectStore,
        folder: Path,
        *,
        minimum: int,
        saved: Callable[[Job], None],
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._folder = folder
        self._minimum = minimum
        self._saved = saved
        self._queue = asyncio.Lock()
        self._current: dict[str, asyncio.Future[list[JsonObject]]] = {}

    def stop(self, job: Job) -> None:
        """End a job that runs as soon as possible; what it has answered is published."""
        current = self._current.get(job.job_id)
        if current is not None:
            current.cancel()

    async def work(self, job: Job) -> None:
        """Bring a job to its end; never raises but for being cancelled itself."""
        files = JobFiles(job, self._folder / job.job_id, self._store)
        try:
            self._turn(job, "Validating")
            await asyncio.to_thread(files.check_output)
            found, job.total = await asyncio.to_thread(files.gather, self._minimum)
            self._turn(job, "Scheduled")
            async with self._queue:
                await self._answer_all(job, found)
            await asyncio.to_thread(files.publish, found)
        except (Unfit, StoreError) as error:
            job.turn("Failed", str(error))
        except Exception as error:
            _logger.exception("A batch job failed")
            job.turn("Failed", f"The endpoint failed ({type(error).__name__}).")
        else:
            job.turn(_outcome(job))
        self._saved(job)

    def _turn(self, job: Job, status: Status) -> None:
        if job.status != "Stopping":
            job.turn(status)
            self._saved(job)

    async def _answer_all(self, job: Job, files: list[RecordFile]) -> None:
        if _is_over(job):
            return
        self._turn(job, "InProgress")
        # What a process before this one had answered is counted anew as it is passed over.
        job.succeeded = job.failed = job.input_tokens = job.output_tokens = 0
        fixture = self._runtime.registry.find(job.model_id).engine is None
        for file in files:
            done = await asyncio.to_thread(lines_done, file.answers)
            if done:
                await asyncio.to_thread(_recount, job, file.answers)
            records = islice(record_lines(file.records), done, None)
            await self._answer_file(
                job, records, file.answers, at_once=_AT_ONCE_FIXTURE if fixture else _AT_ONCE
            )
            if _is_over(job):
                return

    async def _answer_file(self, job: Job, records: Iterator[bytes], answers: Path, *, at_once: int) -> None:
        noted = time.monotonic()
        with answers.open("ab") as out:
            while window := list(islice(records, at_once)):
                if _is_over(job):
                    return
                current = asyncio.gather(*(self._answer(job, line) for line in window))
                self._current[job.job_id] = current
                try:
                    answered = await current
                except asyncio.CancelledError:
                    if job.status != "Stopping":
                        raise
                    return
                finally:
                    self._current.pop(job.job_id, None)
                for told in answered:
                    _count(job, told)
                    out.write(json_bytes(told) + b"\n")
                if time.monotonic() - noted >= _SAVED_EVERY:
                    noted = time.monotonic()
                    out.flush()
                    self._saved(job)

    async def _answer(self, job: Job, line: bytes) -> JsonObject:
        record: JsonObject = json.loads(line)
        given = as_object(record["modelInput"], "modelInput")
        told: JsonObject = {"recordId": record.get("recordId") or uuid.uuid4().hex[:11], "modelInput": given}
        try:
            told["modelOutput"] = await self._output(job, given)
        except ApiError as error:
            told["error"] = {"errorCode": error.status, "errorMessage": error.message}
        except Sabotage as sabotage:
            message = f"The answer was spoiled on purpose: {sabotage.kind}."
            told["error"] = {"errorCode": 500, "errorMessage": message}
        return told

    async def _output(self, job: Job, given: JsonObject) -> JsonObject:
        if not job.is_converse:
            answer, _ = await self._runtime.invoke_answer(job.model_id, given, caller=job.caller)
            return answer
        if given.get("toolConfig") is not None:
            raise ApiError("ValidationException", _NO_TOOLS)
        since = time.monotonic()
        return await self._runtime.converse_answer(job.model_id, given, caller=job.caller, since=since)


def _is_over(job: Job) -> bool:
    return job.status == "Stopping" or datetime.now(UTC) >= job.expires


def _outcome(job: Job) -> Status:
    """How a job ends that nothing kept from its end."""
    if job.status == "Stopping":
        return "Stopped"
    if job.status == "InProgress":
        return "Completed" if job.processed == job.total else "PartiallyCompleted"
    return "Expired"


def _count(job: Job, told: JsonObject) -> None:
    """Add an answer to a job's counts."""
    if "error" in told:
        job.failed += 1
        return
    job.succeeded += 1
    output = as_object(told["modelOutput"], "modelOutput")
    usage = Fields(output).child("usage")
    job.input_tokens += _first(
        usage.get("inputTokens"), usage.get("prompt_tokens"), output.get("inputTextTokenCount")
    )
    job.output_tokens += _first(usage.get("outputTokens"), usage.get("completion_tokens"))


def _first(*counts: object) -> int:
    return next((count for count in counts if isinstance(count, int)), 0)


def _recount(job: Job, answers: Path) -> None:
    with answers.open("rb") as file:
        for line in file:
            _count(job, json.loads(line))
