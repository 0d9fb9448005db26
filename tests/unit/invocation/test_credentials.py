"""How credentials are told to have been found, and that an API key really comes first."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.probe import identify, probe
from bedrock_playground.invocation import (
    BedrockInvoker,
    ClientConfig,
    Failed,
    InvocationRequest,
    NoCredentials,
    forget_clients,
)
from bedrock_playground.invocation.credentials import describe_credentials
from bedrock_playground.launcher import EndpointStatus

KEY = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "planted-secret"}


@pytest.fixture(autouse=True)
def nothing_of_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in (*KEY, "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    forget_clients()
    yield tmp_path
    forget_clients()


def test_nothing_found_is_said_as_such() -> None:
    report = describe_credentials(api_key=False)
    assert (report.used, report.beside, report.temporary) == (None, None, False)


def test_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    report = describe_credentials(api_key=False)
    assert (report.used, report.profile, report.temporary) == ("environment variables", None, False)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted-token")
    assert describe_credentials(api_key=False).temporary
    assert "planted" not in repr(describe_credentials(api_key=True))


def test_a_profile_is_named(nothing_of_aws: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nothing_of_aws / "credentials").write_text(
        "[work]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = planted-secret\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_PROFILE", "work")
    report = describe_credentials(api_key=False)
    assert (report.used, report.profile) == ("the shared credentials file", "work")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    broken = describe_credentials(api_key=False)
    assert "does not work" in (broken.used or "")


BROKEN = {
    "fails": "sh -c 'echo planted-secret >&2; exit 1'",
    "prints no JSON": "echo planted-secret",
    "lacks a key": """echo '{"Version": 1, "AccessKeyId": "planted-secret"}'""",
    "prints something else": "echo '[]'",
    "is not there": "/nowhere/credentials-of-nobody",
}


@pytest.mark.parametrize("process", BROKEN.values(), ids=BROKEN)
def test_what_a_broken_credential_process_said_is_not_repeated(nothing_of_aws: Path, process: str) -> None:
    (nothing_of_aws / "config").write_text(
        f"[default]\nregion = us-east-1\ncredential_process = {process}\n", encoding="utf-8"
    )
    config = ClientConfig(region="us-east-1")
    told: list[object] = [
        describe_credentials(api_key=False),
        discover(config).problem,
        identify(config),
        probe(config),
    ]
    told += [run.result.error for run in map(_run, [config]) if isinstance(run, Failed)]
    assert "does not work" in str(told[0])
    assert "not known" in str(told[2])
    assert len(told) == 5
    assert "planted" not in repr(told)


def test_what_a_failed_refresh_said_is_not_logged(
    nothing_of_aws: Path, local_endpoint: EndpointStatus, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that are good for some minutes more are used on, and botocore warns with what the process said."""
    keys = {
        "Version": 1,
        "AccessKeyId": local_endpoint.access_key_id,
        "SecretAccessKey": local_endpoint.secret_access_key,
        "SessionToken": "planted-token",
        "Expiration": (datetime.now(UTC) + timedelta(minutes=12)).isoformat(),
    }
    process, ran = nothing_of_aws / "process.sh", nothing_of_aws / "ran"
    process.write_text(
        f"if [ -e {ran} ]; then echo planted-secret >&2; exit 1; fi; touch {ran}; echo '{json.dumps(keys)}'",
        encoding="utf-8",
    )
    (nothing_of_aws / "config").write_text(
        f"[default]\nregion = us-east-1\ncredential_process = sh {process}\n", encoding="utf-8"
    )
    with caplog.at_level(logging.WARNING):
        last = _run(ClientConfig(region="us-east-1", endpoint_url=local_endpoint.url))
    # The endpoint has no such model: it was asked with the keys that are still good.
    assert isinstance(last, Failed)
    assert not isinstance(last.result.error, NoCredentials)
    assert "Refreshing temporary credentials failed during advisory refresh period: " in caplog.text
    assert "custom-process failed" in caplog.text
    assert "planted" not in caplog.text


def _run(config: ClientConfig) -> object:
    *_, last = BedrockInvoker(config=config).stream(
        InvocationRequest.from_prompt("amazon.nova-lite-v1:0", "Hi")
    )
    return last


@pytest.mark.parametrize("name", ["AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"])
def test_a_key_that_no_header_may_hold_is_not_repeated(
    name: str, local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**KEY, name: "planted-token\n"}.items():
        monkeypatch.setenv(variable, value)
    config = ClientConfig(region="us-east-1", endpoint_url=local_endpoint.url)
    last = _run(config)
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, NoCredentials)
    assert len(last.result.attempts) == 1
    told = repr([last, probe(config), discover(config).problem])
    assert "line break" in told
    assert "planted" not in told


def test_both_found_says_which_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    report = describe_credentials(api_key=True)
    assert "API key" in (report.used or "")
    assert report.beside == "environment variables"


@pytest.mark.parametrize("service", ["bedrock", "bedrock-runtime"])
def test_boto3_takes_the_api_key_even_before_explicit_keys(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "planted-api-key")
    session = boto3.Session(
        aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="s", region_name="us-east-1"
    )
    sent: list[str] = []

    def stop(request: Any, **_: Any) -> None:
        sent.append(request.headers["Authorization"])
        raise InterruptedError

    client = session.client(service)
    client.meta.events.register(f"before-send.{service}", stop)
    call = (
        client.list_guardrails if service == "bedrock" else lambda: client.converse(modelId="m", messages=[])
    )
    with pytest.raises(InterruptedError):
        call()
    assert [header.split()[0] for header in map(_text, sent)] == ["Bearer"]


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
