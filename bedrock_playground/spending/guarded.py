"""The guard itself: it stands between whoever asks and whatever answers.

It is an Invoker around an Invoker, so that nothing that is one gets around it: a lane with its repeats,
follow-ups, tool results and re-runs, a pattern's inner calls, an evaluation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass

from bedrock_playground.invocation import errors
from bedrock_playground.invocation.billing import perhaps_billed, was_billed
from bedrock_playground.invocation.events import AttemptFailed, Failed, Finished, InvocationEvent
from bedrock_playground.invocation.protocol import InvocationStream, Invoker
from bedrock_playground.invocation.values import Attempt, InvocationRequest, InvocationResult
from bedrock_playground.invocation.wrapped import WrappedStream
from bedrock_playground.spending.estimate import Estimate, Estimator
from bedrock_playground.spending.guard import Account, Hold

_log = logging.getLogger(__name__)


class GuardedInvoker:
    """An invoker that sends nothing that its account may not spend."""

    def __init__(self, inner: Invoker, *, account: Account, estimator: Callable[[], Estimator]) -> None:
        """Guard an invoker.

        Args:
            inner: What answers.
            account: Who pays.
            estimator: Finds who says what a request costs there; asked at each run, because prices may be
                read anew meanwhile.
        """
        self._inner = inner
        self._account = account
        self._estimator = estimator

    def stream(self, request: InvocationRequest) -> WrappedStream:
        """Start a request; nothing is reserved or sent before the first event is asked for."""
        estimator = self._estimator()
        if estimator.is_free(request):
            # Nothing to reserve, and nothing to count.
            free = self._inner.stream(request)
            return WrappedStream(free, iter(free))
        inner = self._inner.stream(request)
        return WrappedStream(inner, _Guarded(request, self._account, estimator).events(inner))


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A request, who pays for it, and who says what it costs."""

    request: InvocationRequest
    account: Account
    estimator: Estimator

    def events(self, inner: InvocationStream) -> Generator[InvocationEvent]:
        """Everything that happens, once there is room for it."""
        try:
            estimate = self._estimate()
            hold = self._admit(estimate)
        except errors.SpendingRefused as refused:
            yield Failed(InvocationResult(error=refused))
            return
        failed: list[Attempt] = []
        try:
            for event in inner:
                match event:
                    case AttemptFailed(_, attempt):
                        failed.append(attempt)
                        if perhaps_billed(attempt):
                            # Nobody will ever tell what this try cost: its worst case stays, and the next
                            # one needs room of its own.
                            hold.settle(None)
                            hold = self._admit(estimate)
                    case Finished(result) | Failed(result):
                        self._end(hold, result)
                    case _:
                        pass
                yield event
        except errors.SpendingRefused as refused:
            inner.cancel()
            yield Failed(InvocationResult(error=refused, attempts=tuple(failed)))
        finally:
            # Dropped in mid-answer: what was generated until then is billed, and nobody tells how much.
            hold.settle(None)

    def _admit(self, estimate: Estimate) -> Hold:
        return self.account.admit(estimate, self.estimator.endpoint)

    def _estimate(self) -> Estimate:
        """Estimate it; where the estimate is what stands in the way, have the input counted."""
        estimate = self.estimator.estimate(self.request)
        if estimate.free or estimate.input.counted or not self.account.limits.any:
            return estimate
        uncountable = estimate.worst.amount is None and estimate.input.at_most is None
        if not uncountable and self.account.would_refuse(estimate) is None:
            return estimate
        counted = self.estimator.count(self.request)
        return estimate if counted is None else self.estimator.estimate(self.request, counted=counted)

    def _end(self, hold: Hold, result: InvocationResult) -> None:
        if result.usage is None and not was_billed(result):
            hold.release()
            return
        estimator = self.estimator
        try:
            cost = estimator.pricer.cost_at(
                self.request, result, endpoint=estimator.endpoint, region=estimator.region
            )
        except Exception as error:  # noqa: BLE001 - a price that cannot be told must not harm the run
            _log.warning("A run could not be priced; its worst case counts as spent: %s", error)
            hold.settle(None)
        else:
            hold.settle(cost.amount)
