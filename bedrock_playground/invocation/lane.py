"""One variant's side of a comparison: its runs, one after the other, on a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bedrock_playground.invocation.billing import NEVER_SENT
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import (
    Cancelled,
    SpendingRefused,
    StreamInterrupted,
    UnexpectedError,
)
from bedrock_playground.invocation.events import Failed, Finished
from bedrock_playground.invocation.lane_run import LaneRun
from bedrock_playground.invocation.observed import CURRENT_RUN, RunContext
from bedrock_playground.invocation.protocol import (
    InvocationStream,
    Invoker,
    Pricer,
    RunIdentity,
    RunRecorder,
)
from bedrock_playground.invocation.trace import cost_of_calls
from bedrock_playground.invocation.values import InvocationResult, RunState


@dataclass(frozen=True, slots=True)
class Job:
    """A run that waits for its turn."""

    run: LaneRun
    """The run."""
    start: Callable[[], RunIdentity]
    """Makes its identity anew, with the time at which it really starts."""


class Lane:
    """One variant: its letter and its runs."""

    def __init__(
        self,
        label: str,
        invoker: Invoker,
        *,
        recorder: RunRecorder | None = None,
        pricer: Pricer | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a lane.

        Args:
            label: The variant's letter.
            invoker: What answers its requests.
            recorder: Who keeps its runs.
            pricer: Who prices its runs.
            changed: Called after every change, from any thread.
        """
        self.label = label
        """The variant's letter."""
        self._invoker = invoker
        self._recorder = recorder
        self._pricer = pricer
        self._changed = changed
        self._lock = threading.Lock()
        self._runs: tuple[LaneRun, ...] = ()
        self._queue: deque[Job] = deque()
        self._unrecorded: deque[LaneRun] = deque()
        self._working = False
        self._stream: InvocationStream | None = None
        self._running: LaneRun | None = None
        self._stop_running = False

    @property
    def runs(self) -> tuple[LaneRun, ...]:
        """All runs in the order in which they were asked for: turns, repeats, reruns."""
        return self._runs

    @property
    def current(self) -> LaneRun | None:
        """The run to look at: the one that runs, else the last one that has started, else the first."""
        shown = [run for run in self._runs if not run.superseded]
        began = [run for run in shown if run.began]
        return began[-1] if began else next(iter(shown), None)

    @property
    def latest_turn(self) -> tuple[LaneRun, ...]:
        """The runs of the last turn that no rerun replaced: one per repeat."""
        shown = [run for run in self._runs if not run.superseded]
        return tuple(run for run in shown if run.identity.turn == shown[-1].identity.turn)

    @property
    def state(self) -> RunState:
        """Running while anything of it runs or waits after something ran, else its current run's state."""
        current = self.current
        if current is None:
            return RunState.PENDING
        if self.busy and current.state is not RunState.PENDING:
            return RunState.RUNNING
        return current.state

    @property
    def busy(self) -> bool:
        """Whether anything runs, waits, or is yet to be recorded."""
        return self._working

    def restore(self, runs: Sequence[LaneRun]) -> None:
        """Take over finished runs, in order."""
        self._runs = tuple(runs)

    def enqueue(self, jobs: Sequence[Job]) -> None:
        """Run these after what is running and waiting; returns at once."""
        with self._lock:
            self._runs += tuple(job.run for job in jobs)
            self._queue.extend(jobs)
            if not self._working:
                self._working = True
                name = f"lane-{self.label}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._changed()

    def supersede(self, runs: Sequence[LaneRun]) -> None:
        """Mark runs as replaced."""
        for run in runs:
            run.superseded = True

    def cancel(self) -> None:
        """End what runs, at once, and what waits; returns at once.

        What waited is over then, as cancelled, and is recorded like any other run, by the lane's thread: the
        history shows every run that was shown.
        """
        with self._lock:
            waiting = list(self._queue)
            self._queue.clear()
            stream = self._stream
            self._stop_running = self._running is not None
            for job in waiting:
                # Its place in time, among the runs that did start, is where it was stopped.
                job.run.identity = job.start()
                cost = NEVER_SENT if self._pricer is not None else None
                job.run.finish(InvocationResult(error=Cancelled("Stopped before it was sent.")), cost)
            # Whatever waited had a thread that works; it looks here before it ends.
            self._unrecorded.extend(job.run for job in waiting)
        if stream is not None:
            stream.cancel()
        self._changed()

    def _work(self) -> None:
        while True:
            with self._lock:
                # What was never sent is recorded last, so that a rerun does not wait for it.
                job = self._queue.popleft() if self._queue else None
                stopped = self._unrecorded.popleft() if job is None and self._unrecorded else None
                if job is not None:
                    self._running = job.run
                    self._stop_running = False
                    job.run.begin(job.start())
                elif stopped is None:
                    self._working = False
                    break
            if job is not None:
                self._changed()
                self._execute(job.run)
                with self._lock:
                    self._running = self._stream = None
            elif stopped is not None:
                self._record_start(stopped)
                self._record_end(stopped)
            self._changed()
        self._changed()

    def _execute(self, run: LaneRun) -> None:
        self._record_start(run)
        result = self._invoke(run)
        run.finish(result, self._price(run, result))
        self._changed()
        self._record_end(run)

    def _invoke(self, run: LaneRun) -> InvocationResult:
        # The thread is the lane's own, and its next run says so again.
        CURRENT_RUN.set(RunContext(run.identity, lambda result: self._price(run, result)))
        try:
            stream = self._invoker.stream(run.request)
            with self._lock:
                self._stream = stream
                stopped = self._stop_running
            if stopped:
                stream.cancel()
            for event in stream:
                if isinstance(event, Finished | Failed):
                    return event.result
                run.apply(event)
                self._changed()
        except Exception as error:  # noqa: BLE001 - a lane must end, and must not harm another
            return run.partial(UnexpectedError(f"{type(error).__name__}: {error}"))
        return run.partial(StreamInterrupted("The invoker ended without saying how."))

    def _price(self, run: LaneRun, result: InvocationResult) -> Cost | None:
        if self._pricer is None:
            return None
        if isinstance(result.error, SpendingRefused) and not result.attempts:
            return NEVER_SENT
        if result.trace is not None:
            return cost_of_calls(result.trace.own_calls(run.identity.run_id))
        try:
            return self._pricer.cost(run.identity, run.request, result)
        except Exception as error:  # noqa: BLE001 - a price that cannot be told must not harm the lane
            return Cost(None, note=f"It could not be priced: {type(error).__name__}: {error}")

    def _record_start(self, run: LaneRun) -> None:
        recorder = self._recorder
        if recorder is not None:
            self._guard(run, lambda: recorder.run_started(run.identity, run.request))

    def _record_end(self, run: LaneRun) -> None:
        recorder, result = self._recorder, run.result
        if recorder is not None and result is not None:
            self._guard(run, lambda: recorder.run_finished(run.identity, run.request, result, cost=run.cost))
        run.settled = True

    def _guard(self, run: LaneRun, record: Callable[[], None]) -> None:
        try:
            record()
        except Exception as error:  # noqa: BLE001 - a history that fails must not harm the lane
            run.record_error = f"{type(error).__name__}: {error}"
