"""Reasoning, budget and effort in a request: each family wants them said in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from bedrock_playground.catalog.draft import Draft
from bedrock_playground.catalog.raw_fields import put
from bedrock_playground.catalog.rules.case import SMALL_DEFAULT, SMALLEST_BUDGET
from bedrock_playground.catalog.rules.family import Thinking
from bedrock_playground.invocation.values import Json


def add_reasoning(draft: Draft, max_tokens: int | None) -> int | None:
    """Put reasoning, its budget and its effort where the model wants them.

    Args:
        draft: The request in the making.
        max_tokens: The max tokens that will be sent.

    Returns:
        The max tokens to send: a thinking budget needs some above it.
    """
    thinking = draft.case.thinking
    if thinking is None or thinking.kind is None or draft.case.is_prompt:
        _drop_all(draft)
    elif thinking.kind == "budget":
        _budget(draft, thinking)
        _effort(draft, thinking)
    else:
        _drop(draft, "thinking_budget", draft.case.variant.thinking_budget)
        if thinking.kind == "effort":
            _levels(draft, thinking)
        else:
            _switch(draft, thinking)
            _effort(draft, thinking)
    return _above_budget(draft, thinking) if max_tokens is None else max_tokens


def _above_budget(draft: Draft, thinking: Thinking | None) -> int | None:
    """Choose max tokens where none is set and a budget is: left out, Bedrock would use a small number."""
    if thinking is None or thinking.kind != "budget":
        return None
    value = draft.fields.get(thinking.switch[1])
    budget = value.get("budget_tokens") if isinstance(value, Mapping) else None
    raw = draft.case.raw
    if raw.budget is not None:
        # Laid over what the settings make; where max tokens are raw as well, they are none of ours.
        budget = None if "max_tokens" in raw.numbers else int(raw.budget)
    if not isinstance(budget, int):
        return None
    wanted = budget + SMALL_DEFAULT
    tokens = min(wanted, draft.case.ceiling or wanted)
    reason = (
        f"A thinking budget must be smaller than max tokens, and without them Bedrock stops Claude at about "
        f"{SMALL_DEFAULT:,}: so many are sent above the budget, as far as the model goes."
    )
    draft.note("max_tokens", "added", given=None, sent=tokens, reason=reason)
    return tokens


def _drop(draft: Draft, parameter: str, given: Json) -> None:
    if given is not None:
        draft.drop(parameter, given)


def _drop_all(draft: Draft) -> None:
    variant = draft.case.variant
    _drop(draft, "reasoning", variant.reasoning)
    _drop(draft, "thinking_budget", variant.thinking_budget)
    _drop(draft, "effort", variant.effort)


def _switch(draft: Draft, thinking: Thinking) -> None:
    """Turn reasoning on or off by an object of its own."""
    wanted = draft.case.variant.reasoning
    if wanted is None or not draft.takes("reasoning", wanted):
        return
    value = thinking.on if wanted == "on" else thinking.off
    draft.place("reasoning", thinking.switch, dict(value or {}), given=wanted)


def _budget(draft: Draft, thinking: Thinking) -> None:
    """Claude's first way: an object with the number of tokens to think with."""
    case, variant = draft.case, draft.case.variant
    if not case.reasons_by_controls:
        _switch(draft, thinking)
        _drop(draft, "thinking_budget", variant.thinking_budget)
        return
    given = variant.thinking_budget
    if given is None:
        tokens = SMALLEST_BUDGET
        reason = f"Reasoning needs a budget: the smallest, {tokens:,} tokens, as none is set."
        draft.note("thinking_budget", "added", given=None, sent=tokens, reason=reason)
    else:
        draft.warn(draft.rules["thinking_budget"].warning)
        tokens = draft.clamp("thinking_budget", given, low=SMALLEST_BUDGET, high=case.room)
    value: dict[str, Json] = {**(thinking.on or {}), "budget_tokens": tokens}
    if variant.reasoning is not None:
        draft.warn(draft.rules["reasoning"].warning)
        draft.place("reasoning", thinking.switch, value, given=variant.reasoning)
    put(draft.fields, thinking.switch[1:], value)
    if given is not None:
        path = ".".join((*thinking.switch, "budget_tokens"))
        draft.note("thinking_budget", "translated", given=given, sent=tokens, reason=f"Sent as {path}.")


def _effort(draft: Draft, thinking: Thinking) -> None:
    """Send a level of effort, which is at most high where reasoning is off."""
    level = draft.case.variant.effort
    if level is None:
        return
    options = draft.rules["effort"].options
    if level in draft.case.levels and options and level not in options:
        draft.note("effort", "clamped", given=level, sent=options[-1], reason=draft.rules["effort"].reason)
        level = options[-1]
    chosen = draft.choice("effort", level)
    if chosen is not None:
        draft.place("effort", thinking.effort, chosen, given=draft.case.variant.effort)


def _levels(draft: Draft, thinking: Thinking) -> None:
    """Models whose level of effort is also what turns reasoning on and off."""
    wanted = draft.case.variant.reasoning
    if wanted is not None and not draft.takes("reasoning", wanted):
        wanted = None
    if wanted == "off":
        _turn_off(draft, thinking)
        _drop(draft, "effort", draft.case.variant.effort)
        return
    level = draft.choice("effort", draft.case.variant.effort)
    if level is not None:
        _turn_on(draft, thinking)
        draft.place("effort", thinking.effort, level, given=level)
        if wanted == "on":
            draft.note(
                "reasoning", "translated", given="on", sent=level, reason="The level of effort turns it on."
            )
    elif wanted == "on":
        levels = draft.case.levels
        level = thinking.level_for_on if thinking.level_for_on in levels else levels[-1]
        _turn_on(draft, thinking)
        draft.place("reasoning", thinking.effort, level, given="on")
        reason = f"Reasoning needs a level of effort here: {level}, as none is set."
        draft.note("effort", "added", given=None, sent=level, reason=reason)


def _turn_on(draft: Draft, thinking: Thinking) -> None:
    if thinking.switch and thinking.on is not None:
        put(draft.fields, thinking.switch[1:], dict(thinking.on))


def _turn_off(draft: Draft, thinking: Thinking) -> None:
    if thinking.off_level is not None:
        draft.place("reasoning", thinking.effort, thinking.off_level, given="off")
    else:
        draft.place("reasoning", thinking.switch, dict(thinking.off or {}), given="off")
