"""What an evaluation called before it was interrupted: answered from the history, not sent again."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from bedrock_playground.evaluation.recording import halting_names
from bedrock_playground.history.evaluation_records import SCORING_TURN
from bedrock_playground.history.records import RunRecord
from bedrock_playground.history.rows import dump
from bedrock_playground.history.traits import key_of
from bedrock_playground.invocation.errors import StreamInterrupted
from bedrock_playground.invocation.serialization import request_to_json
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, RunState
from bedrock_playground.patterns.backing import Recorded

_CUT_OFF = InvocationResult(
    error=StreamInterrupted("The process died during this call. It may have been billed.")
)
_TELLING = frozenset({RunState.COMPLETED, RunState.FAILED})


class CallJournal:
    """The calls of one answer that were made before; each is taken once.

    A call is known again by its request (the same hash as the history's ``request_key``) and by what it was
    for.
    """

    only = False

    def __init__(self, calls: Iterable[RunRecord], *, interrupted_fail: bool = False) -> None:
        """Take calls; those that tell nothing are passed over.

        Args:
            calls: In the order in which they began.
            interrupted_fail: Whether a call that was interrupted, and never made again, counts as one that
                failed; otherwise it may be made again.
        """
        self._calls: dict[tuple[int, str | None], list[Recorded]] = defaultdict(list)
        self._lock = threading.Lock()
        cut_off = []
        for call in calls:
            if (recorded := _recorded(call)) is not None:
                self._calls[_key(call.request), call.identity.role].append(recorded)
            elif interrupted_fail and call.state is RunState.INTERRUPTED:
                cut_off.append(call)
        for call in cut_off:
            self._calls[_key(call.request), call.identity.role].append(Recorded(call.run_id, _CUT_OFF))

    def take(self, request: InvocationRequest, *, role: str) -> Recorded | None:
        """Find a recorded call of this request that was not taken yet."""
        with self._lock:
            found = self._calls.get((_key(request), role))
            return found.pop(0) if found else None


def calls_below(calls_of: Callable[[str], list[RunRecord]], run_ids: Iterable[str]) -> list[RunRecord]:
    """The calls that were made for some answers, those inside patterns inside them included.

    Args:
        calls_of: Reads what a run's pattern called, in order.
        run_ids: The answers' runs, the oldest first.
    """
    found: list[RunRecord] = []
    for run_id in run_ids:
        for call in calls_of(run_id):
            if call.identity.turn == SCORING_TURN:
                continue
            found.append(call)
            if is_pattern(call.request.model_id):
                found += calls_below(calls_of, [call.run_id])
    return found


def _key(request: InvocationRequest) -> int:
    return key_of(dump(request_to_json(request)))


def _recorded(call: RunRecord) -> Recorded | None:
    """A call as the journal tells it; ``None``: it was not sent, was ended early, or nobody knows its end."""
    if call.result is None or call.state not in _TELLING or is_pattern(call.request.model_id):
        return None
    if type(call.result.error).__name__ in halting_names():
        return None
    return Recorded(call.run_id, call.result, call.priced)
