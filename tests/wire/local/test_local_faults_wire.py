"""Every fault id through raw boto3: what botocore makes of it."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EventStreamError,
    HTTPClientError,
)
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from bedrock_playground.local.fault_plan import KINDS
from bedrock_playground.local.faults import FILLER

pytestmark = pytest.mark.real_model  # the endpoint starts with its model

MESSAGES = [{"role": "user", "content": [{"text": "Hi there"}]}]

HTTP = {
    "throttling": ("ThrottlingException", 429),
    "model-not-ready": ("ModelNotReadyException", 429),
    "service-unavailable": ("ServiceUnavailableException", 503),
    "internal-server": ("InternalServerException", 500),
    "model-timeout": ("ModelTimeoutException", 408),
    "model-error": ("ModelErrorException", 424),
    "overloaded": ("overloaded_error", 529),
    "validation": ("ValidationException", 400),
    "quota": ("ServiceQuotaExceededException", 400),
    "conflict": ("ConflictException", 400),
    "access-denied": ("AccessDeniedException", 403),
    "not-found": ("ResourceNotFoundException", 404),
    "form-not-filled": ("FTUFormNotFilled", 404),
}
IN_STREAM = {
    "stream-internal-server": "internalServerException",
    "stream-model-error": "modelStreamErrorException",
    "stream-validation": "validationException",
    "stream-throttling": "throttlingException",
    "stream-service-unavailable": "serviceUnavailableException",
    "stream-model-timeout": "modelTimeoutException",
}
BROKEN = {"cut": ProtocolError, "reset": ProtocolError, "checksum": ChecksumMismatch}
QUIET = {
    "no-message-stop",
    "no-metadata",
    "empty-body",
    "stall",
    "slow-first-token",
    "paced",
    "unknown-event",
    "split-surrogates",
}


def fault_id(kind: str) -> str:
    return f"local.fault-{kind}-v1:0"


def start(client: Any, kind: str, **fault: Any) -> Any:
    extra = {"additionalModelRequestFields": {"fault": fault}} if fault else {}
    return client.converse_stream(modelId=fault_id(kind), messages=MESSAGES, **extra)["stream"]


def read(stream: Any) -> tuple[list[dict[str, Any]], BaseException | None]:
    """All events, and the exception that ended them if one did."""
    got: list[dict[str, Any]] = []
    try:
        got.extend(stream)  # keeps what came before an exception
    except (EventStreamError, HTTPError, ChecksumMismatch) as error:
        return got, error
    finally:
        stream.close()  # botocore leaves the connection open after an exception
    return got, None


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event.get("contentBlockDelta", {}).get("delta", {}).get("text", "") for event in events)


def kinds_of(events: list[dict[str, Any]]) -> list[str]:
    return [next(iter(event)) for event in events]


def test_every_kind_is_expected_below() -> None:
    assert set(KINDS) == {*HTTP, *IN_STREAM, *BROKEN, *QUIET}


@pytest.mark.parametrize(("kind", "expected"), HTTP.items())
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_errors_instead_of_an_answer(
    *, runtime: Any, kind: str, expected: tuple[str, int], operation: str
) -> None:
    code, status = expected
    with pytest.raises(ClientError) as caught:
        getattr(runtime, operation)(modelId=fault_id(kind), messages=MESSAGES)
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]
    modelled = {shape.name for shape in runtime.meta.service_model.error_shapes}
    if code in modelled:
        assert type(caught.value).__name__ == code


def test_a_model_error_carries_its_fields(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ModelErrorException) as caught:
        runtime.converse(modelId=fault_id("model-error"), messages=MESSAGES)
    assert caught.value.response["originalStatusCode"] == 500
    assert caught.value.response["resourceName"] == "local-fixture"


@pytest.mark.parametrize("kind", ["throttling", "validation"])
def test_errors_of_invoke_model_and_count_tokens(runtime: Any, kind: str) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    for operation, request in (
        ("invoke_model", {"body": body}),
        ("invoke_model_with_response_stream", {"body": body}),
        ("count_tokens", {"input": {"converse": {"messages": MESSAGES}}}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(runtime, operation)(modelId=fault_id(kind), **request)
        assert caught.value.response["Error"]["Code"] == HTTP[kind][0]


@pytest.mark.parametrize(("kind", "code"), IN_STREAM.items())
def test_exceptions_in_mid_stream(runtime: Any, kind: str, code: str) -> None:
    events, error = read(start(runtime, kind, after_tokens=3))
    assert isinstance(error, EventStreamError)
    # ConverseStream has no model timeout: botocore raises what it does not know, without a code.
    assert error.response["Error"]["Code"] == ("" if kind == "stream-model-timeout" else code)
    assert len(text_of(events).split()) == 3


@pytest.mark.parametrize(("kind", "code"), IN_STREAM.items())
def test_exceptions_in_invoke_streams(runtime: Any, kind: str, code: str) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "fault": {"after_tokens": 2}})
    response = runtime.invoke_model_with_response_stream(modelId=fault_id(kind), body=body)
    events, error = read(response["body"])
    assert isinstance(error, EventStreamError)
    assert error.response["Error"]["Code"] == code
    assert len(events) == 3  # the role and two tokens


@pytest.mark.parametrize(("kind", "error_type"), BROKEN.items())
def test_broken_transport(runtime: Any, kind: str, error_type: type[Exception]) -> None:
    events, error = read(start(runtime, kind))
    assert isinstance(error, error_type)
    assert len(text_of(events).split()) == 5


def test_broken_transport_without_a_stream(runtime: Any) -> None:
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        runtime.converse(modelId=fault_id("reset"), messages=MESSAGES)
    # botocore neither minds that the body is shorter than announced nor that it is not JSON.
    assert "output" not in runtime.converse(modelId=fault_id("cut"), messages=MESSAGES)


def test_what_boto3_takes_for_success(runtime: Any) -> None:
    no_stop, error = read(start(runtime, "no-message-stop"))
    assert error is None
    assert "messageStop" not in kinds_of(no_stop)
    assert text_of(no_stop)
    no_metadata, error = read(start(runtime, "no-metadata"))
    assert error is None
    assert kinds_of(no_metadata)[-1] == "messageStop"
    assert read(start(runtime, "empty-body")) == ([], None)


def test_bodies_leave_out_what_streams_leave_out(runtime: Any) -> None:
    assert "stopReason" not in runtime.converse(modelId=fault_id("no-message-stop"), messages=MESSAGES)
    assert "usage" not in runtime.converse(modelId=fault_id("no-metadata"), messages=MESSAGES)
    assert "output" not in runtime.converse(modelId=fault_id("empty-body"), messages=MESSAGES)


def test_a_stall_is_silent_until_the_client_gives_up(client_for: Any) -> None:
    impatient = client_for(config={"read_timeout": 1})
    events, error = read(start(impatient, "stall", after_tokens=4))
    assert isinstance(error, ReadTimeoutError)
    assert len(text_of(events).split()) == 4


def test_a_stall_of_given_length_goes_on(runtime: Any) -> None:
    events, error = read(start(runtime, "stall", after_tokens=2, delay_ms=300, tokens=6))
    assert error is None
    assert len(text_of(events).split()) == 6


def test_a_slow_first_token_is_late(runtime: Any) -> None:
    began = time.monotonic()
    events = iter(start(runtime, "slow-first-token", delay_ms=400, tokens=2))
    first = list(itertools.islice(events, 2))
    assert kinds_of(first) == ["messageStart", "contentBlockDelta"]
    assert time.monotonic() - began >= 0.4
    assert kinds_of(list(events))[-1] == "metadata"


def test_a_paced_stream_keeps_its_pace_and_says_when(runtime: Any) -> None:
    before = time.time()
    events, error = read(start(runtime, "paced", tokens_per_second=50, tokens=25, clock=True))
    assert error is None
    (stop,) = [event["messageStop"] for event in events if "messageStop" in event]
    emitted = stop["additionalModelResponseFields"]["emitted_at"]
    assert len(emitted) == 25
    assert before <= emitted[0] <= emitted[-1] <= time.time()
    # Never ahead of the schedule: a token is due every 20 ms. (How far behind is the machine's affair.)
    assert emitted[-1] - emitted[0] >= 24 * 0.02 - 0.025


def test_the_fixture_writes_its_filler_or_a_given_text(runtime: Any) -> None:
    events, _ = read(start(runtime, "paced", tokens_per_second=100000, tokens=10000))
    assert text_of(events).startswith(FILLER + FILLER[:20])
    assert events[-1]["metadata"]["usage"] == {"inputTokens": 2, "outputTokens": 10000, "totalTokens": 10002}
    given = "<script>alert(1)</script> $5 and $6\n\n"
    events, _ = read(start(runtime, "paced", text=given))
    assert text_of(events) == given


def test_max_tokens_caps_the_fixture(runtime: Any) -> None:
    answer = runtime.converse(modelId=fault_id("paced"), messages=MESSAGES, inferenceConfig={"maxTokens": 7})
    assert answer["usage"]["outputTokens"] == 7
    assert answer["stopReason"] == "max_tokens"


def test_events_and_deltas_that_no_client_knows(runtime: Any) -> None:
    events, error = read(start(runtime, "unknown-event", tokens=8))
    assert error is None
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert {"SDK_UNKNOWN_MEMBER": {"name": "localUnknownDelta"}} in deltas
    assert len(text_of(events).split()) == 8


def test_a_character_split_over_two_deltas(runtime: Any) -> None:
    events, error = read(start(runtime, "split-surrogates", after_tokens=1, tokens=1))
    assert error is None
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert deltas[-2:] == ["\ud83c", "\udf89"]


def test_times_heals_within_botocores_own_retries(client_for: Any) -> None:
    retrying = client_for(config={"retries": {"total_max_attempts": 3, "mode": "standard"}})
    fault = {"kind": "throttling", "times": 2, "key": "heals", "tokens": 3}
    answer = retrying.converse(
        modelId=fault_id("paced"), messages=MESSAGES, additionalModelRequestFields={"fault": fault}
    )
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert answer["usage"]["outputTokens"] == 3


def test_retry_after(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ThrottlingException) as caught:
        runtime.converse(
            modelId=fault_id("throttling"),
            messages=MESSAGES,
            additionalModelRequestFields={"fault": {"retry_after": 2}},
        )
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "2"


def test_an_unknown_fault_is_a_validation_error(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ValidationException, match="Known: throttling"):
        runtime.converse(
            modelId=fault_id("paced"),
            messages=MESSAGES,
            additionalModelRequestFields={"fault": {"kind": "earthquake"}},
        )
