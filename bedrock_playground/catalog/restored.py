"""From a request that was sent back to the settings that made it.

Pure: no clock, environment or network.
"""

from __future__ import annotations

from bedrock_playground.catalog.parameters import top_k_of
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation.values import InvocationRequest


def variant_of(request: InvocationRequest, *, shared_system: str | None) -> Variant:
    """Read a variant back from a request.

    Args:
        request: What was sent.
        shared_system: The system prompt that all variants of the comparison share; another one is the
            variant's own.
    """
    sent = request.parameters
    extra = dict(sent.additional_model_request_fields or {})
    rule = top_k_of(request.model_id)
    value: object = extra
    for name in rule.path if rule else ():
        value = value.get(name) if isinstance(value, dict) else None
    return Variant(
        model=request.model_id,
        temperature=sent.temperature,
        top_p=sent.top_p,
        top_k=value if rule and isinstance(value, int) else None,
        max_tokens=sent.max_tokens,
        stop=tuple(_escaped(text) for text in sent.stop_sequences or ()),
        system=None if request.system == shared_system else request.system or "",
    )


def _escaped(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")
