"""An evaluation's calls as batch jobs over the wire: boto3, the local endpoint, and moto's S3 or its own."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bedrock_playground.catalog.price_book import PriceBook, load_price_book
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.connection import local_connection, make_batch_client
from bedrock_playground.evaluation.batch import (
    BatchGuard,
    BatchJob,
    BatchLimits,
    BatchRefused,
    PollPolicy,
    RecordKey,
    Submission,
    job_from_text,
    job_to_text,
    local_place,
    poll,
    recorded,
    results,
    stop,
    submit,
    watch,
)
from bedrock_playground.evaluation.batch.results import NotOver
from bedrock_playground.history import RunStore
from bedrock_playground.invocation import ClientConfig, InferenceParameters, InvocationRequest, errors
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.batch_values import JobState
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.settings import load_settings
from bedrock_playground.spending import Account, Limits
from bedrock_playground.spending.estimate import Estimator
from bedrock_playground.spending.ledger import Ledger, MemoryLedger

FIXTURE = "local.test-free-v1:0"
PACED = "local.fault-paced-v1:0"
QUICK = PollPolicy(first=0.02, longest=0.1)
Calls = list[tuple[RecordKey, InvocationRequest]]


def request(case: int, model_id: str = FIXTURE, **fields: Any) -> InvocationRequest:
    parameters = InferenceParameters(additional_model_request_fields=fields or None)
    return InvocationRequest.from_prompt(model_id, f"Case number {case}", parameters=parameters)


def calls(label: str, count: int, *, model_id: str = FIXTURE, **fields: Any) -> Calls:
    return [(RecordKey(label, case, 0), request(case, model_id, **fields)) for case in range(1, count + 1)]


def config_of(status: EndpointStatus) -> ClientConfig:
    return ClientConfig(
        region=status.region,
        endpoint_url=status.url,
        access_key_id=status.access_key_id,
        secret_access_key=status.secret_access_key,
    )


@pytest.fixture(scope="module")
def client(local_endpoint: EndpointStatus) -> BatchClient:
    """A client of the local endpoint and its own S3."""
    return BatchClient(config_of(local_endpoint), s3_endpoint_url=local_endpoint.url)


def run(client: BatchClient, requests: Calls, evaluation_id: str, **changes: Any) -> tuple[BatchJob, ...]:
    submission = Submission(evaluation_id, changes.pop("endpoint", "local"), changes.pop("earlier", ()))
    jobs = submit(client, requests, submission=submission, **{"place": local_place(), **changes})
    return watch(client, jobs, policy=QUICK)


def test_results_come_back_as_runs_without_times_at_batch_prices(client: BatchClient, tmp_path: Path) -> None:
    jobs = run(client, [*calls("A", 100), *calls("B", 120)], "two-contenders", endpoint="bedrock")
    assert [(job.label, job.records, job.state) for job in jobs] == [
        ("A", 100, JobState.COMPLETED),
        ("B", 120, JobState.COMPLETED),
    ]
    pricer = load_price_book().pricer()
    with RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as store:
        for _ in range(2):  # keeping them twice keeps them once
            for item in recorded(
                jobs[0],
                results(client, jobs[0]),
                request_of=lambda key: replace(request(key.case), model_id="amazon.nova-lite-v1:0"),
                pricer=pricer,
                recorder=store.recorder(),
            ):
                assert item.result.text.startswith("This is a fixed text")
                assert item.result.timing.total is item.result.timing.time_to_first_token is None
                assert (item.result.attempts, item.result.service_tier) == ((), "batch")
                usage = item.result.usage
                assert usage is not None
                assert usage.input_tokens is not None
                assert usage.output_tokens is not None
                # Nova Lite in batch: $0.03 and $0.12 per million tokens.
                assert item.cost.amount == (usage.input_tokens * 3 + usage.output_tokens * 12) / Decimal(
                    10**8
                )
        found = store.comparison("two-contenders")
        assert len(found) == 100
        assert {run.identity.case_number for run in found} == set(range(1, 101))


def test_a_failed_record_is_a_failed_result(client: BatchClient) -> None:
    requests = calls("A", 100)
    requests[9] = (requests[9][0], request(10, fault={"kind": "throttling"}))
    requests[10] = (requests[10][0], request(11, unknown_field=1))
    (job,) = run(client, requests, "partial")
    told = dict(results(client, job))
    failed = {key.case: result.error for key, result in told.items() if result.error is not None}
    assert len(told) == 100
    assert {case: type(error) for case, error in failed.items()} == {
        10: errors.Throttled,
        11: errors.ValidationFailed,
    }
    assert "unknown_field" in str(failed[11])


def test_missing_doubled_and_strange_answers(client: BatchClient, local_endpoint: EndpointStatus) -> None:
    (job,) = run(client, calls("A", 100), "doctored")
    (uri,) = [uri for uri in client.objects(job.answers_uri) if uri.endswith(".jsonl.out")]
    lines = list(client.lines(uri))
    strange = json.dumps({"recordId": "nobody", "modelOutput": {}}).encode()
    s3 = client._client("s3")
    s3.put_object(
        Bucket="local-batch",
        Key=uri.removeprefix("s3://local-batch/"),
        Body=b"\n".join([lines[0], strange, b"{", *lines[:90], b'{"recordId": "AC000091R00"}']),
    )
    told = list(results(client, job))
    assert len(told) == len({key for key, _ in told}) == 100
    by_case = {key.case: result for key, result in told}
    assert isinstance(by_case[91].error, errors.UnknownServiceError)
    assert all(isinstance(by_case[case].error, errors.RecordUnanswered) for case in range(92, 101))
    assert all(by_case[case].error is None for case in range(1, 91))


def test_a_stopped_job_keeps_what_it_has(client: BatchClient) -> None:
    slow = {"fault": {"tokens": 20, "tokens_per_second": 100}}
    (job,) = submit(
        client,
        calls("A", 1000, model_id=PACED, **slow),
        submission=Submission("stopped", "local"),
        place=local_place(),
    )
    with pytest.raises(NotOver):
        next(results(client, job))
    while (job := poll(client, job)).state is not JobState.IN_PROGRESS or not job.processed:
        threading.Event().wait(0.02)
    stopping = stop(client, job)
    assert stopping.state in {JobState.STOPPING, JobState.STOPPED}
    (job,) = watch(client, [stopping], policy=QUICK)
    assert job.state is JobState.STOPPED
    assert stop(client, job) == job
    told = [result for _, result in results(client, job)]
    assert len(told) == 1000
    assert sum(result.error is None for result in told) == job.succeeded
    assert {type(result.error) for result in told if result.error} == {errors.Cancelled}


def test_a_kept_job_is_followed_after_a_restart(client: BatchClient, local_endpoint: EndpointStatus) -> None:
    slow = {"fault": {"tokens": 2, "tokens_per_second": 100}}
    kept: list[str] = []

    def keep(job: BatchJob) -> None:
        kept.append(job_to_text(job))

    (job,) = submit(
        client,
        calls("A", 200, model_id=PACED, **slow),
        submission=Submission("restart", "local"),
        place=local_place(),
        kept=keep,
    )
    left = threading.Event()
    left.set()
    assert watch(client, [job], leave=left) == (job,)
    again = BatchClient(config_of(local_endpoint), s3_endpoint_url=local_endpoint.url)
    (over,) = watch(again, [job_from_text(kept[0])], changed=keep, policy=QUICK)
    assert job_from_text(kept[-1]) == over
    assert over.state is JobState.COMPLETED
    assert len(list(results(again, over))) == 200


def test_the_same_calls_are_submitted_once(client: BatchClient) -> None:
    first = run(client, calls("A", 100), "once")
    assert [job.arn for job in run(client, calls("A", 100), "once")] == [job.arn for job in first]
    # After a failure the caller may ask for the very same calls anew; other calls are another job anyway.
    assert run(client, calls("A", 100), "once", earlier=first)[0].arn != first[0].arn
    assert run(client, calls("A", 101), "once")[0].arn != first[0].arn


def test_what_does_not_fit_into_one_job_is_several(client: BatchClient) -> None:
    place = local_place()
    limits = replace(place.limits, maximum_records=150)
    jobs = run(client, calls("A", 320), "parts", place=replace(place, limits=limits))
    assert [job.records for job in jobs] == [106, 107, 107]
    told = {key.case for job in jobs for key, result in results(client, job) if result.error is None}
    assert told == set(range(1, 321))


def test_nothing_is_sent_where_something_is_in_the_way(client: BatchClient) -> None:
    requests = calls("A", 120)
    requests[5] = (requests[5][0], replace(requests[5][1], tool_config={"tools": []}))
    with pytest.raises(BatchRefused, match="takes no tools") as caught:
        run(client, requests, "refused")
    assert caught.value.problems == (
        "A, case 6, repeat 1: Batch inference takes no tools. Leave them out, or run it in real time.",
    )
    assert list(client.objects("s3://local-batch/evaluations/refused/")) == []
    with pytest.raises(BatchRefused, match="at least 100 records; there are 99"):
        run(client, calls("A", 99), "refused")
    with pytest.raises(BatchRefused, match="there twice"):
        run(client, calls("A", 100) * 2, "refused")


def test_a_job_whose_files_do_not_fit_fails_all_its_calls(client: BatchClient) -> None:
    place = local_place()
    (job,) = run(
        client, calls("A", 20), "few", place=replace(place, limits=replace(place.limits, minimum_records=1))
    )
    assert job.state is JobState.FAILED
    assert "required minimum of: 100" in (job.message or "")
    told = dict(results(client, job))
    assert len(told) == 20
    assert all("required minimum" in str(result.error) for result in told.values())


def test_errors_say_which_call_and_what_to_do(client: BatchClient, local_endpoint: EndpointStatus) -> None:
    missing = replace(local_place(), uri="s3://no-such-bucket/x/")
    with pytest.raises(errors.ObjectNotFound, match=r"Writing s3://no-such-bucket/x/gone/.*does not exist"):
        run(client, calls("A", 100), "gone", place=missing)
    stranger = replace(config_of(local_endpoint), access_key_id="SOMEBODY")
    with pytest.raises(errors.ExpiredCredentials):
        run(BatchClient(stranger, s3_endpoint_url=local_endpoint.url), calls("A", 100), "stranger")
    with pytest.raises(errors.NotFound, match="GetModelInvocationJob"):
        client.report("arn:aws:bedrock:local:000000000000:model-invocation-job/abcdefghijkl")


PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-free"
"""The test-only model under an id that can have a price."""


def guard_of(ledger: Ledger, limit: str) -> BatchGuard:
    def price(tier: str, dollars: int) -> Price:
        rates = Rates(input=Decimal(dollars), output=Decimal(dollars))
        return Price(
            model_id=PROFILE,
            tier=tier,
            rates=rates,
            source="the test",
            as_of=date(2026, 11, 29),
            confidence=Confidence.USER,
        )

    pricer = PriceBook(own=(price("default", 20), price("batch", 10)), listed=()).pricer()
    account = Account(lambda: ledger, session="s", ceiling=Limits(session=Decimal(limit)))
    return BatchGuard(account, Estimator(pricer, endpoint="bedrock", region="us-east-1"))


def priced_calls(count: int) -> Calls:
    short = InferenceParameters(max_tokens=10)
    return [(key, replace(asked, parameters=short)) for key, asked in calls("A", count, model_id=PROFILE)]


def test_what_jobs_cost_at_most_is_reserved_until_their_results_are_read(
    client: BatchClient, tmp_path: Path
) -> None:
    data = f"sqlite:///{tmp_path / 'history.sqlite3'}"
    with RunStore.open(data, data_dir=tmp_path) as store:
        guard = guard_of(store.ledger(), "5")
        (job,) = run(client, priced_calls(100), "guarded", endpoint="bedrock", guard=guard)
        worst = sum(guard.estimate(asked).worst.amount or 0 for _, asked in priced_calls(100))
        assert store.ledger().totals("s").session.reserved == worst > 0
    # Hours later, in another process.
    kept = job_from_text(job_to_text(job))
    with RunStore.open(data, data_dir=tmp_path) as store:
        guard = guard_of(store.ledger(), "5")
        told = list(
            recorded(
                kept,
                results(client, kept),
                request_of=lambda key: request(key.case, PROFILE),
                pricer=guard.estimator.pricer,
                account=guard.account,
            )
        )
        tokens = sum((item.result.usage.total_tokens or 0) for item in told if item.result.usage)
        assert store.ledger().totals("s").session.counted == tokens * Decimal(10) / 1_000_000 < worst


def test_a_limit_that_leaves_no_room_lets_nothing_out(client: BatchClient) -> None:
    ledger = MemoryLedger()
    place = replace(local_place(), limits=BatchLimits(100, 150, 10**9))
    with pytest.raises(errors.SpendingLimitReached):
        # There is room for the first of two jobs alone.
        run(client, priced_calls(300), "poor", endpoint="bedrock", place=place, guard=guard_of(ledger, "3"))
    assert list(client.objects("s3://local-batch/evaluations/poor/")) == []
    assert ledger.totals("s").session.counted == 0


def test_what_was_not_sent_is_given_back(client: BatchClient) -> None:
    ledger = MemoryLedger()
    missing = replace(local_place(), uri="s3://no-such-bucket/x/")
    with pytest.raises(errors.ObjectNotFound):
        run(client, priced_calls(100), "back", endpoint="bedrock", place=missing, guard=guard_of(ledger, "5"))
    assert ledger.totals("s").session.counted == 0


def test_a_call_of_which_nobody_knows_the_cost_is_asked_about(client: BatchClient) -> None:
    requests = priced_calls(100)
    requests[50] = (requests[50][0], replace(requests[50][1], parameters=InferenceParameters()))
    with pytest.raises(errors.CostUnknown, match="max tokens is not set"):
        run(client, requests, "unknown", endpoint="bedrock", guard=guard_of(MemoryLedger(), "5"))


def test_the_app_has_all_it_takes_without_an_account(weights_cache: Path, tmp_path: Path) -> None:
    settings = replace(load_settings({}), data_dir=tmp_path, cache_dir=weights_cache)
    supervisor = EndpointSupervisor.from_settings(settings)
    supervisor.start()
    try:
        connection = local_connection(settings, supervisor.wait_ready(60))
        assert connection is not None
        (job,) = run(
            make_batch_client(connection), calls("A", 100), "learner", endpoint=connection.endpoint_label
        )
        assert (job.state, job.succeeded) == (JobState.COMPLETED, 100)
    finally:
        supervisor.stop()
    assert (tmp_path / "local-endpoint" / "jobs").is_dir()
