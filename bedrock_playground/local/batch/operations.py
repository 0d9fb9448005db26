"""The four operations of model invocation jobs; jobs are kept in a folder and survive the process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import string
from datetime import UTC, datetime
from pathlib import Path

from bedrock_playground.local.batch.request import checked, listed, no_such_job
from bedrock_playground.local.batch.values import Job
from bedrock_playground.local.batch.work import Worker
from bedrock_playground.local.embedding import EmbeddingEngine
from bedrock_playground.local.errors import ApiError, invalid
from bedrock_playground.local.exchange import Exchange
from bedrock_playground.local.operations import Runtime
from bedrock_playground.local.s3.objects import ObjectStore

_logger = logging.getLogger(__name__)
_ALPHABET = string.ascii_lowercase + string.digits


class BatchJobs:
    """All jobs of this endpoint.

    Args:
        runtime: Who answers records.
        store: Where records and answers are.
        folder: Where jobs are kept.
        minimum: The fewest records that a job may have.
    """

    def __init__(self, runtime: Runtime, store: ObjectStore, folder: Path, *, minimum: int) -> None:
        self._registry = runtime.registry
        self._folder = folder
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._worker = Worker(runtime, store, folder / "files", minimum=minimum, saved=self._save)
        for path in sorted(folder.glob("*.json")):
            try:
                job = Job.from_json(json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, KeyError):
                _logger.warning("%s holds no batch job; it is passed over", path)
                continue
            self._jobs[job.job_id] = job

    def resume(self) -> None:
        """Go on with the jobs that the process before this one left; call it in the event loop."""
        for job in sorted(self._jobs.values(), key=lambda job: job.submitted):
            if not job.is_final:
                self._start(job)

    async def create(self, exchange: Exchange, _identifier: str, caller: str) -> None:
        """Answer CreateModelInvocationJob; a token that was used before makes no second job."""
        asked = checked(await exchange.read_json())
        model = self._registry.find(str(asked["modelId"]))
        if isinstance(model.engine, EmbeddingEngine) and asked.get("modelInvocationType") == "Converse":
            raise invalid(
                "This action doesn't support the model that you provided. Try again with a supported model."
            )
        token = asked.get("clientRequestToken")
        job = next(
            (job for job in self._jobs.values() if token and job.asked.get("clientRequestToken") == token),
            None,
        )
        if job is None:
            job_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
            job = self._jobs[job_id] = Job(job_id, asked, caller, datetime.now(UTC).isoformat())
            self._save(job)
            self._start(job)
        await exchange.send_json({"jobArn": job.arn})

    async def get(self, exchange: Exchange, identifier: str, _caller: str) -> None:
        """Answer GetModelInvocationJob."""
        await exchange.send_json(self._find(identifier).described())

    async def list(self, exchange: Exchange, _identifier: str, _caller: str) -> None:
        """Answer ListModelInvocationJobs."""
        await exchange.send_json(listed(list(self._jobs.values()), exchange.parameters))

    async def stop(self, exchange: Exchange, identifier: str, _caller: str) -> None:
        """Answer StopModelInvocationJob."""
        job = self._find(identifier)
        if job.is_final:
            raise ApiError(
                "ConflictException", f"The job is {job.status}: it cannot be stopped any more.", status=409
            )
        if job.status != "Stopping":
            job.turn("Stopping")
            self._save(job)
            self._worker.stop(job)
        await exchange.send_json({})

    def _find(self, identifier: str) -> Job:
        job = self._jobs.get(identifier.rsplit("/", 1)[-1])
        if job is None or identifier not in (job.job_id, job.arn):
            raise no_such_job()
        return job

    def _start(self, job: Job) -> None:
        task = asyncio.create_task(self._worker.work(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _save(self, job: Job) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{job.job_id}.json"
        kept.with_suffix(".new").write_text(json.dumps(job.to_json()), encoding="utf-8")
        os.replace(kept.with_suffix(".new"), kept)  # noqa: PTH105 - in one step on every platform
