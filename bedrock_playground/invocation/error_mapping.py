"""Everything botocore, urllib3 and the socket can raise, as our errors.

:class:`MappedErrors` is the one context manager for it; it wraps both the call and the iteration of what the
call returned. This module imports botocore; import it late.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from types import TracebackType
from typing import Any

from botocore import eventstream
from botocore import exceptions as boto
from urllib3 import exceptions as http

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.error_words import error_words, is_bad_header, service_words, without_user
from bedrock_playground.invocation.errors import InvocationError

BY_CODE: dict[str, type[InvocationError]] = {
    "ThrottlingException": errors.Throttled,
    "TooManyRequestsException": errors.Throttled,
    "ModelNotReadyException": errors.ModelNotReady,
    "ServiceUnavailableException": errors.ServiceUnavailable,
    "ServiceUnavailable": errors.ServiceUnavailable,
    "InternalServerException": errors.InternalServerError,
    "InternalFailure": errors.InternalServerError,
    "ModelTimeoutException": errors.ModelTimeout,
    "ModelErrorException": errors.ModelError,
    "ModelStreamErrorException": errors.ModelStreamError,
    "Overloaded_error": errors.Overloaded,
    "ValidationException": errors.ValidationFailed,
    "ServiceQuotaExceededException": errors.QuotaExceeded,
    "ConflictException": errors.Conflict,
    "AccessDeniedException": errors.AccessDenied,
    "ResourceNotFoundException": errors.NotFound,
    "FTUFormNotFilled": errors.AccessFormNotFilled,
    "FTUFormNotFilledException": errors.AccessFormNotFilled,
    "ExpiredTokenException": errors.ExpiredCredentials,
    "ExpiredToken": errors.ExpiredCredentials,
    "UnrecognizedClientException": errors.ExpiredCredentials,
    "InvalidClientTokenId": errors.ExpiredCredentials,
    "InvalidAccessKeyId": errors.ExpiredCredentials,
    "InvalidSignatureException": errors.ExpiredCredentials,
    "SignatureDoesNotMatch": errors.ExpiredCredentials,
    "IncompleteSignature": errors.NoCredentials,
    "MissingAuthenticationTokenException": errors.NoCredentials,
    "MissingAuthenticationToken": errors.NoCredentials,
}
"""By the service's error code; in a stream the first letter is small, which :func:`service_error` undoes."""

_BY_STATUS: dict[int, type[InvocationError]] = {
    400: errors.ValidationFailed,
    401: errors.AccessDenied,
    403: errors.AccessDenied,
    404: errors.NotFound,
    408: errors.ModelTimeout,
    409: errors.Conflict,
    413: errors.ValidationFailed,
    424: errors.ModelError,
    429: errors.Throttled,
    500: errors.InternalServerError,
    502: errors.ServiceUnavailable,
    503: errors.ServiceUnavailable,
    504: errors.ServiceUnavailable,
    529: errors.Overloaded,
}

# What the service's words narrow down, in small letters.
_BY_WORDS: tuple[tuple[type[InvocationError], str, type[InvocationError]], ...] = (
    (errors.ValidationFailed, "on-demand throughput isn", errors.InferenceProfileRequired),
    (errors.NotFound, "use case details", errors.AccessFormNotFilled),
    (errors.NotFound, "end of its life", errors.ModelRetired),
    (errors.ValidationFailed, "end of its life", errors.ModelRetired),
    (errors.AccessDenied, "make sure your api key is valid", errors.ExpiredCredentials),
)

_LOCAL: tuple[tuple[tuple[type[BaseException], ...], type[InvocationError]], ...] = (
    (
        (
            boto.SSOTokenLoadError,
            boto.UnauthorizedSSOTokenError,
            boto.TokenRetrievalError,
            boto.LoginTokenLoadError,
            boto.LoginRefreshRequired,
        ),
        errors.ExpiredCredentials,
    ),
    (
        (
            boto.NoCredentialsError,
            boto.PartialCredentialsError,
            boto.CredentialRetrievalError,
            boto.ProfileNotFound,
            boto.NoAuthTokenError,
            boto.SSOError,
            boto.LoginError,
        ),
        errors.NoCredentials,
    ),
    ((boto.NoRegionError, boto.InvalidRegionError), errors.NoRegion),
    ((boto.InvalidEndpointConfigurationError, boto.EndpointProviderError), errors.InvalidEndpoint),
    ((boto.ParamValidationError, UnicodeEncodeError), errors.ValidationFailed),
)
_CALL: tuple[tuple[tuple[type[BaseException], ...], type[InvocationError]], ...] = (
    ((boto.ConnectTimeoutError, http.ConnectTimeoutError), errors.ConnectTimeout),
    ((boto.ReadTimeoutError, http.ReadTimeoutError, TimeoutError), errors.ReadTimeout),
    ((boto.SSLError, http.SSLError), errors.TlsFailed),
    (
        (boto.ConnectionError, boto.HTTPClientError, http.HTTPError, HTTPException, OSError),
        errors.ConnectionFailed,
    ),
)
_STREAM: tuple[tuple[tuple[type[BaseException], ...], type[InvocationError]], ...] = (
    ((boto.ReadTimeoutError, http.ReadTimeoutError, TimeoutError), errors.StallTimeout),
    ((eventstream.ParserError,), errors.StreamCorrupted),
    (
        (boto.IncompleteReadError, boto.HTTPClientError, http.HTTPError, HTTPException, OSError),
        errors.StreamInterrupted,
    ),
)


class MappedErrors:
    """``with MappedErrors() as mapping:`` lets nothing out but :class:`InvocationError`.

    Set :attr:`streaming` once the answer has begun: a connection that is cut means something else then.
    """

    __slots__ = ("streaming",)

    def __init__(self) -> None:
        self.streaming = False
        """Whether the answer has begun."""

    def __enter__(self) -> MappedErrors:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Anything that is no Exception (GeneratorExit, KeyboardInterrupt) is none of ours.
        if isinstance(error, Exception) and not isinstance(error, InvocationError):
            raise map_error(error, streaming=self.streaming) from error


def map_error(error: Exception, *, streaming: bool) -> InvocationError:
    """Find our error for one of botocore's, urllib3's or the socket's.

    Args:
        error: What was raised.
        streaming: Whether the answer had begun.
    """
    if isinstance(error, boto.ClientError):
        return _client_error(error)
    if is_bad_header(error):
        return errors.NoCredentials(_describe(error))
    for kinds, cls in (*_LOCAL, *(_STREAM if streaming else _CALL)):
        if isinstance(error, kinds):
            if cls is errors.StreamInterrupted:
                return cls(f"The connection broke in the middle of the answer ({_describe(error)}).")
            return cls(_describe(error))
    if isinstance(error, ValueError) and "nvalid endpoint" in str(error):
        return errors.InvalidEndpoint(without_user(str(error)))
    cls = errors.SetupError if isinstance(error, boto.BotoCoreError) else errors.UnexpectedError
    return cls(_describe(error))


def service_error(
    code: str, message: str, *, status: int | None = None, request_id: str | None = None
) -> InvocationError:
    """Find our error for one that the service named, in a response or within a stream."""
    words = message.lower()
    cls = BY_CODE.get(code[:1].upper() + code[1:])
    if cls is None:
        cls = _BY_STATUS.get(status or 0, errors.UnknownServiceError)
    for general, sign, special in _BY_WORDS:
        if cls is general and sign in words:
            cls = special
    return cls(
        service_words(message) or code or "The service gave no reason.",
        code=code,
        status=status,
        request_id=request_id,
    )


def stream_error(code: str, payload: bytes, message: str, *, request_id: str | None) -> InvocationError:
    """Find our error for an exception frame.

    Args:
        code: ``:exception-type`` or ``:error-code``.
        payload: The frame's body.
        message: ``:error-message``, which frames of type ``error`` have instead of a body.
        request_id: The request id of the response.
    """
    try:
        body = json.loads(payload) if payload else {}
    except ValueError:
        body = {"message": payload.decode(errors="replace")}
    body = body if isinstance(body, Mapping) else {}
    text = message or body.get("message") or body.get("Message") or body.get("originalMessage") or ""
    status = body.get("originalStatusCode")
    return service_error(
        code, str(text), status=status if isinstance(status, int) else None, request_id=request_id
    )


def _client_error(error: Any) -> InvocationError:  # noqa: ANN401 - botocore is untyped
    told = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    mapped = service_error(
        str(told.get("Code", "")),
        str(told.get("Message", "")),
        status=metadata.get("HTTPStatusCode"),
        request_id=metadata.get("RequestId"),
    )
    mapped.retry_after = retry_after((metadata.get("HTTPHeaders") or {}).get("retry-after"))
    return mapped


def retry_after(header: str | None) -> float | None:
    """Return ``Retry-After`` in seconds; ``None`` where it is absent or makes no sense."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _describe(error: Exception) -> str:
    name, words = type(error).__name__, error_words(error)
    return f"{name}: {words}" if words else name
