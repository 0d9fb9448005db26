"""What binds a comparison to where it ran: further turns and re-runs go there, and nowhere else.

The session may have switched "Calls go to" meanwhile, and the local endpoint may have been restarted with
another address; a comparison found in the history has no connection at all. So the connection is looked up
when a run begins, from what the record says. The spending guard stands here, in front of every invoker of the
app's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bedrock_playground.connection import Connection, connection_where
from bedrock_playground.invocation import (
    Failed,
    InvocationError,
    InvocationEvent,
    InvocationRequest,
    InvocationResult,
    InvocationStream,
    SetupError,
)
from bedrock_playground.invocation.observed import CURRENT_RUN
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.spending import GuardedInvoker
from components.resources import get_invoker, get_named_endpoints, get_settings, get_supervisor
from components.spending import Payer, estimator_at, session_account


class EndpointNotThere(SetupError):
    """The place where the comparison ran is not set up now, or not ready."""

    advice = "Choose it under “Calls go to”, or wait until the local endpoint is ready; then retry."


@dataclass(frozen=True, slots=True)
class WhereItRan:
    """An invoker that calls the place a comparison ran on."""

    endpoint: str | None
    """``local``, ``bedrock`` or a URL, as recorded."""
    region: str | None
    """The Region, as recorded."""
    once: bool = False
    """With a single try, for a pattern that tries again by rules of its own."""
    payer: Payer = field(default_factory=lambda: Payer(session_account()), repr=False, compare=False)
    """Who pays: this session, until another one acts on the comparison."""

    def connection(self) -> Connection | None:
        """The connection to that place; ``None`` while it is not set up or not ready."""
        # Asking for the supervisor starts the local endpoint, which nobody wants who calls Bedrock.
        local = get_supervisor().status if self.endpoint == "local" else None
        return connection_where(
            get_settings(),
            endpoint=self.endpoint,
            region=self.region,
            local=local,
            named=get_named_endpoints(),
        )

    def stream(self, request: InvocationRequest) -> InvocationStream:
        """Start the request there, or fail with what is missing.

        The request of a pattern carries the pattern, which is played: each of its calls comes back here.
        """
        if is_pattern(request.model_id):
            return self._pattern(request)
        connection = self.connection()
        if connection is None:
            return _Refusal(
                EndpointNotThere(
                    f"This comparison ran on {self.endpoint or 'an unknown endpoint'}, not reached now."
                )
            )
        run = CURRENT_RUN.get()
        guarded = GuardedInvoker(
            get_invoker(connection, once=self.once),
            account=self.payer.of_lane(run.identity.label if run else None),
            estimator=lambda: estimator_at(connection),
        )
        return guarded.stream(request)

    def _pattern(self, request: InvocationRequest) -> InvocationStream:
        # It builds on this module, and Compare's first page needs nothing of it.
        from components.patterns_backing import play  # noqa: PLC0415

        try:
            return play(request, self)
        except InvocationError as error:
            return _Refusal(error)


class _Refusal:
    """A stream that fails at once."""

    def __init__(self, error: InvocationError) -> None:
        self._events = iter((Failed(InvocationResult(error=error)),))

    def __iter__(self) -> Iterator[InvocationEvent]:
        return self

    def __next__(self) -> InvocationEvent:
        return next(self._events)

    def cancel(self) -> None:
        """Do nothing: it is over already."""
