"""What a record cost, at the price of batch inference; unknown stays unknown."""

from __future__ import annotations

from dataclasses import replace

from bedrock_playground.evaluation.batch.records import TIER
from bedrock_playground.evaluation.batch.values import BatchJob
from bedrock_playground.invocation.batch_values import JobState
from bedrock_playground.invocation.billing import NEVER_SENT, REFUSED, perhaps_billed
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import ServiceError
from bedrock_playground.invocation.protocol import Pricer, RunIdentity
from bedrock_playground.invocation.values import Attempt, InvocationRequest, InvocationResult

_UNTOLD = "The batch job tells no tokens of this record; what it may have cost is not known."


def batch_cost(
    pricer: Pricer,
    job: BatchJob,
    *,
    identity: RunIdentity,
    request: InvocationRequest,
    result: InvocationResult,
) -> Cost:
    """Price a record's result.

    The result carries the tier ``batch``, by which the price book finds the price, or estimates it as half of
    the default one and says so. AWS bills what a job had processed when it was stopped, so that a record of
    which nothing is told costs nothing only where its job never began.

    Args:
        pricer: Who prices runs.
        job: The job, as it ended.
        identity: Which run it is.
        request: The call.
        result: What came of it.
    """
    error = result.error
    if error is None or result.usage is not None or identity.endpoint == "local":
        return pricer.cost(identity, request, result)
    if isinstance(error, ServiceError):
        refused = Attempt(number=1, started=0.0, duration=0.0, error_type=type(error).__name__)
        return Cost(None, note=_UNTOLD) if perhaps_billed(refused) else REFUSED
    if job.state is JobState.EXPIRED or job.processed == 0:
        return NEVER_SENT
    return Cost(None, note=_UNTOLD)


def priced_as_batch(request: InvocationRequest) -> InvocationRequest:
    """The request as an estimator should see it before it is sent.

    What to expect is then told at the price of batch inference. The worst case stays at the default price,
    because an estimator reckons with the service falling back to it: never too little.
    """
    return replace(request, service_tier=TIER)
