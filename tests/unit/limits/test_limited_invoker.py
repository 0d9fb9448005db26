"""The invoker that waits for its turn, with real threads and inner invokers that do as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bedrock_playground.invocation import (
    Attempt,
    AttemptFailed,
    Cancelled,
    Failed,
    Finished,
    InferenceParameters,
    InvocationEvent,
    InvocationRequest,
    InvocationResult,
    NoRegion,
    TextDelta,
    Throttled,
    Usage,
)
from bedrock_playground.limits import LimitedInvoker, RateLimits
from bedrock_playground.limits.limited import expected_tokens, used_tokens

REQUEST = InvocationRequest.from_prompt("acme.known-v1:0", "Hi")
SENT = (Attempt(1, 0.0, 1.0, sent=True),)
DONE = Finished(InvocationResult("Hi", usage=Usage(10, 5), attempts=SENT))
THROTTLED = Failed(InvocationResult(error=Throttled("Slow down."), attempts=SENT))


class Scripted:
    """Plays events; counts how many streams are under way, and holds each until it is let go."""

    def __init__(self, *events: InvocationEvent, held: bool = False) -> None:
        self.events = events or (DONE,)
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.held = held
        self.running = self.most = self.sent = 0
        self.cancelled = threading.Event()
        self._lock = threading.Lock()

    def stream(self, request: InvocationRequest) -> _Stream:
        return _Stream(self, request)

    def count(self, change: int) -> None:
        with self._lock:
            self.running += change
            self.sent += change > 0
            self.most = max(self.most, self.running)


class _Stream:
    def __init__(self, invoker: Scripted, request: InvocationRequest) -> None:
        self.invoker = invoker
        self.events = self.play()

    def play(self) -> Iterator[InvocationEvent]:
        self.invoker.count(1)
        self.invoker.begun.release()
        if self.invoker.held:
            assert self.invoker.go.acquire(timeout=20)
        self.invoker.count(-1)
        yield from self.invoker.events

    def __iter__(self) -> Iterator[InvocationEvent]:
        return self

    def __next__(self) -> InvocationEvent:
        return next(self.events)

    def cancel(self) -> None:
        self.invoker.cancelled.set()


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def result_of(invoker: LimitedInvoker, request: InvocationRequest = REQUEST) -> InvocationResult:
    *_, last = invoker.stream(request)
    assert isinstance(last, Finished | Failed)
    return last.result


def in_threads(count: int, work: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def until(holds: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    pause = threading.Event()
    for _ in range(4_000):
        if holds():
            return
        pause.wait(0.005)
    pytest.fail("it did not happen")


def test_no_more_than_allowed_are_under_way_and_all_get_through() -> None:
    inner = Scripted(held=True)
    invoker = LimitedInvoker(inner, RateLimits(concurrency=3))
    results: list[InvocationResult] = []
    threads = in_threads(12, lambda: results.append(result_of(invoker)))
    for _ in range(3):
        assert inner.begun.acquire(timeout=20)
    until(lambda: invoker.state(REQUEST.model_id).waiting == 9)
    state = invoker.state(REQUEST.model_id)
    assert (state.allowed, state.running, state.reason) == (3, 3, "concurrency")
    inner.go.release(12)
    for thread in threads:
        thread.join(20)
    assert [result.text for result in results] == ["Hi"] * 12
    assert (inner.most, inner.sent) == (3, 12)
    assert invoker.states == {REQUEST.model_id: invoker.state(REQUEST.model_id)}
    assert invoker.state(REQUEST.model_id).running == 0


def test_models_have_queues_of_their_own() -> None:
    inner = Scripted(held=True)
    invoker = LimitedInvoker(inner, {REQUEST.model_id: RateLimits(concurrency=1)})
    other = InvocationRequest.from_prompt("acme.other-v1:0", "Hi")
    threads = in_threads(1, lambda: result_of(invoker)) + in_threads(2, lambda: result_of(invoker, other))
    for _ in range(3):
        assert inner.begun.acquire(timeout=20)
    assert (invoker.state(REQUEST.model_id).running, invoker.state(other.model_id).running) == (1, 2)
    assert (invoker.state(REQUEST.model_id).allowed, invoker.state(other.model_id).allowed) == (1, 8)
    inner.go.release(3)
    for thread in threads:
        thread.join(20)


def test_cancelling_while_it_waits_frees_its_place_and_sends_nothing() -> None:
    inner = Scripted(held=True)
    invoker = LimitedInvoker(inner, RateLimits(concurrency=1))
    first = in_threads(1, lambda: result_of(invoker))
    assert inner.begun.acquire(timeout=20)
    stream = invoker.stream(REQUEST)
    last: list[InvocationEvent] = []
    waiting = in_threads(1, lambda: last.extend(stream))
    until(lambda: invoker.state(REQUEST.model_id).waiting == 1)
    behind = in_threads(1, lambda: result_of(invoker))
    until(lambda: invoker.state(REQUEST.model_id).waiting == 2)
    stream.cancel()
    waiting[0].join(20)
    assert isinstance(last[0], Failed)
    assert isinstance(last[0].result.error, Cancelled)
    assert invoker.state(REQUEST.model_id).waiting == 1
    inner.go.release(2)
    for thread in first + behind:
        thread.join(20)
    assert inner.sent == 2
    assert invoker.state(REQUEST.model_id).running == 0


def test_cancelling_what_runs_reaches_it() -> None:
    inner = Scripted()
    stream = LimitedInvoker(inner).stream(REQUEST)
    next(stream)
    stream.cancel()
    assert inner.cancelled.is_set()


def test_leaving_a_stream_early_frees_its_place() -> None:
    inner = Scripted(TextDelta(0.1, "H"), DONE)
    invoker = LimitedInvoker(inner, RateLimits(concurrency=1))
    stream = invoker.stream(REQUEST)
    assert isinstance(next(stream), TextDelta)
    assert invoker.state(REQUEST.model_id).running == 1
    stream.close()
    assert invoker.state(REQUEST.model_id).running == 0
    assert result_of(invoker).text == "Hi"


def test_the_place_is_free_as_soon_as_the_result_is_there() -> None:
    invoker = LimitedInvoker(Scripted(), RateLimits(concurrency=1))
    stream = invoker.stream(REQUEST)
    assert next(stream) is DONE
    assert invoker.state(REQUEST.model_id).running == 0
    assert list(stream) == []


def test_throttling_halves_the_window_and_retry_after_is_waited_for() -> None:
    clock = Clock()
    error = Throttled("Slow down.", retry_after=30.0)
    inner = Scripted(Failed(InvocationResult(error=error, attempts=SENT)))
    invoker = LimitedInvoker(inner, RateLimits(concurrency=8), clock=clock)
    result_of(invoker)
    state = invoker.state(REQUEST.model_id)
    assert (state.allowed, state.throttled) == (4, 1)
    inner.events = (DONE,)
    results: list[InvocationResult] = []
    thread = in_threads(1, lambda: results.append(result_of(invoker)))[0]
    until(lambda: invoker.state(REQUEST.model_id).waiting == 1)
    state = invoker.state(REQUEST.model_id)
    assert (state.reason, state.seconds) == ("pause", 30.0)
    assert inner.sent == 1
    clock.now += 30
    # The thread wakes by its own timer at the latest; anybody who comes along wakes it at once.
    assert result_of(invoker).text == "Hi"
    thread.join(40)
    assert [result.text for result in results] == ["Hi"]


def test_what_the_inner_invoker_tries_again_slows_down_as_well() -> None:
    again = Attempt(1, 0.0, 1.0, error_type="Throttled", backoff=0.1, sent=True)
    other = Attempt(2, 0.0, 1.0, error_type="ModelTimeout", backoff=0.1, sent=True)
    invoker = LimitedInvoker(Scripted(AttemptFailed(0.1, again), AttemptFailed(0.2, other), DONE))
    assert result_of(invoker).error is None
    assert invoker.state(REQUEST.model_id).throttled == 1
    assert invoker.state(REQUEST.model_id).allowed == 4


def test_tokens_are_taken_beforehand_and_corrected_by_what_was_used() -> None:
    clock = Clock()
    request = InvocationRequest.from_prompt(
        REQUEST.model_id, "Hi", parameters=InferenceParameters(max_tokens=593)
    )
    assert expected_tokens(request) == 600
    inner = Scripted(held=True)
    invoker = LimitedInvoker(inner, RateLimits(tokens_per_minute=12_000), clock=clock)
    first = in_threads(1, lambda: result_of(invoker, request))
    assert inner.begun.acquire(timeout=20)
    second = in_threads(1, lambda: result_of(invoker, request))
    until(lambda: invoker.state(REQUEST.model_id).waiting == 1)
    state = invoker.state(REQUEST.model_id)
    assert (state.reason, round(state.seconds or 0, 2)) == ("tokens", round(600 / 190, 2))
    clock.now += 0.1
    inner.go.release(2)
    for thread in first:
        thread.join(20)
    # 585 of 600 tokens are given back and 19 have flown in: the second one's turn has come.
    second[0].join(20)
    assert inner.sent == 2


def test_what_was_not_sent_takes_nothing() -> None:
    clock = Clock()
    inner = Scripted(Failed(InvocationResult(error=NoRegion("No Region."))))
    invoker = LimitedInvoker(inner, RateLimits(requests_per_minute=1, tokens_per_minute=20), clock=clock)
    for _ in range(3):
        assert isinstance(result_of(invoker).error, NoRegion)
    inner.events = (THROTTLED,)
    result_of(invoker)
    stream = invoker.stream(REQUEST)
    thread = in_threads(1, lambda: list(stream))[0]
    until(lambda: invoker.state(REQUEST.model_id).reason == "requests")
    stream.cancel()
    thread.join(20)
    assert inner.sent == 4


def test_tokens_that_a_quota_counts() -> None:
    """Claude's output takes five of the quota each; what a cache was read for takes nothing."""
    usage = Usage(100, 10, cache_read_input_tokens=1_000, cache_write_input_tokens=50)
    claude = InvocationRequest.from_prompt("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "Hi")
    assert used_tokens(claude, InvocationResult(usage=usage)) == 200
    assert used_tokens(REQUEST, InvocationResult(usage=usage)) == 160
    assert used_tokens(REQUEST, InvocationResult()) is None
