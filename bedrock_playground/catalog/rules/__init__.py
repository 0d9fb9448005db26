"""Which settings a model takes, in which range, and why.

Pure: no clock, environment or network. :mod:`~bedrock_playground.catalog.rules.families` is the table, the
other modules turn its row and what the snapshot knows into a :class:`Rule` per control.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.rules.case import case_of
from bedrock_playground.catalog.rules.content import content_rules
from bedrock_playground.catalog.rules.limits import limit_rules
from bedrock_playground.catalog.rules.reasoning import reasoning_rules
from bedrock_playground.catalog.rules.router import shared_rules
from bedrock_playground.catalog.rules.sampling import sampling_rules
from bedrock_playground.catalog.rules.turns import turn_rule
from bedrock_playground.catalog.rules.values import ControlState, Rule
from bedrock_playground.catalog.variant import Inputs, Variant

__all__ = ["ControlState", "Rule", "rules_for"]


def rules_for(
    resolution: Resolution, *, variant: Variant | None = None, inputs: Inputs | None = None
) -> Mapping[str, Rule]:
    """Say what can be done with each control.

    Args:
        resolution: What the model's id stands for.
        variant: The settings, which may exclude each other; none set if omitted.
        inputs: What is asked.

    Returns:
        A rule per field of :class:`~bedrock_playground.catalog.variant.Variant` (but ``model``), and for
        ``attachments``, ``output_schema``, ``tools``, ``tool_choice`` and the conversation's ``turns``.
    """
    case = case_of(resolution, variant or Variant(model=resolution.model_id), inputs)
    router = shared_rules(case) if resolution.kind == "prompt_router" else ()
    rules = chain(
        sampling_rules(case),
        limit_rules(case),
        reasoning_rules(case),
        content_rules(case),
        (turn_rule(case),),
        router,
    )
    return {rule.parameter: rule for rule in rules}
