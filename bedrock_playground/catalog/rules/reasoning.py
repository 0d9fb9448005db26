"""Reasoning: whether, how much, and what it excludes."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.catalog.rules.case import SMALLEST_BUDGET, Case, by_ignorance, by_prompt, cannot
from bedrock_playground.catalog.rules.family import FIELDS, Thinking
from bedrock_playground.catalog.rules.values import ControlState, Rule

_PARAMETERS = ("reasoning", "thinking_budget", "effort")
_CAPPED = frozenset({"xhigh", "max"})


def reasoning_rules(case: Case) -> Iterator[Rule]:
    """Say what can be done with reasoning, its budget and its effort."""
    thinking = case.thinking
    for parameter in _PARAMETERS:
        if case.is_prompt:
            yield by_prompt(parameter)
        elif case.family is None:
            yield by_ignorance(parameter, "how this model reasons")
        elif thinking is None:
            yield cannot(case, parameter, f"{case.name} does not reason before it answers.")
        elif thinking.kind is None:
            yield cannot(
                case,
                parameter,
                f"Nobody has verified how {case.name} is asked to reason. If you know, write it as an "
                "additional field.",
                state=ControlState.DEFAULT_ONLY,
            )
        else:
            yield {"reasoning": _switch, "thinking_budget": _budget, "effort": _effort}[parameter](
                case, thinking
            )


def _switch(case: Case, thinking: Thinking) -> Rule:
    state, reason = ControlState.FREE, _switch_reason(case, thinking)
    if not thinking.can_turn_off:
        state, reason = ControlState.DEFAULT_ONLY, f"{case.name} always reasons: it cannot be turned off."
    elif case.too_small_to_think:
        state, reason = ControlState.CONFLICTS, _no_room(case)
    return Rule(
        parameter="reasoning",
        state=state,
        reason=reason,
        options=("on", "off") if thinking.can_turn_off else (),
        default="on" if thinking.on_by_default else "off",
        path=thinking.switch or thinking.effort,
        conflicts_with=_excludes(thinking),
        warning=thinking.warning if thinking.kind != "budget" and state is ControlState.FREE else None,
        source=case.source,
    )


def _switch_reason(case: Case, thinking: Thinking) -> str:
    default = "reasons unless told not to" if thinking.on_by_default else "reasons when asked to"
    if thinking.kind in {"budget", "adaptive"} and case.family and case.family.temperature is not None:
        return f"{case.name} {default}; temperature, top-p and top-k are then not taken."
    return f"{case.name} {default}."


def _excludes(thinking: Thinking) -> tuple[str, ...]:
    sampling = ("temperature", "top_p", "top_k")
    if thinking.kind == "budget":
        return (*sampling, "tool_choice", "max_tokens")
    if thinking.kind == "adaptive":
        return (*sampling, "tool_choice") if thinking.refuses_forcing else sampling
    return ()


def _no_room(case: Case) -> str:
    return (
        f"{case.name} needs a thinking budget of at least {SMALLEST_BUDGET:,} tokens below max tokens, and "
        f"max tokens is {(case.room or 0) + 1:,}. Raise max tokens, or leave it out."
    )


def _budget(case: Case, thinking: Thinking) -> Rule:
    if thinking.takes_budget_too:
        return cannot(
            case,
            "thinking_budget",
            f"{case.name} chooses its budget itself: set its effort. A fixed budget, the older way, can be "
            "written as an additional field.",
            state=ControlState.DEFAULT_ONLY,
        )
    if thinking.kind != "budget":
        instead = "Set its effort instead." if case.levels else "It chooses how much to think."
        return cannot(case, "thinking_budget", f"{case.name} takes no thinking budget. {instead}")
    state = ControlState.FREE
    reason = (
        f"At least {SMALLEST_BUDGET:,} tokens, and fewer than max tokens. It excludes temperature, top-p, "
        "top-k and a forced tool."
    )
    if case.too_small_to_think:
        state, reason = ControlState.CONFLICTS, _no_room(case)
    elif case.variant.reasoning == "off":
        state, reason = ControlState.CONFLICTS, "Reasoning is off: there is nothing to spend a budget on."
    return Rule(
        parameter="thinking_budget",
        state=state,
        reason=reason,
        minimum=SMALLEST_BUDGET,
        maximum=case.room,
        step=1024,
        path=(FIELDS, "thinking", "budget_tokens"),
        conflicts_with=("reasoning", "max_tokens"),
        source=case.source,
    )


def _effort(case: Case, thinking: Thinking) -> Rule:
    levels = case.levels
    if not levels:
        return cannot(case, "effort", f"{case.name} takes no level of effort.")
    state = ControlState.FREE
    reason = f"One of {', '.join(levels)}."
    if case.variant.reasoning == "off" and thinking.can_turn_off:
        if thinking.kind == "adaptive":
            levels = tuple(level for level in levels if level not in _CAPPED)
            reason = f"One of {', '.join(levels)} while reasoning is off; more needs reasoning."
        else:
            state, reason = ControlState.CONFLICTS, "Reasoning is off: effort says how much to reason."
    return Rule(
        parameter="effort",
        state=state,
        reason=reason,
        options=levels,
        path=thinking.effort,
        conflicts_with=() if not thinking.can_turn_off else ("reasoning",),
        warning=_effort_warning(case, thinking) if state is ControlState.FREE else None,
        source=case.source,
    )


def _effort_warning(case: Case, thinking: Thinking) -> str | None:
    limits = (case.variant.temperature, case.variant.top_p, case.variant.max_tokens)
    if thinking.refuses_at_high and case.effort == "high" and limits != (None, None, None):
        # Told by an Amazon engineer and two client libraries, not by AWS's pages: said, not enforced.
        return (
            f"At effort high {case.name} is reported to refuse temperature, top-p and max tokens: leave "
            "those out if it does."
        )
    if thinking.kind == "adaptive" and not case.reasons and case.variant.effort is not None:
        return (
            f"Reasoning is not on: effort then only shapes how thorough {case.name}'s answer is. Turn "
            "reasoning on to let it think."
        )
    return thinking.warning
