"""Batch jobs' parts without a server: the signature, patterns, the store in a folder, and a job's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.local.batch.files import lines_done
from bedrock_playground.local.batch.request import checked, listed
from bedrock_playground.local.batch.values import Job
from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.s3.folder import FolderStore
from bedrock_playground.local.s3.objects import Found, StoreError, bucket_and_key
from bedrock_playground.local.s3.remote import S3Access, signed
from bedrock_playground.local.state import StateFolder

ASKED: JsonObject = {
    "jobName": "a-job",
    "roleArn": "arn:aws:iam::000000000000:role/batch",
    "modelId": "local.test-free-v1:0",
    "modelInvocationType": "Converse",
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/in/a.jsonl"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/out/"}},
}


def test_requests_are_signed_as_botocore_signs_them() -> None:
    access = S3Access("http://127.0.0.1:9000", "AKID", "secret", "eu-central-1")
    path, query = "/bucket/a%20key", "list-type=2&prefix=in%2F"
    ours = signed(access, "GET", "127.0.0.1:9000", path=path, query=query, now=datetime.now(UTC))
    request = AWSRequest("GET", f"{access.url}{path}?{query}", headers={"Host": "127.0.0.1:9000"})
    request.context["payload_signing_enabled"] = False
    request.context["timestamp"] = ours["x-amz-date"]
    signer = S3SigV4Auth(Credentials("AKID", "secret"), "s3", "eu-central-1")
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={signature}")


@given(st.lists(st.tuples(st.text(min_size=1, max_size=40), st.binary(max_size=20)), max_size=8))
def test_the_folder_holds_any_key(objects: list[tuple[str, bytes]]) -> None:
    import tempfile

    objects = [(key.encode("utf-8", "replace").decode(), content) for key, content in objects]
    with tempfile.TemporaryDirectory() as name:
        store, source = FolderStore(Path(name) / "s3"), Path(name) / "source"
        assert store.create("bucket")
        for key, content in objects:
            source.write_bytes(content)
            store.put("bucket", key, source)
        kept = dict(objects)
        expected = [Found(key, len(kept[key])) for key in sorted(kept, key=str.encode)]
        assert store.find("bucket", "") == expected
        for key, content in kept.items():
            store.fetch("bucket", key, source)
            assert source.read_bytes() == content


def test_the_folder_says_what_it_has_not(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert not store.create("../outside")
    assert not store.create("_incoming")
    assert store.buckets() == []
    with pytest.raises(StoreError, match="no bucket here-not"):
        store.find("here-not", "")
    store.create("bucket")
    with pytest.raises(StoreError, match="no object a in the bucket bucket"):
        store.fetch("bucket", "a", tmp_path / "x")


def test_addresses_are_taken_apart() -> None:
    assert bucket_and_key("s3://bucket/in/a.jsonl") == ("bucket", "in/a.jsonl")
    assert bucket_and_key("s3://bucket") == ("bucket", "")
    with pytest.raises(ValueError, match="no address"):
        bucket_and_key("https://bucket/in")


def test_no_name_makes_checking_slow() -> None:
    # By the service's own patterns this would not end: there are 2 ** 60 ways to share out the dashes.
    for name in ("jobName", "clientRequestToken"):
        with pytest.raises(ApiError):
            checked({**ASKED, name: "a" + "-" * 60 + "!"})


def test_what_the_api_does_not_know_is_left_out() -> None:
    assert checked({**ASKED, "other": 1, "vpcConfig": None}) == ASKED


def made(number: int, **changes: object) -> Job:
    submitted = datetime(2026, 11, 29, 12, number, tzinfo=UTC).isoformat()
    return Job(f"job{number:09d}", {**ASKED, "jobName": f"job-{number}", **changes}, "AKID", submitted)


def test_a_job_is_the_same_after_it_was_kept() -> None:
    job = made(1, timeoutDurationInHours=48)
    job.turn("Failed", "why")
    again = Job.from_json(job.to_json())
    assert again == job
    assert again.described() == job.described()
    assert again.expires - datetime.fromisoformat(again.submitted) == timedelta(hours=48)


def test_lists_are_filtered_by_time_and_status() -> None:
    jobs = [made(number) for number in range(4)]
    jobs[2].turn("Stopped")
    after = {"submitTimeAfter": jobs[0].submitted, "submitTimeBefore": jobs[3].submitted}

    def names(asked: dict[str, str]) -> list[object]:
        told = listed(jobs, asked)["invocationJobSummaries"]
        assert isinstance(told, list)
        return [item["jobName"] for item in told]

    assert names({}) == ["job-3", "job-2", "job-1", "job-0"]
    assert names(after) == ["job-2", "job-1"]
    assert names({**after, "statusEquals": "Stopped"}) == ["job-2"]
    for wrong in (
        {"statusEquals": "Done"},
        {"sortOrder": "Up"},
        {"submitTimeAfter": "noon"},
        {"maxResults": "0"},
    ):
        with pytest.raises(ApiError):
            listed(jobs, wrong)


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    answers = tmp_path / "a.out"
    assert lines_done(answers) == 0
    answers.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a"')
    assert lines_done(answers) == 2
    assert answers.read_bytes() == b'{"a": 1}\n{"a": 2}\n'


def test_one_process_alone_works_in_a_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = StateFolder(tmp_path / "state")
    theirs = StateFolder(tmp_path / "state")
    assert mine.path == tmp_path / "state"
    assert theirs.path != mine.path
    assert theirs.path.is_dir()
    assert "Another local endpoint" in caplog.text
    for folder in (mine, theirs, theirs):
        folder.close()
    assert not theirs.path.exists()
    again = StateFolder(tmp_path / "state")
    assert again.path == mine.path
    again.close()


def test_a_folder_that_nobody_named_goes_with_the_process() -> None:
    state = StateFolder(None)
    assert state.path.is_dir()
    state.close()
    assert not state.path.exists()
