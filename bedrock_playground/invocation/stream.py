"""One running invocation: prepares, tries, tries again, reads the answer; importing this imports no boto3."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bedrock_playground.invocation.answer import Answer
from bedrock_playground.invocation.client import Client, ClientCache, ClientConfig
from bedrock_playground.invocation.codec import Document, converse_arguments, strict_json
from bedrock_playground.invocation.errors import (
    Cancelled,
    ConnectTimeout,
    ExpiredCredentials,
    InvocationError,
    NoCredentials,
    ReadTimeout,
    StallTimeout,
    StreamCorrupted,
    StreamInterrupted,
    UnexpectedError,
)
from bedrock_playground.invocation.events import AttemptFailed, Failed, Finished, InvocationEvent, Started
from bedrock_playground.invocation.frames import Frame, FrameDecoder
from bedrock_playground.invocation.lifeline import Lifeline
from bedrock_playground.invocation.observed import CURRENT_RUN, CallObserver, EndedCall, Operation
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.invocation.values import Attempt, InvocationRequest, InvocationResult

if TYPE_CHECKING:
    from bedrock_playground.invocation.transport import Call

_logger = logging.getLogger(__name__)

_READ_SIZE = 65536
_GRACE = 1.0
"""Seconds to wait for the end of a body whose last event has come."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to invoke."""

    clients: ClientCache
    """Where clients come from."""
    config: ClientConfig
    """Which client."""
    retry: RetryPolicy
    """When to try again."""
    streaming: bool = True
    """Whether to use ConverseStream, or Converse, whose answer comes in one piece."""
    observer: CallObserver | None = None
    """Who is told of every call that has ended."""


@dataclass(frozen=True, slots=True)
class Way:
    """By which of the API's operations a request is answered."""

    operation: Operation
    """The operation."""
    arguments: Callable[[InvocationRequest], Document]
    """Makes what boto3 is given of the request."""
    attempt: Callable[[Run, Client, Document], Callable[..., Generator[InvocationEvent]]]
    """Makes the try."""


class Journal:
    """The tries of one invocation and the clock they share, whose zero is the first try's first byte."""

    __slots__ = ("attempts", "number", "origin", "request_id")

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.number = 0
        self.origin: float | None = None
        self.request_id: str | None = None

    def begin(self, lifeline: Lifeline) -> Call:
        """Start the next try."""
        from bedrock_playground.invocation.transport import Call  # noqa: PLC0415 - boto3's half of the world

        self.number += 1
        self.request_id = None
        return Call(lifeline)

    def zero(self, call: Call) -> float:
        """Return the clock's zero, set by the first try: when its first byte was sent, or when it began."""
        if self.origin is None:
            self.origin = call.began if call.sent_at is None else call.sent_at
        return self.origin

    def now(self) -> float | None:
        """Seconds since the clock's zero; ``None`` before anything was tried."""
        return None if self.origin is None else perf_counter() - self.origin

    def end(self, call: Call, error: InvocationError | None, at: float | None = None) -> Attempt:
        """Write down how a try ended, now or ``at`` seconds on the shared clock."""
        origin = self.zero(call)
        started = max(0.0, (call.began if call.sent_at is None else call.sent_at) - origin)
        ended = perf_counter() - origin if at is None else at
        if error is not None and error.request_id is not None:
            self.request_id = error.request_id
        attempt = Attempt(
            number=self.number,
            started=started,
            duration=max(0.0, ended - started),
            error_type=None if error is None else type(error).__name__,
            error_code=None if error is None else error.code,
            error_message=None if error is None else error.message,
            status=200 if error is None else error.status,
            request_id=self.request_id,
            sent=call.sent_at is not None,
        )
        self.attempts.append(attempt)
        return attempt

    def wait(self, seconds: float) -> Attempt:
        """Write down that the last try is followed by another after so many seconds."""
        self.attempts[-1] = replace(self.attempts[-1], backoff=seconds)
        return self.attempts[-1]


@dataclass(slots=True)
class Run:
    """What belongs to one invocation; apart from its stream, so that dropping the stream ends it."""

    plan: Plan
    lifeline: Lifeline
    journal: Journal
    answer: Answer

    def client(self) -> Client:
        """Get the client ready to sign, without holding up a cancel."""
        clients, config = self.plan.clients, self.plan.config
        client = clients.cached(config)
        if client is None:
            return self.lifeline.run(lambda: clients.get(config))
        if client.needs_refresh:
            self.lifeline.run(client.refresh)
        return client

    def total(self, error: InvocationError | None) -> float | None:
        """Seconds on the shared clock until it ended; ``None`` if nothing was tried."""
        last = self.journal.attempts[-1] if error is None else None
        return self.journal.now() if last is None else last.started + last.duration

    def result(self, error: InvocationError | None, total: float | None) -> InvocationResult:
        """Make the result of what has come so far."""
        return self.answer.result(
            total=total,
            attempts=tuple(self.journal.attempts),
            request_id=self.journal.request_id,
            error=error,
        )

    def ended(
        self,
        operation: Operation,
        asked: InvocationRequest | str,
        result: InvocationResult,
        *,
        began: float,
    ) -> None:
        """Tell whoever observes that the call has ended.

        Args:
            operation: What was called.
            asked: The request, or the model's id alone.
            result: What came of it.
            began: When it began, by this process's ``perf_counter``.
        """
        observer, config = self.plan.observer, self.plan.config
        if observer is None:
            return
        client = self.plan.clients.cached(config)
        whole = isinstance(asked, InvocationRequest)
        call = EndedCall(
            operation=operation,
            model_id=asked.model_id if isinstance(asked, InvocationRequest) else asked,
            result=result,
            elapsed=perf_counter() - began,
            request=asked if isinstance(asked, InvocationRequest) else None,
            first_output=self.answer.first_output if whole else None,
            region=config.region if client is None else client.boto.meta.region_name,
            address=config.endpoint_url if client is None else client.boto.meta.endpoint_url,
            run=CURRENT_RUN.get(),
        )
        try:
            observer.call_ended(call)
        except Exception as error:  # noqa: BLE001 - whoever watches must not harm what is watched
            # Its words could repeat what was asked.
            _logger.error("A call could not be observed: %s", type(error).__name__)  # noqa: TRY400 - as said

    def tries(self, attempt: Callable[[Call, Any], Generator[InvocationEvent]]) -> Generator[InvocationEvent]:
        """Try until it succeeds, or raise the error after which there is no further try."""
        while True:
            call = self.journal.begin(self.lifeline)
            error = yield from self._try(call, attempt)
            if error is None:
                return
            backoff = self.plan.retry.backoff(
                error, attempt=self.journal.number, has_output=self.answer.has_output
            )
            if backoff is None:
                raise error
            yield AttemptFailed(self.journal.now() or 0.0, self.journal.wait(backoff))
            self.lifeline.sleep(backoff)
            # Nothing of the failed try may look like a part of the next one.
            self.answer = Answer(timed=self.plan.streaming)

    def _try(
        self, call: Call, attempt: Callable[[Call, Any], Generator[InvocationEvent]]
    ) -> Generator[InvocationEvent, None, InvocationError | None]:
        from bedrock_playground.invocation.error_mapping import MappedErrors  # noqa: PLC0415 - as above

        try:
            with MappedErrors() as mapping:
                yield from attempt(call, mapping)
        except InvocationError as error:
            # Whatever a cancel broke on its way, it was the cancel.
            ended = Cancelled("Stopped.") if self.lifeline.cancelled else self._named(error)
            self.journal.end(call, ended)
            if isinstance(ended, NoCredentials | ExpiredCredentials):
                self.plan.clients.forget(self.plan.config)
            return ended
        finally:
            call.close()
        return None

    def _named(self, error: InvocationError) -> InvocationError:
        """Name a silence for what it is, and say how long it lasted."""
        config = self.plan.config
        if isinstance(error, ConnectTimeout):
            return ConnectTimeout(f"No connection within {config.connect_timeout:g} seconds.")
        # Before the first event it is the read timeout that ran out.
        if isinstance(error, ReadTimeout) or (isinstance(error, StallTimeout) and not self.answer.has_events):
            return ReadTimeout(f"The answer did not begin within {config.read_timeout:g} seconds.")
        if isinstance(error, StallTimeout):
            return StallTimeout(
                f"Nothing arrived for {config.stall_timeout:g} seconds in the middle of the answer."
            )
        return error

    def converse_stream(
        self, client: Client, arguments: Document
    ) -> Callable[..., Generator[InvocationEvent]]:
        """Make the try that reads ConverseStream's answer event by event."""

        def attempt(call: Call, mapping: Any) -> Generator[InvocationEvent]:  # noqa: ANN401 - lazily imported
            response = call.perform(client.boto.converse_stream, arguments)
            mapping.streaming = True
            yield self.started(call, response)
            ended = yield from self._read(call)
            self.journal.end(call, None, ended)

        return attempt

    def converse(self, client: Client, arguments: Document) -> Callable[..., Generator[InvocationEvent]]:
        """Make the try that takes Converse's answer as a whole."""

        def attempt(call: Call, mapping: Any) -> Generator[InvocationEvent]:  # noqa: ANN401, ARG001
            response = call.perform(client.boto.converse, arguments)
            started = self.started(call, response)
            ended = self.journal.now()
            yield started
            yield from self.answer.add_response(response, started.at)
            self.journal.end(call, None, ended)

        return attempt

    def started(self, call: Call, response: Document) -> Started:
        """Note whose request it was and say when the response's head arrived."""
        self.journal.request_id = response["ResponseMetadata"].get("RequestId")
        head = perf_counter() if call.head_at is None else call.head_at
        return Started(head - self.journal.zero(call), self.journal.number, self.journal.request_id)

    def _read(self, call: Call) -> Generator[InvocationEvent, None, float]:
        """Read the stream to its end and return when that was; per event, this loop is the hot path."""
        origin = self.journal.zero(call)
        read, decoder, answer, lifeline = call.raw.read1, FrameDecoder(), self.answer, self.lifeline
        add = answer.add
        at = 0.0
        while True:
            lifeline.check()
            try:
                data = read(_READ_SIZE)
            except Exception:
                # After messageStop the answer is whole: what a broken connection takes away then is at most
                # the metadata, and unknown usage is not a failure.
                if answer.stopped and not lifeline.cancelled:
                    return at
                raise
            if not data:
                break
            if not answer.has_events:
                # Until the first event the read timeout goes on: a slow first token is no stall.
                call.allow_silence(self.plan.config.stall_timeout)
            at = perf_counter() - origin
            for frame in decoder.feed(data):
                if frame[0] != "event":
                    raise self._exception(frame)
                event = add(frame[1], _body(frame[2]), at)
                if event is not None:
                    yield event
                    lifeline.check()
            self._check_on(call, decoder)
        self._check_whole(decoder)
        return perf_counter() - origin

    def _check_on(self, call: Call, decoder: FrameDecoder) -> None:
        """Look after the connection once what arrived is dealt with."""
        if decoder.broken is not None:
            raise decoder.broken
        if self.answer.stopped and self.answer.metadata_seen:
            # All is said; a server that does not end its body must not keep the lane busy.
            call.allow_silence(_GRACE)

    def _check_whole(self, decoder: FrameDecoder) -> None:
        """Raise unless the stream ended as a whole answer does: silent truncation is an error."""
        self.lifeline.check()
        if self.answer.stopped:
            return
        if decoder.pending:
            raise StreamInterrupted("The stream was cut in the middle of a frame.")
        if not self.answer.has_events:
            raise StreamInterrupted("The service ended the stream without sending anything.")
        raise StreamInterrupted("The stream ended without messageStop: the answer may be incomplete.")

    def _exception(self, frame: Frame) -> InvocationError:
        from bedrock_playground.invocation.error_mapping import stream_error  # noqa: PLC0415 - as above

        return stream_error(
            frame.name, frame.payload, frame.error_message, request_id=self.journal.request_id
        )


def _body(payload: bytes) -> Document:
    try:
        body = strict_json(payload)
    except ValueError as error:
        raise StreamCorrupted("A frame's body is not JSON.") from error
    if type(body) is not dict:
        raise StreamCorrupted("A frame's body is not a JSON object.")
    return body


_STREAMING = Way(
    "ConverseStream", lambda request: converse_arguments(request, streaming=True), Run.converse_stream
)
_WHOLE = Way("Converse", lambda request: converse_arguments(request, streaming=False), Run.converse)


def _events(run: Run, request: InvocationRequest, way: Way) -> Generator[InvocationEvent]:
    """Everything that happens, to the one Finished or Failed."""
    began = perf_counter()
    error: InvocationError | None = None
    try:
        from bedrock_playground.invocation.error_mapping import MappedErrors  # noqa: PLC0415 - as above

        with MappedErrors():
            run.lifeline.check()
            client = run.client()
            arguments = way.arguments(request)
        yield from run.tries(way.attempt(run, client, arguments))
    except InvocationError as raised:
        error = raised
    except Exception as raised:  # noqa: BLE001 - a consumer is promised a last event, whatever happens
        error = UnexpectedError(f"{type(raised).__name__}: {raised}")
    except GeneratorExit:
        left = run.result(Cancelled("Nobody listens any more."), run.journal.now())
        run.ended(way.operation, request, left, began=began)
        raise
    total = run.total(error)
    yield from run.answer.finish(total or 0.0)
    result = run.result(error, total)
    run.ended(way.operation, request, result, began=began)
    yield Finished(result) if error is None else Failed(result)


class BedrockStream:
    """A running invocation; see :class:`~bedrock_playground.invocation.protocol.InvocationStream`.

    Leaving the loop early, or dropping the stream, closes its connection, so that the service stops writing.
    """

    __slots__ = ("__weakref__", "_events", "_lifeline")

    def __init__(self, plan: Plan, request: InvocationRequest, way: Way | None = None) -> None:
        self._lifeline = Lifeline()
        run = Run(plan, self._lifeline, Journal(), Answer(timed=plan.streaming))
        self._events = _events(run, request, way or (_STREAMING if plan.streaming else _WHOLE))

    def __iter__(self) -> Iterator[InvocationEvent]:
        return self

    def __next__(self) -> InvocationEvent:
        return next(self._events)

    def __enter__(self) -> BedrockStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def cancel(self) -> None:
        """End it at once, from any thread; the last event is then ``Failed`` with ``Cancelled``."""
        self._lifeline.cancel()

    def close(self) -> None:
        """Let go of the connection; for the thread that iterates. Nothing follows."""
        self._events.close()
