"""The circuit breaker: by hand, against a model of it, and with many threads."""

from __future__ import annotations

import inspect
import threading

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bedrock_playground.invocation import errors
from bedrock_playground.patterns import breaker as breaker_module
from bedrock_playground.patterns.breaker import Breaker, BreakerPolicy, Permit
from bedrock_playground.patterns.breakers import Breakers, tells_of_trouble


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def permit_of(breaker: Breaker) -> Permit:
    permit = breaker.ask()
    assert permit is not None
    return permit


def reasons(breaker: Breaker) -> list[str]:
    return [f"{one.before} → {one.after}: {one.reason}" for one in breaker.transitions]


def test_the_whole_round_with_its_reasons() -> None:
    clock = Clock()
    breaker = Breaker("us", BreakerPolicy(failures=2, open_for=30), clock=clock)
    for _ in range(2):
        assert breaker.state == "closed"
        breaker.failed(permit_of(breaker), "throttled")
    clock.now += 29.9
    assert breaker.ask() is None
    clock.now += 0.1
    probe = permit_of(breaker)
    assert (breaker.state, breaker.ask()) == ("half-open", None)
    breaker.failed(probe)
    assert breaker.ask() is None
    clock.now += 30
    breaker.succeeded(permit_of(breaker))
    assert breaker.state == "closed"
    assert reasons(breaker) == [
        "closed → open: failures in a row: 2 (throttled)",
        "open → half-open: 30 seconds are over: the next call is a probe",
        "half-open → open: the probe failed",
        "open → half-open: 30 seconds are over: the next call is a probe",
        "half-open → closed: probes that succeeded: 1",
    ]
    assert [one.at for one in breaker.transitions] == [100, 130, 130, 160, 160]
    assert {one.target for one in breaker.transitions} == {"us"}


def test_a_success_ends_the_row() -> None:
    breaker = Breaker("us", BreakerPolicy(failures=2))
    for _ in range(5):
        breaker.failed(permit_of(breaker))
        breaker.succeeded(permit_of(breaker))
    assert breaker.state == "closed"


def test_a_share_of_the_last_calls_opens_it_once_there_are_enough() -> None:
    clock = Clock()
    policy = BreakerPolicy(failures=None, share=0.5, least=4, window=10)
    breaker = Breaker("us", policy, clock=clock)
    for _ in range(3):
        breaker.failed(permit_of(breaker))
    assert breaker.state == "closed"
    clock.now += 10
    for _ in range(3):
        breaker.succeeded(permit_of(breaker))
    breaker.failed(permit_of(breaker))
    assert breaker.state == "closed"
    for _ in range(2):
        breaker.failed(permit_of(breaker))
    assert reasons(breaker) == ["closed → open: 3 of the last 6 calls failed"]


def test_as_many_probes_as_asked_for_have_to_succeed() -> None:
    clock = Clock()
    breaker = Breaker("us", BreakerPolicy(failures=1, open_for=1, probes=2), clock=clock)
    breaker.failed(permit_of(breaker))
    clock.now += 1
    first, second = permit_of(breaker), permit_of(breaker)
    assert breaker.ask() is None
    breaker.succeeded(first)
    assert (breaker.state, breaker.ask()) == ("half-open", None)
    breaker.succeeded(second)
    assert breaker.state == "closed"
    assert breaker.transitions[-1].reason == "probes that succeeded: 2"


def test_what_began_before_a_change_has_no_say_after_it() -> None:
    """A slow call of the time before may end, well or badly, while a probe is under way."""
    clock = Clock()
    breaker = Breaker("us", BreakerPolicy(failures=1, open_for=1), clock=clock)
    slow, slower, bad = permit_of(breaker), permit_of(breaker), permit_of(breaker)
    breaker.failed(bad)
    clock.now += 1
    probe = permit_of(breaker)
    breaker.succeeded(slow)
    breaker.failed(slower)
    breaker.dropped(slow)
    assert (breaker.state, breaker.ask()) == ("half-open", None)
    breaker.succeeded(probe)
    assert breaker.state == "closed"


def test_a_probe_that_tells_nothing_is_made_again() -> None:
    clock = Clock()
    breaker = Breaker("us", BreakerPolicy(failures=1, open_for=1), clock=clock)
    breaker.failed(permit_of(breaker))
    clock.now += 1
    breaker.dropped(permit_of(breaker))
    breaker.succeeded(permit_of(breaker))
    assert breaker.state == "closed"


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (errors.Throttled, True),
        (errors.ModelTimeout, True),
        (errors.ReadTimeout, True),
        (errors.StreamInterrupted, True),
        (errors.ServiceUnavailable, True),
        (errors.ValidationFailed, False),
        (errors.AccessDenied, False),
        (errors.SpendingLimitReached, False),
        (errors.Cancelled, False),
    ],
)
def test_what_counts_against_a_target(error: type[errors.InvocationError], counts: bool) -> None:
    assert tells_of_trouble(error("x")) is counts


def test_breakers_are_shared_by_target_and_policy() -> None:
    clock = Clock()
    breakers = Breakers(clock=clock)
    quick = BreakerPolicy(failures=1, open_for=1)
    assert breakers.of("us", quick) is breakers.of("us", BreakerPolicy(failures=1, open_for=1))
    assert breakers.of("us", quick) is not breakers.of("us")
    for target in ("us", "eu"):
        breaker = breakers.of(target, quick)
        breaker.failed(permit_of(breaker))
        clock.now += 0.1
    assert [one.target for one in breakers.transitions] == ["us", "eu"]
    assert [(one.target, one.state) for one in breakers.all] == [
        ("us", "open"),
        ("us", "closed"),
        ("eu", "open"),
    ]


def test_many_threads_get_one_probe() -> None:
    clock = Clock()
    breaker = Breaker("us", BreakerPolicy(failures=1, open_for=1), clock=clock)
    breaker.failed(permit_of(breaker))
    clock.now += 1
    permits: list[Permit | None] = []
    ready = threading.Barrier(16)

    def ask() -> None:
        ready.wait(20)
        permits.append(breaker.ask())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(permit is not None for permit in permits) == 1


def test_it_is_read_in_one_sitting() -> None:
    assert len(inspect.getsource(breaker_module).splitlines()) <= 150


class BreakerMachine(RuleBasedStateMachine):
    """The breaker beside a model that keeps every call it ever saw, and looks at all of them each time."""

    @initialize(
        failures=st.one_of(st.none(), st.integers(1, 4)),
        share=st.one_of(st.none(), st.sampled_from([0.25, 0.5, 1.0])),
        least=st.integers(1, 5),
        probes=st.integers(1, 3),
    )
    def begin(self, *, failures: int | None, share: float | None, least: int, probes: int) -> None:
        self.policy = BreakerPolicy(
            failures=failures, share=share, window=20, least=least, open_for=10, probes=probes
        )
        self.clock = Clock()
        self.breaker = Breaker("target", self.policy, clock=self.clock)
        self.state, self.since = "closed", self.clock.now
        self.calls: list[tuple[float, bool]] = []
        self.probing = self.passed = 0
        self.out: list[tuple[Permit, int]] = []
        self.changes = 0

    def change(self, state: str) -> None:
        self.state, self.since = state, self.clock.now
        self.changes += 1
        self.calls = []
        self.probing = self.passed = 0

    def look(self) -> None:
        if self.state == "open" and self.clock.now >= self.since + self.policy.open_for:
            self.change("half-open")

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0, 25.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def ask(self) -> None:
        self.look()
        expected = self.state == "closed" or (
            self.state == "half-open" and self.probing + self.passed < self.policy.probes
        )
        permit = self.breaker.ask()
        assert (permit is not None) == expected
        if permit is not None:
            self.probing += self.state == "half-open"
            self.out.append((permit, self.changes))

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 99), how=st.sampled_from(["succeeded", "failed", "failed", "dropped"]))
    def ends(self, which: int, how: str) -> None:
        permit, began = self.out.pop(which % len(self.out))
        getattr(self.breaker, how)(permit)
        if began != self.changes:
            return
        if self.state == "half-open":
            self.probing -= 1
            self.passed += how == "succeeded"
            if how == "failed":
                self.change("open")
            elif self.passed == self.policy.probes:
                self.change("closed")
        elif how != "dropped":
            self.calls.append((self.clock.now, how == "failed"))
            if how == "failed" and self.too_many():
                self.change("open")

    def too_many(self) -> bool:
        row = next((n for n, (_, bad) in enumerate(reversed(self.calls)) if not bad), len(self.calls))
        if self.policy.failures is not None and row >= self.policy.failures:
            return True
        last = [bad for at, bad in self.calls if at > self.clock.now - self.policy.window]
        share = self.policy.share
        return share is not None and len(last) >= self.policy.least and sum(last) >= share * len(last)

    @invariant()
    def same_state(self) -> None:
        if hasattr(self, "breaker"):
            self.look()
            assert self.breaker.state == self.state
            assert len(self.breaker.transitions) == min(100, self.changes)


TestBreakerMachine = BreakerMachine.TestCase
