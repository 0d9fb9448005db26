"""How many requests may be on their way to a model, and how fast: limits that learn from throttling.

``rates`` has the arithmetic (a window that halves, buckets that fill), ``turns`` decides whose turn it is,
both pure and told the time; ``limited`` is the Invoker around an Invoker, with threads that wait.
"""

from bedrock_playground.limits.limited import LimitedInvoker
from bedrock_playground.limits.rates import RateLimits
from bedrock_playground.limits.turns import LimitState

__all__ = ["LimitState", "LimitedInvoker", "RateLimits"]
