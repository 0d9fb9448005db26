"""Batch jobs over boto3: the local endpoint's operations, its own S3, and moto's."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from bedrock_playground.launcher import EndpointStatus, EndpointSupervisor
from tests.wire.local.conftest import make_client

FIXTURE = "local.test-free-v1:0"
PACED = "local.fault-paced-v1:0"
SMOLLM = "local.smollm2-135m-instruct-v1:0"
EMBEDDING = "local.wordllama-l2-256-v1:0"
ROLE = "arn:aws:iam::000000000000:role/batch"
FINAL = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}
Clients = Callable[..., Any]


def record(number: int, text: str = "Hello there", **fields: Any) -> dict[str, Any]:
    body = {"messages": [{"role": "user", "content": [{"text": text}]}], **fields}
    return {"recordId": f"R{number}", "modelInput": body}


def upload(s3: Any, records: list[Any], key: str = "in/a.jsonl", *, bucket: str = "local-batch") -> str:
    lines = "".join(f"{json.dumps(item)}\n" for item in records)
    s3.put_object(Bucket=bucket, Key=key, Body=lines.encode())
    return f"s3://{bucket}/{key}"


def create(control: Any, uri: str, **changes: Any) -> str:
    asked = {
        "jobName": "a-job",
        "roleArn": ROLE,
        "modelId": FIXTURE,
        "modelInvocationType": "Converse",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": uri, "s3InputFormat": "JSONL"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{uri.split('/')[2]}/out/"}},
        **changes,
    }
    return str(control.create_model_invocation_job(**asked)["jobArn"])


def ended(control: Any, arn: str) -> dict[str, Any]:
    return until(control, arn, FINAL)


def until(control: Any, arn: str, statuses: set[str]) -> dict[str, Any]:
    for _ in range(3000):
        job: dict[str, Any] = control.get_model_invocation_job(jobIdentifier=arn)
        if job["status"] in statuses:
            return job
        time.sleep(0.02)
    pytest.fail(f"The job stays {job['status']}.")


def answers(s3: Any, arn: str, name: str = "a.jsonl", *, bucket: str = "local-batch") -> list[Any]:
    key = f"out/{arn.rsplit('/', maxsplit=1)[-1]}/{name}.out"
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


@pytest.fixture(scope="module")
def s3(local_endpoint: EndpointStatus) -> Any:
    """An S3 client of the endpoint's own address; boto3 takes long to make one."""
    return make_client(local_endpoint, "s3")


@pytest.fixture(scope="module")
def control(local_endpoint: EndpointStatus) -> Any:
    """A ``bedrock`` client."""
    return make_client(local_endpoint, "bedrock")


def test_records_become_answers_and_a_manifest(control: Any, s3: Any) -> None:
    arn = create(control, upload(s3, [record(n) for n in range(120)]))
    job = ended(control, arn)
    assert (job["status"], job["modelInvocationType"]) == ("Completed", "Converse")
    counts = {name: job[f"{name}RecordCount"] for name in ("total", "processed", "success", "error")}
    assert counts == {"total": 120, "processed": 120, "success": 120, "error": 0}
    assert job["submitTime"] <= job["endTime"] < job["jobExpirationTime"]
    told = answers(s3, arn)
    assert {item["recordId"] for item in told} == {f"R{n}" for n in range(120)}
    assert told[0]["modelInput"] == record(0)["modelInput"]
    assert told[0]["modelOutput"]["stopReason"] == "end_turn"
    used = sum(item["modelOutput"]["usage"]["inputTokens"] for item in told)
    key = f"out/{arn.rsplit('/')[-1]}/manifest.json.out"
    manifest = json.loads(s3.get_object(Bucket="local-batch", Key=key)["Body"].read())
    assert manifest["inputTokenCount"] == used > 0
    assert manifest["totalRecordCount"] == manifest["successRecordCount"] == 120


def test_the_real_model_answers_records(control: Any, s3: Any) -> None:
    short: dict[str, Any] = {"inferenceConfig": {"maxTokens": 2, "temperature": 0}}
    uri = upload(s3, [record(n, "Say yes.", **short) for n in range(100)], "real/a.jsonl")
    arn = create(control, uri, modelId=SMOLLM)
    job = ended(control, arn)
    assert (job["status"], job["successRecordCount"]) == ("Completed", 100)
    texts = {item["modelOutput"]["output"]["message"]["content"][0]["text"] for item in answers(s3, arn)}
    assert texts
    assert all(text.strip() for text in texts)


def test_records_of_invoke_model_are_the_models_own(control: Any, s3: Any) -> None:
    uri = upload(s3, [{"modelInput": {"inputText": f"Text {n}"}} for n in range(100)], "embed/a.jsonl")
    arn = create(control, uri, modelId=EMBEDDING, modelInvocationType="InvokeModel")
    assert ended(control, arn)["status"] == "Completed"
    told = answers(s3, arn)
    assert {len(item["modelOutput"]["embedding"]) for item in told} == {256}
    assert len({item["recordId"] for item in told}) == 100


def test_a_record_that_fails_has_an_error_in_its_place(control: Any, s3: Any) -> None:
    records = [record(n) for n in range(100)]
    records[3] = record(3, additionalModelRequestFields={"fault": {"kind": "throttling"}})
    records[4] = record(4, toolConfig={"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}]})
    records[5] = {"recordId": "R5", "modelInput": {"messages": []}}
    arn = create(control, upload(s3, records, "partial/a.jsonl"))
    job = ended(control, arn)
    assert (job["status"], job["successRecordCount"], job["errorRecordCount"]) == ("Completed", 97, 3)
    failed = {item["recordId"]: item["error"] for item in answers(s3, arn) if "error" in item}
    assert {name: error["errorCode"] for name, error in failed.items()} == {"R3": 429, "R4": 400, "R5": 400}
    assert "tool use" in failed["R4"]["errorMessage"]


def test_all_files_of_a_folder_are_one_job(control: Any, s3: Any) -> None:
    upload(s3, [record(n) for n in range(60)], "many/one.jsonl")
    upload(s3, [record(n) for n in range(60, 120)], "many/deep/two.jsonl")
    s3.put_object(Bucket="local-batch", Key="many/readme.txt", Body=b"no records")
    arn = create(control, "s3://local-batch/many/")
    assert ended(control, arn)["totalRecordCount"] == 120
    assert len(answers(s3, arn, "one.jsonl")) == len(answers(s3, arn, "deep/two.jsonl")) == 60


def test_files_that_do_not_fit_fail_the_job(control: Any, s3: Any) -> None:
    few = [record(n) for n in range(99)]
    job = ended(control, create(control, upload(s3, few, "in/few.jsonl")))
    assert (job["status"], "required minimum of: 100" in job["message"]) == ("Failed", True)
    bad = [*few, record(99), {"recordId": "x"}]
    job = ended(control, create(control, upload(s3, bad, "in/bad.jsonl")))
    assert (job["status"], "Record 101 of bad.jsonl" in job["message"]) == ("Failed", True)


def test_a_place_that_is_not_there_fails_the_job(control: Any, s3: Any) -> None:
    job = ended(control, create(control, "s3://local-batch/nothing/here.jsonl"))
    assert (job["status"], "no .jsonl file" in job["message"]) == ("Failed", True)
    job = ended(control, create(control, "s3://no-such-bucket/a.jsonl"))
    assert (job["status"], "no bucket no-such-bucket" in job["message"]) == ("Failed", True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jobName": "no spaces allowed"}, "jobName"),
        ({"roleArn": "arn:aws:iam::1:user/x"}, "roleArn"),
        ({"timeoutDurationInHours": 169}, "less than or equal to 168"),
        ({"modelInvocationType": "Chat"}, "modelInvocationType"),
        ({"modelId": "no.such-model-v1:0"}, "model identifier is invalid"),
        ({"modelId": EMBEDDING}, "doesn't support the model"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "https://elsewhere/a.jsonl"}}}, "s3Uri"),
        ({"clientRequestToken": "-starts-with-a-dash"}, "clientRequestToken"),
    ],
)
def test_what_the_api_does_not_allow_makes_no_job(control: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match="ValidationException") as caught:
        create(control, "s3://local-batch/in/a.jsonl", **changes)
    assert said in str(caught.value)


def test_the_same_token_makes_one_job(control: Any, s3: Any) -> None:
    uri = upload(s3, [record(n) for n in range(100)], "token/a.jsonl")
    first = create(control, uri, clientRequestToken="once")
    assert create(control, uri, clientRequestToken="once") == first
    assert create(control, uri, clientRequestToken="twice") != first


def test_a_job_is_stopped_and_keeps_what_it_has(control: Any, s3: Any) -> None:
    slow: dict[str, Any] = {
        "additionalModelRequestFields": {"fault": {"tokens": 20, "tokens_per_second": 100}}
    }
    arn = create(control, upload(s3, [record(n, **slow) for n in range(2000)], "stop/a.jsonl"), modelId=PACED)
    until(control, arn, {"InProgress"})
    control.stop_model_invocation_job(jobIdentifier=arn)
    job = ended(control, arn)
    assert job["status"] == "Stopped"
    assert job["processedRecordCount"] == len(answers(s3, arn, "a.jsonl")) < 2000
    with pytest.raises(ClientError, match="ConflictException"):
        control.stop_model_invocation_job(jobIdentifier=arn)


def test_jobs_are_listed_filtered_and_paged(control: Any, s3: Any) -> None:
    uri = upload(s3, [record(n) for n in range(100)], "list/a.jsonl")
    made = [create(control, uri, jobName=f"listed-{n}") for n in range(3)]
    for arn in made:
        ended(control, arn)
    pages = control.get_paginator("list_model_invocation_jobs").paginate(
        nameContains="listed-", sortBy="CreationTime", sortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [item for page in pages for item in page["invocationJobSummaries"]]
    assert [item["jobArn"] for item in found] == made
    stopped = control.list_model_invocation_jobs(nameContains="listed-", statusEquals="Stopped")
    assert stopped["invocationJobSummaries"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        control.get_model_invocation_job(jobIdentifier="abcdefghijkl")


def test_the_own_s3_does_what_an_upload_takes(s3: Any) -> None:
    assert s3.create_bucket(Bucket="another")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert {"another", "local-batch"} <= {item["Name"] for item in s3.list_buckets()["Buckets"]}
    s3.head_bucket(Bucket="another")
    names = [f"a/{n} & ü.txt" for n in range(5)]
    for name in names:
        s3.put_object(Bucket="another", Key=name, Body=name.encode(), ContentType="text/plain")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="another", Prefix="a/", PaginationConfig={"PageSize": 2}
    )
    assert [item["Key"] for page in pages for item in page["Contents"]] == names
    got = s3.get_object(Bucket="another", Key=names[1])
    assert (got["Body"].read(), got["ContentType"]) == (names[1].encode(), "text/plain")
    assert s3.head_object(Bucket="another", Key=names[1])["ETag"] == got["ETag"]
    s3.delete_object(Bucket="another", Key=names[1])
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="another", Key=names[1])
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="another", Key=names[1])
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket="missing", Key="a", Body=b"")
    with pytest.raises(ClientError, match="InvalidBucketName"):
        s3.create_bucket(Bucket="x.")
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.list_objects_v2(Bucket="another", Delimiter="/")


def test_a_refused_upload_leaves_the_connection_of_use(local_endpoint: EndpointStatus) -> None:
    # boto3 waits to be told to send the body; what is refused without it must not wait for it ever after.
    s3 = make_client(local_endpoint, "s3", config={"max_pool_connections": 1, "read_timeout": 20})
    for _ in range(3):
        with pytest.raises(ClientError, match="NoSuchBucket"):
            s3.put_object(Bucket="missing", Key="a", Body=b"x" * 100_000)
        s3.put_object(Bucket="local-batch", Key="a", Body=b"x" * 100_000)
    s3.close()


def test_a_body_that_nobody_wants_is_read_to_its_end(local_endpoint: EndpointStatus) -> None:
    # Without the client waiting for it: several requests go the same way, one after the other.
    scope = f"{local_endpoint.access_key_id}/20261129/local/s3/aws4_request"
    head = (
        "PUT /missing/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}\r\n\r\n"
    )
    port = int((local_endpoint.url or "").rsplit(":", 1)[1])
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        answers = stack.enter_context(connection.makefile("rb"))
        for _ in range(2):
            connection.sendall(head.encode() + b"x" * 200_000)
            assert answers.readline().split()[1] == b"404"
            length = 0
            while (line := answers.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                length = int(value) if name.lower() == b"content-length" else length
            assert b"NoSuchBucket" in answers.read(length)


def test_the_own_s3_knows_its_key_alone(client_for: Clients) -> None:
    stranger = client_for("s3", aws_access_key_id="SOMEBODY", aws_secret_access_key="x")
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


@pytest.fixture
def moto_url() -> Iterator[str]:
    """moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_records_and_answers_can_be_in_another_s3(
    weights_cache: Path, moto_url: str, client_for: Clients
) -> None:
    supervisor = EndpointSupervisor(cache_dir=weights_cache, s3_endpoint=moto_url)
    supervisor.start()
    try:
        status = supervisor.wait_ready(60)
        s3 = client_for("s3", endpoint_url=moto_url, region_name="us-east-1")
        control = _control(client_for, status)
        s3.create_bucket(Bucket="records")
        for n in range(3):
            upload(s3, [record(100 * n + m) for m in range(100)], f"in/{n} &.jsonl", bucket="records")
        job = ended(control, arn := create(control, "s3://records/in/"))
        assert (job["status"], job["totalRecordCount"]) == ("Completed", 300)
        assert len(answers(s3, arn, "2 &.jsonl", bucket="records")) == 100
        failed = ended(control, create(control, "s3://nobody-has-this/in/"))
        assert (failed["status"], "NoSuchBucket" in failed["message"]) == ("Failed", True)
    finally:
        supervisor.stop()


def test_a_job_goes_on_where_a_killed_endpoint_left_it(
    weights_cache: Path, client_for: Clients, tmp_path: Path
) -> None:
    slow: dict[str, Any] = {
        "additionalModelRequestFields": {"fault": {"tokens": 5, "tokens_per_second": 100}}
    }
    supervisor = EndpointSupervisor(cache_dir=weights_cache, state_dir=tmp_path)
    supervisor.start()
    try:
        status = supervisor.wait_ready(60)
        control, s3 = _control(client_for, status), _control(client_for, status, "s3")
        arn = create(control, upload(s3, [record(n, **slow) for n in range(400)]), modelId=PACED)
        for _ in range(500):
            if control.get_model_invocation_job(jobIdentifier=arn).get("processedRecordCount", 0) > 64:
                break
            time.sleep(0.02)
        killed = supervisor.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while supervisor.pid in (killed, None):
            time.sleep(0.02)
        supervisor.wait_ready(60)
        job = ended(control, arn)
        assert (job["status"], job["successRecordCount"]) == ("Completed", 400)
        assert [item["recordId"] for item in answers(s3, arn)] == [f"R{n}" for n in range(400)]
    finally:
        supervisor.stop()


def _control(client_for: Clients, status: EndpointStatus, service: str = "bedrock") -> Any:
    return client_for(
        service,
        endpoint_url=status.url,
        aws_access_key_id=status.access_key_id,
        aws_secret_access_key=status.secret_access_key,
    )
