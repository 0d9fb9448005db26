"""Fallback: a ladder of targets; when one cannot answer, the next is asked.

For when an answer must come although a model is throttled, a Region is down, or the account may not call it.
As long as the first target answers, it costs nothing; each failure adds its time, and what a target wrote
before it failed is billed. Named policies say after which failures to go on; all others end the ladder,
because they would fail anywhere. A circuit breaker leaves a target alone that keeps failing. A hedge asks the
next target when one is slow to begin; then both are paid for. At the end a kept or a shorter answer is better
than none, if said so.

Sources: AWS Builders' Library, "Timeouts, retries, and backoff with jitter" and "Avoiding fallback in
distributed systems" (a ladder that is never climbed is never tested: climb it with faults); :mod:`.racing`,
:mod:`.breaker`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bedrock_playground.invocation.errors import Cancelled, CircuitOpen, NobodyAnswered
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.cache_store import key_of
from bedrock_playground.patterns.caching import keep, request_for
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.hedging import Hedge, ask_hedged
from bedrock_playground.patterns.members import Member, Pattern
from bedrock_playground.patterns.policies import PolicyName, covering
from bedrock_playground.patterns.racing import Raced
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.trying import Rung, Target, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback(Pattern):
    """Targets from the best down to the last resort; the first that answers is the answer."""

    kind: ClassVar[str] = "fallback"
    targets: tuple[Target, ...]
    """The ladder, at least one."""
    when: tuple[PolicyName, ...] = ("throttling", "capacity", "timeout", "broken")
    """After which failures the next one is asked."""
    base_delay: float = 0.5
    """Ceiling of the wait before a target's second try, in seconds; it doubles with each further one."""
    longest_wait: float = 5.0
    """A target that asks to be left alone for longer (Retry-After) is left for the next one, in seconds."""
    breaker: BreakerPolicy | None = None
    """When a target is not asked at all for a while; ``None``: never."""
    hedge: Hedge | None = None
    """When two are asked at a time; ``None``: never."""
    hold: bool = False
    """Whether text waits until it is whole: then the next target can replace an answer that broke off. Else
    it appears at once, and one that breaks off stays as it is."""
    cached: bool = False
    """Whether, when all failed, an answer that one of them gave to the same request before is given again."""
    shorter: Member | None = None
    """Who is asked last, for less: a small model, few tokens."""
    name: str = ""
    """What the user calls it."""

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("a ladder has at least one target.")

    def play(self, asked: InvocationRequest, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Go down the ladder until somebody answers, or a failure is not worth going on from."""
        rungs = deque(self._rung(n, target, asked) for n, target in enumerate(self.targets, 1))
        failed: list[Reply] = []
        while rungs:
            started = [rungs.popleft()]
            raced, shown = yield from self._seen(ask_hedged(desk, self.hedge, started=started, others=rungs))
            came = [raced.winner] if shown and raced.winner else raced.replies
            if answer := next((reply for reply in came if reply.ok), None):
                return self._taken(desk, asked, answer)
            if shown:
                return _broken(desk, came[0])
            for rung, reply in zip(started, raced.replies, strict=True):
                if raced.winner and reply is not raced.winner and isinstance(reply.error, Cancelled):
                    rungs.appendleft(rung)  # it was overtaken by one that broke off then: it has its turn yet
                elif desk.control.cancelled or not self._goes_on(desk, reply):
                    return reply
                else:
                    failed.append(reply)
        return (yield from self._degraded(desk, asked, failed))

    def roles(self) -> tuple[tuple[str, Member], ...]:
        """The targets from the top, and who gives the shorter answer."""
        ladder = tuple((f"target {n}", target.member) for n, target in enumerate(self.targets, 1))
        return (*ladder, ("shorter", self.shorter)) if self.shorter else ladder

    def _rung(self, number: int, target: Target, asked: InvocationRequest) -> Rung:
        return Rung(
            role=f"target {number}",
            target=target,
            asked=asked,
            retry=RetryPolicy(
                base_delay=self.base_delay, max_delay=self.longest_wait, max_retry_after=self.longest_wait
            ),
            breaker=self.breaker,
            hold=self.hold,
        )

    def _seen(
        self, events: Generator[InvocationEvent, None, Raced]
    ) -> Generator[InvocationEvent, None, tuple[Raced, bool]]:
        """Let events through, or hold them back; says whether anything was shown."""
        shown = False
        try:
            while True:
                event = next(events)
                if not self.hold:
                    shown = True
                    yield event
        except StopIteration as over:
            return over.value, shown
        finally:
            events.close()

    def _goes_on(self, desk: Desk, reply: Reply) -> bool:
        assert reply.error is not None  # noqa: S101 - it failed
        role, policy = reply.call.role, covering(self.when, reply.error)
        if isinstance(reply.error, CircuitOpen):
            desk.decide(f"{role} was not asked: {reply.error.message}", role=role, chosen=False)
        elif policy is None:
            words = f"{role} failed ({named(reply.error)}); no policy goes on from that, so the ladder ends."
            desk.decide(words, role=role, chosen=False)
        else:
            desk.decide(f"{role} failed ({named(reply.error)}): {policy}.", role=role, chosen=False)
        return policy is not None

    def _taken(self, desk: Desk, asked: InvocationRequest, reply: Reply) -> Reply:
        role = reply.call.role
        desk.decide(f"{role} answered.", role=role, chosen=True)
        if self.cached:
            keep(desk, request_for(desk, dict(self.roles())[role], asked), reply)
        return reply

    def _degraded(
        self, desk: Desk, asked: InvocationRequest, failed: list[Reply]
    ) -> Generator[InvocationEvent, None, Reply]:
        """Give less than was asked for: an answer of before, a shorter one, or the last error's words."""
        for target in self.targets if self.cached else ():
            request = request_for(desk, target.member, asked)
            if kept := desk.backing.cache.get(desk.backing.namespace, key_of(request)):
                note = "Every target failed: this answer was given to the same request before."
                desk.decide(note, role="kept", chosen=True)
                return (yield from desk.recall(request, kept.result, role="kept", note=note))
        if self.shorter is not None:
            desk.decide("Every target failed: a shorter answer is asked for.", role="shorter")
            reply = yield from desk.show(self.shorter, asked, role="shorter", once=True)
            if reply.ok or reply.text:
                desk.decide("The shorter answer is taken.", role="shorter", chosen=True)
                return desk.annotate(reply, note="Every target failed: this is the shorter answer.")
            failed = [*failed, reply]
        return _nobody(failed)


def _broken(desk: Desk, reply: Reply) -> Reply:
    role = reply.call.role
    words = f"{role} broke off after its answer had begun to appear: it stays, and nobody else is asked."
    desk.decide(words, role=role, chosen=True)
    return reply


def _nobody(failed: list[Reply]) -> Reply:
    last = failed[-1]
    assert last.error is not None  # noqa: S101 - it failed
    words = f"No target answered. The last one, {last.call.role}, said: {last.error.message}"
    error = NobodyAnswered(words, code=last.error.code, status=last.error.status)
    return Reply(last.call, replace(last.result, error=error))
