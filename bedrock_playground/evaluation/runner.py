"""An evaluation at work: a few threads per contender, until nothing is left or something stands in the way.

What is left is read from the history when it begins, so that starting, resuming after a pause and resuming
after a ``kill -9`` are the same thing: what was called is not called again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from time import monotonic

from bedrock_playground.evaluation.agenda import Agenda, Item, Left
from bedrock_playground.evaluation.answering import Desk, item_key
from bedrock_playground.evaluation.asking import RememberedShape
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.preparation import prepared_spec
from bedrock_playground.evaluation.progress import Progress, Tally, eta_of
from bedrock_playground.evaluation.recording import HALTING, Elsewhere, Key, Once, Recording, key_of_item
from bedrock_playground.evaluation.scoring import Scorer
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec, spec_to_text
from bedrock_playground.evaluation.standing import Again, Standing, read_standing
from bedrock_playground.history import RunOrigin, RunStore
from bedrock_playground.history.batch_recorder import BatchRecorder
from bedrock_playground.history.evaluation_records import (
    SCORING_TURN,
    EvaluationState,
    StoredEvaluation,
)
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled, InvocationError
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.limits import LimitedInvoker, RateLimits
from bedrock_playground.patterns.backing import Backing, Invokers
from bedrock_playground.patterns.books import Control
from bedrock_playground.spending.guard import Account
from bedrock_playground.spending.ledger import Limits

_log = logging.getLogger(__name__)


class EvaluationRun:
    """One evaluation at work in this process; any thread may look, pause and stop."""

    def __init__(
        self,
        store: RunStore,
        evaluation: StoredEvaluation,
        place: Place,
        *,
        recorder: BatchRecorder,
        scorers: Sequence[Scorer] = (),
        again: Collection[Again] = (),
        over: Callable[[EvaluationRun], None] = lambda _: None,
    ) -> None:
        """Use :func:`bedrock_playground.evaluation.running.start`.

        Args:
            store: The history.
            evaluation: What is run.
            place: Where it calls models.
            recorder: Keeps its runs; it is closed at the end.
            scorers: Who scores.
            again: Outcomes that are asked for once more.
            over: Told when it has come to rest.
        """
        self.evaluation_id = evaluation.evaluation_id
        """Which evaluation."""
        self.spec: EvaluationSpec = evaluation.spec
        """What is run."""
        self._store = store
        self._place = place
        self._recorder = recorder
        self._scorers = tuple(scorers)
        self._again = frozenset(again)
        self._over = over
        self._control = Control()
        self._active: dict[Key, Control] = {}
        self._tallies: dict[str, Tally] = {}
        self._state = EvaluationState.RUNNING
        self._wanted: EvaluationState | None = None
        self._note: str | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._recording: Recording | None = None
        self._limited: LimitedInvoker | None = None
        self._began = monotonic()
        self._elapsed: float | None = None

    # For whoever watches

    @property
    def progress(self) -> Progress:
        """How far it is."""
        contenders = tuple(tally.told() for tally in self._tallies.values())
        limited = self._limited
        return Progress(
            state=self._state,
            note=self._note,
            contenders=contenders,
            elapsed=monotonic() - self._began if self._elapsed is None else self._elapsed,
            eta=eta_of(contenders) if contenders and self._wanted is None else None,
            ending=self._wanted is not None and not self.over,
            limits=limited.states if limited else {},
        )

    @property
    def over(self) -> bool:
        """Whether it has come to rest, and all of it is in the history."""
        return self._ended.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has come to rest; returns whether it has.

        Args:
            timeout: Seconds to wait at most.
        """
        return self._ended.wait(timeout)

    def pause(self, note: str | None = None) -> None:
        """Send nothing more; what is under way ends."""
        self._end(EvaluationState.PAUSED, note)

    def stop(self) -> None:
        """Send nothing more, and end what is under way; what is ended so is called again on resuming."""
        self._end(EvaluationState.STOPPED, None)
        self._control.cancel()

    # Its life

    def start(self) -> None:
        """Begin, once it was claimed for this process."""
        name = f"evaluation-{self.evaluation_id[:6]}"
        threading.Thread(target=self._live, name=name, daemon=True).start()

    def _live(self) -> None:
        complete = False
        try:
            complete = self._work()
        except Exception as error:  # noqa: BLE001 - whoever watches has to be told
            _log.exception("An evaluation came to an end that nobody expected")
            self._end(EvaluationState.PAUSED, f"{type(error).__name__}: {error}")
        finally:
            self._rest(complete=complete)

    def _work(self) -> bool:
        """Do what is left; returns whether nothing is left then."""
        standing = read_standing(
            self._store,
            self.evaluation_id,
            self.spec,
            scorers=[scorer.name for scorer in self._scorers],
            again=self._again,
        )
        self._tallies = standing.tallies()
        desk = self._prepared(self._desk(standing))
        threads = [
            threading.Thread(
                target=self._worker,
                args=(desk, contender, standing.agendas[contender.label]),
                name=f"evaluation-{contender.label}-{number}",
                daemon=True,
            )
            for contender in self.spec.contenders
            for number in range(self._workers(standing.agendas[contender.label]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return all(one.done == one.total and not one.unscored for one in self.progress.contenders)

    def _prepared(self, desk: Desk) -> Desk:
        """Embed what contenders need embedded, once for all cases."""
        if all(agenda.count(Left.ANSWER) == 0 for agenda in desk.standing.agendas.values()):
            return desk
        ready = prepared_spec(
            self.spec,
            self.evaluation_id,
            desk.backing,
            place=desk.place,
            control=self._control,
            calls_of=self._store.calls_of,
        )
        if ready != self.spec:
            self.spec = ready
            self._store.evaluations.keep(
                self.evaluation_id, self._recorder.process_id, document=spec_to_text(ready)
            )
        return replace(desk, spec=self.spec)

    def _workers(self, agenda: Agenda) -> int:
        return min(self.spec.concurrency, agenda.total - agenda.count(Left.NOTHING))

    def _rest(self, *, complete: bool) -> None:
        """Write what waits, and leave the evaluation as it stands."""
        state = EvaluationState.COMPLETED if complete else self._wanted or EvaluationState.PAUSED
        try:
            self._recorder.close()
            self._note = None if complete else self._note
            self._store.evaluations.release(
                self.evaluation_id, self._recorder.process_id, state, note=self._note
            )
        except Exception as error:  # noqa: BLE001 - it is over; who takes it up next finds it interrupted
            _log.warning("An evaluation could not be left as it stands: %s", error)
            self._note = f"The history could not be written: {error}"
        self._state = state
        self._elapsed = monotonic() - self._began
        self._ended.set()
        self._over(self)

    def _end(self, state: EvaluationState, note: str | None) -> None:
        """Let nothing new begin; what stopped it first is what is told."""
        with self._lock:
            first = self._wanted is None
            if first or state is EvaluationState.STOPPED:
                self._wanted = state
            if first:
                self._note = note
        recording = self._recording
        if recording is None:
            return
        under_way = recording.close()
        for key, control in tuple(self._active.items()):
            # It waits for its turn, or is between two calls: nothing of it is on its way.
            if key not in under_way:
                control.cancel()

    # Workers

    def _worker(self, desk: Desk, contender: Contender, agenda: Agenda) -> None:
        tally = self._tallies[contender.label]
        try:
            while self._wanted is None and (item := agenda.take()) is not None:
                tally.began()
                key = item_key(contender, item)
                control = self._active[key] = Control(self._control)
                try:
                    self._do(desk, contender, item, control=control)
                except BaseException:
                    tally.ended(outcome=False)
                    raise
                finally:
                    del self._active[key]
                    control.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, it would befall the next one too
            self._end(EvaluationState.PAUSED, f"{type(error).__name__}: {error}")

    def _do(self, desk: Desk, contender: Contender, item: Item, *, control: Control) -> None:
        """Answer and score an item, or only score it."""
        tally = self._tallies[contender.label]
        if item.left is Left.SCORES:
            record = self._store.get(desk.standing.answered[item_key(contender, item)])
            rows = desk.mark_again(record, item, control) if record is not None else []
            if rows is None:
                tally.ended(outcome=False)
                return
            self._recorder.scored(self.evaluation_id, rows)
            tally.scored()
            return
        answered = desk.answer(contender, item, control)
        error = answered.result.error
        if isinstance(error, (Cancelled, *HALTING)):
            tally.ended(outcome=False)
            return
        if error is not None:
            tally.ended(outcome=True, failure=type(error).__name__)
            return
        rows = desk.mark(answered, item, control) if self._scorers else []
        self._recorder.scored(self.evaluation_id, rows or [])
        tally.ended(outcome=True, scored=rows is not None)

    # What they work with

    def _desk(self, standing: Standing) -> Desk:
        place, spec = self._place, self.spec
        estimator = place.estimator()
        account = account_of(self._store, self.evaluation_id, spec=spec, place=place)
        recording = Recording(
            self._recorder,
            place.guarded(account),
            place.guarded_once(account) if place.guarded_once else None,
            called=self._called,
            halted=self._halted,
        )
        limits = RateLimits(spec.concurrency, spec.requests_per_minute, spec.tokens_per_minute)
        limited = self._limited = LimitedInvoker(recording, limits)

        @cache
        def there(region: str) -> Invokers:
            assert place.regions is not None  # noqa: S101 - it is not asked otherwise
            found = place.regions(account, region)
            around = LimitedInvoker(Elsewhere(recording, found.usual, found.once), limits)
            return Invokers(around, Once(around))

        backing = Backing(
            invoker=limited,
            once=Once(limited),
            shape=RememberedShape(place.shape),
            recorder=recording,
            pricer=estimator.pricer,
            embedding_model=place.embedding_model,
            regions=there if place.regions else None,
        )
        with self._lock:
            self._recording = recording
            ending = self._wanted is not None
        if ending:
            recording.close()
        return Desk(
            evaluation_id=self.evaluation_id,
            spec=spec,
            store=self._store,
            backing=backing,
            scorers=self._scorers,
            standing=standing,
            again=self._again,
            place=(estimator.endpoint, estimator.region),
        )

    def _called(self, identity: RunIdentity, cost: Cost | None) -> None:
        amount = cost.amount if cost else None
        self._tallies[identity.label].called(amount, scoring=identity.turn == SCORING_TURN)

    def _halted(self, identity: RunIdentity, error: InvocationError) -> None:
        """Something stands in the way of every call: wait for a person rather than fail case after case."""
        if isinstance(error, HALTING):
            self._end(EvaluationState.PAUSED, f"{error.message} {error.advice}")
        key, recording = key_of_item(identity), self._recording
        control = self._active.get(key)
        if control is not None and recording is not None:
            # A pattern must not go on as if this one call had failed.
            recording.once_idle(key, control.cancel)


def account_of(store: RunStore, evaluation_id: str, *, spec: EvaluationSpec, place: Place) -> Account:
    """Make the account of an evaluation: one of its own, which outlives sessions and restarts.

    Args:
        store: The history, whose ledger counts.
        evaluation_id: Which.
        spec: What it allows itself.
        place: What may be spent there at most.
    """
    account = Account(
        store.ledger,
        session=f"evaluation:{evaluation_id}",
        ceiling=place.ceiling,
        limit_words="this evaluation's limit",
    )
    account.set_limits(Limits(session=spec.max_cost))
    endpoint = place.estimator().endpoint
    for model_id in place.agreed:
        account.agree(endpoint, model_id)
    return account


def origins_of(spec: EvaluationSpec) -> Callable[[str], RunOrigin | None]:
    """Which preset each contender is run from, by its letter."""
    known = {
        one.label: RunOrigin(one.preset_id, one.preset_version or 1)
        for one in spec.contenders
        if one.preset_id is not None
    }
    return known.get
