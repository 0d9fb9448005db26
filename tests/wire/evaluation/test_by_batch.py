"""Evaluations whose cases are asked by batch inference: submitted, killed, gone on with, taken in, scored."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.batch import BatchPlace, BatchRefused, job_from_text, local_place
from bedrock_playground.evaluation.by_batch import (
    batchable,
    jobs_of,
    look,
    stop_jobs,
    submit_left,
    take_in,
)
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.results import latest, read_results
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec, spec_to_text
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.history.errors import EvaluationBusy
from bedrock_playground.history.evaluation_records import EvaluationState, StoredEvaluation
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.invocation.batch import BatchClient
from bedrock_playground.invocation.batch_values import JobRequest, JobState
from bedrock_playground.invocation.values import InvocationRequest, RunState
from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from bedrock_playground.patterns.chain import Chain, Step
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.spending import Estimator

FIXTURE = "local.test-free-v1:0"
PACED = "local.fault-paced-v1:0"


class Nobody:
    """An invoker that must not be asked: what batch inference answered is not asked in real time."""

    def stream(self, request: InvocationRequest) -> NoReturn:
        raise AssertionError(f"{request.model_id} was called")


def place() -> Place:
    estimator = Estimator(load_price_book().pricer(), endpoint="local", region="local")
    return Place(guarded=lambda _account: Nobody(), estimator=lambda: estimator)


def solo(model_id: str, **fault: Any) -> Solo:
    raw = json.dumps({"fault": fault}) if fault else None
    return Solo(variant=Variant(model=model_id, additional_fields=raw))


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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    """A history of the test's own."""
    with RunStore.open(f"sqlite:///{tmp_path / 'history.sqlite3'}", data_dir=tmp_path) as opened:
        yield opened


def make(store: RunStore, *members: Member, cases: int = 120, **changes: Any) -> StoredEvaluation:
    made = tuple(
        Case(number=number, inputs={"question": f"question {number}"}, expected="The prompt has 2 words.")
        for number in range(1, cases + 1)
    )
    saved = store.data_sets.save(DataSet(data_set_id="", name="Questions", cases=made))
    contenders = tuple(
        Contender(label=chr(65 + index), name=f"{index}", member=member)
        for index, member in enumerate(members)
    )
    spec = EvaluationSpec(
        name="By batch",
        data_set_id=saved.data_set_id,
        contenders=contenders,
        prompt="{{question}}",
        scorers=("contains",),
        **changes,
    )
    return running.create(store, spec)


def finished(store: RunStore, evaluation_id: str, client: BatchClient) -> None:
    for _ in range(2000):
        if all(job.is_over for job in look(store, evaluation_id, client)):
            return
        threading.Event().wait(0.02)
    pytest.fail("The jobs do not end.")


def submitted(store: RunStore, evaluation_id: str, client: BatchClient, **options: Any) -> Any:
    return submit_left(store, evaluation_id, place(), client=client, **{"where": local_place(), **options})


@pytest.fixture
def moto_url() -> Iterator[str]:
    """moto's S3, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    s3 = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    s3.create_bucket(Bucket="evaluations")
    s3.close()
    yield url
    server.stop()


def test_ten_thousand_cases_pass_through_motos_s3(
    store: RunStore, weights_cache: Path, moto_url: str
) -> None:
    supervisor = EndpointSupervisor(cache_dir=weights_cache, s3_endpoint=moto_url)
    supervisor.start()
    try:
        client = BatchClient(config_of(supervisor.wait_ready(60)), s3_endpoint_url=moto_url)
        where = BatchPlace(uri="s3://evaluations/ours/", role_arn="arn:aws:iam::111122223333:role/batch")
        key = make(store, solo(FIXTURE), cases=10_000).evaluation_id
        submitted(store, key, client, where=where)
        finished(store, key, client)
        taken = take_in(store, key, place(), client=client)
        assert (taken.answers, taken.failures, taken.left) == (10_000, 0, 0)
        (job,) = (job_from_text(one.document) for one in store.batch_jobs.of(key))
        assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED, 10_000, 0)
        found = latest(store, key)
        assert {number for _, number, _ in found} == set(range(1, 10_001))
        assert all(row.output_tokens for row in found.values())
    finally:
        supervisor.stop()


def test_the_same_evaluation_comes_back_into_the_same_tables(store: RunStore, client: BatchClient) -> None:
    made = make(store, solo(FIXTURE), solo(FIXTURE))
    key = made.evaluation_id
    jobs = submitted(store, key, client)
    assert [(job.label, job.records) for job in jobs] == [("A", 120), ("B", 120)]
    waiting = store.evaluations.found(key)
    assert (waiting.state, waiting.note) == (
        EvaluationState.PAUSED,
        "Batch inference makes 240 of its calls.",
    )
    with pytest.raises(EvaluationBusy, match="Batch inference"):
        running.start(store, key, place())
    with pytest.raises(BatchRefused, match="at work"):
        submitted(store, key, client)
    finished(store, key, client)
    told: list[int] = []

    def progress_told(records: int) -> None:
        if not told:
            with pytest.raises(EvaluationBusy, match="at work"):
                take_in(store, key, place(), client=client)
        told.append(records)

    taken = take_in(store, key, place(), client=client, progress=progress_told)
    assert (taken.answers, taken.failures, taken.left, taken.cost) == (240, 0, 0, Decimal(0))
    assert told == list(range(1, 241))
    assert jobs_of(store, key) == ()
    # What is left is to score, which asks nobody.
    run = running.start(store, key, place())
    assert run.wait(60)
    progress = run.progress
    assert (progress.state, progress.done, progress.total) == (EvaluationState.COMPLETED, 240, 240)
    assert read_results(store, key).summary("A", "contains").accuracy.value == 1
    found = latest(store, key)
    assert len(found) == 240
    assert {row.total for row in found.values()} == {None}
    answered = store.get(found["B", 7, 0].run_id)
    assert answered is not None
    assert answered.request.messages[0].text == "question 7"
    assert answered.result is not None
    assert answered.result.service_tier == "batch"


def test_failures_are_outcomes_and_can_be_asked_again(store: RunStore, client: BatchClient) -> None:
    made = make(store, solo(FIXTURE, kind="throttling", times=20), cases=110)  # then one gets through
    key = made.evaluation_id
    submitted(store, key, client)
    finished(store, key, client)
    taken = take_in(store, key, place(), client=client)
    assert taken.answers + taken.failures == 110
    assert taken.failures > 0
    failed = [row for row in latest(store, key).values() if row.state is RunState.FAILED]
    assert {row.error_type for row in failed} == {"Throttled"}
    # What failed has its outcome: nothing is left, unless somebody asks for it again.
    with pytest.raises(BatchRefused, match="nothing to submit"):
        submitted(store, key, client)
    (again,) = submitted(store, key, client, again=("failed",))
    assert again.records == taken.failures


def test_what_a_stopped_job_does_not_tell_is_left(store: RunStore, client: BatchClient) -> None:
    made = make(store, solo(PACED, tokens=20, tokens_per_second=100), cases=1000)
    key = made.evaluation_id
    submitted(store, key, client)
    while not any(job.processed for job in look(store, key, client)):
        threading.Event().wait(0.02)
    stop_jobs(store, key, client)
    finished(store, key, client)
    (job,) = jobs_of(store, key)
    assert job.state is JobState.STOPPED
    taken = take_in(store, key, place(), client=client)
    assert (taken.answers, taken.left) == (job.succeeded, 1000 - (job.succeeded or 0))
    assert len(latest(store, key)) == taken.answers
    # The rest is another job, although the evaluation, the contender and the part are the same.
    (again,) = submitted(store, key, client)
    assert again.arn != job.arn
    assert again.records == taken.left
    stop_jobs(store, key, client)


def test_taking_in_twice_changes_nothing(store: RunStore, client: BatchClient) -> None:
    made = make(store, solo(FIXTURE), cases=100)
    key = made.evaluation_id
    submitted(store, key, client)
    finished(store, key, client)
    kept = store.batch_jobs.of(key)
    take_in(store, key, place(), client=client)
    # As if the process had died before it could note that all is in.
    store.batch_jobs.keep(kept[0])
    assert take_in(store, key, place(), client=client).answers == 100
    assert len(store.comparison(key)) == 100


def test_a_pattern_is_asked_in_real_time_alone(store: RunStore, client: BatchClient) -> None:
    chain = Chain(steps=(Step(name="one", member=solo(FIXTURE)), Step(name="two", member=solo(FIXTURE))))
    made = make(store, solo(FIXTURE), chain, cases=100)
    assert batchable(made.spec) == ("A",)
    with pytest.raises(BatchRefused, match="is a pattern"):
        submitted(store, made.evaluation_id, client, labels=("B",))
    assert store.evaluations.found(made.evaluation_id).state is EvaluationState.READY
    assert [job.label for job in submitted(store, made.evaluation_id, client)] == ["A"]
    finished(store, made.evaluation_id, client)
    running.delete(store, made.evaluation_id)
    assert store.batch_jobs.of(made.evaluation_id) == []


def test_a_job_that_a_dead_process_could_not_keep_is_found_again_and_not_paid_twice(
    store: RunStore, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(store, solo(FIXTURE), solo(FIXTURE)).evaluation_id
    arns: list[str] = []

    def dying(asked: JobRequest) -> str:
        arns.append(BatchClient.create(client, asked))
        if len(arns) == 2:
            raise KeyboardInterrupt
        return arns[-1]

    with monkeypatch.context() as patched:
        patched.setattr(client, "create", dying)
        with pytest.raises(KeyboardInterrupt):
            submitted(store, key, client)
    (first,) = jobs_of(store, key)
    assert (first.label, first.arn) == ("A", arns[0])
    finished(store, key, client)
    take_in(store, key, place(), client=client)
    # What is left is what the job that nobody knows of answers.
    (second,) = submitted(store, key, client)
    assert (second.label, second.arn) == ("B", arns[1])


def test_answers_are_taken_in_although_a_scorer_is_gone(store: RunStore, client: BatchClient) -> None:
    made = make(store, solo(FIXTURE), cases=100)
    key = made.evaluation_id
    submitted(store, key, client)
    finished(store, key, client)
    without = replace(made.spec, scorers=("gone:strict",))
    store.evaluations.change(key, document=spec_to_text(without))
    assert take_in(store, key, place(), client=client).answers == 100
    assert store.evaluations.found(key).state is EvaluationState.READY
