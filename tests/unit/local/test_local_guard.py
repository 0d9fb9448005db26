"""Who may call."""

from __future__ import annotations

import pytest

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.guard import Guard

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20261122/local/bedrock/aws4_request, SignedHeaders=host, Signature=00"
)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:9"])
def test_loopback_names_pass(host: str) -> None:
    assert Guard().check({"host": host}) == "anonymous"


@pytest.mark.parametrize(
    "host", ["", "example.org", "127.0.0.1.example.org", "169.254.169.254", "localhost.", "[::1", "0.0.0.0:1"]
)
def test_other_names_do_not(host: str) -> None:
    with pytest.raises(ApiError) as caught:
        Guard().check({"host": host})
    assert caught.value.status == 403


def test_web_pages_of_other_origins_do_not() -> None:
    with pytest.raises(ApiError):
        Guard().check({"host": "localhost", "origin": "https://example.org"})
    with pytest.raises(ApiError):
        Guard().check({"host": "localhost", "origin": "null"})
    assert Guard().check({"host": "localhost", "origin": "http://localhost:8501"}) == "anonymous"


def test_any_key_or_only_one() -> None:
    headers = {"host": "localhost", "authorization": SIGNED}
    assert Guard().check(headers) == "AKID"
    assert Guard("AKID").check(headers) == "AKID"
    with pytest.raises(ApiError, match="security token") as caught:
        Guard("OTHER").check(headers)
    assert caught.value.code == "UnrecognizedClientException"
    with pytest.raises(ApiError, match="Missing Authentication Token"):
        Guard("AKID").check({"host": "localhost"})
