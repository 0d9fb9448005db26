"""Limits by a simulated clock: never more than allowed, nobody starves, the window recovers."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.limits import RateLimits
from bedrock_playground.limits.rates import LONGEST_PAUSE, Bucket, Window
from bedrock_playground.limits.turns import Ticket, Turns

EPS = 1e-6


# The arithmetic, by hand


def test_a_bucket_of_requests_lets_through_a_minute_s_limit_and_no_more() -> None:
    """60 a minute: three at once, then 58 a minute, so that 60 is the most in the first minute."""
    bucket = Bucket.of_requests(60, 0.0)
    assert bucket.capacity == 3
    assert bucket.rate == pytest.approx(58 / 60)
    for _ in range(3):
        assert bucket.wait(1, 0.0) == 0
        bucket.take(1, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(60 / 58)
    assert bucket.wait(1, 0.6) == pytest.approx(60 / 58 - 0.6)


def test_one_request_a_minute_waits_a_minute() -> None:
    bucket = Bucket.of_requests(1, 0.0)
    bucket.take(1, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(60)


def test_a_request_larger_than_the_bucket_goes_when_it_is_full_and_owes_the_rest() -> None:
    """6,000 a minute: the bucket holds 300 and fills by 95 a second; 1,000 tokens leave 700 owed."""
    bucket = Bucket.of_tokens(6_000, 0.0)
    assert bucket.wait(1_000, 0.0) == 0
    bucket.take(1_000, 0.0)
    assert bucket.level == -700
    assert bucket.wait(95, 0.0) == pytest.approx(795 / 95)
    bucket.take(-900, 0.0)
    assert bucket.wait(200, 0.0) == 0


def test_the_window_halves_once_per_congestion_and_grows_by_one_per_window() -> None:
    window = Window(8)
    for _ in range(8):
        window.slowed(0, 10.0, None)
    assert (window.allowed, window.throttled) == (4, 8)
    window.slowed(1, 11.0, None)
    assert (window.allowed, window.paused_until) == (2, 0.0)
    window.succeeded(busy=False)
    assert window.size == 2
    for _ in range(3):
        window.succeeded(busy=True)
    assert window.allowed == 3
    for _ in range(60):
        window.succeeded(busy=True)
    assert window.size == 8


def test_retry_after_is_honoured_even_if_it_tells_of_the_same_congestion() -> None:
    window = Window(8)
    window.slowed(0, 0.0, 3.0)
    window.slowed(0, 1.0, 7.0)
    assert (window.allowed, window.paused_until) == (4, 8.0)


def test_a_window_of_one_pauses_ever_longer_and_a_success_ends_that() -> None:
    window, pauses = Window(4), []
    for epoch in range(12):
        window.slowed(epoch, 0.0, None)
        pauses.append(window.paused_until)
    assert pauses[:6] == [0, 0, 0.5, 1, 2, 4]
    assert (pauses[-1], window.allowed) == (LONGEST_PAUSE, 1)
    window.succeeded(busy=True)
    for _ in range(2):
        window.slowed(window.epoch, 100.0, None)
    assert window.paused_until == 100.5


@pytest.mark.parametrize(
    "limits", [{"concurrency": 0}, {"requests_per_minute": 0}, {"tokens_per_minute": -1}]
)
def test_a_limit_of_nothing_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RateLimits(**limits)


# A whole queue, on a clock of its own


@dataclass(frozen=True)
class Job:
    """A request of a simulation."""

    gap: float
    tokens: int
    used: int | None
    lasts: float
    outcome: str
    retry_after: float | None = None


@dataclass
class Simulated:
    """What happened to it."""

    job: Job
    arrived: float
    ticket: Ticket
    started: float | None = None
    ended: float | None = None


def simulate(
    limits: RateLimits, jobs: list[Job], *, give_up: frozenset[int] = frozenset()
) -> list[Simulated]:
    """Run jobs through a queue; each event happens at its time, and timers are only set as the queue says."""
    turns, now = Turns(limits, now=0.0), 0.0
    told: list[Simulated] = []
    by_ticket: dict[Ticket, Simulated] = {}
    events: list[tuple[float, int, str, int]] = []
    at = 0.0
    for number, job in enumerate(jobs):
        at += job.gap
        heapq.heappush(events, (at, number, "arrives", number))
    serial = len(jobs)

    def begin(tickets: list[Ticket]) -> None:
        nonlocal serial
        for ticket in tickets:
            one = by_ticket[ticket]
            one.started = now
            serial += 1
            heapq.heappush(events, (now + one.job.lasts, serial, "ends", told.index(one)))

    while events or turns.head:
        timer = turns.wait(now)
        if timer is not None and (not events or now + timer < events[0][0]):
            assert timer > 0 or turns.head is None
            now += timer
            begin(turns.admit(now))
            continue
        assert events, "somebody waits, and nothing will ever happen"
        now, _, what, number = heapq.heappop(events)
        if what == "arrives":
            ticket = turns.ask(jobs[number].tokens, now)
            one = Simulated(jobs[number], now, ticket)
            told.append(one)
            by_ticket[ticket] = one
            if ticket.started:
                begin([ticket])
            elif number in give_up:
                turns.give_up(ticket)
        else:
            one = told[number]
            one.ended = now
            if one.job.outcome == "throttled":
                turns.slowed(one.ticket, now, retry_after=one.job.retry_after)
            turns.leave(one.ticket, now, used=one.job.used, succeeded=one.job.outcome == "answered")
            begin(turns.admit(now))
        assert 1 <= turns.window.allowed <= limits.concurrency
    assert turns.running == 0
    return told


JOBS = st.lists(
    st.builds(
        Job,
        gap=st.sampled_from([0.0, 0.0, 0.01, 0.5, 7.0]),
        tokens=st.integers(0, 400),
        used=st.one_of(st.none(), st.integers(0, 500)),
        lasts=st.sampled_from([0.05, 0.5, 3.0]),
        outcome=st.sampled_from(["answered", "answered", "answered", "throttled", "failed"]),
        retry_after=st.sampled_from([None, 0.2, 5.0]),
    ),
    min_size=1,
    max_size=60,
)
LIMITS = st.builds(
    RateLimits,
    concurrency=st.integers(1, 8),
    requests_per_minute=st.one_of(st.none(), st.integers(1, 120)),
    tokens_per_minute=st.one_of(st.none(), st.integers(100, 20_000)),
)


@given(LIMITS, JOBS)
def test_everybody_gets_a_turn_in_the_order_of_arrival(limits: RateLimits, jobs: list[Job]) -> None:
    told = simulate(limits, jobs)
    assert len(told) == len(jobs)
    starts = [one.started for one in told if one.started is not None]
    assert len(starts) == len(jobs)
    assert starts == sorted(starts)


@given(LIMITS, JOBS)
def test_no_more_than_allowed_at_a_time(limits: RateLimits, jobs: list[Job]) -> None:
    told = simulate(limits, jobs)
    for one in told:
        assert one.started is not None
        under_way = [
            other
            for other in told
            if other.started is not None
            and other.ended is not None
            and other.started <= one.started < other.ended
        ]
        assert len(under_way) <= limits.concurrency


@given(LIMITS, JOBS)
def test_no_minute_has_more_requests_than_its_limit(limits: RateLimits, jobs: list[Job]) -> None:
    if limits.requests_per_minute is None:
        return
    starts = [one.started or 0.0 for one in simulate(limits, jobs)]
    for start in starts:
        in_minute = sum(start <= other < start + 60 - EPS for other in starts)
        assert in_minute <= limits.requests_per_minute


@given(LIMITS, JOBS)
def test_no_minute_has_more_tokens_than_its_limit_and_what_one_request_owes(
    limits: RateLimits, jobs: list[Job]
) -> None:
    """What was expected counts where nobody told otherwise; what is given back may be taken again."""
    if limits.tokens_per_minute is None:
        return
    told = simulate(limits, jobs)
    owed = max((one.job.tokens for one in told), default=0)
    for one in told:
        start = one.started or 0.0
        taken = sum(other.job.tokens for other in told if start <= (other.started or 0.0) < start + 60 - EPS)
        returned = sum(
            other.job.tokens - other.job.used
            for other in told
            if other.job.used is not None
            and other.job.used < other.job.tokens
            and start <= (other.ended or 0.0) < start + 60
        )
        assert taken - returned <= limits.tokens_per_minute + owed + EPS


@given(LIMITS, JOBS, st.frozensets(st.integers(0, 59), max_size=30))
def test_who_gives_up_holds_nobody_up(limits: RateLimits, jobs: list[Job], give_up: frozenset[int]) -> None:
    told = simulate(limits, jobs, give_up=give_up)
    for number, one in enumerate(told):
        assert one.started is not None or number in give_up


@given(LIMITS, JOBS)
def test_nobody_starts_while_the_service_asked_to_wait(limits: RateLimits, jobs: list[Job]) -> None:
    told = simulate(limits, jobs)
    pauses = [
        (one.ended, one.ended + one.job.retry_after)
        for one in told
        if one.job.outcome == "throttled" and one.job.retry_after is not None and one.ended is not None
    ]
    for one in told:
        started = one.started or 0.0
        assert not any(begin < started < end - EPS for begin, end in pauses)


def test_it_recovers_to_all_that_was_asked_for() -> None:
    """Throttled for a while, then not: the window ends as large as it began, and never jumped."""
    jobs = [Job(0.0, 0, None, 0.1, "throttled" if number < 40 else "answered") for number in range(800)]
    turns = Turns(RateLimits(concurrency=16), now=0.0)
    sizes = [turns.window.size]
    now, running = 0.0, []
    for job in jobs:
        ticket = turns.ask(0, now)
        running.append((ticket, job))
        while turns.head is not None or len(running) >= turns.window.allowed:
            now += 0.1
            done, first = running.pop(0)
            if not done.started:
                running.insert(0, (done, first))
                now += turns.wait(now) or 0.0
                turns.admit(now)
                continue
            if first.outcome == "throttled":
                turns.slowed(done, now)
            turns.leave(done, now, used=None, succeeded=first.outcome == "answered")
            turns.admit(now)
            sizes.append(turns.window.size)
    assert min(sizes) == 1
    assert sizes[-1] == 16
    assert all(after - before <= 1 for before, after in pairwise(sizes))


def test_what_it_says_of_itself() -> None:
    turns = Turns(RateLimits(concurrency=2, requests_per_minute=20), now=0.0)
    assert turns.state(0.0).words is None
    first, second = turns.ask(0, 0.0), turns.ask(0, 0.0)
    assert (first.started, second.started) == (True, False)
    state = turns.state(0.0)
    assert (state.allowed, state.running, state.waiting, state.reason) == (2, 1, 1, "requests")
    assert state.words == "this minute's requests are used up: 3.0 s"
    turns.admit(3.0)
    third = turns.ask(0, 3.0)
    assert turns.state(3.0).words == "as many requests as allowed are under way"
    turns.slowed(first, 3.0, retry_after=9.0)
    turns.leave(first, 3.0, used=None, succeeded=False)
    turns.leave(second, 3.0, used=None, succeeded=True)
    assert (turns.state(3.0).words, turns.state(3.0).throttled) == (
        "the service asked to slow down: 9.0 s",
        1,
    )
    assert turns.admit(12.0) == [third]
