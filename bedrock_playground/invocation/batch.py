"""Batch jobs and the S3 objects that they read and write, through boto3; importing this imports no boto3.

What is uploaded comes from files and what is downloaded goes by line by line: a job may have 50,000 records.
boto3's own retries are on, because nothing here is billed twice: jobs are made under a token, and objects are
written whole.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.batch_values import JobReport, JobRequest, JobState
from bedrock_playground.invocation.client import ClientConfig
from bedrock_playground.invocation.quiet_logs import keep_words_out_of_logs

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][-.a-z0-9]{1,61}[a-z0-9])(?:/(?P<key>.*))?")
_CHUNK = 1 << 18
_ATTEMPTS = 4


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Take an S3 address apart; the key is empty where there is none.

    Raises:
        ValidationFailed: It is no address in S3.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise errors.ValidationFailed(f"{uri} is no address in S3. Example: s3://bucket/folder/")
    return match["bucket"], match["key"] or ""


class BatchClient:
    """Makes, follows and stops batch jobs, and moves their files.

    Cheap to make, safe to share between threads.
    """

    def __init__(self, config: ClientConfig, *, s3_endpoint_url: str | None = None) -> None:
        """Make a client.

        Args:
            config: Where and as whom to call; its endpoint is Bedrock's.
            s3_endpoint_url: Another S3 than AWS's; ``None`` leaves it to boto3's own settings.
        """
        self.config = config
        """Where and as whom this client calls."""
        self._s3_endpoint_url = s3_endpoint_url
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    # Objects

    def upload(self, uri: str, file: IO[bytes]) -> None:
        """Write a file as one object, in one step.

        Args:
            uri: ``s3://bucket/key``.
            file: The content, from where the file stands; read as it is sent.

        Raises:
            InvocationError: It failed.
        """
        bucket, key = bucket_and_key(uri)
        with _mapped(f"Writing {uri}"):
            self._client("s3").put_object(Bucket=bucket, Key=key, Body=file, ContentType="application/jsonl")

    def objects(self, uri: str) -> Iterator[str]:
        """List what lies under an address, as addresses, page by page.

        Raises:
            InvocationError: It failed.
        """
        bucket, prefix = bucket_and_key(uri)
        with _mapped(f"Listing {uri}"):
            pages = self._client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    yield f"s3://{bucket}/{item['Key']}"

    def lines(self, uri: str) -> Iterator[bytes]:
        """Read an object line by line, as it arrives; lines that hold nothing are passed over.

        Raises:
            InvocationError: It failed; :class:`StreamInterrupted` where it broke off.
        """
        bucket, key = bucket_and_key(uri)
        with _mapped(f"Reading {uri}") as mapping:
            body = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"]
            mapping.streaming = True
            rest = b""
            try:
                for chunk in body.iter_chunks(_CHUNK):
                    *whole, rest = (rest + chunk).split(b"\n")
                    yield from (line for line in whole if line.strip())
            finally:
                body.close()
        if rest.strip():
            yield rest

    # Jobs

    def create(self, request: JobRequest) -> str:
        """Make a job, once for each token.

        Returns:
            Its ARN; of the job that was there already where the token was used before.

        Raises:
            InvocationError: It failed.
        """
        arguments: dict[str, Any] = {
            "jobName": request.name,
            "modelId": request.model_id,
            "roleArn": request.role_arn,
            "clientRequestToken": request.token,
            "modelInvocationType": "Converse",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": request.input_uri, "s3InputFormat": "JSONL"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": request.output_uri}},
        }
        if request.timeout_hours is not None:
            arguments["timeoutDurationInHours"] = request.timeout_hours
        if request.tags:
            arguments["tags"] = [{"key": key, "value": value} for key, value in request.tags.items()]
        try:
            with _mapped("CreateModelInvocationJob"):
                made = self._client("bedrock").create_model_invocation_job(**arguments)
        except errors.Conflict:
            # Some answers to a token that was used before are a conflict: the job is there, by its name.
            found = next((one for one in self.reports(request.name) if one.token == request.token), None)
            if found is None:
                raise
            return found.arn
        return str(made["jobArn"])

    def report(self, arn: str) -> JobReport:
        """Ask how a job is doing.

        Raises:
            InvocationError: It failed; :class:`NotFound` where there is no such job.
        """
        with _mapped("GetModelInvocationJob"):
            return _report(self._client("bedrock").get_model_invocation_job(jobIdentifier=arn))

    def reports(self, name_contains: str | None = None) -> Iterator[JobReport]:
        """List the account's jobs in this Region, the newest first.

        Args:
            name_contains: Only those with this in their name.

        Raises:
            InvocationError: It failed.
        """
        asked = {"nameContains": name_contains} if name_contains else {}
        with _mapped("ListModelInvocationJobs"):
            paginator = self._client("bedrock").get_paginator("list_model_invocation_jobs")
            for page in paginator.paginate(sortBy="CreationTime", sortOrder="Descending", **asked):
                yield from map(_report, page.get("invocationJobSummaries", []))

    def stop(self, arn: str) -> None:
        """Ask a job to stop: only tokens that were processed until then are billed.

        Raises:
            InvocationError: It failed; :class:`Conflict` where it has ended already.
        """
        with _mapped("StopModelInvocationJob"):
            self._client("bedrock").stop_model_invocation_job(jobIdentifier=arn)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - botocore's clients have no types
        with self._lock:
            if service not in self._made:
                endpoint = self._s3_endpoint_url if service == "s3" else self.config.endpoint_url
                self._made[service] = _make(self.config, service, endpoint)
            return self._made[service]


def _make(config: ClientConfig, service: str, endpoint: str | None) -> Any:  # noqa: ANN401
    # boto3 takes 0.4 s to import: start-up must not pay for it.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    keep_words_out_of_logs()
    host = urlsplit(endpoint or "").hostname or ""
    session = boto3.Session(
        aws_access_key_id=config.access_key_id,
        aws_secret_access_key=config.secret_access_key,
        aws_session_token=config.session_token,
        profile_name=config.profile,
        region_name=config.region,
    )
    options = Config(
        connect_timeout=config.connect_timeout,
        read_timeout=max(60.0, config.stall_timeout),
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        # A Bedrock API key in the environment would beat explicit keys.
        auth_scheme_preference="sigv4" if config.access_key_id and service == "bedrock" else None,
        # A proxy of the environment cannot reach this machine's own endpoint.
        proxies={} if host in {"localhost", "::1"} or host.startswith("127.") else None,
        # Another S3 than AWS's has no name for each bucket.
        s3={"addressing_style": "path"} if endpoint and service == "s3" else None,
    )
    return session.client(service, endpoint_url=endpoint, config=options)


@contextmanager
def _mapped(doing: str) -> Iterator[Any]:
    """Map errors as everywhere, and say which call they come from: S3's "Access Denied" says nothing."""
    from bedrock_playground.invocation.error_mapping import MappedErrors  # noqa: PLC0415 - boto3's world

    try:
        with MappedErrors() as mapping:
            yield mapping
    except errors.AccessDenied as error:
        raise _said(errors.BatchDenied, doing, error) from error
    except errors.NotFound as error:
        raise _said(errors.ObjectNotFound if "s3://" in doing else errors.NotFound, doing, error) from error


def _said(
    cls: type[errors.InvocationError], doing: str, error: errors.InvocationError
) -> errors.InvocationError:
    return cls(
        f"{doing}: {error.message}",
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )


def _report(told: Any) -> JobReport:  # noqa: ANN401 - boto3 is untyped
    return JobReport(
        arn=str(told.get("jobArn", "")),
        name=str(told.get("jobName", "")),
        state=JobState.told(told.get("status")),
        message=told.get("message"),
        token=told.get("clientRequestToken"),
        submitted=told.get("submitTime"),
        ended=told.get("endTime"),
        expires=told.get("jobExpirationTime"),
        total=told.get("totalRecordCount"),
        processed=told.get("processedRecordCount"),
        succeeded=told.get("successRecordCount"),
        failed=told.get("errorRecordCount"),
    )
