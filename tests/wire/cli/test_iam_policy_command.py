"""`bedrock-playground iam-policy`, where it reads a run or asks the account."""

from __future__ import annotations

import json
from typing import Any

from tests.wire.cli.command_line import CommandLine
from tests.wire.invocation.scripted import Exchange, ScriptedServer

ACCOUNT = "111122223333"
PROFILE = "us.amazon.nova-lite-v1:0"
MODEL = "arn:aws:bedrock:{}::foundation-model/amazon.nova-lite-v1:0"
PROFILE_ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{PROFILE}"


def statements(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["Statement"])


def test_the_policy_of_a_run_is_for_what_it_called(alone: CommandLine) -> None:
    server = ScriptedServer(lambda exchange: exchange.answer("Hello"))
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "BEDROCK_PLAYGROUND_ENDPOINT_URL": server.url,
    }
    try:
        ended, (lane,) = alone.compare("--model", "amazon.nova-lite-v1:0", "--prompt", "Hi", **keys)
    finally:
        server.close()
    assert ended == 0
    made = alone.run("iam-policy", "--run", lane["run_id"])
    assert (made.returncode, made.stderr) == (0, "")
    (one,) = statements(made.stdout)
    assert one["Action"] == ["bedrock:InvokeModelWithResponseStream"]
    assert one["Resource"] == [MODEL.format("eu-west-1")]
    unknown = alone.run("iam-policy", "--run", "nobody")
    assert unknown.returncode == 2
    assert "no run 'nobody'" in unknown.stderr


def test_the_account_is_asked_where_that_is_wanted(alone: CommandLine) -> None:
    def answer(exchange: Exchange) -> None:
        if "inference-profiles" in exchange.path:
            arns = [MODEL.format(region) for region in ("us-east-1", "us-east-2")]
            told = {
                "inferenceProfileName": "US Nova Lite",
                "inferenceProfileArn": PROFILE_ARN,
                "inferenceProfileId": PROFILE,
                "models": [{"modelArn": arn} for arn in arns],
                "status": "ACTIVE",
                "type": "SYSTEM_DEFINED",
            }
            exchange.reply(told)
            return
        body = (
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Arn>arn:aws:iam::{ACCOUNT}:user/a</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        ).encode()
        exchange._send_head(200, {"Content-Type": "text/xml", "Content-Length": str(len(body))})
        exchange.sock.sendall(body)

    server = ScriptedServer(answer)
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_STS": server.url,
        "AWS_ENDPOINT_URL_BEDROCK": server.url,
    }
    try:
        ended = alone.run("iam-policy", "--model", PROFILE, "--region", "us-east-1", "--resolve", **keys)
    finally:
        server.close()
    assert (ended.returncode, ended.stderr) == (0, "")
    use, behind = statements(ended.stdout)
    assert use["Resource"] == [PROFILE_ARN]
    assert behind["Resource"] == [MODEL.format("us-east-1"), MODEL.format("us-east-2")]
