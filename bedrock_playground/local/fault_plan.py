"""What can be made to fail, and how a request asks for it. Pure.

A fault is asked for by a model id of its own, ``local.fault-<kind>-v1:0``, or on any text model by
``additionalModelRequestFields.fault``::

    {"kind": "throttling", "after_tokens": 5, "delay_ms": 0, "tokens_per_second": 50, "times": 2,
     "retry_after": 1, "text": "…", "tokens": 200, "key": "lane-a", "clock": true}

``kind`` is implied by a fault id. ``after_tokens`` says when a stream fails; ``delay_ms`` is how long an
error, a first token or a stall takes; ``times`` fails the first n calls and lets the next one succeed, then
starts anew (counted per access key, model id, kind and ``key``); ``retry_after`` sends that header (seconds);
``text`` and ``tokens`` say what and how much the test fixture writes; ``clock`` returns when each token was
written, in seconds of this machine's clock, as ``additionalModelResponseFields.emitted_at``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_playground.local.errors import ApiError, invalid
from bedrock_playground.local.fields import Fields, JsonObject

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class HttpFault:
    """An error answered instead of a result."""

    code: str
    """The error's name."""
    status: int
    """The HTTP status."""
    message: str
    """As the real service words it."""
    stream_only: bool = False
    """Whether it comes inside a stream that has begun."""


HTTP_FAULTS = {
    "throttling": HttpFault(
        "ThrottlingException", 429, "Too many requests, please wait before trying again."
    ),
    "model-not-ready": HttpFault(
        "ModelNotReadyException", 429, "The model is not ready to serve inference requests. Try again later."
    ),
    "service-unavailable": HttpFault(
        "ServiceUnavailableException", 503, "Bedrock is unable to process your request."
    ),
    "internal-server": HttpFault(
        "InternalServerException",
        500,
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    "model-timeout": HttpFault(
        "ModelTimeoutException",
        408,
        "The request took too long to process. Processing time exceeded the limit.",
    ),
    "model-error": HttpFault(
        "ModelErrorException", 424, "The request failed due to an error while processing the model."
    ),
    "overloaded": HttpFault("overloaded_error", 529, "Overloaded"),
    "validation": HttpFault(
        "ValidationException", 400, "Malformed input request, please reformat and try again."
    ),
    "quota": HttpFault(
        "ServiceQuotaExceededException", 400, "Your request exceeds the service quota for your account."
    ),
    "conflict": HttpFault(
        "ConflictException", 400, "Error occurred because of a conflict while performing it."
    ),
    "access-denied": HttpFault(
        "AccessDeniedException", 403, "You don't have access to the model with the specified model ID."
    ),
    "not-found": HttpFault(
        "ResourceNotFoundException",
        404,
        "This Model is marked by provider as Legacy and you have not been actively using the model.",
    ),
    "form-not-filled": HttpFault(
        "FTUFormNotFilled",
        404,
        "Model use case details have not been submitted for this account. "
        "Fill out the use case details form before using the model.",
    ),
    "stream-internal-server": HttpFault(
        "InternalServerException", 500, "The system encountered an unexpected error.", stream_only=True
    ),
    "stream-model-error": HttpFault(
        "ModelStreamErrorException", 424, "The model failed while streaming.", stream_only=True
    ),
    "stream-validation": HttpFault(
        "ValidationException", 400, "The model produced invalid output.", stream_only=True
    ),
    "stream-throttling": HttpFault(
        "ThrottlingException", 429, "Too many tokens, please wait before trying again.", stream_only=True
    ),
    "stream-service-unavailable": HttpFault(
        "ServiceUnavailableException", 503, "Bedrock is unable to process your request.", stream_only=True
    ),
    "stream-model-timeout": HttpFault(
        "ModelTimeoutException", 408, "The model took too long to continue.", stream_only=True
    ),
}

TRANSPORT_FAULTS = {
    "cut": "the connection closes in the middle of a frame",
    "reset": "the connection is reset",
    "checksum": "a frame's checksum does not match",
    "no-message-stop": "the stream ends without messageStop",
    "no-metadata": "the stream ends without its metadata event",
    "empty-body": "200 with an empty body",
    "stall": "the stream goes silent after some tokens",
    "slow-first-token": "the first token takes 3 seconds",
    "paced": "no fault: tokens at a given pace",
    "unknown-event": "an event and a delta that no client knows",
    "split-surrogates": "a character split over two deltas as lone surrogates",
}

KINDS = (*HTTP_FAULTS, *TRANSPORT_FAULTS)
_DELAYS = {"stall": _HOUR_MS, "slow-first-token": 3000}


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One request's fault."""

    kind: str
    """One of ``KINDS``."""
    after_tokens: int = 5
    """Tokens before a stream fails."""
    delay_ms: int = 0
    """How long an error, the first token or a stall takes."""
    tokens_per_second: float | None = None
    """The pace; ``None`` leaves it to the engine."""
    times: int | None = None
    """How many calls fail before one succeeds; ``None`` means all fail."""
    retry_after: float | None = None
    """Seconds for the ``Retry-After`` header."""
    text: str | None = None
    """What the test fixture writes."""
    tokens: int | None = None
    """How many tokens the test fixture writes."""
    key: str = ""
    """Separates the counts of ``times``."""
    clock: bool = False
    """Whether to return when each token was written."""

    def http_error(self) -> ApiError | None:
        """Return the error this plan stands for, wherever it is to appear."""
        fault = HTTP_FAULTS.get(self.kind)
        if fault is None:
            return None
        extra: JsonObject = {}
        if fault.code == "ModelErrorException":
            extra = {"originalStatusCode": 500, "resourceName": "local-fixture"}
        elif fault.code == "ModelStreamErrorException":
            extra = {"originalStatusCode": 500, "originalMessage": "The engine stopped."}
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return ApiError(fault.code, fault.message, status=fault.status, fields=extra, headers=headers)

    @property
    def fails_before_stream(self) -> bool:
        """Whether the request is answered with an error instead of a stream."""
        fault = HTTP_FAULTS.get(self.kind)
        return fault is not None and not fault.stream_only


def fault_model_id(kind: str) -> str:
    """Return the fixed model id of a kind."""
    return f"local.fault-{kind}-v1:0"


def read_fault(sent: JsonObject | None, kind: str | None) -> FaultPlan | None:
    """Read the ``fault`` field.

    Args:
        sent: The field, or ``None``.
        kind: The kind that the model id implies, if it is a fault id.

    Raises:
        ApiError: The field does not fit.
    """
    if sent is None and kind is None:
        return None
    fields = Fields(sent or {}, "additionalModelRequestFields.fault")
    unknown = sorted(set(fields.values) - set(FaultPlan.__dataclass_fields__))
    if unknown:
        raise invalid(
            f"{fields.at(unknown[0])} is not known. Known: {', '.join(FaultPlan.__dataclass_fields__)}."
        )
    kind = fields.text("kind") or kind or "paced"
    if kind not in KINDS:
        raise invalid(f"{fields.at('kind')} is {kind!r}. Known: {', '.join(KINDS)}.")
    after, delay = fields.integer("after_tokens", low=0), fields.integer("delay_ms", low=0, high=_HOUR_MS)
    return FaultPlan(
        kind=kind,
        after_tokens=5 if after is None else after,
        delay_ms=_DELAYS.get(kind, 0) if delay is None else delay,
        tokens_per_second=fields.number("tokens_per_second", low=0.1, high=100_000),
        times=fields.integer("times", low=0),
        retry_after=fields.number("retry_after", low=0, high=3600),
        text=fields.text("text"),
        tokens=fields.integer("tokens", low=0, high=100_000),
        key=fields.text("key") or "",
        clock=fields.flag("clock") is True,
    )
