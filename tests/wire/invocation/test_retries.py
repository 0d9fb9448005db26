"""Real boto3 over loopback: refusals, what is tried again, and what fails before anything is sent."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from bedrock_playground.invocation import (
    AttemptFailed,
    BedrockInvoker,
    ClientConfig,
    Failed,
    Finished,
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Json,
    RetryPolicy,
)
from bedrock_playground.invocation import errors as e
from tests.wire.invocation.conftest import Serve, invoker_for
from tests.wire.invocation.scripted import Exchange, Handler

REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Say hello")

REFUSALS: list[tuple[int, str, type[e.InvocationError], bool]] = [
    (429, "ThrottlingException", e.Throttled, True),
    (429, "ModelNotReadyException", e.ModelNotReady, True),
    (503, "ServiceUnavailableException", e.ServiceUnavailable, True),
    (500, "InternalServerException", e.InternalServerError, True),
    (408, "ModelTimeoutException", e.ModelTimeout, True),
    (424, "ModelErrorException", e.ModelError, True),
    (529, "overloaded_error", e.Overloaded, True),
    (529, "SomethingUnheardOf", e.Overloaded, True),
    (400, "ValidationException", e.ValidationFailed, False),
    (400, "ServiceQuotaExceededException", e.QuotaExceeded, False),
    (400, "ConflictException", e.Conflict, False),
    (403, "AccessDeniedException", e.AccessDenied, False),
    (403, "ExpiredTokenException", e.ExpiredCredentials, False),
    (404, "ResourceNotFoundException", e.NotFound, False),
    (404, "FTUFormNotFilled", e.AccessFormNotFilled, False),
    (418, "TeapotException", e.UnknownServiceError, False),
]


def refuse(status: int, code: str, headers: dict[str, str] | None = None) -> Handler:
    return lambda exchange: exchange.error(status, code, "the reason", headers=headers)


def result_of(invoker: BedrockInvoker, request: InvocationRequest = REQUEST) -> InvocationResult:
    *_, last = invoker.stream(request)
    assert isinstance(last, Finished | Failed)
    return last.result


@pytest.mark.parametrize(
    ("status", "code", "expected", "retried"),
    REFUSALS,
    ids=[f"{code} {status}" for status, code, *_ in REFUSALS],
)
def test_a_refusal_and_whether_it_is_tried_again(  # noqa: PLR0917 - pytest's parameters
    serve: Serve, status: int, code: str, expected: type[e.InvocationError], retried: bool
) -> None:
    server = serve(refuse(status, code))
    result = result_of(invoker_for(server.url))
    error = result.error
    assert type(error) is expected
    assert error is not None
    assert (error.message, error.code, error.status) == ("the reason", code, status)
    assert error.request_id == f"request-{len(server.exchanges) - 1}"
    assert len(server.exchanges) == len(result.attempts) == (3 if retried else 1)
    assert all(attempt.error_code == code for attempt in result.attempts)
    assert [attempt.backoff is None for attempt in result.attempts] == [False] * (
        len(result.attempts) - 1
    ) + [True]


@pytest.mark.parametrize(("status", "code"), [(429, "ThrottlingException"), (408, "ModelTimeoutException")])
def test_success_after_a_refusal(serve: Serve, status: int, code: str) -> None:
    events = list(invoker_for(serve(refuse(status, code), Exchange.answer).url).stream(REQUEST))
    failed = [event for event in events if isinstance(event, AttemptFailed)]
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.result.text == "Hello, world"
    assert [event.attempt for event in failed] == [last.result.attempts[0]]
    first, second = last.result.attempts
    assert first.backoff is not None
    assert second.started >= first.duration + first.backoff


def test_retry_after_is_honoured(serve: Serve) -> None:
    server = serve(refuse(429, "ThrottlingException", {"Retry-After": "1"}), Exchange.answer)
    result = result_of(invoker_for(server.url))
    assert result.error is None
    assert result.attempts[0].backoff is not None
    assert 1.0 <= result.attempts[0].backoff <= 1.01
    assert server.exchanges[1].received_at - server.exchanges[0].received_at >= 1.0


def test_a_long_retry_after_is_left_to_the_person(serve: Serve) -> None:
    server = serve(refuse(429, "ThrottlingException", {"Retry-After": "3600"}))
    result = result_of(invoker_for(server.url))
    assert isinstance(result.error, e.Throttled)
    assert result.error.retry_after == 3600
    assert len(server.exchanges) == 1


def test_the_words_of_a_refusal_narrow_it_down(serve: Serve) -> None:
    words = "Invocation of model ID x with on-demand throughput isn’t supported."
    server = serve(lambda exchange: exchange.error(400, "ValidationException", words))
    error = result_of(invoker_for(server.url)).error
    assert type(error) is e.InferenceProfileRequired
    assert "inference profile id" in error.advice


def test_a_connection_closed_before_the_answer_is_tried_again(serve: Serve) -> None:
    result = result_of(invoker_for(serve(Exchange.reset, Exchange.answer).url))
    assert result.error is None
    assert [attempt.error_type for attempt in result.attempts] == ["ConnectionFailed", None]


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = result_of(
        invoker_for(f"http://127.0.0.1:{port}", retry=RetryPolicy(max_attempts=2, base_delay=0.01))
    )
    assert type(result.error) is e.ConnectionFailed
    assert [attempt.error_type for attempt in result.attempts] == ["ConnectionFailed"] * 2
    assert result.timing.time_to_first_token is None
    assert result.timing.total is not None


def test_no_tls_where_tls_is_expected() -> None:
    def talk_plainly(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(1)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk_plainly, args=(listener,), daemon=True)
        thread.start()
        result = result_of(invoker_for(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join(10)
    assert type(result.error) is e.TlsFailed
    assert len(result.attempts) == 1


def test_a_request_that_botocore_refuses_is_not_sent(serve: Serve) -> None:
    server = serve(Exchange.answer)
    request = InvocationRequest.from_prompt("m", "hi", parameters=InferenceParameters(max_tokens=0))
    error = result_of(invoker_for(server.url), request).error
    assert type(error) is e.ValidationFailed
    assert "maxTokens" in error.message
    assert server.exchanges == []


def test_a_request_without_messages_is_not_sent(serve: Serve) -> None:
    server = serve(Exchange.answer)
    result = result_of(invoker_for(server.url), InvocationRequest("m", ()))
    assert type(result.error) is e.ValidationFailed
    assert result.attempts == ()
    assert result.timing.total is None
    assert server.exchanges == []


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> pytest.MonkeyPatch:
    """An environment without credentials, Region or metadata service."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                 "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_without_a_region_nothing_is_sent(bare_environment: pytest.MonkeyPatch) -> None:
    result = result_of(BedrockInvoker())
    assert type(result.error) is e.NoRegion
    assert result.attempts == ()


def test_without_credentials_nothing_is_sent_and_later_credentials_are_found(
    serve: Serve, bare_environment: pytest.MonkeyPatch
) -> None:
    server = serve(Exchange.answer)
    invoker = BedrockInvoker(region="us-east-1", endpoint_url=server.url)
    assert type(result_of(invoker).error) is e.NoCredentials
    assert server.exchanges == []
    bare_environment.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    bare_environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert result_of(invoker).error is None


def test_an_unknown_profile_and_a_bad_endpoint(bare_environment: pytest.MonkeyPatch) -> None:
    profile = BedrockInvoker(region="us-east-1", config=ClientConfig(profile="nobody"))
    assert type(result_of(profile).error) is e.NoCredentials
    assert type(result_of(invoker_for("http://not a host")).error) is e.InvalidEndpoint


def test_explicit_keys_win_over_an_api_key(serve: Serve, bare_environment: pytest.MonkeyPatch) -> None:
    bare_environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "an-api-key")
    server = serve(Exchange.answer)
    assert result_of(invoker_for(server.url)).error is None
    assert "AWS4-HMAC-SHA256" in server.exchanges[0].headers["authorization"]
    chain = BedrockInvoker(region="us-east-1", endpoint_url=server.url)
    assert type(result_of(chain).error) is e.InvalidEndpoint, "an API key is not sent over plain http"


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    serve: Serve, bare_environment: pytest.MonkeyPatch
) -> None:
    bare_environment.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    bare_environment.delenv("NO_PROXY", raising=False)
    bare_environment.delenv("no_proxy", raising=False)
    assert result_of(invoker_for(serve(Exchange.answer).url)).error is None


def test_invoke_model_sends_the_models_own_request(serve: Serve) -> None:
    server = serve(
        refuse(429, "ThrottlingException"), lambda x: x.reply({"embedding": [0.5], "inputTextTokenCount": 1})
    )
    body: dict[str, Json] = {"inputText": "hello", "dimensions": 256}
    response = invoker_for(server.url).invoke_model("test.embed-v1:0", body)
    assert response == {"embedding": [0.5], "inputTextTokenCount": 1}
    assert server.exchanges[1].path == "/model/test.embed-v1%3A0/invoke"
    assert server.exchanges[1].json() == body


def test_invoke_model_raises_our_errors(serve: Serve) -> None:
    with pytest.raises(e.AccessDenied):
        invoker_for(serve(refuse(403, "AccessDeniedException")).url).invoke_model("m", {})
    with pytest.raises(e.UnknownServiceError, match="not a JSON object"):
        invoker_for(serve(lambda x: x.reply([1])).url).invoke_model("m", {})


def test_count_tokens(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"inputTokens": 12}))
    assert invoker_for(server.url).count_tokens(REQUEST) == 12
    assert server.exchanges[0].json() == {
        "input": {"converse": {"messages": [{"role": "user", "content": [{"text": "Say hello"}]}]}}
    }


def test_the_timer_starts_after_the_preparation(serve: Serve) -> None:
    server = serve(Exchange.answer)
    invoker = invoker_for(server.url)
    before = time.perf_counter()
    result = result_of(invoker)
    wall = time.perf_counter() - before
    assert result.timing.total is not None
    # Making the client takes tens of milliseconds; the answer from loopback a few.
    assert result.timing.total < wall / 2
