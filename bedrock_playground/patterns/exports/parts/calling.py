"""One call of a model, told as a reply: what goes wrong is a reply with an error, never an exception."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeAlias

import boto3
import botocore.exceptions
from botocore.config import Config

TRIES = 3  # how often a call is made at most; a fallback's targets have numbers of their own
BASE_DELAY = 0.5  # seconds: ceiling of the wait before the second try; it doubles with each further one
LONGEST_DELAY = 20.0  # seconds: ceiling of any wait
LONGEST_RETRY_AFTER = 60.0  # seconds: the longest Retry-After that is waited for
READ_TIMEOUT = 3600.0  # seconds without a byte: large reasoning models can take minutes to begin


@dataclass(kw_only=True)
class Reply:
    """What came of one call."""

    role: str
    text: str = ""
    stop_reason: str | None = None
    error: str | None = None  # its kind: Throttled, ReadTimeout …
    message: str = ""
    retry_after: float | None = None
    fields: Any = None  # the model's own response fields; of an embedding, its vector
    began: bool = False  # whether anything of an answer came
    late: bool = False  # whether it was not waited for
    note: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it completed in time."""
        return self.error is None and not self.late


@dataclass(kw_only=True)
class Course:
    """What is done for one request: its calls and decisions, shared by all branches of it."""

    role: str = ""
    place: tuple[str, ...] = ()  # the roles of the patterns around
    region: str | None = None
    once: bool = False  # with a single try: whoever asks tries again by rules of their own
    calls: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    ended: tuple[threading.Event, ...] = ()  # set when nobody waits for it any more
    begun: Callable[[], None] = lambda: None  # called when an answer begins

    def within(self, role: str, *, region: str | None = None, once: bool = False) -> Course:
        """The course of a call made from here."""
        place = (*self.place, self.role) if self.role else self.place
        return replace(self, role=role, place=place, region=region or self.region, once=once)

    def branch(self, **changes: Any) -> Course:
        """A course beside this one that can be ended by itself."""
        return replace(self, ended=(*self.ended, threading.Event()), **changes)

    def end(self) -> None:
        """Stop waiting for this branch; what is under way stops at the next occasion."""
        self.ended[-1].set()

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more."""
        return any(event.is_set() for event in self.ended)

    def decide(self, text: str, role: str | None = None, *, chosen: bool | None = None) -> None:
        """Note a decision; `chosen` says whether that role's answer was taken (true) or turned down."""
        inside = (*self.place, self.role) if self.role else self.place
        names = [*inside, role] if role else list(inside)
        self.decisions.append({"role": " > ".join(names) or None, "chosen": chosen, "text": text})

    def called(self, model: str) -> dict[str, Any]:
        """Note a call that begins now."""
        call = {"role": " > ".join((*self.place, self.role)), "model": model, "error": None, "tries": 0}
        self.calls.append(call)
        return call


Member: TypeAlias = Callable[[str, Course], Reply]
"""Anything that answers a prompt: a model with its settings, or a pattern."""

RETRIED = frozenset(
    [
        "Throttled",
        "ModelNotReady",
        "ServiceUnavailable",
        "InternalServerError",
        "ModelTimeout",
        "ModelError",
        "Overloaded",
        "ConnectionFailed",
        "ConnectTimeout",
        "StreamInterrupted",
        "StreamCorrupted",
        "ModelStreamError",
    ]
)  # what may be gone the next time

ERRORS = {
    "ThrottlingException": "Throttled",
    "TooManyRequestsException": "Throttled",
    "ModelNotReadyException": "ModelNotReady",
    "ServiceUnavailableException": "ServiceUnavailable",
    "ServiceUnavailable": "ServiceUnavailable",
    "InternalServerException": "InternalServerError",
    "InternalFailure": "InternalServerError",
    "ModelTimeoutException": "ModelTimeout",
    "ModelErrorException": "ModelError",
    "ModelStreamErrorException": "ModelStreamError",
    "Overloaded_error": "Overloaded",
    "ValidationException": "ValidationFailed",
    "ServiceQuotaExceededException": "QuotaExceeded",
    "AccessDeniedException": "AccessDenied",
    "ResourceNotFoundException": "NotFound",
}  # by the service's code
ERRORS_BY_STATUS = {
    400: "ValidationFailed",
    401: "AccessDenied",
    403: "AccessDenied",
    404: "NotFound",
    408: "ModelTimeout",
    413: "ValidationFailed",
    424: "ModelError",
    429: "Throttled",
    500: "InternalServerError",
    502: "ServiceUnavailable",
    503: "ServiceUnavailable",
    504: "ServiceUnavailable",
    529: "Overloaded",
}


@cache
def client(region: str | None) -> Any:
    """A client of Bedrock's runtime. The SDK tries nothing again, so that it hides nothing."""
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        read_timeout=READ_TIMEOUT,
        max_pool_connections=50,
    )
    return boto3.client("bedrock-runtime", region_name=region, config=config)


def converse(course: Course, request: dict[str, Any]) -> Reply:
    """Ask a model by Converse, which answers in one piece."""

    def once() -> Reply:
        response = client(course.region).converse(**request)
        content = response["output"]["message"]["content"]
        return Reply(
            role=course.role,
            text="".join(block.get("text", "") for block in content),
            stop_reason=response["stopReason"],
            fields=response.get("additionalModelResponseFields"),
        )

    return tried(course, str(request["modelId"]), once)


def tried(course: Course, model: str, once: Callable[[], Reply]) -> Reply:
    """Make a call, and again after a wait where its failure may pass."""
    call = course.called(model)
    tries = 1 if course.once else TRIES
    while True:
        call["tries"] += 1
        began = time.monotonic()
        try:
            reply = once()
        except Exception as error:
            reply = failed(course.role, error)
        call |= {"error": reply.error, "seconds": round(time.monotonic() - began, 3)}
        wait = backoff(reply, call["tries"], tries=tries, base=BASE_DELAY, longest=LONGEST_DELAY)
        if wait is None or course.over:
            return reply
        pause(course, wait)


def backoff(
    reply: Reply, tries_made: int, *, tries: int, base: float, longest: float, shown: bool | None = None
) -> float | None:
    """Seconds to wait before the next try, by exponential back-off with full jitter; None: no next try.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
    """
    shown = reply.began if shown is None else shown
    if reply.error not in RETRIED or shown or tries_made >= tries:
        return None
    jitter = random.random() * min(longest, base * 2.0 ** (tries_made - 1))
    if reply.retry_after is None:
        return jitter
    limit = LONGEST_RETRY_AFTER if longest == LONGEST_DELAY else longest
    return None if reply.retry_after > limit else reply.retry_after + jitter


def pause(course: Course, seconds: float) -> None:
    """Wait, but no longer than anybody waits for the answer."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not course.over:
        time.sleep(min(left, 0.05))


def failed(role: str, error: Exception) -> Reply:
    """Make a reply of an exception."""
    told: Any = getattr(error, "response", None)
    if not isinstance(told, dict):
        return Reply(role=role, error=kind_of(error), message=f"{type(error).__name__}: {error}")
    code, message = str(told["Error"].get("Code", "")), str(told["Error"].get("Message", ""))
    metadata = told.get("ResponseMetadata", {})
    kind = ERRORS.get(code[:1].upper() + code[1:]) or ERRORS_BY_STATUS.get(metadata.get("HTTPStatusCode"))
    if kind == "ValidationFailed" and "end of its life" in message.lower():
        kind = "NotFound"  # the model is retired
    header = metadata.get("HTTPHeaders", {}).get("retry-after")
    return Reply(
        role=role, error=kind or code or "Unknown", message=message or code, retry_after=seconds_in(header)
    )


def kind_of(error: Exception) -> str:
    """The kind of an error that did not come from the service."""
    for kinds, name in (
        (botocore.exceptions.ConnectTimeoutError, "ConnectTimeout"),
        ((botocore.exceptions.ReadTimeoutError, TimeoutError), "ReadTimeout"),
        (botocore.exceptions.SSLError, "TlsFailed"),
        (botocore.exceptions.ParamValidationError, "ValidationFailed"),
        ((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError), "ConnectionFailed"),
    ):
        if isinstance(error, kinds):
            return name
    return type(error).__name__


def seconds_in(header: str | None) -> float | None:
    """Read a Retry-After: seconds, or a date."""
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


def failure(reply: Reply) -> str:
    """Why a reply does not count, in words."""
    return "it was not waited for" if reply.late or reply.error is None else reply.message


def told(reply: Reply, course: Course) -> dict[str, Any]:
    """The answer with everything that was done for it."""
    return {
        "text": reply.text,
        "stop_reason": reply.stop_reason,
        "error": None if reply.error is None else f"{reply.error}: {reply.message}",
        "note": reply.note,
        "decisions": course.decisions,
        "calls": course.calls,
    }
