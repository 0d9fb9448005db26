"""Every error of botocore's model has a place in the tree, and the policy of trying again is what it says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
from botocore.eventstream import ChecksumMismatch
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import exceptions as http

import bedrock_playground.invocation as package
from bedrock_playground.invocation import RetryPolicy, errors
from bedrock_playground.invocation.error_mapping import (
    BY_CODE,
    MappedErrors,
    map_error,
    retry_after,
    service_error,
    stream_error,
)
from bedrock_playground.invocation.errors import InvocationError
from tests.unit.invocation.strategies import all_errors

SHAPES = sorted(
    shape.name for shape in botocore.session.get_session().get_service_model("bedrock-runtime").error_shapes
)


@pytest.mark.parametrize("name", SHAPES)
def test_every_error_of_botocores_model_is_mapped(name: str) -> None:
    assert name in BY_CODE
    for code in (name, name[0].lower() + name[1:]):
        assert type(service_error(code, "why")) is BY_CODE[name]


def test_every_exception_of_the_streams_is_mapped() -> None:
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    for operation, member in (("ConverseStream", "stream"), ("InvokeModelWithResponseStream", "body")):
        for name, shape in model.operation_model(operation).output_shape.members[member].members.items():
            if shape.metadata.get("exception"):
                error = stream_error(name, b'{"message": "why"}', "", request_id="r")
                assert type(error) is not errors.UnknownServiceError
                assert (error.message, error.code, error.request_id) == ("why", name, "r")


def test_the_tree_is_drawn_as_it_is_and_every_error_is_exported() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    for cls in all_errors():
        if cls.__module__ == errors.__name__ and cls is not InvocationError:
            assert cls.__name__ in drawn
        if cls.__module__ == errors.__name__:
            assert getattr(package, cls.__name__) is cls
            assert cls.advice
            assert cls.__doc__
    assert drawn <= {cls.__name__ for cls in all_errors()}


REQUEST: Any = None
RAISED: list[tuple[Exception, type[InvocationError], type[InvocationError]]] = [
    (
        botocore.exceptions.EndpointConnectionError(endpoint_url="x"),
        errors.ConnectionFailed,
        errors.UnexpectedError,
    ),
    (
        botocore.exceptions.ConnectTimeoutError(endpoint_url="x"),
        errors.ConnectTimeout,
        errors.UnexpectedError,
    ),
    (botocore.exceptions.ReadTimeoutError(endpoint_url="x"), errors.ReadTimeout, errors.StallTimeout),
    (
        botocore.exceptions.ConnectionClosedError(endpoint_url="x"),
        errors.ConnectionFailed,
        errors.StreamInterrupted,
    ),
    (botocore.exceptions.SSLError(endpoint_url="x", error="e"), errors.TlsFailed, errors.UnexpectedError),
    (
        botocore.exceptions.ProxyConnectionError(proxy_url="x", error="e"),
        errors.ConnectionFailed,
        errors.UnexpectedError,
    ),
    (http.ProtocolError("cut"), errors.ConnectionFailed, errors.StreamInterrupted),
    (http.ReadTimeoutError(REQUEST, "/", "late"), errors.ReadTimeout, errors.StallTimeout),
    (ConnectionResetError("reset"), errors.ConnectionFailed, errors.StreamInterrupted),
    (TimeoutError("late"), errors.ReadTimeout, errors.StallTimeout),
    (ChecksumMismatch(1, 2), errors.UnexpectedError, errors.StreamCorrupted),
    (botocore.exceptions.NoCredentialsError(), errors.NoCredentials, errors.NoCredentials),
    (
        botocore.exceptions.PartialCredentialsError(provider="p", cred_var="v"),
        errors.NoCredentials,
        errors.NoCredentials,
    ),
    (botocore.exceptions.ProfileNotFound(profile="p"), errors.NoCredentials, errors.NoCredentials),
    (botocore.exceptions.UnauthorizedSSOTokenError(), errors.ExpiredCredentials, errors.ExpiredCredentials),
    (
        botocore.exceptions.TokenRetrievalError(provider="p", error_msg="m"),
        errors.ExpiredCredentials,
        errors.ExpiredCredentials,
    ),
    (botocore.exceptions.NoRegionError(), errors.NoRegion, errors.NoRegion),
    (
        botocore.exceptions.ParamValidationError(report="r"),
        errors.ValidationFailed,
        errors.ValidationFailed,
    ),
    (ValueError("Invalid endpoint: x"), errors.InvalidEndpoint, errors.InvalidEndpoint),
    (botocore.exceptions.DataNotFoundError(data_path="x"), errors.SetupError, errors.SetupError),
    (ZeroDivisionError("oops"), errors.UnexpectedError, errors.UnexpectedError),
]


@pytest.mark.parametrize(
    ("raised", "in_call", "in_stream"), RAISED, ids=[type(row[0]).__name__ for row in RAISED]
)
def test_what_libraries_raise(
    raised: Exception, in_call: type[InvocationError], in_stream: type[InvocationError]
) -> None:
    assert type(map_error(raised, streaming=False)) is in_call
    if in_stream is not errors.UnexpectedError or in_call is errors.UnexpectedError:
        assert type(map_error(raised, streaming=True)) is in_stream
    with pytest.raises(in_call) as caught, MappedErrors():
        raise raised
    assert caught.value.__cause__ is raised


def test_our_own_errors_and_interrupts_pass_through() -> None:
    ours = errors.Cancelled("Stopped.")
    with pytest.raises(errors.Cancelled) as caught, MappedErrors():
        raise ours
    assert caught.value is ours
    with pytest.raises(KeyboardInterrupt), MappedErrors():
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("ValidationException", "on-demand throughput isn't supported", errors.InferenceProfileRequired),
        (
            "ResourceNotFoundException",
            "This model version has reached the end of its life.",
            errors.ModelRetired,
        ),
        (
            "ResourceNotFoundException",
            "Model use case details have not been submitted",
            errors.AccessFormNotFilled,
        ),
    ],
)
def test_the_services_words_narrow_an_error_down(
    code: str, words: str, expected: type[InvocationError]
) -> None:
    assert type(service_error(code, words)) is expected


@pytest.mark.parametrize("payload", [b"", b"[]", b"not json", b'{"message": null}'])
def test_an_exception_without_a_readable_body_still_says_something(payload: bytes) -> None:
    error = stream_error("throttlingException", payload, "", request_id=None)
    assert isinstance(error, errors.Throttled)
    assert error.message


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("2.5", 2.5),
        ("-1", 0.0),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after(header: str | None, expected: float | None) -> None:
    assert retry_after(header) == expected


def test_retry_after_as_a_date_in_the_future() -> None:
    from datetime import UTC, datetime, timedelta
    from email.utils import format_datetime

    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    seconds = retry_after(later)
    assert seconds is not None
    assert 3500 < seconds <= 3600


RETRIED = {
    "Throttled", "ModelNotReady", "ServiceUnavailable", "InternalServerError", "ModelTimeout", "ModelError",
    "Overloaded", "ConnectionFailed", "ConnectTimeout", "StreamInterrupted", "StreamCorrupted",
    "ModelStreamError",
}  # fmt: skip


@pytest.mark.parametrize("cls", all_errors(), ids=lambda cls: cls.__name__)
def test_what_is_tried_again(cls: type[InvocationError]) -> None:
    policy = RetryPolicy(random=lambda: 1.0)
    backoff = policy.backoff(cls("x"), attempt=1, has_output=False)
    assert (backoff is not None) == (cls.__name__ in RETRIED)
    assert policy.backoff(cls("x"), attempt=1, has_output=True) is None, "never after output"
    assert policy.backoff(cls("x"), attempt=3, has_output=False) is None, "three tries are three"
    if backoff is not None:
        assert cls.retryable, "what we try again, a person may try again"


@pytest.mark.parametrize(
    ("attempt", "dice", "told", "expected"),
    [
        (1, 1.0, None, 0.5),
        (2, 1.0, None, 1.0),
        (3, 1.0, None, 2.0),
        (9, 1.0, None, 20.0),
        (2, 0.0, None, 0.0),
        (2, 0.5, None, 0.5),
        (1, 0.5, 7.0, 7.25),
        (1, 0.5, 61.0, None),
    ],
)
def test_how_long_it_waits(  # noqa: PLR0917 - pytest's parameters
    attempt: int, dice: float, told: float | None, expected: float | None
) -> None:
    policy = RetryPolicy(max_attempts=10, random=lambda: dice)
    error = errors.Throttled("x", retry_after=told)
    assert policy.backoff(error, attempt=attempt, has_output=False) == expected


@given(st.integers(1, 50))
def test_the_wait_is_jittered_and_bounded(attempt: int) -> None:
    policy = RetryPolicy(max_attempts=100)
    backoff = policy.backoff(errors.Throttled("x"), attempt=attempt, has_output=False)
    assert backoff is not None
    assert 0 <= backoff <= min(20.0, 0.5 * 2 ** (attempt - 1))


def test_importing_the_package_imports_neither_boto3_nor_urllib3() -> None:
    code = (
        "import sys, bedrock_playground.invocation as p; p.BedrockInvoker(region='us-east-1'); "
        "print([m for m in ('boto3', 'botocore', 'urllib3') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ast.literal_eval(found) == []


def test_tune_interpreter() -> None:
    before = sys.getswitchinterval()
    try:
        package.tune_interpreter()
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)


def test_a_refused_signature_does_not_repeat_the_requests_headers() -> None:
    """AWS answers with the request as it read it, the session token in it."""
    message = (
        "The request signature we calculated does not match the signature you provided.\n\nThe Canonical "
        "String for this request should have been\n'POST\n/model/x/converse-stream\n\nx-amz-security-token:"
        "planted\n'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256'"
    )
    error = service_error("InvalidSignatureException", message)
    assert isinstance(error, errors.ExpiredCredentials)
    assert str(error) == "The request signature we calculated does not match the signature you provided."


def test_a_wrong_api_key_is_told_from_a_missing_permission() -> None:
    message = "Authentication failed: Please make sure your API Key is valid."
    assert isinstance(service_error("AccessDeniedException", message), errors.ExpiredCredentials)
    assert isinstance(service_error("AccessDeniedException", "Not authorized."), errors.AccessDenied)


def test_an_address_is_told_without_its_password() -> None:
    error = botocore.exceptions.EndpointConnectionError(endpoint_url="https://me:planted@example.org/x")
    assert str(map_error(error, streaming=False)).endswith('"https://example.org/x"')
