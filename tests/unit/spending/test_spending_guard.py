"""The guard around an invoker: what is sent, what is refused, and what becomes of the reservation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from bedrock_playground.invocation import (
    AttemptFailed,
    Cancelled,
    Comparison,
    ConnectionFailed,
    CostUnknown,
    Failed,
    Finished,
    InvocationError,
    InvocationEvent,
    InvocationRequest,
    InvocationResult,
    ModelTimeout,
    NoCredentials,
    RunState,
    ServiceUnavailable,
    SpendingLimitReached,
    SpendingUncounted,
    StreamInterrupted,
    TextDelta,
    Throttled,
    ValidationFailed,
)
from bedrock_playground.invocation.billing import NEVER_SENT
from bedrock_playground.invocation.values import Attempt, InferenceParameters, Usage
from bedrock_playground.spending import Account, Estimator, GuardedInvoker, Limits, MemoryLedger, TokenCounter
from bedrock_playground.spending.ledger import Admission, Ledger, Spent, Totals, Wanted
from tests.unit.spending.test_spending_estimate import MODEL, asked, estimator

WORST = (944 * Decimal(3) + 1_000 * Decimal(15)) / 1_000_000
USAGE = Usage(100, 20)
ACTUAL = (100 * Decimal(3) + 20 * Decimal(15)) / 1_000_000


class Scripted:
    """An invoker that says what it is told, and counts what reached it."""

    def __init__(self, *events: InvocationEvent) -> None:
        self.events = events
        self.sent: list[InvocationRequest] = []
        self.cancelled = 0

    def stream(self, request: InvocationRequest) -> _Stream:
        return _Stream(self, request)


class _Stream:
    def __init__(self, invoker: Scripted, request: InvocationRequest) -> None:
        self.invoker = invoker
        self.events = self.play(request)

    def play(self, request: InvocationRequest) -> Iterator[InvocationEvent]:
        self.invoker.sent.append(request)
        yield from self.invoker.events

    def __iter__(self) -> Iterator[InvocationEvent]:
        return self

    def __next__(self) -> InvocationEvent:
        return next(self.events)

    def cancel(self) -> None:
        self.invoker.cancelled += 1


def account(ledger: Ledger | None = None, **limits: str) -> Account:
    kept = ledger or MemoryLedger()
    ceiling = Limits(**{name: Decimal(limit) for name, limit in limits.items()})
    return Account(lambda: kept, session="s", ceiling=ceiling)


def guard(inner: Scripted, payer: Account, by: Estimator | None = None) -> GuardedInvoker:
    found = by or estimator()
    return GuardedInvoker(inner, account=payer, estimator=lambda: found)


def failed_by(
    error: InvocationError,
    *,
    sent: bool = True,
    usage: Usage | None = None,
    text: str = "",
    reasoning: str = "",
) -> Failed:
    attempt = Attempt(1, 0.0, 1.0, error_type=type(error).__name__, sent=sent)
    return Failed(InvocationResult(text, reasoning, error=error, attempts=(attempt,), usage=usage))


def outcome(invoker: GuardedInvoker, request: InvocationRequest | None = None) -> InvocationResult:
    *_, last = invoker.stream(request or asked())
    assert isinstance(last, Finished | Failed)
    return last.result


DONE = Finished(InvocationResult("Hi", usage=USAGE, attempts=(Attempt(1, 0.0, 1.0, sent=True),)))


def test_it_is_reserved_before_it_is_sent_and_settled_at_the_end() -> None:
    payer = account(session="1")
    inner = Scripted(TextDelta(0.1, "Hi"), DONE)
    stream = guard(inner, payer).stream(asked())
    assert (inner.sent, payer.totals().session) == ([], Spent())
    assert next(stream) == TextDelta(0.1, "Hi")
    assert payer.totals().session == Spent(reserved=WORST)
    assert next(stream) == DONE
    assert payer.totals() == Totals(Spent(spent=ACTUAL), Spent(spent=ACTUAL))
    assert list(stream) == []


def test_what_does_not_fit_is_never_sent_and_says_why() -> None:
    payer = account(session="0.02")
    inner = Scripted(DONE)
    assert outcome(guard(inner, payer)).error is None
    refused = outcome(guard(inner, payer), asked("x" * 2_000))
    assert isinstance(refused.error, SpendingLimitReached)
    assert not refused.error.retryable
    for words in ("It was not sent", "this session's limit of $0.02", "$0.0194 left", "up to $0.0226"):
        assert words in refused.error.message
    assert len(inner.sent) == 1
    assert payer.totals().session == Spent(spent=ACTUAL)


def test_the_day_s_limit_holds_for_all_sessions() -> None:
    ledger = MemoryLedger()
    one, two = (Account(lambda: ledger, session=name, ceiling=Limits(day=WORST)) for name in "ab")
    stream = guard(Scripted(TextDelta(0.1, "Hi"), DONE), one).stream(asked())
    next(stream)
    refused = outcome(guard(Scripted(DONE), two))
    assert isinstance(refused.error, SpendingLimitReached)
    assert "today's limit for everybody (UTC)" in refused.error.message
    assert "reserved by what runs now" in refused.error.message


@pytest.mark.parametrize(
    ("last", "left"),
    [
        (failed_by(NoCredentials("none"), sent=False), Spent()),
        (failed_by(Throttled("slow down")), Spent()),
        (failed_by(ValidationFailed("no")), Spent()),
        (failed_by(ConnectionFailed("refused"), sent=False), Spent()),
        (failed_by(ConnectionFailed("hung up")), Spent(held=WORST)),
        (failed_by(ModelTimeout("too long")), Spent(held=WORST)),
        (failed_by(StreamInterrupted("cut")), Spent(held=WORST)),
        (failed_by(Cancelled("Stopped.")), Spent(held=WORST)),
        (failed_by(StreamInterrupted("late"), usage=USAGE), Spent(spent=ACTUAL)),
        (failed_by(Throttled("in mid-stream"), text="Hi"), Spent(held=WORST)),
        (failed_by(ServiceUnavailable("in mid-stream"), reasoning="Hm"), Spent(held=WORST)),
        (Failed(InvocationResult(error=Cancelled("Stopped."))), Spent()),
        (Finished(InvocationResult("Hi", attempts=(Attempt(1, 0.0, 1.0),))), Spent(held=WORST)),
    ],
)
def test_how_it_ends(last: InvocationEvent, left: Spent) -> None:
    """Not billed: given back. Nobody knows: the worst case stays. Told: what it cost."""
    payer = account(session="1")
    outcome(guard(Scripted(last), payer))
    assert payer.totals().session == left


def test_a_stream_that_is_dropped_keeps_its_worst_case() -> None:
    payer = account(session="1")
    stream = guard(Scripted(TextDelta(0.1, "Hi"), DONE), payer).stream(asked())
    next(stream)
    stream.close()
    assert payer.totals().session == Spent(held=WORST)


def test_a_try_that_may_have_been_billed_needs_room_for_the_next_one() -> None:
    attempt = Attempt(1, 0.0, 1.0, error_type="ModelTimeout", sent=True, backoff=0.1)
    inner = Scripted(AttemptFailed(1.0, attempt), DONE)
    roomy = account(session="1")
    outcome(guard(inner, roomy))
    assert roomy.totals().session == Spent(held=WORST, spent=ACTUAL)

    tight = account(session=str(WORST * 3 / 2))
    inner = Scripted(AttemptFailed(1.0, attempt), DONE)
    refused = outcome(guard(inner, tight))
    assert isinstance(refused.error, SpendingLimitReached)
    assert refused.attempts == (attempt,)
    assert inner.cancelled == 1
    assert tight.totals().session == Spent(held=WORST)


def test_a_try_that_was_refused_needs_none() -> None:
    attempt = Attempt(1, 0.0, 1.0, error_type="Throttled", sent=True, backoff=0.1)
    payer = account(session=str(WORST))
    assert outcome(guard(Scripted(AttemptFailed(1.0, attempt), DONE), payer)).error is None


def test_an_unknown_price_asks_first_with_and_without_a_limit() -> None:
    unheard = asked(model="acme.unheard-of-v1:0")
    for payer in (account(), account(session="1")):
        inner = Scripted(DONE)
        refused = outcome(guard(inner, payer), unheard)
        assert isinstance(refused.error, CostUnknown)
        assert "No source has a price for acme.unheard-of-v1:0" in refused.error.message
        assert inner.sent == []
        payer.agree("http://elsewhere", "acme.unheard-of-v1:0")
        assert isinstance(outcome(guard(inner, payer), unheard).error, CostUnknown)
        payer.agree("bedrock", "acme.unheard-of-v1:0")
        assert outcome(guard(inner, payer), unheard).error is None
        # Agreed to is not free: it is counted as one whose cost nobody knows.
        assert payer.totals().session == Spent(unpriced=1)


def test_a_worst_case_that_nobody_knows_asks_only_where_there_is_a_limit() -> None:
    without_ceiling = estimator(spec=None)
    request = asked(max_tokens=None)
    free = account()
    assert outcome(guard(Scripted(DONE), free, without_ceiling), request).error is None
    assert free.totals().session == Spent(spent=ACTUAL)
    limited = account(session="1")
    assert isinstance(outcome(guard(Scripted(DONE), limited, without_ceiling), request).error, CostUnknown)


def test_the_local_model_is_free_whatever_the_limit_and_the_ledger() -> None:
    payer = account(_Broken(), session="0", day="0")
    found = outcome(guard(Scripted(DONE), payer, estimator(endpoint="local")))
    assert found.error is None


class _Broken:
    def reserve(self, wanted: Wanted, limits: Limits) -> Admission:
        raise OSError("the disk is gone")

    def settle(self, entry: str, amount: Decimal | None) -> None:
        raise OSError("the disk is gone")

    def release(self, entry: str) -> None:
        raise OSError("the disk is gone")

    def totals(self, session: str) -> Totals:
        raise OSError("the disk is gone")


class _BreaksLater(MemoryLedger):
    def settle(self, entry: str, amount: Decimal | None) -> None:
        raise OSError("the disk is gone")


def test_a_ledger_that_cannot_count_stops_what_is_limited_and_nothing_else() -> None:
    inner = Scripted(DONE)
    refused = outcome(guard(inner, account(_Broken(), day="1")))
    assert isinstance(refused.error, SpendingUncounted)
    assert "the disk is gone" in refused.error.message
    assert inner.sent == []
    assert outcome(guard(inner, account(_Broken()))).error is None


def test_a_settlement_that_fails_leaves_the_worst_case_and_the_answer() -> None:
    payer = account(_BreaksLater(), session="1")
    assert outcome(guard(Scripted(DONE), payer)).text == "Hi"
    assert payer.totals().session == Spent(reserved=WORST)


def test_the_input_is_counted_where_the_estimate_stands_in_the_way() -> None:
    asks: list[InvocationRequest] = []

    def count(request: InvocationRequest) -> int:
        asks.append(request)
        return 100

    by = replace(estimator(), counter=TokenCounter(count))
    exact = (100 * Decimal(3) + 1_000 * Decimal(15)) / 1_000_000
    assert outcome(guard(Scripted(DONE), account(session=str(WORST)), by)).error is None
    assert asks == []
    assert outcome(guard(Scripted(DONE), account(session=str(exact)), by)).error is None
    assert len(asks) == 1
    assert outcome(guard(Scripted(DONE), account(), by)).error is None
    assert len(asks) == 1


def test_a_session_lowers_its_limit_and_cannot_raise_it() -> None:
    payer = account(session="1")
    payer.set_limits(Limits(session=Decimal(5), day=Decimal(2)))
    assert payer.limits == Limits(session=Decimal(1), day=Decimal(2))
    payer.set_limits(Limits(session=Decimal(0)))
    assert isinstance(outcome(guard(Scripted(DONE), payer)).error, SpendingLimitReached)


def test_a_refused_lane_fails_alone_and_its_run_costs_nothing() -> None:
    payer = account(session="1")
    inner = Scripted(DONE)
    by = estimator()
    comparison = Comparison(guard(inner, payer, by), pricer=by.pricer, endpoint="bedrock")
    comparison.start([asked(), asked(model="acme.unheard-of-v1:0")], repeat=2)
    assert comparison.wait(20)
    fine, refused = comparison.lanes
    assert [run.state for run in fine.runs] == [RunState.COMPLETED] * 2
    assert all(run.cost is not None and run.cost.amount == ACTUAL for run in fine.runs)
    for run in refused.runs:
        assert run.result is not None
        assert isinstance(run.result.error, CostUnknown)
        assert run.cost == NEVER_SENT
    # A re-run is guarded as well.
    payer.set_limits(Limits(session=Decimal(0)))
    comparison.rerun("A")
    assert comparison.wait(20)
    last = comparison.lane("A").runs[-1].result
    assert last is not None
    assert isinstance(last.error, SpendingLimitReached)
    assert [request.model_id for request in inner.sent] == [MODEL] * 2


def test_parameters_of_none_are_estimated_too() -> None:
    assert estimator().estimate(replace(asked(), parameters=InferenceParameters())).output_at_most == 4_000
