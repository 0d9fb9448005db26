"""What caches come to over many requests: how often they hit, and what that saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.invocation.trace import Lookup, Trace
from bedrock_playground.measures.intervals import Interval, wilson


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """Looks into caches, added up."""

    lookups: int
    """How often somebody looked."""
    exact: int
    """How often the same request was found."""
    similar: int
    """How often a near one was found."""
    rate: Interval
    """The share of hits, with its 95 % interval (Wilson)."""
    saved_cost: Decimal | None
    """US dollars that the hits' original calls cost; ``None`` as soon as one is unknown."""
    saved_seconds: float | None
    """How long they took; ``None`` as soon as one is unknown."""
    unknown_costs: int
    """Of how many hits nobody knows what the original call cost."""
    embedding_cost: Decimal | None
    """US dollars that looking for near prompts cost; ``None`` as soon as one is unknown."""

    @property
    def hits(self) -> int:
        """How often anything was found."""
        return self.exact + self.similar

    @property
    def net_cost(self) -> Decimal | None:
        """What was saved, less what looking cost; below 0 the cache costs more than it saves."""
        if self.saved_cost is None or self.embedding_cost is None:
            return None
        return self.saved_cost - self.embedding_cost


def cache_figures(traces: Iterable[Trace]) -> CacheFigures:
    """Add up what the caches of some requests found, those inside other patterns included.

    Args:
        traces: The trace of each request.
    """
    traces = tuple(traces)
    lookups = [lookup for trace in traces for lookup in trace.lookups]
    hits = [lookup for lookup in lookups if lookup.found]
    costs, seconds = [hit.saved_cost for hit in hits], [hit.saved_seconds for hit in hits]
    known = [cost for cost in costs if cost is not None]
    times = [second for second in seconds if second is not None]
    looking = [cost for trace in traces for cost in _looking(trace)]
    paid = [cost for cost in looking if cost is not None]
    return CacheFigures(
        lookups=len(lookups),
        exact=_found(hits, "exact"),
        similar=_found(hits, "similar"),
        rate=wilson(len(hits), len(lookups)),
        saved_cost=sum(known, Decimal(0)) if len(known) == len(hits) else None,
        saved_seconds=sum(times) if len(times) == len(hits) else None,
        unknown_costs=len(hits) - len(known),
        embedding_cost=sum(paid, Decimal(0)) if len(paid) == len(looking) else None,
    )


def _found(hits: list[Lookup], how: str) -> int:
    return sum(hit.found == how for hit in hits)


def _looking(trace: Trace) -> Iterable[Decimal | None]:
    """What each embedding for a look cost: those of the runs that looked."""
    lookers = {lookup.parent_id for lookup in trace.lookups}
    return (call.cost for call in trace.calls if call.parent_id in lookers and call.role == "embedding")
