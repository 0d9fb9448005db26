"""What raw additional fields break of the model's rules: told before the run, and sent all the same."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.catalog.draft import Draft
from bedrock_playground.catalog.rules.case import SMALLEST_BUDGET
from bedrock_playground.catalog.rules.family import Thinking
from bedrock_playground.catalog.rules.values import ControlState

_LIKELY = "the model is likely to refuse the request."


def raw_warnings(draft: Draft, *, max_tokens: int | None) -> Iterator[str]:
    """Say what the raw fields set that the model is known not to take.

    Args:
        draft: The request in the making.
        max_tokens: The max tokens that will be sent.
    """
    raw = draft.case.raw
    for parameter, (path, value) in raw.numbers.items():
        rule = draft.rules[parameter]
        if rule.state in {ControlState.REJECTED, ControlState.CONFLICTS}:
            yield f"The additional fields set {path}. {rule.reason} So {_LIKELY}"
        elif rule.usable and rule.minimum is not None and value < rule.minimum:
            yield f"The additional fields set {path} to {value:g}, below {rule.minimum:g}: {_LIKELY}"
        elif rule.usable and rule.maximum is not None and value > rule.maximum:
            yield f"The additional fields set {path} to {value:g}, above {rule.maximum:g}: {_LIKELY}"
    yield from _of_reasoning(draft, max_tokens)


def _of_reasoning(draft: Draft, max_tokens: int | None) -> Iterator[str]:
    case, raw, rule = draft.case, draft.case.raw, draft.rules["reasoning"]
    thinking = case.thinking
    if case.family is None:
        return
    if thinking is None:
        if raw.asking is not None:
            yield f"The additional fields set {raw.asking}. {rule.reason} So {_LIKELY}"
        return
    if thinking.kind is None:
        # Nobody has verified how it is asked: the raw fields are the way to find out.
        return
    if raw.asking is not None and raw.asking not in {*thinking.switch[1:2], *thinking.effort[1:2]}:
        way = f"which is not how {case.name} is asked to reason"
        yield f"The additional fields set {raw.asking}, {way}: {_LIKELY}"
    yield from _of_its_own_way(draft, thinking, max_tokens)


def _of_its_own_way(draft: Draft, thinking: Thinking, max_tokens: int | None) -> Iterator[str]:
    case, raw, rule = draft.case, draft.case.raw, draft.rules["reasoning"]
    if raw.reasoning == "off" and not thinking.can_turn_off:
        yield f"The additional fields turn reasoning off. {rule.reason} So {_LIKELY}"
    taken = {str(word["type"]) for word in (thinking.on, thinking.off) if word}
    if thinking.takes_budget_too:
        taken.add("enabled")
    if raw.kind is not None and taken and raw.kind not in taken:
        words = " or ".join(sorted(taken))
        place = ".".join(thinking.switch[1:])
        yield f"The additional fields set {place}.type to {raw.kind}; {case.name} takes {words}: {_LIKELY}"
    if raw.budget is not None and raw.budget < SMALLEST_BUDGET:
        yield f"The additional fields set a thinking budget below {SMALLEST_BUDGET:,} tokens: {_LIKELY}"
    if raw.budget is not None and max_tokens is not None and raw.budget >= max_tokens:
        yield (
            f"The thinking budget of the additional fields must be below max tokens, which are "
            f"{max_tokens:,}: {_LIKELY}"
        )
    if raw.effort is not None and case.levels and raw.effort not in {*case.levels, thinking.off_level}:
        words = ", ".join(case.levels)
        yield f"The additional fields set effort to {raw.effort}; {case.name} takes {words}: {_LIKELY}"
