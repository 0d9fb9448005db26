"""N requests at once, each in a lane of its own, independent of who watches."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.lane import Job, Lane
from bedrock_playground.invocation.lane_run import LaneRun
from bedrock_playground.invocation.protocol import Invoker, Pricer, RunIdentity, RunRecorder
from bedrock_playground.invocation.tool_calls import calls_of, sendable
from bedrock_playground.invocation.values import (
    InvocationRequest,
    InvocationResult,
    Message,
    RunState,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)


class NotReadyError(RuntimeError):
    """A comparison cannot do that now; the message says why and what to do."""


class Comparison:
    """One prompt sent to N variants at once, and its further turns.

    Lanes are independent: one that fails or hangs never delays another, and all go on without anybody
    watching. All methods may be called from any thread and return at once, but for :meth:`wait`.
    """

    def __init__(
        self,
        invoker: Invoker,
        *,
        recorder: RunRecorder | None = None,
        pricer: Pricer | None = None,
        comparison_id: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Make a comparison.

        Args:
            invoker: What answers the requests of every lane that has no invoker of its own.
            recorder: Who keeps the runs.
            pricer: Who prices them.
            comparison_id: Its id; by default a new one, which nobody can guess.
            region: The Region called, for the records.
            endpoint: Where requests go (``local``, ``bedrock`` or a URL), for the records.
        """
        self.id = comparison_id or secrets.token_urlsafe(16)
        """The comparison's id: whoever knows it may look."""
        self._invoker = invoker
        self._recorder = recorder
        self._pricer = pricer
        self._region = region
        self._endpoint = endpoint
        self._lanes: tuple[Lane, ...] = ()
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._version = 0

    @classmethod
    def restore(
        cls,
        invoker: Invoker,
        *,
        runs: Iterable[tuple[RunIdentity, InvocationRequest, InvocationResult | None]],
        costs: Mapping[str, Cost] | None = None,
        recorder: RunRecorder | None = None,
        pricer: Pricer | None = None,
        region: str | None = None,
        endpoint: str | None = None,
    ) -> Comparison:
        """Make a comparison again from its recorded runs, to show and to continue it.

        Args:
            invoker: What answers further turns.
            runs: Every run of one comparison; without a result where the process died during it. Of several
                of the same lane, turn and repeat, the last to start is shown and the others are superseded.
            costs: What the runs cost, by run id, as it was recorded: prices of today may be others.
            recorder: Who keeps further runs.
            pricer: Who prices further runs.
            region: The Region called by further runs; as in the last run if not given.
            endpoint: Where further runs go; as in the last run if not given.

        Raises:
            ValueError: There is no run, or they belong to several comparisons.
        """
        ordered = sorted(runs, key=lambda run: (run[0].turn, run[0].started_at, run[0].repeat))
        ids = {identity.comparison_id for identity, _, _ in ordered}
        if len(ids) != 1:
            raise ValueError(f"A comparison is restored from the runs of one comparison, not of {len(ids)}.")
        last = ordered[-1][0]
        comparison = cls(
            invoker,
            recorder=recorder,
            pricer=pricer,
            comparison_id=last.comparison_id,
            region=region or last.region,
            endpoint=endpoint or last.endpoint,
        )
        by_label: dict[str, list[LaneRun]] = {}
        for identity, request, result in ordered:
            by_label.setdefault(identity.label, []).append(
                LaneRun.restored(identity, request, result, cost=(costs or {}).get(identity.run_id))
            )
        for label, lane_runs in sorted(by_label.items(), key=lambda item: (len(item[0]), item[0])):
            latest = {(run.identity.turn, run.identity.repeat): run for run in lane_runs}
            lane = comparison._lane(label, invoker)
            lane.supersede([run for run in lane_runs if run not in latest.values()])
            lane.restore(lane_runs)
            comparison._lanes += (lane,)
        return comparison

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes, in the order of their labels."""
        return self._lanes

    @property
    def pricer(self) -> Pricer | None:
        """Who prices its runs, if anybody does."""
        return self._pricer

    @property
    def version(self) -> int:
        """A number that grows with every change anywhere in the comparison; for pollers."""
        return self._version

    @property
    def done(self) -> bool:
        """Whether it was started and nothing runs or waits any more; every run is recorded by then."""
        return bool(self._lanes) and not any(lane.busy for lane in self._lanes)

    def lane(self, label: str) -> Lane:
        """Return a lane by its label.

        Raises:
            KeyError: There is none of that label.
        """
        for lane in self._lanes:
            if lane.label == label:
                return lane
        raise KeyError(f"No lane {label!r}; there are {', '.join(lane.label for lane in self._lanes)}.")

    def start(
        self,
        requests: Sequence[InvocationRequest],
        *,
        repeat: int = 1,
        labels: Sequence[str] | None = None,
        invokers: Sequence[Invoker] | None = None,
    ) -> None:
        """Send all requests at once, each on a thread of its own; returns at once.

        Args:
            requests: One per lane.
            repeat: How often each is sent, one after the other.
            labels: The lanes' labels; A, B, C … by default.
            invokers: One invoker per lane instead of the comparison's own.

        Raises:
            NotReadyError: It was started before.
            ValueError: There is nothing to send, or the counts do not match.
        """
        labels = list(labels) if labels is not None else letters(len(requests))
        chosen = list(invokers) if invokers is not None else [self._invoker] * len(requests)
        if not requests or repeat < 1:
            raise ValueError("A comparison needs at least one request and one repeat.")
        if not len(requests) == len(labels) == len(chosen) == len(set(labels)):
            raise ValueError("Give one label, different from the others, and one invoker per request.")
        with self._lock:
            if self._lanes:
                raise NotReadyError("This comparison has been started. Make a new one, or follow up.")
            self._lanes = tuple(self._lane(*pair) for pair in zip(labels, chosen, strict=True))
        for lane, request in zip(self._lanes, requests, strict=True):
            lane.enqueue(self._jobs(lane, request, turn=0, repeats=range(repeat)))

    def follow_up(
        self,
        prompt: str,
        *,
        repeat: int = 1,
        change: Callable[[str, InvocationRequest], InvocationRequest | None] | None = None,
    ) -> tuple[str, ...]:
        """Ask every lane a further question.

        A lane goes on from its last good turn: the last completed repeat's conversation and answer. A failed
        turn after it is left out. An answer that was stopped counts if it has text: the text so far. A lane
        without any answer has nothing to go on from and sits out; re-run it first. So does a lane that waits
        for tool results: Converse takes nothing else then.

        Args:
            prompt: The user's next message.
            repeat: How often each lane is asked, one after the other.
            change: What to send in a lane instead of its last settings with the conversation so far, given
                its label and that request; ``None`` lets the lane sit out. By default nothing changes.

        Returns:
            The labels of the lanes that sit out.

        Raises:
            NotReadyError: A lane is still busy, or no lane has an answer.
        """
        with self._lock:
            if not self.done:
                raise NotReadyError("A lane is still answering. Wait for it, or stop it, then follow up.")
            turn = 1 + max(run.identity.turn for lane in self._lanes for run in lane.runs)
            found = {lane.label: self._next(lane, prompt) for lane in self._lanes}
            if not any(found.values()):
                raise NotReadyError(
                    "No lane has an answer to follow up on. Re-run one first, or send the tool results that "
                    "they wait for."
                )
            requests = {
                label: change(label, request) if change and request else request
                for label, request in found.items()
            }
            for lane in self._lanes:
                if (request := requests[lane.label]) is not None:
                    lane.enqueue(self._jobs(lane, request, turn=turn, repeats=range(repeat)))
        return tuple(label for label, request in requests.items() if request is None)

    def next_request(self, label: str, prompt: str) -> InvocationRequest | None:
        """Return what a follow-up would send in a lane; ``None`` while nothing can be.

        Raises:
            KeyError: There is no lane of that label.
        """
        lane = self.lane(label)
        return None if lane.busy else self._next(lane, prompt)

    def _next(self, lane: Lane, prompt: str) -> InvocationRequest | None:
        base = None if self.pending_calls(lane.label) else _last_answered(lane)
        return _continued(base, Message.user(prompt)) if base else None

    def pending_calls(self, label: str) -> tuple[ToolUseBlock, ...]:
        """Return the tool calls that a lane's last answer waits for; empty while it is busy.

        Raises:
            KeyError: There is no lane of that label.
        """
        lane = self.lane(label)
        base = None if lane.busy else _last_answered(lane)
        if base is None or base.state is not RunState.COMPLETED:
            return ()
        return calls_of(base.result)

    def answer_calls(self, label: str, results: Sequence[ToolResultBlock]) -> None:
        """Let one lane go on with what its tools answered, all calls of its last answer together.

        Args:
            label: Which lane.
            results: One per call.

        Raises:
            KeyError: There is no lane of that label.
            NotReadyError: The lane is busy, waits for no result, or these are not the results that it waits
                for.
        """
        lane = self.lane(label)
        with self._lock:
            base = _last_answered(lane)
            calls = self.pending_calls(label)
            if base is None or not calls:
                raise NotReadyError(f"{label} waits for no tool result. Look at its last answer.")
            wanted = sorted(call.tool_use_id for call in calls)
            if sorted(result.tool_use_id for result in results) != wanted:
                raise NotReadyError(
                    f"{label} waits for the results of {len(calls)} calls ({', '.join(wanted)}), all at once."
                )
            request = _continued(base, Message(role="user", content=tuple(results)))
            turn = 1 + lane.latest_turn[-1].identity.turn
            lane.enqueue(self._jobs(lane, request, turn=turn, repeats=(base.identity.repeat,)))

    def rerun(
        self, label: str, *, change: Callable[[InvocationRequest], InvocationRequest] | None = None
    ) -> None:
        """Run a lane's latest turn again, every repeat of it, in place of what is shown.

        What still runs of it is stopped. Other lanes are untouched.

        Args:
            label: Which lane.
            change: What to change of each request, such as a parameter; by default the same is sent again.

        Raises:
            KeyError: There is no lane of that label.
        """
        lane = self.lane(label)
        with self._lock:
            replaced = lane.latest_turn
            lane.cancel()
            lane.supersede(replaced)
            jobs = [
                job
                for run in replaced
                for job in self._jobs(
                    lane,
                    change(run.request) if change else run.request,
                    turn=run.identity.turn,
                    repeats=(run.identity.repeat,),
                )
            ]
            lane.enqueue(jobs)

    def cancel(self, label: str | None = None) -> None:
        """Stop one lane, or all, at once: what runs and what waits. The text so far is kept.

        Raises:
            KeyError: There is no lane of that label.
        """
        for lane in self._lanes if label is None else (self.lane(label),):
            lane.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all is done and recorded.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            Whether all is done.
        """
        deadline = None if timeout is None else monotonic() + timeout
        with self._idle:
            while not self.done:
                left = None if deadline is None else deadline - monotonic()
                if left is not None and left <= 0:
                    return False
                self._idle.wait(left)
        return True

    def _lane(self, label: str, invoker: Invoker) -> Lane:
        return Lane(label, invoker, recorder=self._recorder, pricer=self._pricer, changed=self._changed)

    def _changed(self) -> None:
        with self._idle:
            self._version += 1
            if self.done:
                self._idle.notify_all()

    def _jobs(
        self, lane: Lane, request: InvocationRequest, *, turn: int, repeats: Iterable[int]
    ) -> list[Job]:
        return [self._job(lane, request, turn=turn, repeat=repeat) for repeat in repeats]

    def _job(self, lane: Lane, request: InvocationRequest, *, turn: int, repeat: int) -> Job:
        identity = RunIdentity(
            run_id=secrets.token_urlsafe(16),
            comparison_id=self.id,
            label=lane.label,
            turn=turn,
            repeat=repeat,
            started_at=datetime.now(UTC),
            region=self._region,
            endpoint=self._endpoint,
        )

        def start() -> RunIdentity:
            return replace(identity, started_at=datetime.now(UTC))

        return Job(LaneRun(identity, request), start)


def letters(count: int) -> list[str]:
    """Return the first labels: A … Z, then AA, AB …."""
    alphabet = string.ascii_uppercase
    pairs = [first + second for first in alphabet for second in alphabet]
    return [*alphabet, *pairs][:count]


def _last_answered(lane: Lane) -> LaneRun | None:
    """The last run that a further turn can build on."""
    for run in reversed(lane.runs):
        if run.superseded or run.result is None:
            continue
        if run.state is RunState.COMPLETED or (run.state is RunState.CANCELLED and run.result.text):
            return run
    return None


def _continued(base: LaneRun, message: Message) -> InvocationRequest:
    """The base's request with its answer and the user's next message."""
    result = base.result
    assert result is not None  # noqa: S101 - _last_answered looked
    content = sendable(result.content)
    if base.state is RunState.CANCELLED or not content:
        # Reasoning and tool calls that were cut off would be refused; text can be cut anywhere. An empty
        # answer cannot be sent at all: Converse wants something in every message.
        content = (TextBlock(result.text or "(no answer)"),)
    messages = (*base.request.messages, Message(role="assistant", content=content), message)
    return replace(base.request, messages=messages)
