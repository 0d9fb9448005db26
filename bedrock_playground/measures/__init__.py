"""What repeated measurements say, and how far that can be trusted: quantiles and intervals.

Pure, and the standard library alone.
"""

from bedrock_playground.measures.intervals import Interval, wilson
from bedrock_playground.measures.quantiles import Quantile, Spread, needed, quantile, spread, steady

__all__ = ["Interval", "Quantile", "Spread", "needed", "quantile", "spread", "steady", "wilson"]
