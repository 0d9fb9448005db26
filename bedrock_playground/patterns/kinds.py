"""Every kind of pattern, by the name that files and records use."""

from __future__ import annotations

from bedrock_playground.patterns.aggregation import Aggregation
from bedrock_playground.patterns.caching import Cache
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.chain import Chain
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.map_reduce import MapReduce
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.routing import Routing

_KINDS: tuple[type[Pattern], ...] = (
    Routing, Cascade, Aggregation, Fallback, Chain, MapReduce, Cache, Ranking,
)  # fmt: skip


def pattern_kinds() -> dict[str, type[Pattern]]:
    """Every kind, in the order in which a page offers them."""
    return {kind.kind: kind for kind in _KINDS}
