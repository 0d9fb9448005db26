"""How credentials are told to have been found, and that an API key really comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from bedrock_playground.invocation.credentials import describe_credentials

KEY = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "planted-secret"}


@pytest.fixture(autouse=True)
def nothing_of_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*KEY, "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


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
