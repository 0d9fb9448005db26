"""One target of a ladder: its breaker is asked, it is called with a single try, and tried again after a wait.

Waits are exponential with full jitter and heed Retry-After (:mod:`bedrock_playground.invocation.retry`, after
the AWS Architecture Blog, "Exponential Backoff And Jitter"). The SDK tries nothing again, so that each try is
a call with its own record, time and price. The dice are thrown from what is asked and who asks, so that a
replay waits as long as the first time.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, replace

from bedrock_playground.invocation.errors import Cancelled, CircuitOpen, InvocationError
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.breaker import Breaker, BreakerPolicy, Permit
from bedrock_playground.patterns.breakers import tells_of_trouble
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.replies import Reply
from bedrock_playground.patterns.shaping import prompt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request can go."""

    member: Member
    """The model with its settings, or a pattern; an inference profile's id is another scope."""
    region: str | None = None
    """Another Region than the connection's; its prices hold. ``None``: the connection's."""
    tries: int = 2
    """How often it is asked at most, if its failure is one that may pass."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"tries is at least 1; it is {self.tries}.")

    @property
    def key(self) -> str:
        """What its breaker and its measured times are kept by: the model and the Region."""
        who = self.member.variant.model if isinstance(self.member, Solo) else self.member.title
        return f"{who} · {self.region}" if self.region else who


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A target at its place on the ladder."""

    role: str
    """Its place: ``target 1``."""
    target: Target
    """Where to."""
    asked: InvocationRequest
    """What."""
    retry: RetryPolicy
    """How long to wait between two tries."""
    breaker: BreakerPolicy | None
    """When to leave it alone; ``None``: never."""
    hold: bool
    """Whether nobody sees its text before it is whole, so that a broken answer may be tried again."""

    def climb(self, desk: Desk) -> Generator[InvocationEvent, None, Reply]:
        """Try the target as often as it may be; the last try's reply counts."""
        try:
            there = desk.within(self.target.region)
        except InvocationError as error:
            return desk.refuse(self.target.member, self.asked, error, role=self.role)
        last: Reply | None = None
        dice = random.Random(self._seed(desk))  # noqa: S311 - spreads load, keeps no secret
        for number in range(1, self.target.tries + 1):
            reply, output = yield from self._once(there)
            if isinstance(reply.error, CircuitOpen) and last is not None:
                desk.decide(f"{self.role} is not tried again: its breaker has opened.", role=self.role)
                return last
            last = reply
            if reply.error is None:
                break
            wait = self._wait(reply.error, number, output=output, dice=dice)
            if wait is None:
                break
            desk.decide(
                f"{self.role} failed ({named(reply.error)}); it is tried again after {wait:.2f} s.",
                role=self.role,
            )
            if desk.sleep(wait):
                break
        assert last is not None  # noqa: S101 - a target is tried at least once
        return last

    def _once(self, there: Desk) -> Generator[InvocationEvent, None, tuple[Reply, bool]]:
        """Ask once, if the breaker lets it; also says whether anything of an answer came."""
        breaker = self._breaker(there)
        state, permit = (breaker.state, breaker.ask()) if breaker else (None, None)
        if breaker and permit is None:
            error = CircuitOpen(f"The circuit breaker of {self.target.key} is {state}.")
            reply = there.refuse(self.target.member, self.asked, error, role=self.role)
            return there.annotate(reply, breaker=state), False
        output = False
        try:
            events = there.show(self.target.member, self.asked, role=self.role, once=True)
            while True:
                event = next(events)
                output = True
                yield event
        except StopIteration as over:
            reply = over.value
        except BaseException:
            events.close()
            if breaker and permit:
                breaker.dropped(permit)
            raise
        if breaker and permit:
            _tell(breaker, permit, reply)
        self._remember(there, reply)
        return there.annotate(reply, breaker=state) if state else reply, output

    def _breaker(self, desk: Desk) -> Breaker | None:
        # In a replay the records say who was not asked, and why.
        if self.breaker is None or desk.backing.journal.only:
            return None
        return desk.backing.breakers.of(self.target.key, self.breaker)

    def _remember(self, desk: Desk, reply: Reply) -> None:
        timing = reply.result.timing
        first = timing.time_to_first_token
        if first is None and isinstance(reply.error, Cancelled):
            first = timing.total  # overtaken: it would have taken at least this long
        if first is not None:
            desk.backing.first_tokens.add(self.target.key, first)

    def _wait(
        self, error: InvocationError, number: int, *, output: bool, dice: random.Random
    ) -> float | None:
        if number >= self.target.tries:
            return None
        retry = replace(self.retry, max_attempts=self.target.tries, random=dice.random)
        return retry.backoff(error, attempt=number, has_output=output and not self.hold)

    def _seed(self, desk: Desk) -> str:
        who = desk.identity
        return f"{who.label} {who.case_number} {who.turn} {who.repeat} {self.role} {prompt_of(self.asked)}"


def _tell(breaker: Breaker, permit: Permit, reply: Reply) -> None:
    """Tell a breaker what came of a call; a replayed one, or one that was wrong itself, tells nothing."""
    if reply.call.replayed or (reply.error and not tells_of_trouble(reply.error)):
        breaker.dropped(permit)
    elif reply.error:
        breaker.failed(permit, named(reply.error))
    else:
        breaker.succeeded(permit)


def named(error: InvocationError) -> str:
    """An error in a few words: its kind, and the service's first ones."""
    words = error.message if len(error.message) <= 100 else f"{error.message[:99]}…"
    return f"{type(error).__name__}: {words}"
