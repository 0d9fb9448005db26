"""The ledger: what was spent and what is reserved, per session and per day, counted in one step.

A worst case is reserved before anything is sent, if the limits leave room for it, and replaced by the actual
cost at the end. Looking and reserving is one step for everybody, so that lanes cannot overspend together.
Standard library only: :mod:`bedrock_playground.history` keeps the ledger that outlives this process.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

Scope: TypeAlias = Literal["session", "day"]
"""What a limit holds for: one browser session (or command), or everybody's day in UTC."""

_SMALLEST = Decimal("1e-12")
"""The smallest amount that is kept, in US dollars."""


class EntryState(StrEnum):
    """Where an entry of the ledger stands."""

    RESERVED = "reserved"
    """It runs: its amount is the worst case."""
    SPENT = "spent"
    """It ended: its amount is what it cost."""
    HELD = "held"
    """It ended and nobody knows what it cost: its amount is still the worst case."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent, in US dollars; ``None`` is no limit."""

    session: Decimal | None = None
    """In one session."""
    day: Decimal | None = None
    """By everybody in a day (UTC)."""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.session is not None or self.day is not None

    def lowered_to(self, other: Limits) -> Limits:
        """Take the lower of each: nobody can raise what somebody else set."""
        return Limits(_lower(self.session, other.session), _lower(self.day, other.day))


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in a scope, in US dollars."""

    spent: Decimal = Decimal(0)
    """What runs that ended cost, as far as known."""
    held: Decimal = Decimal(0)
    """The worst case of runs that ended without anybody knowing what they cost."""
    reserved: Decimal = Decimal(0)
    """The worst case of what runs now."""
    unpriced: int = 0
    """How many runs are in none of these: nobody knows what they cost at all."""

    @property
    def counted(self) -> Decimal:
        """What counts against a limit."""
        return self.spent + self.held + self.reserved

    def left(self, limit: Decimal | None) -> Decimal | None:
        """What a limit leaves, at least 0; ``None`` without one."""
        return None if limit is None else max(limit - self.counted, Decimal(0))


@dataclass(frozen=True, slots=True)
class Totals:
    """What was spent in a session and in the day."""

    session: Spent = field(default_factory=Spent)
    """In the session."""
    day: Spent = field(default_factory=Spent)
    """Today (UTC), by everybody."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to spend."""

    session: str
    """Who."""
    model_id: str
    """On which model."""
    amount: Decimal | None
    """The worst case in US dollars; ``None``: unknown, and agreed to."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What the ledger says to that."""

    entry: str | None
    """The reservation's id; ``None``: refused."""
    scope: Scope | None
    """Which limit refuses it."""
    before: Totals
    """What was counted before it."""


class Ledger(Protocol):
    """Who counts. Every method may be called from any thread, and raises if it cannot count."""

    def reserve(self, wanted: Wanted, limits: Limits) -> Admission:
        """Reserve a worst case if both limits leave room for it, in one step for everybody."""
        ...

    def settle(self, entry: str, amount: Decimal | None) -> None:
        """Replace a reservation by what the run cost; ``None``: nobody knows, so the worst case stays."""
        ...

    def release(self, entry: str) -> None:
        """Take a reservation back: nothing was billed."""
        ...

    def totals(self, session: str) -> Totals:
        """Say what was spent."""
        ...


def refused_by(wanted: Wanted, limits: Limits, before: Totals) -> Scope | None:
    """Say which limit leaves no room; an unknown amount needs at least something to be left."""
    scopes: tuple[tuple[Scope, Decimal | None, Spent], ...] = (
        ("session", limits.session, before.session),
        ("day", limits.day, before.day),
    )
    for scope, limit, spent in scopes:
        if limit is None:
            continue
        if wanted.amount is None and spent.counted >= limit:
            return scope
        if wanted.amount is not None and spent.counted + wanted.amount > limit:
            return scope
    return None


def rounded(amount: Decimal) -> Decimal:
    """Round up to what a ledger keeps: never less than it is."""
    return amount.quantize(_SMALLEST, rounding=ROUND_CEILING)


def added_up(rows: Iterable[tuple[EntryState, Decimal | None, int]]) -> Spent:
    """Add up entries.

    Args:
        rows: State, sum of the known amounts, and how many have none.
    """
    sums = dict.fromkeys(EntryState, Decimal(0))
    unpriced = 0
    for state, amount, without in rows:
        sums[state] += amount or Decimal(0)
        unpriced += without
    return Spent(
        spent=sums[EntryState.SPENT],
        held=sums[EntryState.HELD],
        reserved=sums[EntryState.RESERVED],
        unpriced=unpriced,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    wanted: Wanted
    day: date
    state: EntryState = EntryState.RESERVED


class MemoryLedger:
    """A ledger that ends with the process: for a command that keeps no history, and for tests."""

    def __init__(self, *, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        """Make an empty ledger.

        Args:
            today: The day in UTC.
        """
        self._today = today
        self._entries: dict[str, _Entry] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def reserve(self, wanted: Wanted, limits: Limits) -> Admission:
        """Reserve; see :class:`Ledger`."""
        with self._lock:
            before = self._totals(wanted.session)
            scope = refused_by(wanted, limits, before)
            if scope is not None:
                return Admission(None, scope, before)
            entry = str(next(self._numbers))
            self._entries[entry] = _Entry(wanted, self._today())
            return Admission(entry, None, before)

    def settle(self, entry: str, amount: Decimal | None) -> None:
        """Settle; see :class:`Ledger`."""
        with self._lock:
            found = self._entries[entry]
            state = EntryState.HELD if amount is None else EntryState.SPENT
            wanted = found.wanted if amount is None else replace(found.wanted, amount=amount)
            self._entries[entry] = replace(found, wanted=wanted, state=state)

    def release(self, entry: str) -> None:
        """Release; see :class:`Ledger`."""
        with self._lock:
            self._entries.pop(entry, None)

    def totals(self, session: str) -> Totals:
        """Add up; see :class:`Ledger`."""
        with self._lock:
            return self._totals(session)

    def _totals(self, session: str) -> Totals:
        today = self._today()
        return Totals(
            session=self._sum(entry for entry in self._entries.values() if entry.wanted.session == session),
            day=self._sum(entry for entry in self._entries.values() if entry.day == today),
        )

    @staticmethod
    def _sum(entries: Iterable[_Entry]) -> Spent:
        return added_up(
            (entry.state, entry.wanted.amount, int(entry.wanted.amount is None)) for entry in entries
        )


def _lower(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    known = [limit for limit in (one, other) if limit is not None]
    return min(known, default=None)
