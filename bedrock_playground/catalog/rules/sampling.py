"""Temperature, top-p and top-k."""

from __future__ import annotations

from collections.abc import Iterator

from bedrock_playground.catalog.rules.case import Case, by_ignorance, by_prompt, cannot
from bedrock_playground.catalog.rules.family import Family, Span
from bedrock_playground.catalog.rules.values import ControlState, Rule

LABELS = {"temperature": "temperature", "top_p": "top-p", "top_k": "top-k"}
"""The controls, as reasons call them."""
_OTHER = {"temperature": "top_p", "top_p": "temperature"}
_PATHS = {"temperature": ("inferenceConfig", "temperature"), "top_p": ("inferenceConfig", "topP")}


def sampling_rules(case: Case) -> Iterator[Rule]:
    """Say what can be done with temperature, top-p and top-k."""
    for parameter in LABELS:
        if case.is_prompt:
            yield by_prompt(parameter)
        elif case.family is None:
            yield by_ignorance(parameter, "this model")
        else:
            yield _rule(case, case.family, parameter)


def _rule(case: Case, family: Family, parameter: str) -> Rule:
    span = {"temperature": family.temperature, "top_p": family.top_p, "top_k": family.top_k}[parameter]
    if span is None:
        return _not_taken(case, family, parameter)
    excluded = _excluded_by(family, parameter)
    state, reason = _state(case, family, parameter)
    return Rule(
        parameter=parameter,
        state=state,
        reason=reason or _free_reason(family, parameter, span),
        minimum=span.minimum,
        maximum=span.maximum,
        step=1 if parameter == "top_k" else 0.01,
        default=span.default,
        path=family.top_k_path if parameter == "top_k" else _PATHS[parameter],
        conflicts_with=excluded,
        warning=span.warning_for(getattr(case.variant, parameter)) if state is ControlState.FREE else None,
        source=family.source,
    )


def _not_taken(case: Case, family: Family, parameter: str) -> Rule:
    label = LABELS[parameter]
    if parameter != "top_k":
        return cannot(
            case, parameter, f"{case.name} refuses requests that set {label}: it samples in its own way."
        )
    if family.temperature is None or family.top_k_refused:
        return cannot(case, parameter, f"{case.name} takes no top-k: a request that sets it is refused.")
    return cannot(
        case,
        parameter,
        f"Nobody has verified where {case.name} takes top-k. If you know, write it as an additional field.",
        state=ControlState.DEFAULT_ONLY,
    )


def _excluded_by(family: Family, parameter: str) -> tuple[str, ...]:
    exclusive = family.one_of_two and parameter in _OTHER
    thinking = family.thinking is not None and family.thinking.kind in {"budget", "adaptive"}
    return ((_OTHER[parameter],) if exclusive else ()) + (("reasoning",) if thinking else ())


def _state(case: Case, family: Family, parameter: str) -> tuple[ControlState, str | None]:
    if case.reasons and "reasoning" in _excluded_by(family, parameter):
        return (
            ControlState.CONFLICTS,
            f"{case.name} takes no {LABELS[parameter]} while it reasons: reasoning is on.",
        )
    if family.one_of_two and parameter in _OTHER and _yields(case, parameter):
        return (
            ControlState.CONFLICTS,
            f"{case.name} takes temperature or top-p, not both: {LABELS[_OTHER[parameter]]} is in use.",
        )
    return ControlState.FREE, None


def _yields(case: Case, parameter: str) -> bool:
    """Whether the other of the two goes first: the one in use, and temperature where both are.

    One that stands in the raw fields goes first: those are sent whatever the settings are.
    """
    raw = case.raw.numbers
    other = _OTHER[parameter]
    if other in raw:
        return parameter not in raw or parameter == "top_p"
    if parameter in raw:
        return False
    temperature, top_p = case.variant.temperature, case.variant.top_p
    if parameter == "top_p":
        return temperature is not None
    return temperature is None and top_p is not None


def _free_reason(family: Family, parameter: str, span: Span) -> str:
    limits = f"{span.minimum:g} to {span.maximum:g}" if span.maximum is not None else f"from {span.minimum:g}"
    default = "" if span.default is None else f"; the model's default is {span.default:g}"
    only = ""
    if family.one_of_two and parameter in _OTHER:
        only = f" Not together with {LABELS[_OTHER[parameter]]}."
    return f"{limits}{default}.{only}"
