"""Ask a target, and the next one too when the first is slow to begin: how long is slow, and what was decided.

:mod:`bedrock_playground.patterns.racing` has the race itself and its source.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.racing import Raced, race
from bedrock_playground.patterns.trying import Rung, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """When the next target is asked too, because one has not begun to answer."""

    after: float = 2.0
    """Seconds without a first token."""
    percentile: float | None = None
    """Instead of ``after``, once enough were measured: this quantile (0.95, say) of the target's times to the
    first token. One that was overtaken counts with the time until then. A replay measures anew, in its
    own order."""

    def __post_init__(self) -> None:
        if self.after < 0:
            raise ValueError(f"after is 0 or more seconds; it is {self.after}.")
        if self.percentile is not None and not 0 < self.percentile < 1:
            raise ValueError(f"percentile lies between 0 and 1; it is {self.percentile}.")

    def delay(self, desk: Desk, target: Target) -> tuple[float, str]:
        """How long to wait for a target's first token, in seconds, and where that comes from, in words."""
        if self.percentile is None:
            return self.after, "as set"
        found = desk.backing.first_tokens.quantile(target.key, self.percentile)
        if found.value is None:
            return self.after, f"as set, until enough is measured: {found.caveat}"
        return found.value, f"the {found.name} of {found.samples} measured first tokens"


def ask_hedged(
    desk: Desk, hedge: Hedge | None, *, started: list[Rung], others: deque[Rung]
) -> Generator[InvocationEvent, None, Raced]:
    """Ask a rung, and the next one too if there is a hedge and the first is slow to begin.

    Args:
        desk: Whose calls they are.
        hedge: When the next is asked too; ``None``: never.
        started: The rung to ask; the next one is added to it when it is started.
        others: The rungs behind it; the next one is taken from here when it is started.
    """
    (first,) = started
    if hedge is None or not others:
        reply = yield from first.climb(desk)
        return Raced((reply,), reply if reply.ok or reply.text else None)
    after, why = hedge.delay(desk, first.target)
    second = others[0]

    def note(branch: Desk) -> None:
        started.append(others.popleft())
        branch.decide(
            f"{first.role} had not begun after {after:.2f} s ({why}), so {second.role} is asked too.",
            role=second.role,
        )

    raced = yield from race(desk, first.climb, second.climb, after=after, on_start=note)
    if len(started) > 1 and raced.winner:
        role = raced.winner.call.role
        desk.decide(f"{role} began first, so the other was ended.", role=role)
    return raced
