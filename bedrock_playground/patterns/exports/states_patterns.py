"""Patterns as states; what Step Functions cannot decide as it is decided here is refused or told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import cast

from bedrock_playground.invocation.structured import asked_schema
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.aggregation import Aggregation
from bedrock_playground.patterns.cascade import Cascade
from bedrock_playground.patterns.chain import Chain
from bedrock_playground.patterns.desk import Desk
from bedrock_playground.patterns.exports.member_requests import BARE
from bedrock_playground.patterns.exports.states_criteria import criterion_states, literal_of, read_json
from bedrock_playground.patterns.exports.states_ladder import fallback_states
from bedrock_playground.patterns.exports.states_machine import ASKED, Finish, Machine, Path
from bedrock_playground.patterns.exports.states_merging import aggregation_states
from bedrock_playground.patterns.exports.states_values import (
    State,
    States,
    all_of,
    cases,
    choice,
    either,
    glob,
    is_ok,
    says,
)
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import CLASSIFIER, Classifier, schema_of
from bedrock_playground.patterns.routing_metrics import Measured
from bedrock_playground.patterns.routing_neighbours import Neighbours
from bedrock_playground.patterns.routing_rules import Rule, Rules


def write(
    machine: Machine, states: States, pattern: Pattern, *, asked: InvocationRequest, finish: Finish
) -> str:
    """Write a pattern's states.

    Args:
        machine: The state machine.
        states: Where they are written.
        pattern: The pattern.
        asked: What it is asked, but for the prompt.
        finish: Names the state that hands on the reply at a place.

    Returns:
        The first state's name.

    Raises:
        CannotExport: Step Functions cannot do it; the message says what, and what to use instead.
    """
    makers: Mapping[type[Pattern], Callable[..., str]] = {
        Chain: _chain,
        Routing: _routing,
        Cascade: _cascade,
        Aggregation: aggregation_states,
        Fallback: fallback_states,
    }
    make = makers.get(type(pattern))
    if make is None:
        raise CannotExport(
            f"Step Functions has nothing for “{pattern.kind}”: it cuts no texts, keeps no answers and "
            "compares no vectors. Take the Python module, in a Lambda function if you like."
        )
    return make(machine, states, pattern, asked=asked, finish=finish)


def _chain(
    machine: Machine, states: States, pattern: Chain, *, asked: InvocationRequest, finish: Finish
) -> str:
    known: dict[str, Path | str] = {"prompt": ASKED, "previous": ""}
    places = [machine.place(step.name) for step in pattern.steps]
    prompts = []
    for step, place in zip(pattern.steps, places, strict=True):
        prompts.append(machine.filled(step.template, known, f"{step.name} prompt"))
        said = Path(f"$.{place}.text")
        known |= {step.name: said, "previous": said}
    entry = ""
    for step, place, prompt in reversed(list(zip(pattern.steps, places, prompts, strict=True))):
        then = finish(place)
        if entry:
            check = machine.named(f"{step.name} answered?")
            states[check] = choice([is_ok(f"$.{place}") | {"Next": entry}], default=then)
            then = check
        entry = machine.ask(states, step.member, asked, role=step.name, place=place, then=then, prompt=prompt)
    return entry


def _cascade(
    machine: Machine, states: States, pattern: Cascade, *, asked: InvocationRequest, finish: Finish
) -> str:
    steps = [(role, member, machine.place(role)) for role, member in pattern.steps()]
    last, strongest, place = steps[-1]
    entry = machine.ask(states, strongest, asked, role=last, place=place, then=finish(place))
    for role, member, place in reversed(steps[:-1]):
        met, unmet = finish(place), entry
        for criterion in reversed(pattern.criteria):
            met = criterion_states(
                machine, states, criterion, place=place, member=member, asked=asked, met=met, unmet=unmet
            )
        check = machine.named(f"{role} answered?")
        states[check] = choice([is_ok(f"$.{place}") | {"Next": met}], default=unmet)
        entry = machine.ask(states, member, asked, role=role, place=place, then=check)
    return entry


def _routing(
    machine: Machine, states: States, pattern: Routing, *, asked: InvocationRequest, finish: Finish
) -> str:
    entries = {}
    for route in pattern.routes:
        place = machine.place(route.name)
        entries[route.name] = machine.ask(
            states, route.member, asked, role=route.name, place=place, then=finish(place)
        )
    default = entries[pattern.default or pattern.routes[0].name]
    match pattern.by:
        case Rules(rules=rules):
            told = [_rule(machine, rule, asked) for rule in rules]
            choices = [
                each | {"Next": entries[rule.route]}
                for rule, each in zip(rules, told, strict=True)
                if each is not None
            ]
            return _chosen(machine, states, choices, default=default)
        case Classifier():
            return _classified(
                machine, states, pattern.by, entries=entries, routes=pattern.routes, default=default
            )
        case Measured():
            return _measured(
                machine, states, pattern.by, entries=entries, routes=pattern.routes, default=default
            )
        case Neighbours():
            raise CannotExport(
                "Step Functions compares no vectors, so it cannot route by the nearest examples. Route by "
                "rules or by a classifier, or take the Python module, in a Lambda function if you like."
            )


def _chosen(machine: Machine, states: States, choices: list[State], *, default: str) -> str:
    if not choices:
        return default
    name = machine.named("Which route?")
    states[name] = choice(choices, default=default)
    return name


def _rule(machine: Machine, rule: Rule, asked: InvocationRequest) -> State | None:
    """A rule as a comparison; ``None``: it can never hold."""
    for what, said in (
        (
            "the prompt's length",
            rule.min_characters if rule.min_characters is not None else rule.max_characters,
        ),
        ("the letters' script", rule.script),
    ):
        if said is not None:
            raise CannotExport(
                f"A rule asks for {what}, which Step Functions cannot tell. Take the rule away, or choose "
                "the route in a Lambda function."
            )
    for wanted, has in (
        (rule.attachments, False),
        (rule.tools, asked.tool_config is not None),
        (rule.schema, asked_schema(asked) is not None),
    ):
        if wanted is not None and wanted != has:
            return None
    told: list[State] = []
    if rule.contains:
        machine.note(
            "Texts in a prompt are found as they are written, in small letters, in capitals and with a "
            "capital at the beginning; the app finds them in any mixture."
        )
        told.append(either([each for text in rule.contains for each in says(ASKED, text)]))
    if rule.regex is not None:
        told.append({"Variable": ASKED, "StringMatches": f"*{glob(literal_of(rule.regex))}*"})
    settled = any(each is not None for each in (rule.attachments, rule.tools, rule.schema))
    if not told and settled:
        told.append({"Variable": ASKED, "IsPresent": True})
    return all_of(told) if told else None


def _classified(
    machine: Machine, states: States, by: Classifier, *, entries: Mapping[str, str],
    routes: tuple[Route, ...], default: str,
) -> str:  # fmt: skip
    values: dict[str, Path | str] = {
        "routes": "\n".join(f"- {route.name}: {route.description}".rstrip(": ") for route in routes),
        "names": ", ".join(f'"{route.name}"' for route in routes),
        "prompt": ASKED,
    }
    place = machine.place(CLASSIFIER)
    read, verdict = machine.place(f"{CLASSIFIER} verdict"), machine.named("Which route?")
    sure = [
        {"Variable": f"$.{read}.value.route", "IsPresent": True},
        {"Variable": f"$.{read}.value.confidence", "IsPresent": True},
        {"Variable": f"$.{read}.value.confidence", "IsNumeric": True},
        {"Variable": f"$.{read}.value.confidence", "NumericGreaterThanEquals": by.threshold},
    ]
    states[verdict] = choice(
        [
            all_of(
                [
                    *sure,
                    either(
                        [{"Variable": f"$.{read}.value.route", "StringEquals": each} for each in cases(name)]
                    ),
                ]
            )
            | {"Next": entry}
            for name, entry in entries.items()
        ],
        default=default,
    )
    parse = read_json(machine, states, place=place, read=read, then=verdict, failed=default)
    check = machine.named("Classifier answered?")
    states[check] = choice([is_ok(f"$.{place}") | {"Next": parse}], default=default)
    return machine.ask(
        states, by.member, BARE, role=CLASSIFIER, place=place, then=check,
        prompt=machine.filled(by.template, values, "classifier prompt"),
        schema=json.dumps(schema_of([route.name for route in routes])),
    )  # fmt: skip


def _measured(
    machine: Machine, states: States, by: Measured, *, entries: Mapping[str, str], routes: tuple[Route, ...],
    default: str,
) -> str:  # fmt: skip
    # It looks at the figures alone: neither at the request nor at the desk.
    chosen = by.choose(BARE, routes, cast("Desk", None))
    machine.note(
        "The route was chosen when this was exported, by the figures of then: export anew when they change."
    )
    name = machine.named("The route by its figures")
    states[name] = {
        "Type": "Pass",
        "Comment": chosen.why,
        "Next": entries[chosen.route] if chosen.route else default,
    }
    return name
