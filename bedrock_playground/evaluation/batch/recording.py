"""A job's results kept as runs, as if each had been called by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.evaluation.batch.keys import RecordKey
from bedrock_playground.evaluation.batch.pricing import batch_cost
from bedrock_playground.evaluation.batch.values import BatchJob
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled
from bedrock_playground.invocation.protocol import Pricer, RunIdentity, RunRecorder
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.spending.guard import Account


@dataclass(frozen=True, slots=True)
class Recorded:
    """A result that was kept."""

    key: RecordKey
    """Which call it answers."""
    identity: RunIdentity
    """The run that it is kept as."""
    result: InvocationResult
    """What came of it."""
    cost: Cost
    """What it cost, at the price of batch inference."""


def identity_of(job: BatchJob, key: RecordKey) -> RunIdentity:
    """Say which run a record is: always the same, so that keeping a job's results twice keeps them once."""
    marks = f"{job.evaluation_id}\n{job.arn}\n{key.record_id}"
    return RunIdentity(
        run_id=hashlib.sha256(marks.encode()).hexdigest()[:32],
        comparison_id=job.evaluation_id,
        label=key.label,
        turn=0,
        repeat=key.repeat,
        started_at=job.submitted_at,
        region=job.region,
        endpoint=job.endpoint,
        case_number=key.case,
    )


def recorded(
    job: BatchJob,
    results: Iterable[tuple[RecordKey, InvocationResult]],
    *,
    request_of: Callable[[RecordKey], InvocationRequest],
    pricer: Pricer,
    recorder: RunRecorder | None = None,
    account: Account | None = None,
    identify: Callable[[BatchJob, RecordKey], RunIdentity] = identity_of,
) -> Iterator[Recorded]:
    """Price a job's results and keep each as a run, one by one as they are asked for.

    A run is kept when it is over, without having been kept as running: for hours nobody could have told how
    far it is. A call of which a stopped job tells nothing leaves no run. With the last one, what the job had
    reserved becomes what it cost; where nobody knows that of some record, the worst case stays counted.

    Args:
        job: The job, as it ended.
        results: What :func:`~bedrock_playground.evaluation.batch.results.results` tells.
        request_of: Makes the call again that a record was made of.
        pricer: Who prices runs.
        recorder: Who keeps runs; ``None``: nobody.
        account: Who pays, where the job was reserved.
        identify: Says which run a record is.
    """
    spent: Decimal | None = Decimal(0)
    for key, result in results:
        identity, request = identify(job, key), request_of(key)
        cost = batch_cost(pricer, job, identity=identity, request=request, result=result)
        if recorder is not None and not isinstance(result.error, Cancelled):
            recorder.run_finished(identity, request, result, cost=cost)
        spent = None if spent is None or cost.amount is None else spent + cost.amount
        yield Recorded(key, identity, result, cost)
    if account is not None and job.reserved is not None:
        account.held(job.reserved).settle(spent)
