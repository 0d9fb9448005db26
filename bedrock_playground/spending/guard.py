"""One session's side of the ledger: its limits, what it agreed to, and what it reserves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from decimal import Decimal

from bedrock_playground.catalog.money import format_usd
from bedrock_playground.invocation import errors
from bedrock_playground.spending.estimate import Estimate
from bedrock_playground.spending.ledger import (
    Admission,
    Ledger,
    Limits,
    Scope,
    Totals,
    Wanted,
    refused_by,
    rounded,
)

_log = logging.getLogger(__name__)

_DAY = "today's limit for everybody (UTC)"


class Account:
    """What one session may spend; safe to use from any thread."""

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        *,
        session: str,
        ceiling: Limits | None = None,
        limit_words: str = "this session's limit",
    ) -> None:
        """Make the account of a session.

        Args:
            ledger: Finds the ledger; asked at each run, because it may be away for a while.
            session: Which session, unguessable and never used again.
            ceiling: The limits that the settings set; the session may lower them.
            limit_words: What the session's limit is called: an evaluation is a session of its own.
        """
        self.session = session
        """Which session."""
        self.ceiling = ceiling or Limits()
        """The limits that the settings set."""
        self.used = False
        """Whether anything was ever reserved from it: until then nothing is spent, and nobody need look."""
        self._ledger = ledger
        self._limit_words = limit_words
        self._own = Limits()
        self._agreed: set[tuple[str | None, str]] = set()
        self._lock = threading.Lock()

    @property
    def limits(self) -> Limits:
        """The limits that hold: the session's own, never above the settings'."""
        return self.ceiling.lowered_to(self._own)

    def set_limits(self, own: Limits) -> None:
        """Set the session's own limits; where they are above the settings', those hold."""
        self._own = own

    def agree(self, endpoint: str | None, model_id: str) -> None:
        """Note that this session agreed to call a model there although nobody knows what it costs."""
        with self._lock:
            self._agreed.add((endpoint, model_id))

    def asks_first(self, estimate: Estimate, endpoint: str | None) -> str | None:
        """In words, what has to be agreed to before this is sent; ``None`` where nothing has.

        A model without a price always asks. One whose worst case alone is unknown (no max tokens, an image
        that nobody counted) asks where there is a limit, because it could not be reserved.
        """
        if estimate.free or (endpoint, estimate.model_id) in self._agreed:
            return None
        if estimate.worst.amount is not None:
            return None
        return None if estimate.priced and not self.limits.any else estimate.why_unknown

    def totals(self) -> Totals:
        """What was spent in this session, and today by everybody."""
        return self._ledger().totals(self.session)

    def admit(self, estimate: Estimate, endpoint: str | None) -> Hold:
        """Reserve an estimate's worst case.

        Raises:
            SpendingRefused: It must not be sent; the subclass says why.
        """
        if estimate.free:
            return Hold(None, None)
        if why := self.asks_first(estimate, endpoint):
            raise errors.CostUnknown(f"What {estimate.model_id} costs at most is not known. {why}")
        worst = estimate.worst.amount
        wanted = Wanted(self.session, estimate.model_id, None if worst is None else rounded(worst))
        try:
            ledger = self._ledger()
            admission = ledger.reserve(wanted, self.limits)
        except Exception as error:
            if not self.limits.any:
                # A history that fails must not harm a run that nobody limits.
                _log.warning("A run is not in the ledger: %s", error)
                return Hold(None, None)
            raise errors.SpendingUncounted(
                f"There is a spending limit, and what was spent cannot be read: {error}"
            ) from error
        if admission.entry is None:
            raise self._refusal(wanted, admission)
        self.used = True
        return Hold(ledger, admission.entry)

    def held(self, entry: str) -> Hold:
        """Take up a reservation again whose entry was kept: what it pays for outlives a process."""
        return Hold(self._ledger(), entry)

    def would_refuse(self, estimate: Estimate) -> Scope | None:
        """Which limit would refuse this now; ``None`` if none, or if that cannot be told."""
        worst = estimate.worst.amount
        if worst is None or not self.limits.any:
            return None
        try:
            before = self.totals()
        except Exception as error:  # noqa: BLE001 - whoever reserves next is told what is wrong
            _log.warning("What was spent cannot be read: %s", error)
            return None
        return refused_by(Wanted(self.session, estimate.model_id, rounded(worst)), self.limits, before)

    def _refusal(self, wanted: Wanted, admission: Admission) -> errors.SpendingLimitReached:
        scope: Scope = admission.scope or "session"
        spent = admission.before.session if scope == "session" else admission.before.day
        limit = self.limits.session if scope == "session" else self.limits.day
        words = _DAY if scope == "day" else self._limit_words
        left = format_usd(spent.left(limit))
        most = "nobody knows how much" if wanted.amount is None else f"up to {format_usd(wanted.amount)}"
        running = f", {format_usd(spent.reserved)} of it reserved by what runs now" if spent.reserved else ""
        return errors.SpendingLimitReached(
            f"It was not sent: it can cost {most}, and {words} of {format_usd(limit)} has {left} "
            f"left. {format_usd(spent.counted)} is spent or reserved{running}."
        )


class Hold:
    """A reservation, to be ended once: by what the run cost, or by nothing."""

    def __init__(self, ledger: Ledger | None, entry: str | None) -> None:
        """Hold an entry; without one there is nothing to end."""
        self._ledger = ledger
        self._entry = entry

    @property
    def entry(self) -> str | None:
        """The ledger's entry, to be kept; ``None``: there is nothing to end."""
        return self._entry

    def settle(self, amount: Decimal | None) -> None:
        """Replace the worst case by the actual cost; ``None``: nobody knows, so it stays as spent."""
        self._end(lambda ledger, entry: ledger.settle(entry, None if amount is None else rounded(amount)))

    def release(self) -> None:
        """Give it back: nothing was billed."""
        self._end(lambda ledger, entry: ledger.release(entry))

    def _end(self, end: Callable[[Ledger, str], None]) -> None:
        entry, self._entry = self._entry, None
        if self._ledger is None or entry is None:
            return
        try:
            end(self._ledger, entry)
        except Exception as error:  # noqa: BLE001 - the run is over, and must be told whatever the ledger does
            # The worst case stays reserved, and counts: too much rather than too little.
            _log.warning("A reservation could not be ended; its worst case counts as spent: %s", error)
