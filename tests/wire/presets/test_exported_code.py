"""Exported code is run, and what arrives is held against what the lane sends: method, path and body."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.values import Message
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.presets.exports import CannotExport, Source, export
from tests.wire.invocation.scripted import Exchange, ScriptedServer
from tests.wire.presets.exporting import (
    CONVERSATION,
    EVERYTHING,
    PLAIN,
    REQUESTS,
    TOOL_TURN,
    TUNED,
    WITH_FILES,
    isolated_python,
    node_command,
    run,
    run_python,
    sent,
    sent_by_lane,
    unpack,
)

REGION = "us-east-1"
# The streaming modules of the others say the same.
_JS_WHOLE = ("everything", "files")


def source(request: InvocationRequest) -> Source:
    return Source(request=request, region=REGION)


def unpack_each(format_id: str, requests: dict[str, InvocationRequest], folder: Path) -> list[Path]:
    """Export requests, each into a folder of its own."""
    scripts = []
    for number, request in enumerate(requests.values()):
        place = folder / f"{number}"
        place.mkdir()
        scripts.append(unpack(export(format_id, source(request)), place))
    return scripts


@pytest.mark.parametrize(("format_id", "streaming"), [("boto3-stream", True), ("boto3", False)])
def test_boto3_sends_what_the_lane_sends(
    bedrock: ScriptedServer, tmp_path: Path, format_id: str, *, streaming: bool
) -> None:
    wanted = [sent_by_lane(bedrock, request, streaming=streaming) for request in REQUESTS.values()]
    scripts = unpack_each(format_id, REQUESTS, tmp_path)
    printed = run_python(Path(sys.executable), scripts, bedrock.url)
    assert [sent(exchange) for exchange in bedrock.exchanges[len(wanted) :]] == wanted
    assert printed.count("Hello there") == len(REQUESTS)
    assert printed.count("It ended because of: end_turn") == len(REQUESTS)
    assert printed.count("'outputTokens': 3") == len(REQUESTS)
    assert_nothing_ran(tmp_path)


@pytest.mark.parametrize("format_id", ["langchain", "strands"])
def test_frameworks_send_what_the_lane_sends(bedrock: ScriptedServer, tmp_path: Path, format_id: str) -> None:
    requests = {name: request for name, request in REQUESTS.items() if request is not TOOL_TURN}
    wanted = [sent_by_lane(bedrock, request) for request in requests.values()]
    scripts = unpack_each(format_id, requests, tmp_path)
    printed = run_python(isolated_python(), scripts, bedrock.url)
    assert [sent(exchange) for exchange in bedrock.exchanges[len(wanted) :]] == wanted
    assert printed.count("Hello there") == len(requests)
    assert "okens" in printed


@pytest.mark.parametrize("format_id", ["langchain", "strands"])
def test_frameworks_say_what_they_would_rewrite(format_id: str) -> None:
    with pytest.raises(CannotExport, match=r"reasoningContent, which.*Use boto3"):
        export(format_id, source(TOOL_TURN))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(PLAIN, messages=(Message.user("One"), Message.user("Two"))), "Two messages of one role"),
        (replace(PLAIN, system=" \n"), "is blank"),
    ],
)
def test_langchain_says_what_it_would_change(request_: InvocationRequest, words: str) -> None:
    with pytest.raises(CannotExport, match=f"{words}.*Use boto3"):
        export("langchain", source(request_))


@pytest.mark.parametrize("name", ["tuned", "everything"])
def test_the_aws_cli_sends_what_the_lane_sends(bedrock: ScriptedServer, tmp_path: Path, name: str) -> None:
    isolated_python()
    wanted = sent_by_lane(bedrock, REQUESTS[name], streaming=False)
    script = unpack(export("aws-cli", source(REQUESTS[name])), tmp_path)
    done = run(["sh", script.name], tmp_path, bedrock.url)
    assert sent(bedrock.exchanges[-1]) == wanted
    assert json.loads(done.stdout)["stopReason"] == "end_turn"
    assert [path.name for path in tmp_path.iterdir()] == [script.name]


def test_version_1_of_the_aws_cli_is_refused_for_files_instead_of_sending_them_twice_encoded(
    bedrock: ScriptedServer, tmp_path: Path
) -> None:
    exported = export("aws-cli", source(WITH_FILES))
    script = unpack(exported, tmp_path)
    done = run(["sh", script.name], tmp_path, bedrock.url, check=False)
    assert (done.returncode, bedrock.exchanges) == (1, [])
    assert "use version 2" in done.stderr
    # What version 2 would read is the request itself, with base64 where bytes stand.
    wanted = sent_by_lane(bedrock, WITH_FILES, streaming=False)
    held = json.loads((tmp_path / "request.json").read_text(encoding="utf-8"))
    assert held.pop("modelId") == WITH_FILES.model_id
    assert held == wanted.body
    assert any("version 2" in note for note in exported.notes)


@pytest.mark.parametrize(
    "case", [(form, name) for form in ("curl", "curl-api-key") for name in REQUESTS], ids=" ".join
)
def test_curl_sends_what_the_lane_sends(
    bedrock: ScriptedServer, tmp_path: Path, case: tuple[str, str]
) -> None:
    format_id, name = case
    wanted = sent_by_lane(bedrock, REQUESTS[name], streaming=False)
    script = unpack(export(format_id, source(REQUESTS[name])), tmp_path)
    done = run(["sh", script.name], tmp_path, bedrock.url, AWS_BEARER_TOKEN_BEDROCK="an-api-key")
    arrived = bedrock.exchanges[-1]
    assert sent(arrived) == wanted
    assert json.loads(done.stdout)["stopReason"] == "end_turn"
    if format_id == "curl-api-key":
        assert arrived.headers["authorization"] == "Bearer an-api-key"
    else:
        assert_signed(arrived)
    assert_nothing_ran(tmp_path)


def assert_nothing_ran(folder: Path) -> None:
    """Nothing of a hostile prompt was taken for a command."""
    assert not list(folder.rglob("pwned"))


def assert_signed(exchange: Exchange) -> None:
    """Sign what arrived once more, as AWS does, and compare."""
    told = exchange.headers["authorization"]
    names = told.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    scope = told.partition("Credential=")[2].partition(",")[0].split("/")
    assert scope[0] == "AKIDTEST"
    assert scope[2:] == [REGION, "bedrock", "aws4_request"]
    request = botocore.awsrequest.AWSRequest(
        method=exchange.method,
        url=f"http://{exchange.headers['host']}{exchange.path}",
        headers={name: exchange.headers[name] for name in names},
        data=exchange.body,
    )
    request.context["timestamp"] = exchange.headers["x-amz-date"]
    keys = botocore.credentials.Credentials("AKIDTEST", "secret")
    signer = botocore.auth.SigV4Auth(keys, "bedrock", REGION)
    canonical = signer.canonical_request(request)
    wanted = signer.signature(signer.string_to_sign(request, canonical), request)
    assert told.partition("Signature=")[2] == wanted


def test_curl_signs_temporary_keys_too(bedrock: ScriptedServer, tmp_path: Path) -> None:
    script = unpack(export("curl", source(PLAIN)), tmp_path)
    run(["sh", script.name], tmp_path, bedrock.url, AWS_SESSION_TOKEN="a token/+=")
    arrived = bedrock.exchanges[-1]
    assert arrived.headers["x-amz-security-token"] == "a token/+="
    assert_signed(arrived)


@pytest.mark.parametrize("format_id", ["curl", "curl-api-key"])
def test_curl_says_which_variable_is_missing(bedrock: ScriptedServer, tmp_path: Path, format_id: str) -> None:
    script = unpack(export(format_id, source(PLAIN)), tmp_path)
    shell = "unset AWS_SECRET_ACCESS_KEY; . ./" + script.name
    done = run(["sh", "-c", shell], tmp_path, bedrock.url, check=False)
    assert done.returncode != 0
    assert bedrock.exchanges == []
    assert "AWS_" in done.stderr


def test_a_failed_call_fails_the_script_and_shows_what_the_service_said(tmp_path: Path) -> None:
    server = ScriptedServer(lambda exchange: exchange.error(403, "AccessDeniedException", "no entry"))
    try:
        script = unpack(export("curl", source(PLAIN)), tmp_path)
        done = run(["sh", script.name], tmp_path, server.url, check=False)
    finally:
        server.close()
    assert done.returncode != 0
    assert "no entry" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "case",
    [*(("javascript-stream", name) for name in REQUESTS), *(("javascript", name) for name in _JS_WHOLE)],
    ids=" ".join,
)
def test_javascript_sends_what_the_lane_sends(
    bedrock: ScriptedServer, tmp_path: Path, case: tuple[str, str]
) -> None:
    format_id, name = case
    wanted = sent_by_lane(bedrock, REQUESTS[name], streaming=format_id == "javascript-stream")
    script = unpack(export(format_id, source(REQUESTS[name])), tmp_path)
    done = run(node_command(script), tmp_path, bedrock.url)
    assert sent(bedrock.exchanges[-1]) == wanted
    assert "Hello there" in done.stdout
    assert "It ended because of: end_turn" in done.stdout
    assert_nothing_ran(tmp_path)


def test_a_configuration_switches_the_model_without_a_change_of_code(
    bedrock: ScriptedServer, tmp_path: Path
) -> None:
    wanted = [sent_by_lane(bedrock, request) for request in (TUNED, EVERYTHING, WITH_FILES)]
    requests = {"tuned": TUNED, "everything": EVERYTHING, "files": WITH_FILES}
    scripts = unpack_each("appconfig", requests, tmp_path)
    run_python(Path(sys.executable), scripts, bedrock.url)
    assert [sent(exchange) for exchange in bedrock.exchanges[3:]] == wanted
    # As AppConfig's agent would serve it.
    config = export("appconfig", source(CONVERSATION)).files[1].content
    agent = ScriptedServer(lambda exchange: exchange.reply(json.loads(config)))
    path = "/applications/a/environments/b/configurations/c"
    try:
        run_python(Path(sys.executable), scripts[:1], bedrock.url, BEDROCK_CONFIG_URL=f"{agent.url}{path}")
    finally:
        agent.close()
    assert agent.exchanges[0].path == path
    switched = sent(bedrock.exchanges[-1])
    assert switched.path == f"/model/{CONVERSATION.model_id.replace(':', '%3A')}/converse-stream"
    assert switched.body == {
        "messages": wanted[0].body["messages"],
        "system": [{"text": CONVERSATION.system}],
    }


def test_the_local_endpoint_answers_an_export(local_endpoint: EndpointStatus, tmp_path: Path) -> None:
    request = InvocationRequest.from_prompt("local.test-free-v1:0", "Say this again")
    script = unpack(export("boto3-stream", source(request)), tmp_path)
    done = run(
        [sys.executable, script.name], tmp_path, str(local_endpoint.url),
        AWS_ACCESS_KEY_ID=str(local_endpoint.access_key_id),
        AWS_SECRET_ACCESS_KEY=str(local_endpoint.secret_access_key),
    )  # fmt: skip
    assert "It ended because of: end_turn" in done.stdout
    assert "'outputTokens'" in done.stdout


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_scripts_run_in_other_shells_too(bedrock: ScriptedServer, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"This machine has no {shell}.")
    wanted = sent_by_lane(bedrock, TUNED, streaming=False)
    script = unpack(export("curl", source(TUNED)), tmp_path)
    run([shell, script.name], tmp_path, bedrock.url)
    assert sent(bedrock.exchanges[-1]) == wanted


def test_the_recording_server_notices_another_request(bedrock: ScriptedServer) -> None:
    """The comparison above can fail."""
    assert sent_by_lane(bedrock, PLAIN) != sent_by_lane(bedrock, PLAIN, streaming=False)
    assert sent_by_lane(bedrock, PLAIN) != sent_by_lane(bedrock, CONVERSATION)
