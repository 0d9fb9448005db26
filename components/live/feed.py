"""What the live view needs of a comparison: a narrow, read-only seam (plus stop and re-run)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bedrock_playground.catalog.money import format_per_thousand, format_usd, origin
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import Pricer, RunIdentity
from bedrock_playground.invocation.values import (
    Attempt,
    InvocationRequest,
    InvocationResult,
    RunState,
    Usage,
)
from bedrock_playground.invocation.words import said
from components.live.expected import expected_price


class LiveRun(Protocol):
    """One run while it happens. Everything may be read from any thread; texts only grow."""

    @property
    def identity(self) -> RunIdentity:
        """Which run this is."""
        ...

    @property
    def request(self) -> InvocationRequest:
        """What was asked."""
        ...

    @property
    def state(self) -> RunState:
        """Where it stands."""
        ...

    @property
    def text(self) -> str:
        """The visible text so far."""
        ...

    @property
    def reasoning(self) -> str:
        """The reasoning text so far."""
        ...

    @property
    def result(self) -> InvocationResult | None:
        """What came of it, once that is known."""
        ...

    @property
    def elapsed(self) -> float | None:
        """Seconds since it began; frozen when it ended; ``None`` before."""
        ...

    @property
    def time_to_first_token(self) -> float | None:
        """Seconds; ``None`` until there is visible text."""
        ...

    @property
    def time_to_first_reasoning_token(self) -> float | None:
        """Seconds; ``None`` until there is reasoning."""
        ...

    @property
    def arrivals(self) -> Sequence[tuple[float, int]]:
        """When text arrived: seconds, characters of text by then."""
        ...

    @property
    def usage(self) -> Usage | None:
        """Token counts; ``None`` until the service tells."""
        ...

    @property
    def cost(self) -> Cost | None:
        """What it cost, once it is over; ``None`` where nobody was there to price it."""
        ...

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Tries that ended so far."""
        ...

    @property
    def record_error(self) -> str | None:
        """Why the history did not take the run; ``None`` while nothing went wrong."""
        ...

    @property
    def superseded(self) -> bool:
        """Whether a re-run took its place."""
        ...


class LiveLane(Protocol):
    """One variant's runs, oldest first."""

    @property
    def label(self) -> str:
        """The variant's letter."""
        ...

    @property
    def runs(self) -> Sequence[LiveRun]:
        """Every run: turns, repeats and superseded ones."""
        ...


class LiveComparison(Protocol):
    """A comparison as the live view sees it."""

    @property
    def id(self) -> str:
        """Unguessable."""
        ...

    @property
    def lanes(self) -> Sequence[LiveLane]:
        """The lanes, in order."""
        ...

    @property
    def done(self) -> bool:
        """Whether nothing runs any more."""
        ...

    @property
    def pricer(self) -> Pricer | None:
        """Who prices its runs, if anybody does."""
        ...

    def cancel(self, label: str | None = None) -> None:
        """Stop one lane, or all of them."""
        ...

    def rerun(self, label: str) -> object:
        """Run a lane's last turn again."""
        ...


_INTERRUPTED: Mapping[str, object] = {
    "type": "Interrupted",
    "what": "The app ended during this run, so how it would have gone on is not known.",
    "advice": "Run it again.",
    "retryable": True,
}


def run_head(run: LiveRun, pricer: Pricer | None = None) -> Mapping[str, object]:
    """Describe what never changes about a run, as JSON for the browser.

    Args:
        run: The run.
        pricer: Who prices it: ``price`` is then what its tokens will cost; without, there is none.
    """
    identity, request = run.identity, run.request
    head = {
        "id": identity.run_id,
        "label": identity.label,
        "turn": identity.turn,
        "repeat": identity.repeat,
        "model": request.model_id,
        "prompt": said(request),
    }
    if pricer is not None and not run.state.is_final:
        head["price"] = expected_price(pricer, identity, request)
    return head


def run_status(run: LiveRun) -> dict[str, object]:
    """Describe where a run stands; what is not known yet is ``None``, which the browser shows as n/a."""
    usage, result = run.usage, run.result
    status: dict[str, object] = {
        "state": run.state.value,
        "ttft": _rounded(run.time_to_first_token),
        "rttft": _rounded(run.time_to_first_reasoning_token),
        "in": usage.input_tokens if usage else None,
        "out": usage.output_tokens if usage else None,
        "attempts": [_attempt(attempt) for attempt in run.attempts if attempt.error_type] or None,
        "unrecorded": run.record_error,
    }
    if result is not None:
        timing = result.timing
        output = usage.output_tokens if usage else None
        status |= {
            "stop": result.stop_reason,
            "total": _rounded(timing.total),
            "latency": _rounded(timing.server_latency),
            "speed": _rounded(timing.tokens_per_second(output)),
            "rttft": _rounded(timing.time_to_first_reasoning_token),
            "last": _rounded(timing.arrivals[-1] if timing.arrivals else None),
            "error": _error(result),
            "cost": _cost(run.cost),
        }
    elif run.state is RunState.INTERRUPTED:
        status["error"] = _INTERRUPTED
    return status


def _attempt(attempt: Attempt) -> Mapping[str, object]:
    return {
        "number": attempt.number,
        "error": attempt.error_code or attempt.error_type,
        "message": attempt.error_message,
        "backoff": _rounded(attempt.backoff),
    }


def _cost(cost: Cost | None) -> Mapping[str, object] | None:
    if cost is None:
        return None
    return {
        "usd": None if cost.amount is None else f"{cost.amount:f}",
        "text": format_usd(cost.amount),
        "thousand": format_per_thousand(cost.amount),
        "origin": origin(cost),
    }


def _error(result: InvocationResult) -> Mapping[str, object] | None:
    error = result.error
    if error is None:
        return None
    return {
        "type": type(error).__name__,
        "what": error.message,
        "code": error.code,
        "request": error.request_id or result.request_id,
        "advice": error.advice,
        "retryable": error.retryable,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
