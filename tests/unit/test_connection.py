"""Where calls go: boto3's own chain for Region and credentials, and back to where a run went."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_playground.connection import (
    DEFAULT_REGION,
    Connection,
    EndpointRefused,
    checked_endpoint,
    connection_where,
    default_kind,
    local_connection,
    named_connection,
    remote_connection,
)
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.settings import Settings

READY = EndpointStatus(
    "ready",
    url="http://127.0.0.1:1234",
    region="local",
    access_key_id="LOCAL1",
    secret_access_key="secret",
)


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty AWS configuration, and nothing of AWS in the environment."""
    for name in (
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


def settings(**changes: object) -> Settings:
    return Settings(data_dir=Path("data"), cache_dir=Path("cache"), **changes)  # type: ignore[arg-type]


def test_the_region_is_the_profiles_unless_somebody_names_one(
    aws: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote_connection(settings()).config.region == DEFAULT_REGION
    (aws / "config").write_text(
        "[default]\nregion = eu-central-1\n[profile work]\nregion = ap-southeast-2\n", encoding="utf-8"
    )
    assert remote_connection(settings()).config.region == "eu-central-1"
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert remote_connection(settings()).config.region == "ap-southeast-2"
    assert remote_connection(settings(region="us-west-2")).config.region == "us-west-2"
    assert remote_connection(settings(region="us-west-2"), region="eu-west-3").config.region == "eu-west-3"


def test_credentials_anywhere_in_the_chain_mean_bedrock(aws: Path) -> None:
    assert default_kind(settings()) == "local"
    (aws / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n", encoding="utf-8"
    )
    assert default_kind(settings()) == "bedrock"


@pytest.mark.usefixtures("aws")
def test_an_api_key_or_a_named_endpoint_decides() -> None:
    assert default_kind(settings(bedrock_api_key=True)) == "bedrock"
    assert default_kind(settings(endpoint_url="http://127.0.0.1:9")) == "custom"


@pytest.mark.usefixtures("aws")
def test_a_profile_that_does_not_exist_is_bedrock_with_the_reason_in_its_lane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert default_kind(settings()) == "bedrock"
    assert remote_connection(settings()).config.region == DEFAULT_REGION


@pytest.mark.usefixtures("aws")
def test_a_recorded_run_goes_on_exactly_where_it_ran() -> None:
    def where(config: Settings, connection: Connection) -> Connection | None:
        return connection_where(
            config, endpoint=connection.endpoint_label, region=connection.config.region, local=READY
        )

    bedrock = remote_connection(settings(), region="eu-west-3")
    assert where(settings(), bedrock) == bedrock
    custom = remote_connection(settings(endpoint_url="http://127.0.0.1:9"))
    assert where(settings(endpoint_url="http://127.0.0.1:9"), custom) == custom
    local = local_connection(settings(), READY)
    assert local
    assert where(settings(), local) == local


@pytest.mark.usefixtures("aws")
def test_a_run_never_goes_on_somewhere_else() -> None:
    named = settings(endpoint_url="http://127.0.0.1:9")
    assert connection_where(named, endpoint="bedrock", region=None, local=None) is None
    assert connection_where(settings(), endpoint="http://127.0.0.1:9", region=None, local=None) is None
    assert connection_where(settings(), endpoint=None, region=None, local=READY) is None
    elsewhere = connection_where(settings(), endpoint="local", region="eu-west-1", local=READY)
    assert elsewhere == local_connection(settings(), READY, region="eu-west-1")
    assert elsewhere is not None
    assert (elsewhere.config.region, elsewhere.config.endpoint_url) == ("eu-west-1", READY.url)
    starting = EndpointStatus("restarting", url=READY.url)
    assert connection_where(settings(), endpoint="local", region="local", local=starting) is None


@pytest.mark.parametrize(
    ("typed", "checked"),
    [
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        (" http://localhost:9 ", "http://localhost:9"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://bedrock.example.org/base", "https://bedrock.example.org/base"),
        ("HTTPS://Bedrock.Example.org/Base", "https://bedrock.example.org/Base"),
        ("http://LOCALHOST:9", "http://localhost:9"),
        ("https://10.0.0.7:8443", "https://10.0.0.7:8443"),
    ],
)
def test_endpoints_that_may_be_typed(typed: str, checked: str) -> None:
    assert checked_endpoint(typed) == checked


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "begins with https"),
        ("bedrock.example.org", "begins with https"),
        ("ftp://example.org", "begins with https"),
        ("https://", "begins with https"),
        ("https://host:port", "no address"),
        ("https://[::1", "no address"),
        ("https://exa mple.com", "no address"),
        ("https://.", "no address"),
        ("https://example..org", "no address"),
        ("https://-example.org", "no address"),
        ("https://example.org/a b", "no address"),
        ("http://127.999.0.1", "no address"),
        ("http://127.1", "no address"),
        ("https://[fe80::1%25eth0]", "no address"),
        ("https://user:password@example.org", "user name and password"),
        ("https://example.org/?key=1", "behind"),
        ("http://example.org", "Plain http"),
        ("http://127.0.0.1.example.org", "Plain http"),
        ("http://169.254.169.254/", "Plain http"),
    ],
)
def test_endpoints_that_may_not_be_typed(typed: str, words: str) -> None:
    with pytest.raises(EndpointRefused, match=words):
        checked_endpoint(typed)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("endpoint", "is_aws"),
    [
        ("https://bedrock-runtime-fips.us-east-1.amazonaws.com", True),
        ("https://vpce-0a1-b2.bedrock-runtime.eu-west-1.vpce.amazonaws.com", True),
        ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", True),
        ("https://evil.execute-api.us-east-1.amazonaws.com", False),
        ("https://bedrock-runtime.us-east-1.amazonaws.com.example.org", False),
        ("https://bedrock-runtime.us-gov-west-1.amazonaws.com", True),
        ("https://bedrock-runtime.us-east-1.api.aws", True),
        ("https://bucket.s3.amazonaws.com", False),
        ("https://bedrock.s3.amazonaws.com", False),
        ("https://bedrock.s3-us-west-2.amazonaws.com", False),
        ("https://bedrock.us-east-1.elb.amazonaws.com", False),
        ("https://other.bedrock.us-east-1.amazonaws.com", False),
        ("https://bedrock-runtime.us-east-1.api.aws.example.org", False),
        ("http://127.0.0.1:9", False),
    ],
)
def test_this_servers_credentials_never_go_to_a_typed_address_outside_aws(
    endpoint: str, is_aws: bool
) -> None:
    connection = named_connection(settings(), endpoint, region="eu-west-1")
    assert (connection.kind, connection.endpoint_label) == ("custom", endpoint)
    # Explicit keys beat boto3's chain, and make requests be signed with SigV4 instead of an API key.
    assert (connection.config.access_key_id is None) == is_aws


@pytest.mark.usefixtures("aws")
def test_a_run_goes_on_at_an_endpoint_that_was_typed() -> None:
    typed = "http://127.0.0.1:9"
    there = connection_where(settings(), endpoint=typed, region="eu-west-1", local=None, named={typed})
    assert there == named_connection(settings(), typed, region="eu-west-1")
    assert connection_where(settings(), endpoint=typed, region=None, local=None) is None
