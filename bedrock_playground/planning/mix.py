"""Mixes of models: routing sends a request to one of them, a cascade asks the next where one fails. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from bedrock_playground.catalog.arithmetic import sentences
from bedrock_playground.invocation.cost import Cost
from bedrock_playground.planning.as_if import total

Pattern: TypeAlias = Literal["routing", "cascade"]
"""Which pattern."""


@dataclass(frozen=True, slots=True)
class Part:
    """One model of a mix."""

    model_id: str
    """Which."""
    share: Decimal
    """Share of the traffic that it settles, 0 to 1."""
    per_request: Cost
    """What a request costs there."""


def asked(parts: Sequence[Part], pattern: Pattern) -> tuple[Decimal, ...]:
    """Share of the traffic that each model is asked, 0 to 1.

    In routing that is what it settles. In a cascade every request begins at the first, and each model passes
    on what it does not settle: model k is asked ``1 − (s₁ + … + sₖ₋₁)``, so what the last one settles was
    asked, and is paid for, at every one before it.

    Raises:
        ValueError: The shares do not add up to 1, or one is below 0.
    """
    if any(part.share < 0 for part in parts) or sum(part.share for part in parts) != 1:
        raise ValueError("The shares of a mix add up to 1.")
    if pattern == "routing":
        return tuple(part.share for part in parts)
    return tuple(1 - sum((one.share for one in parts[:place]), Decimal(0)) for place in range(len(parts)))


def mix_cost(parts: Sequence[Part], pattern: Pattern, *, overhead: Cost | None = None) -> Cost:
    """Price a request of a mix, on average: Σ share asked × cost there, and the router's or checker's own.

    It is assumed that each model gets the same tokens. What is not asked of a model costs nothing there,
    whether its price is known or not.

    Args:
        parts: The models; in a cascade in the order in which they are asked.
        pattern: Routing or a cascade.
        overhead: What the router costs per request, or per answer that a cascade checks.

    Returns:
        The cost; unknown where one that counts is.

    Raises:
        ValueError: The shares do not add up to 1, or one is below 0.
    """
    shares = asked(parts, pattern)
    costs = [
        part.per_request
        if part.per_request.amount is None
        else replace(part.per_request, amount=part.per_request.amount * share, parts=())
        for part, share in zip(parts, shares, strict=True)
        if share
    ]
    if overhead is not None:
        # A router decides once; a cascade's check looks at every answer but the last model's, which stands.
        times = Decimal(1) if pattern == "routing" else sum(shares[:-1], Decimal(0))
        costs.append(
            overhead
            if overhead.amount is None
            else replace(overhead, amount=overhead.amount * times, parts=())
        )
    found = total(costs)
    if found.amount is None:
        return found
    return replace(found, note=sentences(found.note, "Each model is taken to get the same tokens."))
