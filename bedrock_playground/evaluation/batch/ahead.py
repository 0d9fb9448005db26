"""What calls would cost by batch inference, added up before anything is sent; what is unknown is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bedrock_playground.evaluation.batch.pricing import priced_as_batch
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.spending.estimate import Estimate, Estimator


@dataclass(slots=True)
class Ahead:
    """What calls would cost together; grows call by call."""

    records: int = 0
    """How many calls."""
    without_expected: int = 0
    """Calls of which no cost can be expected: they are in no sum."""
    without_worst: int = 0
    """Calls of which nobody knows what they cost at most: they are in no sum."""
    expected_known: Decimal = Decimal(0)
    """US dollars to expect of the others, at the price of batch inference."""
    worst_known: Decimal = Decimal(0)
    """US dollars at most of the others, at the default price: never too little."""
    free: bool = True
    """Whether all of them run on this machine."""
    why_unknown: str | None = None
    """Why the first of those is not known, in words."""

    @property
    def expected(self) -> Decimal | None:
        """US dollars to expect of all; ``None`` where that is not known of some."""
        return None if self.without_expected else self.expected_known

    @property
    def worst(self) -> Decimal | None:
        """US dollars at most of all; ``None`` where that is not known of some."""
        return None if self.without_worst else self.worst_known

    def add(self, estimate: Estimate) -> None:
        """Add a call."""
        self.records += 1
        self.free = self.free and estimate.free
        if estimate.expected.amount is None:
            self.without_expected += 1
        else:
            self.expected_known += estimate.expected.amount
        if estimate.worst.amount is None:
            self.without_worst += 1
            self.why_unknown = self.why_unknown or estimate.why_unknown
        else:
            self.worst_known += estimate.worst.amount


def look_ahead(requests: Iterable[InvocationRequest], estimator: Estimator) -> Ahead:
    """Estimate what calls would cost by batch inference.

    Args:
        requests: The calls.
        estimator: Who says what a request costs where they go.
    """
    told = Ahead()
    for request in requests:
        told.add(estimator.estimate(priced_as_batch(request)))
    return told
