"""`compare` prices an application profile by what the account tells of it: boto3 over loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedrock_playground.cli import main
from tests.wire.invocation.scripted import STOP, Exchange, ScriptedServer, event_frame, text_event

ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123abc123"
MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"


def answer(exchange: Exchange) -> None:
    if not exchange.path.endswith("/converse-stream"):
        models = [
            {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{MODEL}"}
            for region in ("us-east-1", "us-west-2")
        ]
        exchange.reply({
            "inferenceProfileName": "mine", "inferenceProfileArn": ARN, "inferenceProfileId": "abc123abc123",
            "models": models, "status": "ACTIVE", "type": "APPLICATION",
        })  # fmt: skip
        return
    usage = {"inputTokens": 1_000_000, "outputTokens": 0, "totalTokens": 1_000_000}
    exchange.head()
    for frame in (
        text_event("Hi"),
        STOP,
        event_frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ):
        exchange.chunk(frame)
    exchange.end()


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "BEDROCK_PLAYGROUND_DATA_DIR": str(tmp_path),
        "BEDROCK_PLAYGROUND_CACHE_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    server = ScriptedServer(answer)
    yield server.url
    server.close()


def test_an_application_profile_costs_what_the_profile_behind_it_costs(
    endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--prompt", "Hi", "--model", ARN, "--endpoint-url", endpoint, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    # Two Regions of the US: the profile that spans them, which costs a tenth more than the global one.
    assert told["cost"] == "1.1"
    assert told["price"]["confidence"] == "estimate"
    assert told["price"]["note"] == "If that endpoint bills as Amazon Bedrock does."
    assert told["price"]["source"]
