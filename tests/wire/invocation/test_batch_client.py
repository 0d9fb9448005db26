"""The batch client against servers that answer as AWS may: conflicts, refusals, downloads that break off."""

from __future__ import annotations

import io
from typing import Any

import pytest

from bedrock_playground.invocation import ClientConfig, errors
from bedrock_playground.invocation.batch import BatchClient, bucket_and_key
from bedrock_playground.invocation.batch_values import JobRequest, JobState
from tests.wire.invocation.conftest import Serve
from tests.wire.invocation.scripted import Exchange

ARN = "arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/abcdefghijkl"
ASKED = JobRequest(
    name="a-job",
    model_id="amazon.nova-lite-v1:0",
    role_arn="arn:aws:iam::111122223333:role/batch",
    input_uri="s3://bucket/in/a.jsonl",
    output_uri="s3://bucket/out/",
    token="once",
    timeout_hours=48,
    tags={"evaluation": "e1"},
)


def client(url: str) -> BatchClient:
    config = ClientConfig(
        region="us-east-1", endpoint_url=url, access_key_id="AKID", secret_access_key="secret"
    )
    return BatchClient(config, s3_endpoint_url=url)


def summary(token: str, **told: Any) -> dict[str, Any]:
    times = {"submitTime": "2026-11-29T12:00:00Z"}
    return {"jobArn": ARN, "jobName": "a-job", "clientRequestToken": token, **times, **told}


def test_a_job_is_asked_for_as_the_api_has_it(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"jobArn": ARN}))
    assert client(server.url).create(ASKED) == ARN
    (exchange,) = server.exchanges
    assert (exchange.method, exchange.path) == ("POST", "/model-invocation-job")
    assert exchange.json() == {
        "jobName": "a-job",
        "modelId": "amazon.nova-lite-v1:0",
        "roleArn": "arn:aws:iam::111122223333:role/batch",
        "clientRequestToken": "once",
        "modelInvocationType": "Converse",
        "inputDataConfig": {
            "s3InputDataConfig": {"s3Uri": "s3://bucket/in/a.jsonl", "s3InputFormat": "JSONL"}
        },
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
        "timeoutDurationInHours": 48,
        "tags": [{"key": "evaluation", "value": "e1"}],
    }


def test_a_conflict_is_the_job_that_is_there_already(serve: Serve) -> None:
    def conflict(exchange: Exchange) -> None:
        exchange.error(409, "ConflictException", "There is a job of that name.")

    def jobs(exchange: Exchange) -> None:
        exchange.reply({"invocationJobSummaries": [summary("other"), summary("once", status="InProgress")]})

    assert client(serve(conflict, jobs).url).create(ASKED) == ARN
    nobody = serve(conflict, lambda exchange: exchange.reply({"invocationJobSummaries": [summary("other")]}))
    with pytest.raises(errors.Conflict):
        client(nobody.url).create(ASKED)


def test_a_report_tells_what_the_service_told(serve: Serve) -> None:
    told = summary("once", status="SomethingNew", message="why")
    report = client(serve(lambda exchange: exchange.reply(told)).url).report(ARN)
    assert (report.state, report.message, report.total) == (JobState.UNKNOWN, "why", None)
    assert not report.state.is_final


def test_what_is_denied_says_which_call_it_was(serve: Serve) -> None:
    def denied(exchange: Exchange) -> None:
        exchange.error(403, "AccessDeniedException", "not authorized to perform: iam:PassRole")

    with pytest.raises(errors.BatchDenied, match="CreateModelInvocationJob: not authorized") as caught:
        client(serve(denied).url).create(ASKED)
    assert "iam:PassRole" in caught.value.advice


def test_throttling_is_sat_out(serve: Serve) -> None:
    def throttled(exchange: Exchange) -> None:
        exchange.error(429, "ThrottlingException", "Too many requests")

    server = serve(throttled, lambda exchange: exchange.reply(summary("once", status="Completed")))
    assert client(server.url).report(ARN).state is JobState.COMPLETED
    assert len(server.exchanges) == 2


def test_a_download_that_breaks_off_is_no_whole_one(serve: Serve) -> None:
    def cut(exchange: Exchange) -> None:
        exchange._send_head(200, {"Content-Type": "application/jsonl", "Content-Length": "1000"})
        exchange.sock.sendall(b'{"a": 1}\n{"a": 2}\n{"a"')
        exchange.cut()

    lines = client(serve(cut).url).lines("s3://bucket/a.jsonl.out")
    with pytest.raises(errors.StreamInterrupted):
        list(lines)


def test_lines_are_whole_wherever_chunks_end(serve: Serve) -> None:
    wide = b'{"text": "' + b"x" * 300_000 + b'"}'
    content = b"\n".join([wide, b"", b'{"a": 1}', wide])

    def answer(exchange: Exchange) -> None:
        exchange._send_head(200, {"Content-Length": str(len(content))})
        exchange.sock.sendall(content)

    assert list(client(serve(answer).url).lines("s3://bucket/a")) == [wide, b'{"a": 1}', wide]


def test_an_upload_is_the_file_from_where_it_stands(serve: Serve) -> None:
    server = serve(lambda exchange: exchange._send_head(200, {"Content-Length": "0"}))
    file = io.BytesIO(b"records")
    client(server.url).upload("s3://bucket/in/a.jsonl", file)
    assert (server.exchanges[0].path, server.exchanges[0].body) == ("/bucket/in/a.jsonl", b"records")


def test_addresses_have_a_form() -> None:
    assert bucket_and_key("s3://bucket/a/b") == ("bucket", "a/b")
    with pytest.raises(errors.ValidationFailed, match="no address in S3"):
        bucket_and_key("bucket/a")
