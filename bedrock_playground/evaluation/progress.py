"""How far an evaluation is: counted while it runs, and told as a value that any thread may take."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic

from bedrock_playground.history.evaluation_records import EvaluationState, Spending
from bedrock_playground.limits import LimitState

_WINDOW = 30.0
"""Seconds over which the pace is measured."""
_ENOUGH = 5
"""Outcomes that tell a pace; fewer say too little."""
INTERRUPTED = "interrupted"
"""What an outcome is called whose call was interrupted: the process died, and it may have been billed."""


@dataclass(frozen=True, slots=True)
class ContenderProgress:
    """How far one contender is."""

    label: str
    """Its letter."""
    total: int
    """Outcomes that there will be."""
    done: int
    """Outcomes that there are, failures among them."""
    failed: Mapping[str, int]
    """Failures by their error's class name; ``interrupted`` among them."""
    running: int
    """Cases that are under way."""
    unscored: int
    """Answers of earlier that scorers are yet to look at."""
    answers: Spending
    """What its answers cost so far."""
    scoring: Spending
    """What scoring them by models cost so far."""
    eta: float | None
    """Seconds until it is done, by the pace of now; ``None``: not known yet."""

    @property
    def failures(self) -> int:
        """How many outcomes are failures."""
        return sum(self.failed.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is."""

    state: EvaluationState
    """Where it stands; ``running`` while calls that began are ending as well."""
    note: str | None
    """Why it waits or ends, in words."""
    contenders: tuple[ContenderProgress, ...]
    """Each contender."""
    elapsed: float
    """Seconds since it was started or resumed."""
    eta: float | None
    """Seconds until all are done; ``None``: not known yet."""
    ending: bool
    """Whether nothing new begins any more: it was paused or stopped, or something stood in the way."""
    limits: Mapping[str, LimitState] = field(default_factory=dict)
    """What the queue in front of each model is doing."""

    @property
    def total(self) -> int:
        """Outcomes that there will be."""
        return sum(one.total for one in self.contenders)

    @property
    def done(self) -> int:
        """Outcomes that there are."""
        return sum(one.done for one in self.contenders)

    @property
    def failures(self) -> int:
        """How many outcomes are failures."""
        return sum(one.failures for one in self.contenders)

    @property
    def cost(self) -> Decimal:
        """US dollars so far, of the calls whose cost is known."""
        return sum((one.answers.known + one.scoring.known for one in self.contenders), Decimal(0))

    @property
    def unknown_costs(self) -> int:
        """Calls so far whose cost is not known."""
        return sum(one.answers.unknown + one.scoring.unknown for one in self.contenders)

    @property
    def throttled(self) -> tuple[str, ...]:
        """The models that are asked less at a time than allowed, because they said to slow down."""
        return tuple(
            model_id
            for model_id, state in self.limits.items()
            if state.throttled and (state.reason == "pause" or state.waiting)
        )


class _Spent:
    """What calls cost, while it grows."""

    def __init__(self, before: Spending) -> None:
        self.known, self.unknown, self.calls = before.known, before.unknown, before.calls

    def add(self, amount: Decimal | None) -> None:
        self.calls += 1
        if amount is None:
            self.unknown += 1
        else:
            self.known += amount

    def told(self) -> Spending:
        return Spending(self.known, self.unknown, self.calls)


class Tally:
    """One contender's counts; any thread counts, any thread looks."""

    def __init__(
        self,
        label: str,
        *,
        total: int,
        failed: Mapping[str, int],
        done: int,
        unscored: int,
        spent: tuple[Spending, Spending],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin with what there is already.

        Args:
            label: The contender's letter.
            total: Outcomes that there will be.
            failed: Failures so far, by name.
            done: Outcomes so far, failures among them.
            unscored: Answers that scorers are yet to look at.
            spent: What answers and scoring cost so far.
            clock: The time in seconds.
        """
        self._label = label
        self._total = total
        self._failed = Counter(failed)
        self._done = done
        self._unscored = unscored
        self._running = 0
        self._spent = {scoring: _Spent(before) for scoring, before in zip((False, True), spent, strict=True)}
        self._clock = clock
        self._ends: deque[float] = deque(maxlen=4096)
        self._began = clock()
        self._lock = threading.Lock()

    def began(self) -> None:
        """Count a case that is under way."""
        with self._lock:
            self._running += 1

    def ended(self, *, outcome: bool, failure: str | None = None, scored: bool = True) -> None:
        """Count a case that is not under way any more.

        Args:
            outcome: Whether it came to one: what was cancelled did not.
            failure: The name of its failure, if it is one.
            scored: Whether scorers looked at it, if they have to.
        """
        with self._lock:
            self._running -= 1
            if not outcome:
                return
            self._done += 1
            self._unscored += not scored
            self._ends.append(self._clock())
            if failure is not None:
                self._failed[failure] += 1

    def scored(self) -> None:
        """Count an answer of earlier that scorers looked at, which is not under way any more."""
        with self._lock:
            self._running -= 1
            self._unscored -= 1
            self._ends.append(self._clock())

    def called(self, amount: Decimal | None, *, scoring: bool) -> None:
        """Count a call and what it cost."""
        with self._lock:
            self._spent[scoring].add(amount)

    def told(self) -> ContenderProgress:
        """How far it is now."""
        with self._lock:
            return ContenderProgress(
                label=self._label,
                total=self._total,
                done=self._done,
                failed=dict(self._failed.most_common()),
                running=self._running,
                unscored=self._unscored,
                answers=self._spent[False].told(),
                scoring=self._spent[True].told(),
                eta=self._eta(),
            )

    def _eta(self) -> float | None:
        left = self._total - self._done + self._unscored
        if not left:
            return 0.0
        now = self._clock()
        while self._ends and self._ends[0] < now - _WINDOW and len(self._ends) > _ENOUGH:
            self._ends.popleft()
        if len(self._ends) < _ENOUGH:
            return None
        # From when the oldest one that counts ended: that one itself belongs to the time before.
        since = now - self._ends[0]
        return left * since / (len(self._ends) - 1) if since > 0 else None


def eta_of(contenders: tuple[ContenderProgress, ...]) -> float | None:
    """Seconds until the last of several is done, which work beside each other; ``None``: not known yet."""
    told = [one.eta for one in contenders]
    known = [eta for eta in told if eta is not None]
    return max(known, default=0.0) if len(known) == len(told) else None
