"""Models made to fail from outside, as real boto3 and our own invoker see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError, EventStreamError
from urllib3.exceptions import HTTPError

from bedrock_playground.catalog.embeddings import embedding_body
from bedrock_playground.connection import Connection, local_connection
from bedrock_playground.invocation import (
    BedrockInvoker,
    Failed,
    Finished,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    RetryPolicy,
    StallTimeout,
    StreamInterrupted,
    Throttled,
)
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, embedding_of, embedding_request
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.local.switchboard import SWITCHED
from bedrock_playground.settings import load_settings
from bedrock_playground.switchboard import (
    ANY_MODEL,
    FAULT_WORDS,
    Fault,
    FaultKind,
    FaultSwitchboard,
    SwitchboardError,
    can_switch,
    targets_of,
)

pytestmark = pytest.mark.real_model  # the endpoint starts with its model

TEXT = "local.smollm2-135m-instruct-v1:0"
EMBEDDING = "local.wordllama-l2-256-v1:0"
FIXTURE = "local.test-free-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Count from one to twenty."}]}]
SHORT = {"maxTokens": 12, "temperature": 0.0}


@pytest.fixture
def connection(local_endpoint: EndpointStatus) -> Connection:
    found = local_connection(load_settings(), local_endpoint)
    assert found is not None
    return found


@pytest.fixture
def board(connection: Connection) -> Iterator[FaultSwitchboard]:
    switchboard = FaultSwitchboard(connection)
    yield switchboard
    switchboard.clear()


def code_of(client: Any, model_id: str = TEXT) -> str | None:
    """The error's code of a Converse call; ``None`` if it was answered."""
    try:
        client.converse(modelId=model_id, messages=MESSAGES, inferenceConfig={"maxTokens": 1})
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def streamed(client: Any, model_id: str = TEXT) -> tuple[list[str], BaseException | None]:
    """The names of a stream's events, and what ended it if it did not end by itself."""
    response = client.converse_stream(modelId=model_id, messages=MESSAGES, inferenceConfig=SHORT)
    names: list[str] = []
    try:
        names.extend(name for event in response["stream"] for name in event)
    except (EventStreamError, HTTPError, ChecksumMismatch) as error:
        return names, error
    finally:
        response["stream"].close()
    return names, None


def test_every_call_fails_at_100_and_none_at_0_and_none_once_it_is_cleared(
    board: FaultSwitchboard, runtime: Any
) -> None:
    assert code_of(runtime) is None
    board.set(Fault(model_id=TEXT, kind="service-unavailable"))
    assert [code_of(runtime) for _ in range(3)] == ["ServiceUnavailableException"] * 3
    board.set(Fault(model_id=TEXT, kind="service-unavailable", rate=0))
    assert code_of(runtime) is None
    (standing,) = board.list()
    assert (standing.fault.rate, standing.calls, standing.struck) == (0, 1, 0)
    assert board.clear(TEXT) == ()
    assert code_of(runtime) is None


def test_a_seed_strikes_the_same_calls_again(board: FaultSwitchboard, runtime: Any) -> None:
    def run(seed: int) -> list[str | None]:
        board.set(Fault(model_id=TEXT, kind="throttling", rate=50, seed=seed))
        return [code_of(runtime) for _ in range(16)]

    first = run(7)
    assert 0 < sum(code is not None for code in first) < 16
    assert run(7) == first
    assert run(8) != first
    (standing,) = board.list()
    assert (standing.calls, standing.fault.seed) == (16, 8)


def test_one_region_is_down_and_another_is_well(
    board: FaultSwitchboard, client_for: Callable[..., Any]
) -> None:
    board.set(Fault(model_id=TEXT, kind="service-unavailable", region="us-east-1"))
    board.set(Fault(model_id=ANY_MODEL, kind="throttling", region="ap-south-1"))
    assert code_of(client_for(region_name="us-east-1")) == "ServiceUnavailableException"
    assert code_of(client_for(region_name="eu-west-1")) is None
    assert code_of(client_for(region_name="ap-south-1")) == "ThrottlingException"
    board.clear(TEXT, region="us-east-1")
    assert code_of(client_for(region_name="us-east-1")) is None
    assert [one.fault.region for one in board.list()] == ["ap-south-1"]


def test_a_model_s_other_targets_fail_by_themselves(board: FaultSwitchboard, runtime: Any) -> None:
    own, first, second = targets_of(TEXT)
    assert (own, first, second) == (TEXT, f"us.{TEXT}", f"eu.{TEXT}")
    board.set(Fault(model_id=first, kind="throttling"))
    assert [code_of(runtime, target) for target in (own, first, second)] == [
        None,
        "ThrottlingException",
        None,
    ]
    assert code_of(runtime, f"ap.{TEXT}") == "ValidationException"
    assert code_of(runtime, f"us.eu.{TEXT}") == "ValidationException"


def test_the_nearest_rule_alone_decides(board: FaultSwitchboard, runtime: Any) -> None:
    board.set(Fault(model_id=ANY_MODEL, kind="throttling"))
    board.set(Fault(model_id=TEXT, kind="service-unavailable", rate=0))
    assert code_of(runtime) is None
    assert code_of(runtime, f"us.{TEXT}") == "ThrottlingException"


def test_retry_after_and_other_headers_of_the_error(board: FaultSwitchboard, runtime: Any) -> None:
    board.set(Fault(model_id=TEXT, kind="throttling", retry_after=7))
    with pytest.raises(ClientError) as caught:
        runtime.converse(modelId=TEXT, messages=MESSAGES)
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"


@pytest.mark.parametrize("model_id", [TEXT, FIXTURE])
def test_a_stream_is_cut_in_the_middle_of_a_frame(
    board: FaultSwitchboard, runtime: Any, model_id: str
) -> None:
    board.set(Fault(model_id=model_id, kind="cut", after_tokens=2))
    names, error = streamed(runtime, model_id)
    assert isinstance(error, HTTPError)
    assert names[0] == "messageStart"
    assert "messageStop" not in names
    if model_id == TEXT:
        assert names == ["messageStart", "contentBlockDelta", "contentBlockDelta"]


@pytest.mark.parametrize("kind", ["cut", "reset", "checksum", "stream-throttling", "stream-model-error"])
def test_a_stream_shorter_than_the_fault_fails_at_its_end(
    board: FaultSwitchboard, runtime: Any, kind: str
) -> None:
    board.set(Fault(model_id=TEXT, kind=kind, after_tokens=500))
    names, error = streamed(runtime)
    assert error is not None
    assert "contentBlockDelta" in names
    assert "messageStop" not in names
    if kind.startswith("stream-"):
        assert isinstance(error, EventStreamError)


def test_the_connection_is_good_for_the_next_call_after_a_fault_in_mid_stream(
    board: FaultSwitchboard, runtime: Any
) -> None:
    board.set(Fault(model_id=TEXT, kind="stream-throttling", after_tokens=1))
    assert streamed(runtime)[1] is not None
    board.clear()
    names, error = streamed(runtime)
    assert (error, names[-1]) == (None, "metadata")


def test_the_models_own_stream_fails_as_well(board: FaultSwitchboard, runtime: Any) -> None:
    board.set(Fault(model_id=TEXT, kind="cut", after_tokens=500))
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 3}
    response = runtime.invoke_model_with_response_stream(modelId=TEXT, body=json.dumps(body))
    with pytest.raises(HTTPError):
        list(response["body"])


# As our own invoker has it


def outcome(connection: Connection, request: InvocationRequest, **config: Any) -> InvocationResult:
    bedrock = BedrockInvoker(config=replace(connection.config, **config), retry=RetryPolicy(max_attempts=1))
    invoker = EmbeddingInvoker(bedrock, embedding_body) if request.model_id == EMBEDDING else bedrock
    *_, last = invoker.stream(request)
    assert isinstance(last, Finished | Failed)
    return last.result


def request_to(model_id: str) -> InvocationRequest:
    return InvocationRequest.from_prompt(
        model_id, "Count from one to twenty.", parameters=InferenceParameters(max_tokens=12, temperature=0.0)
    )


def test_what_our_invoker_makes_of_it(board: FaultSwitchboard, connection: Connection) -> None:
    request = request_to(TEXT)
    board.set(Fault(model_id=TEXT, kind="throttling", retry_after=3))
    error = outcome(connection, request).error
    assert isinstance(error, Throttled)
    assert error.retry_after == 3
    board.set(Fault(model_id=TEXT, kind="cut", after_tokens=3))
    cut = outcome(connection, request)
    assert isinstance(cut.error, StreamInterrupted)
    assert cut.text
    board.set(Fault(model_id=TEXT, kind="stall", after_tokens=3))
    silent = outcome(connection, request, stall_timeout=1.0)
    assert isinstance(silent.error, StallTimeout)
    assert silent.text
    board.set(Fault(model_id=TEXT, kind="slow-first-token", delay_ms=700))
    slow = outcome(connection, request)
    assert slow.error is None
    assert (slow.timing.time_to_first_token or 0) >= 0.7
    board.set(Fault(model_id=TEXT, kind="paced", tokens_per_second=20))
    paced = outcome(connection, request)
    assert paced.error is None
    assert paced.usage is not None
    first = paced.timing.time_to_first_token or 0
    assert (paced.timing.total or 0) - first >= ((paced.usage.output_tokens or 0) - 2) / 20


@pytest.mark.parametrize(("kind", "fails"), [("service-unavailable", True), ("cut", True), ("stall", False)])
def test_the_embedding_model_fails_as_well(
    board: FaultSwitchboard, connection: Connection, *, kind: str, fails: bool
) -> None:
    board.set(Fault(model_id=EMBEDDING, kind=kind, delay_ms=50))
    result = outcome(connection, embedding_request(EMBEDDING, "Hi"))
    assert (result.error is not None) == fails
    assert (embedding_of(result) is None) == fails


def test_the_same_answer_comes_whether_a_rule_missed_or_there_is_none(
    board: FaultSwitchboard, connection: Connection
) -> None:
    plain = outcome(connection, request_to(TEXT))
    board.set(Fault(model_id=TEXT, kind="cut", rate=0))
    assert outcome(connection, request_to(TEXT)).text == plain.text
    assert outcome(connection, request_to(f"eu.{TEXT}")).text == plain.text


# Who may, and what is refused


def test_only_the_endpoint_s_owner_may_look_or_set(connection: Connection) -> None:
    url = urlsplit(connection.config.endpoint_url or "")
    key = connection.config.access_key_id

    def ask(method: str, headers: dict[str, str]) -> tuple[int, str]:
        http = HTTPConnection(url.hostname or "", url.port, timeout=20)
        try:
            http.request(method, "/local/faults", b"{}", headers)
            response = http.getresponse()
            return response.status, json.loads(response.read())["message"]
        finally:
            http.close()

    known = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261129/local/bedrock/aws4_request, x=y"}
    for method in ("GET", "PUT", "DELETE"):
        assert ask(method, {}) == (403, "Missing Authentication Token")
        assert ask(method, known)[0] == 403
        assert ask(method, known | {"Origin": "https://example.org"})[0] == 403
    wrong = replace(connection, config=replace(connection.config, secret_access_key="wrong"))
    with pytest.raises(SwitchboardError, match="secret access key"):
        FaultSwitchboard(wrong).set(Fault(model_id=TEXT, kind="throttling"))


def test_what_does_not_fit_is_refused_with_the_reason(board: FaultSwitchboard) -> None:
    for fault, words in (
        (Fault(model_id=TEXT, kind="sulk"), "Known: throttling"),
        (Fault(model_id=TEXT, kind="throttling", rate=101), "less than or equal to 100"),
        (Fault(model_id="", kind="throttling"), "modelId is missing"),
        (Fault(model_id=TEXT, kind="paced"), "tokens_per_second"),
    ):
        with pytest.raises(SwitchboardError, match=words):
            board.set(fault)
    assert board.list() == ()


def test_it_is_there_for_the_local_endpoint_alone(connection: Connection) -> None:
    elsewhere = replace(connection, kind="custom")
    assert (can_switch(connection), can_switch(elsewhere)) == (True, False)
    with pytest.raises(SwitchboardError, match="Only the local endpoint"):
        FaultSwitchboard(elsewhere)
    gone = replace(connection, config=replace(connection.config, endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(SwitchboardError, match="cannot be reached"):
        FaultSwitchboard(gone).list()


def test_what_the_page_offers_is_what_the_endpoint_takes(board: FaultSwitchboard) -> None:
    assert set(FAULT_WORDS) == set(get_args(FaultKind)) <= set(SWITCHED)
    for number, kind in enumerate(SWITCHED):
        board.set(Fault(model_id=f"m{number}", kind=kind, rate=0, tokens_per_second=5))
    assert [one.fault.kind for one in board.list()] == list(SWITCHED)
