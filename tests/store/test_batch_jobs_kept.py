"""Batch jobs that are kept, on both databases."""

from __future__ import annotations

from dataclasses import replace

from bedrock_playground.history import RunStore
from bedrock_playground.history.batch_jobs import KeptBatchJob
from tests.store.conftest import Place

JOB = KeptBatchJob("arn:one", "e1", '{"state":"Submitted"}')


def test_jobs_are_found_after_a_restart_until_their_results_are_in(place: Place) -> None:
    with place.open() as store:
        store.batch_jobs.keep(JOB)
        store.batch_jobs.keep(replace(JOB, arn="arn:two", evaluation_id="e2"))
    with place.open() as store:
        assert [job.arn for job in store.batch_jobs.unfinished()] == ["arn:one", "arn:two"]
        over = replace(JOB, document='{"state":"Completed"}', taken_in=True)
        store.batch_jobs.keep(over)
        assert store.batch_jobs.of("e1") == [over]
        assert [job.arn for job in store.batch_jobs.unfinished()] == ["arn:two"]


def test_forgetting_takes_an_evaluations_jobs_alone(store: RunStore) -> None:
    for number in range(3):
        store.batch_jobs.keep(replace(JOB, arn=f"arn:{number}"))
    store.batch_jobs.keep(replace(JOB, arn="arn:other", evaluation_id="e2"))
    assert store.batch_jobs.forget("e1") == 3
    assert store.batch_jobs.forget("e1") == 0
    assert store.batch_jobs.of("e1") == []
    assert [job.arn for job in store.batch_jobs.of("e2")] == ["arn:other"]
