"""How likely a model found its own words, where it tells: read from the model's own response fields.

Converse has no field for it. What is read is OpenAI's form, ``{"logprobs": {"content": [{"logprob": …}]}}``,
which the local endpoint speaks, with or without ``choices`` around it, and a plain list of numbers under
``logprobs`` or ``token_logprobs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, fsum

from bedrock_playground.invocation.values import Json


def mean_probability(fields: Json) -> float | None:
    """The geometric mean of the tokens' probabilities, exp(mean of their logarithms); ``None``: not told."""
    logs = _logs(fields)
    return exp(fsum(logs) / len(logs)) if logs else None


def _logs(fields: Json) -> list[float]:
    if isinstance(fields, Mapping):
        for name in ("logprob", "choices", "logprobs", "token_logprobs", "content"):
            if found := _logs(fields.get(name)):
                return found
    elif isinstance(fields, Sequence) and not isinstance(fields, str):
        return [log for item in fields for log in _logs(item)]
    elif isinstance(fields, int | float) and not isinstance(fields, bool):
        return [float(fields)]
    return []
