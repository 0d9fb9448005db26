"""What repeated measurements say, and how far that can be trusted: quantiles, intervals, nearness of vectors.

Pure, and the standard library alone.
"""

from bedrock_playground.measures.intervals import Interval, wilson
from bedrock_playground.measures.quantile_intervals import quantile_interval
from bedrock_playground.measures.quantiles import Quantile, Spread, needed, quantile, spread, steady
from bedrock_playground.measures.vectors import Neighbour, cosine, nearest, normalised

__all__ = [
    "Interval",
    "Neighbour",
    "Quantile",
    "Spread",
    "cosine",
    "nearest",
    "needed",
    "normalised",
    "quantile",
    "quantile_interval",
    "spread",
    "steady",
    "wilson",
]
