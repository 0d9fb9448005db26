"""The parts that modules are put together from, by name."""

from __future__ import annotations

PARTS = (
    "calling", "streaming", "templates", "chain", "routing", "expressions", "rules", "reading_json",
    "asking_json", "classifier", "embedding", "neighbours", "measured", "cascade", "criteria_looking",
    "schemas", "votes", "gathering", "judging", "criteria_agreeing", "criteria_judged", "aggregation",
    "merging_vote", "merging_judge", "merging_synthesis", "splitting", "map_reduce", "keeping", "caching",
    "breaking", "hedging", "fallback", "ranking",
)  # fmt: skip
"""Every file in the folder ``parts``."""
