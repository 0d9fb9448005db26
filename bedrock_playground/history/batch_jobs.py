"""Batch jobs that were submitted: followed on after a restart, and their results taken in once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update

from bedrock_playground.history.rows import clean
from bedrock_playground.history.schema import batch_jobs
from bedrock_playground.history.votes import Open

_COLUMNS = select(
    batch_jobs.c.arn, batch_jobs.c.evaluation_id, batch_jobs.c.document, batch_jobs.c.taken_in
).order_by(batch_jobs.c.submitted_at, batch_jobs.c.arn)


@dataclass(frozen=True, slots=True)
class KeptBatchJob:
    """A job as it is kept."""

    arn: str
    """The job's ARN."""
    evaluation_id: str
    """The evaluation that it is part of."""
    document: str
    """The job as JSON, as it was given."""
    taken_in: bool = False
    """Whether its results are all in the history: nothing is left to be done."""


class BatchJobBook:
    """The batch jobs of a store. Safe to share between threads.

    Every method raises a :class:`~bedrock_playground.history.errors.HistoryError` if the database refuses.
    """

    def __init__(self, *, read: Open, write: Open) -> None:
        """Use :attr:`RunStore.batch_jobs`."""
        self._read = read
        self._write = write

    def keep(self, job: KeptBatchJob) -> None:
        """Keep a job, or what became of it."""
        row = {
            "evaluation_id": clean(job.evaluation_id),
            "document": clean(job.document),
            "taken_in": job.taken_in,
        }
        arn = clean(job.arn)
        with self._write() as connection:
            if connection.execute(update(batch_jobs).where(batch_jobs.c.arn == arn).values(row)).rowcount:
                return
            connection.execute(
                insert(batch_jobs).values({**row, "arn": arn, "submitted_at": datetime.now(UTC)})
            )

    def of(self, evaluation_id: str) -> list[KeptBatchJob]:
        """The jobs of an evaluation, the oldest first."""
        with self._read() as connection:
            rows = connection.execute(_COLUMNS.where(batch_jobs.c.evaluation_id == clean(evaluation_id)))
            return [KeptBatchJob(*row) for row in rows]

    def unfinished(self) -> list[KeptBatchJob]:
        """The jobs of all evaluations whose results are not taken in yet, the oldest first."""
        with self._read() as connection:
            rows = connection.execute(_COLUMNS.where(batch_jobs.c.taken_in.is_(False)))
            return [KeptBatchJob(*row) for row in rows]

    def forget(self, evaluation_id: str) -> int:
        """Forget the jobs of an evaluation; return how many there were. Nothing is stopped by it."""
        with self._write() as connection:
            gone = connection.execute(
                delete(batch_jobs).where(batch_jobs.c.evaluation_id == clean(evaluation_id))
            )
        return gone.rowcount
