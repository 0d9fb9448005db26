"""The ledger in memory: a state machine that no sequence of steps gets over its limits."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from bedrock_playground.spending.ledger import Limits, MemoryLedger, Spent, Wanted, refused_by, rounded

AMOUNTS = st.decimals(min_value=0, max_value=3, places=3)
SESSIONS = st.sampled_from(["one", "two"])
LIMITS = Limits(session=Decimal(4), day=Decimal(6))


class Steps(RuleBasedStateMachine):
    """Reserving, settling and releasing in any order, by two sessions over days."""

    reserved: Bundle[tuple[str, Decimal | None]] = Bundle("reserved")

    def __init__(self) -> None:
        super().__init__()
        self.today = date(2026, 11, 22)
        self.ledger = MemoryLedger(today=lambda: self.today)
        self.real: Decimal = Decimal(0)

    @rule(target=reserved, session=SESSIONS, amount=st.none() | AMOUNTS)
    def reserve(self, session: str, amount: Decimal | None) -> Any:
        before = self.ledger.totals(session)
        admission = self.ledger.reserve(Wanted(session, "m", amount), LIMITS)
        assert admission.before == before
        if admission.entry is None:
            assert admission.scope is not None
            assert self.ledger.totals(session) == before
            return multiple()
        after = self.ledger.totals(session)
        assert after.day.reserved == before.day.reserved + (amount or 0)
        assert after.session.unpriced == before.session.unpriced + (amount is None)
        return (admission.entry, amount)

    @rule(entry=consumes(reserved), share=st.integers(0, 100))
    def settle_known(self, entry: tuple[str, Decimal | None], share: int) -> None:
        # What a run cost is never more than its worst case; of an unknown one it may be anything small.
        worst = Decimal(0) if entry[1] is None else entry[1]
        self.ledger.settle(entry[0], worst * share / 100)

    @rule(entry=consumes(reserved))
    def settle_unknown(self, entry: tuple[str, Decimal | None]) -> None:
        before = self.ledger.totals("one").day
        self.ledger.settle(entry[0], None)
        assert self.ledger.totals("one").day.counted == before.counted

    @rule(entry=consumes(reserved))
    def release(self, entry: tuple[str, Decimal | None]) -> None:
        self.ledger.release(entry[0])

    @rule()
    def midnight(self) -> None:
        self.today = date.fromordinal(self.today.toordinal() + 1)
        assert self.ledger.totals("one").day == Spent()

    @invariant()
    def never_over_a_limit(self) -> None:
        for session in ("one", "two"):
            totals = self.ledger.totals(session)
            assert LIMITS.session is not None
            assert LIMITS.day is not None
            assert 0 <= totals.session.counted <= LIMITS.session
            assert 0 <= totals.day.counted <= LIMITS.day


TestSteps = Steps.TestCase


LIMITS_OF_ANY_KIND = st.builds(Limits, st.none() | AMOUNTS, st.none() | AMOUNTS)


@given(LIMITS_OF_ANY_KIND, LIMITS_OF_ANY_KIND)
def test_a_session_lowers_and_never_raises(ceiling: Limits, own: Limits) -> None:
    found = ceiling.lowered_to(own)
    for limit, top, wish in (
        (found.session, ceiling.session, own.session),
        (found.day, ceiling.day, own.day),
    ):
        assert (limit is None) == (top is None and wish is None)
        if limit is not None:
            assert top is None or limit <= top
            assert wish is None or limit <= wish


def test_a_limit_is_reached_exactly() -> None:
    before = MemoryLedger().totals("s")
    assert refused_by(Wanted("s", "m", Decimal(1)), Limits(session=Decimal(1)), before) is None
    over = Wanted("s", "m", Decimal("1.000000000001"))
    assert refused_by(over, Limits(session=Decimal(1)), before) == "session"
    assert refused_by(over, Limits(day=Decimal(1)), before) == "day"
    # Nothing at all may be spent: not even what nobody knows.
    assert refused_by(Wanted("s", "m", None), Limits(session=Decimal(0)), before) == "session"
    assert refused_by(Wanted("s", "m", Decimal(0)), Limits(session=Decimal(0)), before) is None


def test_amounts_are_rounded_up() -> None:
    assert rounded(Decimal("0.0000000000001")) == Decimal("0.000000000001")
    assert rounded(Decimal("1.5")) == Decimal("1.5")


def test_threads_cannot_overspend_together() -> None:
    ledger, limits = MemoryLedger(), Limits(session=Decimal(1))
    admitted: list[str] = []
    barrier = threading.Barrier(16)

    def ask() -> None:
        barrier.wait()
        told = (ledger.reserve(Wanted("s", "m", Decimal("0.01")), limits).entry for _ in range(50))
        admitted.extend(entry for entry in told if entry)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == len(set(admitted)) == 100
    assert ledger.totals("s").session.reserved == 1
