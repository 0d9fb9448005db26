"""How amounts of money are written: at least three significant digits, never as an exponent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from bedrock_playground.invocation.cost import Confidence, Cost

UNKNOWN = "unknown"
"""What stands where nobody knows an amount: never 0."""

CONFIDENCE_WORDS = {
    Confidence.EXACT: "exact",
    Confidence.USER: "your own price file",
    Confidence.AWS: "AWS's price list",
    Confidence.CONFIRMED: "two sources agree",
    Confidence.SINGLE_SOURCE: "one source",
    Confidence.ESTIMATE: "estimate",
    Confidence.UNKNOWN: "unknown",
}
"""What each degree of confidence is called on a page."""


def format_usd(amount: Decimal | None) -> str:
    """Write US dollars: ``$0.00123``, ``$1.23``, ``$1,234.50``; ``unknown`` for ``None``.

    There are at least three significant digits and at least two decimals, so that what is small is not shown
    as nothing. Exactly nothing is ``$0``.
    """
    if amount is None:
        return UNKNOWN
    if not amount:
        return "$0"
    size = abs(amount)
    rounded = _round(size, max(2, 2 - size.adjusted()))
    if rounded.adjusted() != size.adjusted():
        # 0.9996 became 1.000: one digit fewer says as much.
        rounded = _round(rounded, max(2, 2 - rounded.adjusted()))
    return f"{'-' if amount < 0 else ''}${rounded:,f}"


def format_rate(rate: Decimal | None) -> str:
    """Write a published rate exactly as it is: ``$1.375``, ``$0.0375``, ``$3.00``; never rounded.

    There are at least three significant digits and at least two decimals. Exactly nothing is ``$0``.
    """
    if rate is None:
        return UNKNOWN
    if not rate:
        return "$0"
    exact = rate.normalize()
    decimals = max(2, 2 - exact.adjusted(), -int(exact.as_tuple().exponent))
    return f"{'-' if rate < 0 else ''}${abs(exact):,.{decimals}f}"


def format_per_thousand(amount: Decimal | None) -> str:
    """Write what a thousand such requests cost."""
    return format_usd(None if amount is None else amount * 1000)


def origin(cost: Cost) -> str:
    """Say in one line where a cost comes from: source, date, confidence, and what else to know of it."""
    parts = [
        cost.source,
        f"as of {cost.as_of.isoformat()}" if cost.as_of else None,
        CONFIDENCE_WORDS[cost.confidence],
        cost.note,
    ]
    return " · ".join(part for part in parts if part)


def cost_to_json(cost: Cost) -> dict[str, str | None]:
    """Make a cost into JSON, without its parts: the amount as decimal text, ``null`` is unknown."""
    return {"cost": None if cost.amount is None else f"{cost.amount:f}", **origin_to_json(cost)}


def origin_to_json(cost: Cost) -> dict[str, str | None]:
    """Make where a cost comes from into JSON."""
    return {
        "source": cost.source,
        "as_of": cost.as_of.isoformat() if cost.as_of else None,
        "confidence": cost.confidence.value,
        "note": cost.note,
    }


def _round(amount: Decimal, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
