"""Batch inference: an evaluation's requests as jobs in S3, followed to their end, and their results back.

The way is::

    jobs = submit(client, calls, submission=…, place=…, kept=store_it)         # the caller keeps each job
    jobs = watch(client, jobs, changed=store_it)                               # or poll() now and then
    for key, result in results(client, job): …                                 # or recorded(), to keep runs

A job is a plain value (:class:`BatchJob`) that is kept as JSON: whoever has it can go on after a restart.
Importing this imports no boto3; :class:`~bedrock_playground.invocation.batch.BatchClient` makes the calls.
"""

from bedrock_playground.evaluation.batch.ahead import Ahead, look_ahead
from bedrock_playground.evaluation.batch.calls import calls_of
from bedrock_playground.evaluation.batch.fit import BatchRefused, doubt, why_not
from bedrock_playground.evaluation.batch.job_json import (
    job_from_json,
    job_from_text,
    job_to_json,
    job_to_text,
)
from bedrock_playground.evaluation.batch.keys import KeySpan, RecordKey
from bedrock_playground.evaluation.batch.monitor import PollPolicy, poll, stop, watch
from bedrock_playground.evaluation.batch.permissions import batch_policy
from bedrock_playground.evaluation.batch.pricing import batch_cost, priced_as_batch
from bedrock_playground.evaluation.batch.recording import Recorded, recorded
from bedrock_playground.evaluation.batch.results import results
from bedrock_playground.evaluation.batch.submitting import BatchGuard, Submission, submit
from bedrock_playground.evaluation.batch.values import BatchJob, BatchLimits, BatchPlace, local_place

__all__ = [
    "Ahead",
    "BatchGuard",
    "BatchJob",
    "BatchLimits",
    "BatchPlace",
    "BatchRefused",
    "KeySpan",
    "PollPolicy",
    "RecordKey",
    "Recorded",
    "Submission",
    "batch_cost",
    "batch_policy",
    "calls_of",
    "doubt",
    "job_from_json",
    "job_from_text",
    "job_to_json",
    "job_to_text",
    "local_place",
    "look_ahead",
    "poll",
    "priced_as_batch",
    "recorded",
    "results",
    "stop",
    "submit",
    "watch",
    "why_not",
]
