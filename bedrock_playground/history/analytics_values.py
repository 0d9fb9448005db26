"""What is asked of all runs together, and what comes back: plain values, no SQL.

Days and weeks are UTC's, as AWS bills; weeks begin on Monday. ``None`` is unknown, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from bedrock_playground.measures import Interval, Quantile, wilson


@dataclass(frozen=True, slots=True)
class AnalyticsFilter:
    """Which runs; every field narrows, an empty one does not."""

    model_ids: tuple[str, ...] = ()
    """Any of these models, by the id that was sent."""
    users: tuple[str | None, ...] = ()
    """Any of these users; ``None``: nobody was signed in."""
    presets: tuple[str | None, ...] = ()
    """Any of these presets; ``None``: run from none."""
    tags: tuple[str, ...] = ()
    """With any of these tags."""
    endpoints: tuple[str | None, ...] = ()
    """Sent to any of these: ``local``, ``bedrock``, or another endpoint's URL."""
    first: date | None = None
    """Started on this UTC day or later."""
    last: date | None = None
    """Started on this UTC day or earlier."""

    @property
    def started_from(self) -> datetime | None:
        """The first moment of the first day."""
        return None if self.first is None else datetime.combine(self.first, time.min, UTC)

    @property
    def started_before(self) -> datetime | None:
        """The first moment after the last day."""
        if self.last is None or self.last == date.max:
            return None
        return datetime.combine(self.last + timedelta(days=1), time.min, UTC)


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by, and from when to when there are runs."""

    models: tuple[str, ...] = ()
    """Model ids, sorted."""
    users: tuple[str | None, ...] = ()
    """Users; ``None`` first if some runs have none."""
    presets: tuple[str | None, ...] = ()
    """Presets; ``None`` first if some runs have none."""
    tags: tuple[str, ...] = ()
    """Tags, sorted."""
    endpoints: tuple[str | None, ...] = ()
    """Endpoints; ``None`` first if some runs have none."""
    first: date | None = None
    """The day of the oldest run, in UTC; ``None``: no run has ended yet."""
    last: date | None = None
    """The day of the newest run, in UTC."""


class Width(StrEnum):
    """How long a period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Measure(StrEnum):
    """What quantiles are told of; the values are columns of ``runs``."""

    TTFT = "time_to_first_token"
    TOTAL = "total"
    SPEED = "tokens_per_second"
    LENGTH = "output_tokens"


class Parameter(StrEnum):
    """What can be varied; the values are columns of ``runs``."""

    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    TOP_K = "top_k"
    MAX_TOKENS = "max_tokens"
    THINKING_BUDGET = "thinking_budget"
    EFFORT = "effort"
    SERVICE_TIER = "service_tier"


@dataclass(frozen=True, slots=True)
class Sums:
    """What runs add up to."""

    runs: int = 0
    """How many ended, however they did."""
    completed: int = 0
    """Of them: completed."""
    failed: int = 0
    """Of them: failed."""
    cancelled: int = 0
    """Of them: somebody stopped them."""
    interrupted: int = 0
    """Of them: the process died."""
    cost: Decimal = Decimal(0)
    """US dollars of those whose cost is known."""
    priced: int = 0
    """How many have a cost by a price."""
    free: int = 0
    """How many ran on this machine, which costs nothing."""
    unknown: int = 0
    """How many completed at a cost that nobody knows; never counted as 0."""
    unknown_ended: int = 0
    """How many failed or were stopped, of which no cost is known either."""
    input_tokens: int = 0
    """Input tokens of those that were told."""
    output_tokens: int = 0
    """Output tokens of those that were told."""
    told: int = 0
    """Of how many runs the output tokens are known."""
    retries: int = 0
    """How many tries there were beyond each run's first."""
    retried: int = 0
    """How many runs were tried more than once."""

    def __add__(self, other: Sums) -> Sums:
        """Add up two that have no run in common."""
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def known_cost(self) -> Decimal | None:
        """The cost, ``None`` where not one run's is known."""
        return self.cost if self.priced or self.free else None

    @property
    def failed_share(self) -> float | None:
        """Failed runs among those that completed or failed; what somebody stopped says nothing of errors."""
        judged = self.completed + self.failed
        return self.failed / judged if judged else None


@dataclass(frozen=True, slots=True)
class Period:
    """What one model's runs of one period add up to."""

    start: datetime
    """When it begins, in UTC."""
    model_id: str
    """The model."""
    sums: Sums
    """What they add up to."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """On which runs quantiles rest."""

    runs: int
    """How many completed runs pass the filter."""
    limit: int
    """From how many on a sample is taken."""

    @property
    def share(self) -> float:
        """How much of them is looked at, 0 to 1; 1 is all."""
        return 1.0 if self.runs <= self.limit else self.limit / self.runs


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles of the runs of one period, model or setting."""

    part: str | float | None
    """Which: the beginning of the period as SQL writes it, the model, the setting's value."""
    samples: int
    """How many runs they rest on."""
    told: tuple[Quantile, ...]
    """In the order in which they were asked for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Runs of one model that did not complete, or were tried again, by what went wrong."""

    kind: str
    """The error's class name; several joined by `` + `` where a run was tried again for several."""
    model_id: str
    """The model."""
    runs: int
    """How many runs."""
    retries: int
    """How many tries beyond each run's first."""
    completed: int
    """How many of the runs completed in the end."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two repeats of the same request gave the same answer."""

    requests: int
    """How many requests were completed twice or more."""
    runs: int
    """How many runs those are."""
    share: float
    """The mean over requests, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one model did at one value of a parameter."""

    value: str | float | None
    """The value; ``None``: it was not sent."""
    total: Quantiles
    """Total seconds: median and P95."""
    length: Quantiles
    """Output tokens: P5, median and P95."""
    agreement: Agreement | None
    """``None``: no request was completed twice."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """What votes say of one model's answers."""

    model_id: str
    """The model."""
    won: int
    """How often its answer was the best one."""
    lost: int
    """How often another one was."""
    tied: int
    """How often none was better than the others."""
    bad: int
    """How often all were bad; that says nothing of which is better, and counts in no rate."""
    credit: float
    """A win counts 1 and a tie among ``n`` answers 1/``n``: each vote gives 1 away."""
    chance: float | None
    """The rate that picking blindly would give: the mean of 1/``n``; ``None`` without a vote that counts."""

    @property
    def rate(self) -> Interval:
        """The credit per vote, with Wilson's interval at 95 per cent."""
        votes = self.won + self.lost + self.tied
        return wilson(min(self.credit, votes), votes)
