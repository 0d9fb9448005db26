"""Routing by figures that were measured beforehand: the cheapest (or fastest …) route that will do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.patterns.exports.parts.calling import Course
from bedrock_playground.patterns.exports.parts.routing import Chooser


@dataclass(kw_only=True)
class Figures:
    """What was measured of a route; None is unknown, and never taken for good."""

    cost: Decimal | None = None  # US dollars a request, on average
    latency: float | None = None  # seconds to the whole answer, 95th percentile
    error_rate: float | None = None  # share of requests that failed
    requests: int = 0  # how many requests they rest on


def by_figures(*, figures: dict[str, Figures], best: str, limits: dict[str, Decimal | float]) -> Chooser:
    """Choose the least of `best` (cost, latency or error_rate) within the limits.

    `figures` are in the order of the routes, the first of equals is taken; measure anew when load, prices or
    models change.
    """

    def choose(prompt: str, course: Course) -> tuple[str | None, str]:
        del prompt, course  # it looks at the routes, not at the request
        able = {route: value for route, each in figures.items() if (value := usable(each)) is not None}
        if not able:
            return None, "no route's figures will do"
        chosen = min(able, key=lambda route: able[route])
        return chosen, f"of {len(able)} within the limits it has the least {best}: {able[chosen]}"

    def usable(each: Figures) -> Decimal | float | None:
        for name in ("cost", "latency", "error_rate"):
            value, limit = getattr(each, name), limits.get(name)
            if limit is not None and (value is None or value > limit):
                return None
        least: Decimal | float | None = getattr(each, best)
        return least

    return choose
