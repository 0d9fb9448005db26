"""A workload: how many requests, how large, when, and how much of them a cache can serve. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from bedrock_playground.planning.offers import Ttl
from bedrock_playground.planning.tokens import SizeBin, typed

TTL_SECONDS: dict[Ttl, int] = {"5m": 300, "1h": 3600}
"""How long an entry lives that is not used: Converse's ``cachePoint.ttl``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a plan assumes of the traffic; every field can be changed on the page."""

    sizes: tuple[SizeBin, ...] = field(default_factory=lambda: typed(4_000, 400))
    """The distribution of request sizes: one bin where a size was typed."""
    requests_per_day: int = 10_000
    """Requests on a day, in the first month."""
    days_per_month: int = 30
    """Days with such traffic in a month."""
    growth_per_month: Decimal = Decimal(0)
    """Each month's requests over the month before, less one: 0.1 is 10 % more."""
    peak_factor: Decimal = Decimal(3)
    """The busiest minute over the mean of the active hours."""
    active_hours: Decimal = Decimal(12)
    """Hours of a day in which the requests come."""
    max_tokens: int = 1_024
    """``maxTokens`` as it is sent: what Bedrock reserves of the quota, however short the answer is."""
    cached_share: Decimal = Decimal("0.6")
    """Share of the input that repeats and stands first (instructions, tools, a document): what is cached."""
    hit_share_5m: Decimal = Decimal("0.8")
    """Share of requests that find it in a cache that keeps it for five minutes."""
    hit_share_1h: Decimal = Decimal("0.95")
    """Share of requests that find it in a cache that keeps it for an hour."""

    def __post_init__(self) -> None:
        if not self.sizes or any(one.requests < 1 for one in self.sizes):
            raise ValueError("A workload needs at least one size of request.")
        shares = (self.cached_share, self.hit_share_5m, self.hit_share_1h)
        if any(not 0 <= share <= 1 for share in shares):
            raise ValueError("A share lies between 0 and 1.")
        if self.active_hours <= 0 or self.peak_factor < 1 or self.growth_per_month <= -1:
            raise ValueError("There is no such traffic: check active hours, peak factor and growth.")

    @property
    def requests_per_month(self) -> int:
        """Requests in the first month: requests a day × days a month."""
        return self.requests_per_day * self.days_per_month

    @property
    def mean_input(self) -> Decimal:
        """Input tokens of a request, on average."""
        return _mean(sum(one.input_tokens for one in self.sizes), self.sizes)

    @property
    def mean_output(self) -> Decimal:
        """Output tokens of a request, on average."""
        return _mean(sum(one.output_tokens for one in self.sizes), self.sizes)

    def hits(self, ttl: Ttl) -> Decimal:
        """Share of requests that find their beginning in a cache of this TTL."""
        return self.hit_share_5m if ttl == "5m" else self.hit_share_1h


def hit_share(*, requests_per_hour: Decimal, beginnings: int, ttl: Ttl) -> Decimal:
    """Estimate how many requests find their beginning in the cache, from the traffic alone.

    A request finds it if the one before with the same beginning came no longer ago than the TTL, because each
    use renews it (Bedrock user guide, "Prompt caching for faster model inference"). With arrivals that are
    independent of each other (a Poisson process of rate λ = requests per hour / beginnings) the time since
    the one before is exponentially distributed, so the share is ``1 − exp(−λ · TTL)``.

    Args:
        requests_per_hour: In the active hours.
        beginnings: How many different ones there are, each equally often: tenants, documents, conversations.
        ttl: How long the cache keeps what is not used.

    Returns:
        0 to 1, rounded to four places.
    """
    rate = max(requests_per_hour, Decimal(0)) / max(beginnings, 1)
    share = 1 - (-rate * TTL_SECONDS[ttl] / 3600).exp()
    return share.quantize(Decimal("0.0001"))


def growth(first: int, per_month: Decimal, months: int = 12) -> tuple[Decimal, ...]:
    """Requests of each month: the first month's × (1 + growth) to the power of the months since.

    Args:
        first: Requests in the first month.
        per_month: Growth, as a share.
        months: How many months.
    """
    return tuple(first * (1 + per_month) ** month for month in range(months))


def _mean(tokens: int, sizes: tuple[SizeBin, ...]) -> Decimal:
    return Decimal(tokens) / sum(one.requests for one in sizes)
