"""What a run that is still going will have cost: rates for the browser to multiply what has streamed by.

Pure: who prices is given.
"""

from __future__ import annotations

from typing import TypeAlias

from bedrock_playground.invocation.cost import Cost
from bedrock_playground.invocation.protocol import Pricer, RunIdentity
from bedrock_playground.invocation.trace import is_pattern
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Usage
from bedrock_playground.spending import estimate_input_tokens

Expected: TypeAlias = list[float] | int | bool | None
"""``[US dollars of the input, US dollars per output token]``; 0: it costs nothing; ``None``: nobody knows its
price; ``False``: nobody knows before it is over what its attachments, or a pattern's calls, come to.
"""

_OUTPUT = 1_000
"""Output tokens that are priced to learn the rate: any number would do that stays below a long context."""


def expected_price(pricer: Pricer, identity: RunIdentity, request: InvocationRequest) -> Expected:
    """Ask who prices the run what its tokens will cost, before any of them is counted.

    The input is estimated and taken to be read from no cache; the tier is the one that was asked for.

    Args:
        pricer: Who will price the run when it is over.
        identity: Which run.
        request: What is asked.
    """
    if is_pattern(request.model_id):
        return False
    tokens = estimate_input_tokens(request)
    cost = _cost(pricer, identity, request, max(1, tokens.text))
    if cost.amount is None:
        return None
    if not cost.amount:
        return 0
    if tokens.expected is None:
        return False
    parts = {part.bucket: part for part in cost.parts}
    if "input" not in parts or "output" not in parts:
        return None
    return [float(parts["input"].amount), float(parts["output"].usd_per_million) / 1e6]


def _cost(pricer: Pricer, identity: RunIdentity, request: InvocationRequest, tokens: int) -> Cost:  # noqa: PLR0917
    usage = Usage(input_tokens=tokens, output_tokens=_OUTPUT)
    assumed = InvocationResult(
        "", usage=usage, service_tier=request.service_tier, performance_latency=request.performance_latency
    )
    return pricer.cost(identity, request, assumed)
