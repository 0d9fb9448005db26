"""Limits before a real connection: a server that takes only so many requests at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bedrock_playground.invocation import Failed, Finished, InvocationRequest, RetryPolicy, Throttled
from bedrock_playground.limits import LimitedInvoker, RateLimits
from tests.wire.invocation.conftest import Serve, invoker_for

CAPACITY = 3
ROUNDS = 120
REQUEST = InvocationRequest.from_prompt("test.model-v1:0", "Hi")


class Crowded:
    """Answers so many at a time and throttles the rest; the first ones wait until it is too many."""

    def __init__(self) -> None:
        self.under_way = self.throttled = 0
        self._lock = threading.Lock()
        self._too_many = threading.Event()
        self._never = threading.Event()

    def __call__(self, exchange: Any) -> None:
        with self._lock:
            self.under_way += 1
            full = self.under_way > CAPACITY
            self.throttled += full
        try:
            if full:
                self._too_many.set()
                exchange.error(429, "ThrottlingException", "Too many requests.")
            else:
                self._too_many.wait(20)
                self._never.wait(0.01)
                exchange.answer()
        finally:
            with self._lock:
                self.under_way -= 1


def test_it_finds_out_how_much_the_service_takes(serve: Serve) -> None:
    """Sixteen threads that send as they like would be throttled four times out of five."""
    crowded = Crowded()
    invoker = LimitedInvoker(
        invoker_for(serve(crowded).url, retry=RetryPolicy(max_attempts=1)), RateLimits(concurrency=16)
    )

    def ask(_number: int) -> bool:
        *_, last = invoker.stream(REQUEST)
        assert isinstance(last, Finished | Failed)
        error = last.result.error
        assert error is None or isinstance(error, Throttled)
        return error is None

    with ThreadPoolExecutor(16) as pool:
        answered = sum(pool.map(ask, range(ROUNDS)))
    state = invoker.state(REQUEST.model_id)
    assert answered + crowded.throttled == ROUNDS
    assert state.throttled == crowded.throttled > 0
    assert answered > ROUNDS / 2
    assert (state.running, state.waiting) == (0, 0)
