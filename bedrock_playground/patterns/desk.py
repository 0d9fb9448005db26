"""The desk of a pattern: makes its calls, records and prices each, and notes what was decided.

A pattern asks (:meth:`Desk.ask`, and wait), shows (:meth:`Desk.show`, and let the text through while it
comes) or asks several at once (:meth:`Desk.ask_all`). Every call becomes a run of its own that names the
pattern's run as its parent. What the journal has is answered from there, with the time and the cost of then.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from bedrock_playground.invocation.billing import NEVER_SENT
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import (
    Cancelled,
    InvocationError,
    NotRecorded,
    RequestRefused,
    UnexpectedError,
)
from bedrock_playground.invocation.events import InvocationEvent, TextDelta
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.trace import Decision, Lookup, TracedCall
from bedrock_playground.invocation.values import (
    InvocationRequest,
    InvocationResult,
    Message,
    Timing,
    Usage,
)
from bedrock_playground.patterns.backing import Backing, Recorded
from bedrock_playground.patterns.books import Clock, Control, Sheet
from bedrock_playground.patterns.calling import invoke, passed_on
from bedrock_playground.patterns.gathering import gather
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.replies import Ask, Reply

KEPT_ANSWER = Cost(Decimal(0), confidence=Confidence.EXACT, note="A kept answer: nothing was sent.")
"""What it costs to give an answer again."""


class Desk:
    """Where a pattern works; made anew for every request."""

    def __init__(
        self, backing: Backing, identity: RunIdentity, *, sheet: Sheet, clock: Clock, control: Control
    ) -> None:
        """Make a desk.

        Args:
            backing: Who answers, records and prices.
            identity: The pattern's own run.
            sheet: Where calls and decisions are written.
            clock: Seconds since the pattern began.
            control: What ends it early.
        """
        self.backing = backing
        """Who answers, records and prices."""
        self.identity = identity
        """The pattern's own run."""
        self.sheet = sheet
        """Where calls and decisions are written."""
        self.clock = clock
        """Seconds since the pattern began."""
        self.control = control
        """What ends it early."""

    # Asking

    def ask(self, member: Member, asked: InvocationRequest, *, role: str, once: bool = False) -> Reply:
        """Ask a member and wait for its whole answer.

        Args:
            member: Who.
            asked: What.
            role: What for.
            once: With a single try, because the pattern tries again by its own rules.
        """
        return finished(self.show(member, asked, role=role, once=once))

    def show(
        self, member: Member, asked: InvocationRequest, *, role: str, once: bool = False
    ) -> Generator[InvocationEvent, None, Reply]:
        """Ask a member and let its text through while it comes; for ``yield from``."""
        if isinstance(member, Pattern):
            return (yield from self._pattern(member, asked, role=role))
        shaped = self.backing.shape(member.variant, asked)
        if shaped.refusals:
            return self._unsent(shaped.request, role, RequestRefused(" ".join(shaped.refusals)))
        return (yield from self.send(shaped.request, role=role, once=once))

    def ask_all(
        self,
        asks: Sequence[Ask],
        *,
        enough: Callable[[Sequence[Reply]], bool] = lambda _: False,
        deadline: float | None = None,
    ) -> tuple[Reply, ...]:
        """Ask several at the same time.

        Args:
            asks: Who, what and what for.
            enough: Told every time what has come in; once it says so, nobody else is waited for.
            deadline: Seconds after which nobody is waited for.

        Returns:
            A reply for each, in the order of ``asks``. Who was not waited for was ended: its reply is
            ``late``.
        """
        return gather(self, asks, enough=enough, deadline=deadline)

    def embed(self, text: str, *, role: str, model_id: str | None = None) -> Reply:
        """Embed a text; the vector is the reply's :func:`vector`.

        Args:
            text: The text.
            role: What for.
            model_id: The embedding model; the connection's own where none is named.
        """
        model = model_id or self.backing.embedding_model or ""
        request = InvocationRequest(model_id=model, messages=(Message.user(text),))
        if not model:
            return self._unsent(request, role, RequestRefused("No embedding model is known here. Name one."))
        return finished(self.send(request, role=role))

    def send(
        self, request: InvocationRequest, *, role: str, once: bool = False
    ) -> Generator[InvocationEvent, None, Reply]:
        """Send a request as it is; :meth:`show` makes one of a member's settings."""
        if (recorded := self.backing.journal.take(request, role=role)) is not None:
            return (yield from self._replay(recorded, request, role))
        if self.control.cancelled:
            return self._unsent(request, role, Cancelled("Stopped before it was sent."))
        if self.backing.journal.only:
            return self._unsent(request, role, NotRecorded("This call was not made when it was recorded."))
        invoker = (once and self.backing.once) or self.backing.invoker
        return (yield from self._make(request, role, lambda _: invoker.stream(request)))

    def refuse(self, member: Member, asked: InvocationRequest, error: InvocationError, *, role: str) -> Reply:
        """Do not ask a member, and say why; a run of its own all the same, so that a replay knows of it."""
        request = self.request_of(member, asked)
        if (recorded := self.backing.journal.take(request, role=role)) is not None:
            return finished(self._replay(recorded, request, role))
        return self._unsent(request, role, error, kept=True)

    def unasked(self, ask: Ask, error: Exception) -> Reply:
        """What it comes to that something went wrong before a member's request could be made."""
        member = ask.member
        model_id = member.model_id if isinstance(member, Pattern) else member.variant.model
        wrong = UnexpectedError(f"{type(error).__name__}: {error}")
        return self._unsent(replace(ask.asked, model_id=model_id), ask.role, wrong)

    def give_up(self, asked: InvocationRequest, error: InvocationError, *, role: str) -> Reply:
        """Ask nobody at all, and say why; a replay finds the same reason by itself."""
        return self._unsent(asked, role, error)

    def recall(
        self, request: InvocationRequest, result: InvocationResult, *, role: str, note: str
    ) -> Generator[InvocationEvent, None, Reply]:
        """Give an answer again that was given before: nothing is sent, and it costs nothing.

        Args:
            request: What would have been sent.
            result: What came of it then.
            role: What for.
            note: Where it comes from, in words.
        """
        if result.text:
            yield TextDelta(at=self.clock.now(), text=result.text)
        timing = Timing(time_to_first_token=0.0 if result.text else None, total=0.0)
        again = replace(result, usage=_NO_TOKENS, timing=timing, attempts=(), request_id=None, trace=None)
        reply = self._ended(self._call(request, self.child(role)), again, KEPT_ANSWER)
        return self.annotate(reply, note=note)

    def request_of(self, member: Member, asked: InvocationRequest) -> InvocationRequest:
        """What a member is sent; for a pattern, what its run is recorded with."""
        if isinstance(member, Pattern):
            return replace(asked, model_id=member.model_id)
        return self.backing.shape(member.variant, asked).request

    # Notes

    def decide(self, text: str, *, role: str | None = None, chosen: bool | None = None) -> None:
        """Note a decision, in words.

        Args:
            text: What and why.
            role: The role that it was about.
            chosen: Whether that role's answer was taken or turned down; ``None``: neither.
        """
        decision = Decision(
            at=self.clock.now(), parent_id=self.identity.run_id, text=text, role=role, chosen=chosen
        )
        self.sheet.decide(decision)

    def annotate(self, reply: Reply, **notes: str | None) -> Reply:
        """Write something more about a call: its ``breaker`` state, or a ``note``."""
        call = replace(reply.call, **notes)  # type: ignore[arg-type]  # the names of text fields
        self.sheet.put(call)
        return replace(reply, call=call)

    def looked(self, lookup: Lookup) -> None:
        """Note a look into a cache."""
        self.sheet.looked(lookup)

    def sleep(self, seconds: float) -> bool:
        """Wait, as a back-off does; returns whether everything was ended meanwhile."""
        if self.clock.virtual:
            self.clock.skip(seconds)
            return False
        return self.control.wait(seconds)

    def branch(self) -> Desk:
        """A desk beside this one, which can be ended by itself; close its ``control`` when it is over."""
        clock = Clock(virtual=self.clock.virtual)
        clock.skip(self.clock.now())
        return Desk(self.backing, self.identity, sheet=self.sheet, clock=clock, control=Control(self.control))

    def within(self, region: str | None) -> Desk:
        """This desk with its calls going to a Region; ``None``: where they go anyway.

        Raises:
            InvocationError: Nothing can be sent there.
        """
        if region is None:
            return self
        there, identity = self.backing.within(region), replace(self.identity, region=region)
        return Desk(there, identity, sheet=self.sheet, clock=self.clock, control=self.control)

    # How

    def child(self, role: str) -> RunIdentity:
        """The identity of a call that begins now."""
        return replace(
            self.identity,
            run_id=secrets.token_urlsafe(16),
            parent_id=self.identity.run_id,
            role=role,
            started_at=datetime.now(UTC),
        )

    def _pattern(
        self, pattern: Pattern, asked: InvocationRequest, *, role: str
    ) -> Generator[InvocationEvent, None, Reply]:
        from bedrock_playground.patterns.stream import PatternStream  # noqa: PLC0415 - which uses desks

        request = replace(asked, model_id=pattern.model_id)
        began = self.clock.now()
        inner = Clock(virtual=self.clock.virtual)

        def start(identity: RunIdentity) -> PatternStream:
            sheet = Sheet(pattern.kind, outer=self.sheet, offset=began)
            return PatternStream(pattern, asked, self.backing, identity=identity, sheet=sheet, clock=inner)

        reply = yield from self._make(request, role, start, skipped=lambda: inner.skipped)
        return reply

    def _make(
        self,
        request: InvocationRequest,
        role: str,
        start: Callable[[RunIdentity], object],
        *,
        skipped: Callable[[], float] = lambda: 0.0,
    ) -> Generator[InvocationEvent, None, Reply]:
        """Make a call: a run of its own, recorded, priced and traced."""
        identity = self.child(role)
        call = self._call(request, identity)
        self.sheet.put(call)
        made = invoke(self.backing, identity, request, start=start, control=self.control)
        result, cost = yield from passed_on(made, call.started)
        self.clock.skip(skipped())
        return self._ended(call, result, cost)

    def _replay(
        self, recorded: Recorded, request: InvocationRequest, role: str
    ) -> Generator[InvocationEvent, None, Reply]:
        """Answer from a recorded call, in the time that it took then."""
        result, started = recorded.result, self.clock.now()
        call = self._call(request, replace(self.child(role), run_id=recorded.run_id))
        call = replace(call, replayed=True)
        if result.text:
            first = result.timing.time_to_first_token
            yield TextDelta(at=started + (first if first is not None else 0.0), text=result.text)
        self.clock.skip(result.timing.total or 0.0)
        return self._ended(call, result, recorded.cost or Cost(None))

    def _unsent(
        self, request: InvocationRequest, role: str, error: InvocationError, *, kept: bool = False
    ) -> Reply:
        identity, result = self.child(role), InvocationResult(error=error)
        if kept and (recorder := self.backing.recorder) is not None:
            with suppress(Exception):  # a history that fails must not harm the pattern
                recorder.run_started(identity, request)
                recorder.run_finished(identity, request, result, cost=NEVER_SENT)
        return self._ended(self._call(request, identity), result, NEVER_SENT)

    def _call(self, request: InvocationRequest, identity: RunIdentity) -> TracedCall:
        """A call that begins now."""
        return TracedCall(
            run_id=identity.run_id,
            parent_id=self.identity.run_id,
            role=identity.role or "",
            model_id=request.model_id,
            region=identity.region,
            started=self.clock.now(),
        )

    def _ended(self, call: TracedCall, result: InvocationResult, cost: Cost) -> Reply:
        first, error = result.timing.time_to_first_token, result.error
        call = replace(
            call,
            first_token=None if first is None else call.started + first,
            ended=self.clock.now(),
            state=result.state.value,
            attempts=len(result.attempts),
            invoked_model_id=result.invoked_model_id,
            stop_reason=result.stop_reason,
            error_type=type(error).__name__ if error else None,
            error_message=error.message if error else None,
            usage=result.usage,
            cost=cost.amount,
            cost_confidence=cost.confidence.value,
            note=cost.note if cost.amount is None else None,
        )
        self.sheet.put(call)
        return Reply(call, result)


_NO_TOKENS = Usage(input_tokens=0, output_tokens=0, total_tokens=0)
"""Of an answer that was given again."""


def finished(events: Generator[InvocationEvent, None, Reply]) -> Reply:
    """Go through the events to the reply at their end."""
    while True:
        try:
            next(events)
        except StopIteration as ended:
            reply: Reply = ended.value
            return reply


def vector(reply: Reply) -> tuple[float, ...] | None:
    """The embedding that a reply brought; ``None`` if it brought none."""
    fields = reply.result.additional_model_response_fields
    found = fields.get("embedding") if isinstance(fields, dict) else None
    return tuple(found) if isinstance(found, list | tuple) else None
