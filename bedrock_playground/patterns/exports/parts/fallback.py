"""Fallback: a ladder of targets; when one cannot answer, the next is asked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from bedrock_playground.patterns.exports.parts.calling import Course, Member, Reply, backoff, pause

POLICIES = {
    "throttling": {"Throttled", "QuotaExceeded"},
    "capacity": {"ModelNotReady", "ServiceUnavailable", "Overloaded", "InternalServerError"},
    "timeout": {"ModelTimeout", "ReadTimeout", "ConnectTimeout", "StallTimeout"},
    "broken": {"ConnectionFailed", "StreamInterrupted", "StreamCorrupted", "ModelStreamError", "ModelError"},
    "access": {"AccessDenied", "NotFound"},
    "context too long": {"ValidationFailed"},  # whose message says one of these:
}  # after which failures the next target is asked, by name
TOO_LONG = (
    "input is too long",
    "prompt is too long",
    "exceed context limit",
    "too many total text bytes",
    "input tokens exceeded",
    "maximum context length",
)


@dataclass(kw_only=True)
class Target:
    """Where a request can go."""

    ask: Member
    who: str  # what its kept answers are told apart by
    key: str  # what its breaker and its measured times are kept by: the model and the Region
    region: str | None = None  # None: the usual one
    tries: int = 2


@dataclass(kw_only=True)
class Fallback:
    """Targets from the best down to the last resort; the first that answers is the answer."""

    targets: tuple[Target, ...]
    when: tuple[str, ...]  # the names of policies; what none of them covers ends the ladder
    base_delay: float  # seconds: ceiling of the wait before a target's second try
    longest_wait: float  # seconds: a target that asks for more is left for the next one
    breaker: Any = None  # a Breaker: when a target is not asked at all for a while
    hedge: Any = None  # a Hedge: when two are asked at a time
    hold: bool = False  # whether the next target may replace an answer that broke off
    kept: Any = None  # Answers: when all failed, an earlier answer to the same request is given
    shorter: Member | None = None  # who is asked last, for less

    def run(self, prompt: str, course: Course) -> Reply:
        """Go down the ladder until somebody answers, or a failure is not worth going on from."""
        rungs = deque((f"target {n}", target) for n, target in enumerate(self.targets, 1))
        failed: list[Reply] = []
        while rungs:
            started = [rungs.popleft()]
            replies, winner = self.asked(started, rungs, prompt, course)
            shown = winner is not None and winner.began and not self.hold
            came = [winner] if shown and winner else replies
            if answer := next((reply for reply in came if reply.ok), None):
                return self.taken(answer, prompt, course)
            if shown:
                return broken(came[0], course)
            for rung, reply in zip(started, replies, strict=True):
                if winner and reply is not winner and reply.error == "Cancelled":
                    rungs.appendleft(rung)  # overtaken by one that broke off then: it has its turn yet
                elif course.over or not self.goes_on(reply, course):
                    return reply
                else:
                    failed.append(reply)
        return self.degraded(failed, prompt, course)

    def asked(
        self, started: list[tuple[str, Target]], rungs: deque[tuple[str, Target]], prompt: str, course: Course
    ) -> tuple[list[Reply], Reply | None]:
        """Ask a rung, and with a hedge the next one too when it is slow; who began first is the winner."""
        if self.hedge is None or not rungs:
            reply = self.climb(started[0], prompt, course)
            return [reply], reply if reply.ok or reply.text else None
        raced: tuple[list[Reply], Reply | None] = self.hedge.race(
            started, rungs, course, climb=lambda rung, branch: self.climb(rung, prompt, branch)
        )
        return raced

    def climb(self, rung: tuple[str, Target], prompt: str, course: Course) -> Reply:
        """Try a target as often as it may be; the last try counts. The SDK tries nothing again."""
        role, target = rung
        guard = self.breaker.of(target.key) if self.breaker else None
        last: Reply | None = None
        for number in range(1, target.tries + 1):
            permit = guard.ask() if guard else None
            if guard and permit is None:
                if last is not None:
                    course.decide(f"{role} is not tried again: its breaker has opened.", role)
                    return last
                message = f"The circuit breaker of {target.key} is {guard.state}."
                return Reply(role=role, error="CircuitOpen", message=message)
            reply = last = self.once(role, target, prompt, course)
            if guard and permit is not None:
                guard.tell(permit, reply)
            shown = reply.began and not self.hold
            wait = backoff(
                reply,
                number,
                tries=target.tries,
                base=self.base_delay,
                longest=self.longest_wait,
                shown=shown,
            )
            if wait is None:
                break
            course.decide(f"{role} failed ({named(reply)}); it is tried again after {wait:.2f} s.", role)
            pause(course, wait)
            if course.over:
                break
        assert last is not None  # a target is tried at least once
        return last

    def once(self, role: str, target: Target, prompt: str, course: Course) -> Reply:
        """Ask a target once; where there is a hedge, it wants to know when the answer begins."""
        branch = course.within(role, region=target.region, once=True)
        if self.hedge is None:
            return replace(target.ask(prompt, branch), role=role)
        times = self.hedge.timing(target.key, branch)
        reply: Reply = target.ask(prompt, replace(branch, begun=times.begun))
        times.over(reply)
        return replace(reply, role=role)

    def goes_on(self, reply: Reply, course: Course) -> bool:
        """Whether the next target is asked after a failure."""
        role = reply.role
        if reply.error == "CircuitOpen":
            course.decide(f"{role} was not asked: {reply.message}", role, chosen=False)
            return True
        policy = "always" if reply.error == "NobodyAnswered" else covering(self.when, reply)
        what = f": {policy}." if policy else "; no policy goes on from that, so the ladder ends."
        course.decide(f"{role} failed ({named(reply)}){what}", role, chosen=False)
        return policy is not None

    def taken(self, reply: Reply, prompt: str, course: Course) -> Reply:
        """Take an answer."""
        course.decide(f"{reply.role} answered.", reply.role, chosen=True)
        if self.kept is not None:
            target = self.targets[int(reply.role.removeprefix("target ")) - 1]
            self.kept.put(target.who, prompt, reply)
        return reply

    def degraded(self, failed: list[Reply], prompt: str, course: Course) -> Reply:
        """Give less than was asked for: an answer of before, a shorter one, or the last error's words."""
        for target in self.targets if self.kept is not None else ():
            kept: Reply | None = self.kept.get(target.who, prompt)
            if kept is not None:
                note = "Every target failed: this answer was given to the same request before."
                course.decide(note, "kept", chosen=True)
                return replace(kept, role="kept", note=note)
        if self.shorter is not None:
            course.decide("Every target failed: a shorter answer is asked for.", "shorter")
            reply = self.shorter(prompt, course.within("shorter", once=True))
            if reply.ok or reply.text:
                course.decide("The shorter answer is taken.", "shorter", chosen=True)
                return replace(reply, note="Every target failed: this is the shorter answer.")
            failed = [*failed, replace(reply, role="shorter")]
        last = failed[-1]
        words = f"No target answered. The last one, {last.role}, said: {last.message}"
        return replace(last, error="NobodyAnswered", message=words)


def covering(names: tuple[str, ...], reply: Reply) -> str | None:
    """Which policy says to go on after a failure; None: none of them."""
    for name in names:
        if name == "any" and reply.error != "Cancelled":
            return name
        long = name != "context too long" or any(words in reply.message.lower() for words in TOO_LONG)
        if reply.error in POLICIES.get(name, ()) and long:
            return name
    return None


def broken(reply: Reply, course: Course) -> Reply:
    """Keep an answer that broke off, as it was shown."""
    words = f"{reply.role} broke off after its answer had begun: it stays, and nobody else is asked."
    course.decide(words, reply.role, chosen=True)
    return reply


def named(reply: Reply) -> str:
    """An error in a few words."""
    words = reply.message if len(reply.message) <= 100 else f"{reply.message[:99]}…"
    return f"{reply.error}: {words}"
