"""What a contender would have done with another threshold, told from recorded calls without making any.

An evaluation records every call of every contender, each with its answer, its time and its cost. With another
threshold a pattern makes other decisions over the same calls: it is played again, its calls are answered from
the record, and its clock shows the time that they took. Where it would make a call that nobody made, the case
is *unknown*: it is counted as such, and never guessed.

The calls of all contenders of a case are pooled, so the single models that stand beside a cascade let its
thresholds be dragged as far as they go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.errors import Cancelled, CircuitOpen, NotRecorded, UnexpectedError
from bedrock_playground.invocation.events import Failed, Finished
from bedrock_playground.invocation.protocol import InvocationStream
from bedrock_playground.invocation.trace import cost_of_calls
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult
from bedrock_playground.measures.quantiles import Quantile, quantile
from bedrock_playground.patterns.backing import Backing, Recorded, Shape
from bedrock_playground.patterns.cache_store import CacheStore
from bedrock_playground.patterns.knobs import knobs, with_knob
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.stream import PatternStream, new_identity


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call that some contender made for a case; patterns' own runs are none."""

    request: InvocationRequest
    """What was sent."""
    recorded: Recorded
    """What came of it."""
    role: str | None = None
    """What it was for; of equal requests the one of the same role is taken first."""


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """A case, and every call that was made for it."""

    number: int
    """The case's number."""
    asked: InvocationRequest
    """What the contenders were asked."""
    calls: tuple[RecordedCall, ...]
    """The calls, in the order in which they are to be used: the contender's own first."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a contender would have answered."""

    number: int
    """The case's number."""
    result: InvocationResult
    """The answer, with its trace and the time that it would have taken."""
    cost: Cost
    """What it would have cost."""

    @property
    def known(self) -> bool:
        """Whether every call of it was recorded."""
        if isinstance(self.result.error, NotRecorded):
            return False
        calls = self.result.trace.calls if self.result.trace else ()
        return all(call.error_type != NotRecorded.__name__ for call in calls)


Scoring: TypeAlias = Callable[[Replayed], float | None]
"""Scores a completed answer, 0–1; ``None``: it cannot be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A contender at one value of a knob, over all cases; shares and means are of those that are known."""

    value: float
    """Where the knob stands."""
    accuracy: float | None
    """The mean score, 0–1; a failure counts 0. ``None``: nothing could be scored."""
    scored: int
    """How many cases ``accuracy`` rests on."""
    cost: Decimal | None
    """US dollars a request, on average; ``None``: unknown, because that of some request is."""
    unpriced: int
    """How many requests have an unknown cost."""
    latency: Quantile
    """The median of the seconds to the whole answer."""
    p95: Quantile
    """Their 95th percentile."""
    calls: float | None
    """Calls a request, on average."""
    unknown: int
    """How many cases would have made a call that was not recorded."""
    replayed: tuple[Replayed, ...]
    """Case by case."""


def replaying(shape: Shape, *, embedding_model: str | None = None) -> Backing:
    """What stands behind replays: nobody is called, and nothing is kept from before.

    Replays of one backing see each other's kept answers, as a semantic cache needs it: take another one for
    each value of a knob.

    Args:
        shape: Makes requests, as it did when they were recorded.
        embedding_model: The embedding model that was the connection's own then.
    """
    return Backing(invoker=_Nobody(), shape=shape, embedding_model=embedding_model, cache=CacheStore())


def replay(member: Member, case: RecordedCase, *, backing: Backing) -> Replayed:
    """Play a contender on a recorded case; nothing is sent.

    Args:
        member: The contender.
        case: The case.
        backing: As :func:`replaying` makes it.
    """
    pool = _Pool(case.calls)
    if isinstance(member, Solo):
        recorded = pool.take(backing.shape(member.variant, case.asked).request, role="")
        if recorded is None:
            missing = NotRecorded("This call was not made when it was recorded.")
            return Replayed(case.number, InvocationResult(error=missing), Cost(None))
        return Replayed(case.number, recorded.result, recorded.cost or Cost(None))
    identity = new_identity()
    result = InvocationResult(error=UnexpectedError("The pattern ended without an end."))
    journaled = replace(backing, journal=pool)
    for event in PatternStream(member, case.asked, journaled, identity=identity):
        if isinstance(event, Finished | Failed):
            result = event.result
    calls = result.trace.own_calls(identity.run_id) if result.trace else ()
    return Replayed(case.number, result, cost_of_calls(calls))


def curve(
    member: Member,
    knob: str,
    cases: Sequence[RecordedCase],
    *,
    score: Scoring,
    shape: Shape,
    values: Iterable[float] | None = None,
    embedding_model: str | None = None,
) -> tuple[Point, ...]:
    """Say what a contender comes to at each value of a knob.

    Args:
        member: The contender.
        knob: The knob's name; see :func:`~bedrock_playground.patterns.knobs.knobs`.
        cases: The recorded cases, in the order in which a cache sees them.
        score: Scores an answer; it is asked once for answers to a case that say, took and cost the same.
        shape: As for :func:`replaying`.
        values: Where to turn the knob; ``None``: everywhere it can be dragged to.
        embedding_model: As for :func:`replaying`.

    Raises:
        KeyError: There is no such knob.
    """
    found = {each.name: each for each in knobs(member)}[knob]
    shape, scores = _remembered(shape), dict[object, float | None]()

    def scored(each: Replayed) -> float | None:
        result = each.result
        if result.error is not None:
            return 0.0
        key = (each.number, result.text, result.timing.total, each.cost.amount)
        if key not in scores:
            scores[key] = score(each)
        return scores[key]

    points = []
    for value in found.values() if values is None else values:
        turned = with_knob(member, knob, value)
        backing = replaying(shape, embedding_model=embedding_model)
        played = [replay(turned, case, backing=backing) for case in cases]
        points.append(point(value, played, scored=scored))
    return tuple(points)


def point(value: float, played: Sequence[Replayed], *, scored: Scoring) -> Point:
    """Add up what a contender came to.

    Args:
        value: Where the knob stands.
        played: The cases as replayed.
        scored: The score of a known one.
    """
    known = [each for each in played if each.known]
    told = [number for each in known if (number := scored(each)) is not None]
    costs = [each.cost.amount for each in known if each.cost.amount is not None]
    times = [total for each in known if (total := each.result.timing.total) is not None]
    calls = [
        sum(call.sent for call in each.result.trace.leaves) if each.result.trace else 1 for each in known
    ]
    priced = len(costs) == len(known) and bool(known)
    return Point(
        value=value,
        accuracy=sum(told) / len(told) if told else None,
        scored=len(told),
        cost=sum(costs, Decimal(0)) / len(costs) if priced else None,
        unpriced=len(known) - len(costs),
        latency=quantile(times, 0.5),
        p95=quantile(times, 0.95),
        calls=sum(calls) / len(calls) if calls else None,
        unknown=len(played) - len(known),
        replayed=tuple(played),
    )


class _Pool:
    """A journal of one case's calls; each is taken once."""

    only = True

    def __init__(self, calls: Iterable[RecordedCall]) -> None:
        self._calls: dict[tuple[str, str], list[RecordedCall]] = defaultdict(list)
        for call in calls:
            self._calls[_key(call.request)].append(call)

    def take(self, request: InvocationRequest, *, role: str) -> Recorded | None:
        """Take a call of this request, one of this role if there is one."""
        there = self._calls.get(_key(request), [])
        equal = [index for index, call in enumerate(there) if call.request == request]
        same = (index for index in equal if there[index].role == role)
        others = (index for index in equal if not _cut_short(there[index]))
        taken = next(same, next(others, None))
        return None if taken is None else there.pop(taken).recorded


class _Nobody:
    """Stands where an invoker would; nothing is ever sent while a journal answers alone."""

    def stream(self, request: InvocationRequest) -> InvocationStream:
        """Refuse."""
        raise AssertionError(f"A replay must not send anything, and would have sent to {request.model_id}.")


def _cut_short(call: RecordedCall) -> bool:
    """Whether a call was overtaken or not made in its role: in another one something would have come."""
    return call.role is not None and isinstance(call.recorded.result.error, Cancelled | CircuitOpen)


def _key(request: InvocationRequest) -> tuple[str, str]:
    """What equal requests have in common and can be looked up by."""
    return request.model_id, request.messages[-1].text if request.messages else ""


def _remembered(shape: Shape) -> Shape:
    """The same shape, which makes equal requests once: most of a replay's time goes there."""
    known: dict[object, BuiltRequest] = {}

    def remembered(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
        try:
            key: object = (variant, asked, hash(asked))
        except TypeError:  # a schema or tools: mappings
            key = (variant, repr(asked))
        if key not in known:
            known[key] = shape(variant, asked)
        return known[key]

    return remembered
