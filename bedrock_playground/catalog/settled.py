"""One price from the sources that tell it: whether they agree, and what is said where they do not. Pure."""

from __future__ import annotations

from dataclasses import replace

from bedrock_playground.catalog.arithmetic import sentences
from bedrock_playground.catalog.price_file import agree, filled
from bedrock_playground.catalog.prices import Price
from bedrock_playground.invocation.cost import Confidence


def settled(first: Price, others: list[Price]) -> Price:
    """Say of a price what the sources after it say: they confirm it, fill its gaps, or say otherwise.

    Args:
        first: The price of the source that is believed most.
        others: Those of the sources after it, of the same id, tier and Region.
    """
    for other in others:
        if agree(first.rates, other.rates):
            sources_differ = bool(_packages(other.source) - _packages(first.source))
            first = replace(
                first,
                rates=filled(first.rates, other.rates),
                long_context_from=first.long_context_from or other.long_context_from,
                long_context_rates=first.long_context_rates or other.long_context_rates,
                confidence=Confidence.CONFIRMED
                if sources_differ and first.confidence is Confidence.SINGLE_SOURCE
                else first.confidence,
            )
        else:
            # Whoever knows of no other price for long requests does not know that there is none.
            start = first.long_context_from or other.long_context_from
            first = replace(first, long_context_from=start, note=sentences(first.note, _said(other)))
    return first


def _packages(source: str) -> set[str]:
    """The names in ``litellm 1.109.1, genai-prices 0.2.3``: two versions of one say nothing of each other."""
    return {part.split(" ")[0] for part in source.split(", ") if part}


def _said(other: Price) -> str:
    rates = other.rates
    told = [
        f"${rate:f} {name}" for name, rate in (("in", rates.input), ("out", rates.output)) if rate is not None
    ]
    what = f"{', '.join(told)} per million tokens" if told else "otherwise"
    return f"{other.source} ({other.as_of.isoformat()}) says {what}."
