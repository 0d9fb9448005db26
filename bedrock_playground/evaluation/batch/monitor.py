"""Following jobs: ask less and less often, stop, and go on after a restart with the jobs that were kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bedrock_playground.evaluation.batch.values import BatchJob
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.errors import Conflict, InvocationError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How long to wait between two looks at the jobs that are not over.

    A job takes seconds on the local endpoint and minutes to hours on AWS, which limits how often one may ask.
    """

    first: float = 1.0
    """Seconds before the second look."""
    factor: float = 1.5
    """By how much longer each further wait is."""
    longest: float = 60.0
    """Seconds at most."""

    def wait(self, looks: int) -> float:
        """Return the seconds to wait after so many looks, from 1."""
        # 1.5 to the 200th is far beyond any wait, and no float overflows.
        return min(self.longest, self.first * self.factor ** min(looks - 1, 200))


def poll(client: BatchClient, job: BatchJob) -> BatchJob:
    """Look once how a job is doing; a job that is over is not asked about again.

    Raises:
        InvocationError: It failed.
    """
    return job if job.is_over else job.updated(client.report(job.arn))


def stop(client: BatchClient, job: BatchJob) -> BatchJob:
    """Ask the service to stop a job; one that is over stays as it is.

    What it has answered until then is billed and comes back as results; it is over once its state says so.

    Raises:
        InvocationError: It failed.
    """
    if job.is_over:
        return job
    try:
        client.stop(job.arn)
    except Conflict:
        # It came to its end, or is being stopped, in the meantime: the look at it tells.
        _log.debug("%s could not be stopped", job.arn)
    return poll(client, job)


def watch(
    client: BatchClient,
    jobs: Iterable[BatchJob],
    *,
    changed: Callable[[BatchJob], None] = lambda _job: None,
    leave: threading.Event | None = None,
    policy: PollPolicy | None = None,
) -> tuple[BatchJob, ...]:
    """Follow jobs until all are over; blocks, so call it from a thread of its own.

    A look that fails for a reason that passes (throttled, the network) is tried again at the next one.

    Args:
        client: Who asks.
        jobs: The jobs, as they were kept.
        changed: Told of each job that is not as it was, to keep it.
        leave: Set from any thread to return at once; the jobs go on, and can be watched again later.
        policy: How often to look.

    Returns:
        The jobs as they are now, in the same order.

    Raises:
        InvocationError: A look failed for a reason that does not pass.
    """
    now = list(jobs)
    leave, policy = leave or threading.Event(), policy or PollPolicy()
    looks = 0
    while not leave.is_set():
        pause = 0.0
        for place, job in enumerate(now):
            try:
                now[place] = poll(client, job)
            except InvocationError as error:
                if not error.retryable:
                    raise
                pause = max(pause, error.retry_after or 0.0)
                _log.warning("A look at %s failed and is tried again: %s", job.arn, error.message)
            if now[place] != job:
                changed(now[place])
        if all(job.is_over for job in now):
            break
        looks += 1
        leave.wait(max(policy.wait(looks), pause))
    return tuple(now)
