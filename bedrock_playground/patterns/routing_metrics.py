"""Metric-based routing: to the cheapest (or fastest, or most reliable) route whose measured figures will do.

No call and no delay: the figures are measured beforehand and are part of the pattern, so that the same
pattern always decides the same. They grow old: take them anew from the history (:func:`measured`) when load,
prices or models change. It looks at the routes, not at the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import ClassVar, Literal

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.measures.quantiles import quantile
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.knobs import knob
from bedrock_playground.patterns.routes import Choice, Route

Aim = Literal["cost", "latency", "error_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured of a route; ``None`` is unknown, and never taken for good."""

    route: str
    """The route's name."""
    cost: Decimal | None = None
    """US dollars a request, on average."""
    latency: float | None = None
    """The 95th percentile of the time to the whole answer, in seconds."""
    error_rate: float | None = None
    """The share of requests that failed, 0–1."""
    requests: int = 0
    """How many requests the figures rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The best route by its figures, among those within the limits."""

    kind: ClassVar[str] = "measured"
    figures: tuple[Figures, ...]
    """What was measured, by route."""
    best: Aim = "cost"
    """What should be least."""
    max_latency: float | None = knob(
        None,
        label="Longest P95 latency, in seconds",
        low=0.0,
        high=lambda own: _longest(own.figures),
        step=0.1,
    )
    """The most seconds that the 95th percentile may be; ``None``: no limit."""
    max_error_rate: float | None = knob(None, label="Largest error rate", low=0.0, high=1.0, step=0.01)
    """The largest share of requests that may fail; ``None``: no limit."""
    max_cost: Decimal | None = None
    """The most US dollars a request; ``None``: no limit."""

    @property
    def names(self) -> tuple[str, ...]:
        """The routes that it names."""
        return tuple(each.route for each in self.figures)

    def choose(self, asked: InvocationRequest, routes: tuple[Route, ...], desk: Desk) -> Choice:  # noqa: ARG002
        """Compare the figures."""
        out: list[str] = []
        able: list[tuple[Decimal | float, Figures]] = []
        for route in routes:
            figures = next((each for each in self.figures if each.route == route.name), None)
            if (why := self._out(figures)) is not None or figures is None:
                out.append(f"{route.name} is out: {why}")
            elif (value := getattr(figures, self.best)) is not None:
                able.append((value, figures))
        beside = "".join(f"; {each}" for each in out)
        if not able:
            return Choice(None, f"no route's figures will do{beside}")
        value, chosen = min(able, key=lambda pair: pair[0])
        return Choice(
            chosen.route,
            f"of {len(able)} within the limits {chosen.route} has the least {_WORDS[self.best]}: "
            f"{_shown(self.best, value)} over {chosen.requests:,} requests{beside}",
        )

    def _out(self, figures: Figures | None) -> str | None:
        """Say why a route cannot be taken; ``None``: it can."""
        if figures is None:
            return "nothing was measured"
        limits: tuple[tuple[Aim, Decimal | float | None], ...] = (
            ("cost", self.max_cost),
            ("latency", self.max_latency),
            ("error_rate", self.max_error_rate),
        )
        for name, limit in limits:
            value: Decimal | float | None = getattr(figures, name)
            if value is None and (limit is not None or name == self.best):
                return f"its {_WORDS[name]} is not known"
            if value is not None and limit is not None and value > limit:
                return f"its {_WORDS[name]} is {_shown(name, value)}, above {_shown(name, limit)}"
        return None


def measured(
    route: str, *, latencies: Sequence[float], costs: Sequence[Decimal | None], failed: int
) -> Figures:
    """Work figures out of requests that were made.

    Args:
        route: The route's name.
        latencies: Seconds to the whole answer, of each request that completed.
        costs: US dollars of each that completed; the mean is unknown as soon as one is.
        failed: How many failed.

    Returns:
        The figures. The 95th percentile is unknown below 20 samples
        (:mod:`bedrock_playground.measures.quantiles`).
    """
    requests, known = len(latencies) + failed, [cost for cost in costs if cost is not None]
    whole = len(known) == len(costs) and bool(known)
    return Figures(
        route=route,
        cost=sum(known, Decimal(0)) / len(known) if whole else None,
        latency=quantile(latencies, 0.95).value,
        error_rate=failed / requests if requests else None,
        requests=requests,
    )


def _longest(figures: Sequence[Figures]) -> float:
    """As far as a limit on latency can be dragged: to the whole second above the slowest route."""
    return float(ceil(max((each.latency for each in figures if each.latency is not None), default=10.0)))


_WORDS: dict[Aim, str] = {"cost": "cost", "latency": "P95 latency", "error_rate": "error rate"}


def _shown(name: Aim, value: Decimal | float) -> str:
    match name:
        case "cost":
            return f"${value:f}"
        case "latency":
            return f"{value:.2f} s"
        case "error_rate":
            return f"{value:.1%}"
