"""A prompt router: what all the models behind it take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bedrock_playground.catalog.rules.case import Case
from bedrock_playground.catalog.rules.families import family_of
from bedrock_playground.catalog.rules.family import Family
from bedrock_playground.catalog.rules.sampling import sampling_rules
from bedrock_playground.catalog.rules.values import ControlState, Rule

_WORST_FIRST = (ControlState.REJECTED, ControlState.DEFAULT_ONLY, ControlState.CONFLICTS)


def shared_rules(case: Case) -> Iterator[Rule]:
    """Say what can be done with sampling where several models may answer.

    Reasoning is asked for in another way by each family, so nothing is known of it behind a router; and where
    one of the models is unknown, nothing of sampling either.
    """
    families = [family_of(base) for base in case.resolution.base_ids]
    known = [family for family in families if family is not None]
    if len(known) < 2 or len(known) < len(families):
        return
    each = [_sampling(case, family) for family in known]
    for parameter in each[0]:
        yield _both([rules[parameter] for rules in each])


def _sampling(case: Case, family: Family) -> Mapping[str, Rule]:
    settings = replace(case.variant, reasoning=None, thinking_budget=None, effort=None)
    rules = sampling_rules(replace(case, family=family, variant=settings))
    return {rule.parameter: rule for rule in rules}


def _both(rules: Sequence[Rule]) -> Rule:
    for state in _WORST_FIRST:
        for rule in rules:
            if rule.state is state:
                return replace(rule, reason=f"Behind this router: {rule.reason}")
    first = rules[0]
    if any(rule.path != first.path for rule in rules):
        reason = "The models behind this router take it in different places, so it cannot be sent to both."
        return Rule(parameter=first.parameter, state=ControlState.DEFAULT_ONLY, reason=reason)
    lows = [rule.minimum for rule in rules if rule.minimum is not None]
    highs = [rule.maximum for rule in rules if rule.maximum is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    return replace(
        first,
        minimum=low,
        maximum=high,
        default=first.default if all(rule.default == first.default for rule in rules) else None,
        reason=f"{low:g} to {high:g}, which all models behind this router take."
        if low is not None and high is not None
        else first.reason,
        conflicts_with=tuple(dict.fromkeys(name for rule in rules for name in rule.conflicts_with)),
        warning=next((rule.warning for rule in rules if rule.warning), None),
    )
