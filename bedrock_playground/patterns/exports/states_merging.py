"""Aggregation as states: all are asked in parallel, then counted, judged or written together."""

from __future__ import annotations

import json
from math import ceil

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.aggregation import Aggregation
from bedrock_playground.patterns.exports.member_requests import BARE
from bedrock_playground.patterns.exports.states_criteria import EQUAL, read_json
from bedrock_playground.patterns.exports.states_machine import ASKED, Finish, Machine, Path
from bedrock_playground.patterns.exports.states_values import (
    State,
    States,
    all_of,
    cases,
    choice,
    glob,
    is_ok,
    plurality,
    unpacked,
)
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.judging import PICK_PROMPT, verdict_schema
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.patterns.merging import Judged, Synthesis, Vote
from bedrock_playground.patterns.votes import Ballot

_AROUND = ("{}", "{}.", "{}!", "{} *", "{},*", "{}.*", "{}:*", "{}\n*", "* {}", "* {}.", "*\n{}", "*\n{}.")
_BOLD = ("\\*\\*{}\\*\\*", "\\*\\*{}\\*\\*.", "\\*\\*{}.\\*\\*")


def aggregation_states(
    machine: Machine, states: States, pattern: Aggregation, *, asked: InvocationRequest, finish: Finish
) -> str:
    """Write an aggregation's states; names the first.

    Raises:
        CannotExport: A vote cannot be read or counted by Step Functions.
    """
    if pattern.quorum is not None and pattern.quorum < len(pattern.members):
        machine.note(
            f"All members are waited for, although {pattern.quorum} would do: a Parallel state waits for all."
        )
    ballot = getattr(pattern.by, "ballot", Ballot())
    replies, name = machine.place("replies"), machine.named("Ask all")
    branches = [
        _branch(machine, pattern, at=at, asked=asked, ballot=ballot) for at in range(len(pattern.members))
    ]
    first = _merge(machine, states, pattern, replies=replies, asked=asked, finish=finish)
    states[name] = {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": {"all.$": "$", **unpacked(len(branches))},
        "ResultPath": f"$.{replies}",
        "Next": first,
    }
    return name


def _branch(
    machine: Machine, pattern: Aggregation, *, at: int, asked: InvocationRequest, ballot: Ballot
) -> State:
    role, member = pattern.panel()[at]
    inside: States = {}
    handed = machine.named(f"{role} is heard")
    inside[handed] = {"Type": "Pass", "InputPath": "$.said", "End": True}
    vote = _vote(machine, inside, ballot, role=role, then=handed)
    timeout = None
    if pattern.deadline is not None:
        timeout = max(1, ceil(pattern.deadline))
        machine.note(
            "The deadline holds for each try, in whole seconds, and for models alone, not for patterns."
        )
    entry = machine.ask(inside, member, asked, role=role, place="said", then=vote, timeout=timeout)
    if isinstance(member, Pattern) and timeout:
        machine.note("A pattern among the members is waited for without a deadline.")
    return {"StartAt": entry, "States": inside}


def _vote(machine: Machine, inside: States, ballot: Ballot, *, role: str, then: str) -> str:
    """Write what reads a reply as a vote, at ``$.said.vote``."""
    if ballot.regex is not None or ballot.field is not None:
        raise CannotExport(
            "Step Functions cannot read a vote by a regular expression or from a field of an answer. Vote by "
            "labels or whole answers, count in a Lambda function, or take the Python module."
        )
    if not ballot.labels:
        machine.note(EQUAL)
        name = machine.named(f"{role}: its vote is its answer")
        inside[name] = {"Type": "Pass", "InputPath": "$.said.text", "ResultPath": "$.said.vote", "Next": then}
        return name
    machine.note(
        "A label is an answer's vote if the answer is that label, or begins or ends with it; the app finds "
        "it anywhere, as a word of its own. Where several fit, the first label of the list counts."
    )
    rules = []
    for label in ballot.labels:
        chosen = machine.named(f"{role} votes {label}")
        inside[chosen] = {"Type": "Pass", "Result": label, "ResultPath": "$.said.vote", "Next": then}
        forms = [form.format(glob(each)) for each in cases(label) for form in (*_AROUND, *_BOLD)]
        rules.append(
            {"Or": [{"Variable": "$.said.text", "StringMatches": each} for each in forms], "Next": chosen}
        )
    name, none = machine.named(f"{role}: which label?"), machine.named(f"{role} abstains")
    inside[none] = {"Type": "Pass", "Result": "", "ResultPath": "$.said.vote", "Next": then}
    inside[name] = choice(rules, default=none)
    return name


def _merge(
    machine: Machine, states: States, pattern: Aggregation, *, replies: str, asked: InvocationRequest,
    finish: Finish,
) -> str:  # fmt: skip
    count = len(pattern.members)
    heard = [f"$.{replies}.one_{number}" for number in range(1, count + 1)]
    taken = [finish(each.removeprefix("$.")) for each in heard]
    first_of_all = [is_ok(heard[at]) | {"Next": taken[at]} for at in range(count)]
    nobody = _nobody(machine, states, heard, finish=finish)
    ballots = [(each, f"{each}.vote") for each in heard]
    match pattern.by:
        case Vote():
            name = machine.named("Which vote?")
            found = [rule | {"Next": taken[at]} for rule, at in plurality(ballots)]
            states[name] = choice([*found, *first_of_all], default=nobody)
            return name
        case Judged():
            name = machine.named("The judge is not believed")
            found = [rule | {"Next": taken[at]} for rule, at in plurality(ballots, least=2)]
            states[name] = choice([*found, *first_of_all], default=nobody)
            write = _judged(machine, states, pattern.by, most=count, finish=finish, unsure=name)
        case Synthesis():
            write = _written(machine, states, pattern.by, most=count, asked=asked, finish=finish)
    several = _answers(machine, states, replies=replies, write=write, most=count) if count > 1 else ""
    # One answer is taken as it is; of more than one, something is made.
    pairs = [
        all_of([is_ok(heard[one]), is_ok(heard[other])]) | {"Next": several}
        for one in range(count)
        for other in range(one + 1, count)
    ]
    name = machine.named("Who answered?")
    states[name] = choice([*pairs, *first_of_all], default=nobody)
    return name


def _nobody(machine: Machine, states: States, heard: list[str], *, finish: Finish) -> str:
    name, own = machine.named("Nobody answered"), machine.place("nobody")
    causes: list[str] = []
    for each in heard:
        causes += ["\n", Path(f"{each}.cause")] if causes else [Path(f"{each}.cause")]
    told = {"ok": False, "text": "", "stop": "", "by": "", "error": "NobodyAnswered"}
    states[name] = {
        "Type": "Pass",
        "Parameters": told | {"cause.$": machine.joined(causes, "line break")},
        "ResultPath": f"$.{own}",
        "Next": finish(own),
    }
    return name


def _answers(machine: Machine, states: States, *, replies: str, write: dict[int, str], most: int) -> str:
    """Write what keeps those who answered, at ``$.answers``, and goes on by how many they are."""
    name, how = machine.named("Those who answered"), machine.named("How many answered?")
    states[name] = {
        "Type": "Pass",
        "Parameters": {
            "list.$": f"$.{replies}.all[?(@.ok == true)]",
            "texts.$": f"$.{replies}.all[?(@.ok == true)].text",
            "count.$": f"States.ArrayLength($.{replies}.all[?(@.ok == true)])",
        },
        "ResultPath": "$.answers",
        "Next": how,
    }
    rules = [{"Variable": "$.answers.count", "NumericEquals": n, "Next": write[n]} for n in range(2, most)]
    states[how] = choice(rules, default=write[most]) if rules else {"Type": "Pass", "Next": write[most]}
    return name


def _shown(machine: Machine, order: list[int]) -> Path:
    """The answers in an order, each under its number."""
    pieces: list[str] = []
    for number, at in enumerate(order, 1):
        before = f"<answer {number}>\n" if number == 1 else f"\n</answer {number - 1}>\n<answer {number}>\n"
        pieces += [before, Path(f"States.ArrayGetItem($.answers.texts, {at})")]
    return machine.joined([*pieces, f"\n</answer {len(order)}>"], "answers")


def _written(
    machine: Machine, states: States, by: Synthesis, *, most: int, asked: InvocationRequest, finish: Finish
) -> dict[int, str]:
    """Write the state that has an answer written, for each number of answers."""
    entries = {}
    for count in range(2, most + 1):
        place = machine.place("synthesis")
        values: dict[str, Path | str] = {"prompt": ASKED, "answers": _shown(machine, list(range(count)))}
        entries[count] = machine.ask(
            states, by.member, asked, role="synthesis", place=place, then=finish(place),
            prompt=machine.filled(by.template, values, "synthesis prompt"),
        )  # fmt: skip
    return entries


def _judged(
    machine: Machine, states: States, by: Judged, *, most: int, finish: Finish, unsure: str
) -> dict[int, str]:
    """Write the states that have the best answer picked, for each number of answers."""
    taken = machine.named("The judge's choice")
    states[taken] = {
        "Type": "Pass",
        "Parameters": {
            "reply.$": "States.ArrayGetItem($.answers.list, States.MathAdd($.best.value.best, -1))"
        },
        "ResultPath": "$.picked",
        "Next": finish("picked.reply"),
    }
    return {
        count: _picked(machine, states, by, count=count, taken=taken, unsure=unsure)
        for count in range(2, most + 1)
    }


def _picked(machine: Machine, states: States, by: Judged, *, count: int, taken: str, unsure: str) -> str:
    forward = list(range(count))
    orders = [forward, forward[::-1]] if by.swap else [forward]
    name, branches = machine.named(f"Judge {count} answers"), []
    for number, order in enumerate(orders, 1):
        inside: States = {}
        handed = machine.named(f"Judgement {number} of {count} answers")
        inside[handed] = {"Type": "Pass", "InputPath": "$.said", "End": True}
        values: dict[str, Path | str] = {
            "request": ASKED,
            "answers": _shown(machine, order),
            "rubric": by.rubric,
        }
        entry = machine.ask(
            inside, by.judge, BARE, role="judge", place="said", then=handed,
            prompt=machine.filled(PICK_PROMPT, values, "pick prompt"),
            schema=json.dumps(verdict_schema("best", count)),
        )  # fmt: skip
        branches.append({"StartAt": entry, "States": inside})
    verdicts = machine.place("judgements")
    check = _believed(machine, states, count=count, swap=by.swap, taken=taken, unsure=unsure)
    for number in reversed(range(len(orders))):
        read = ("best", "swapped")[number]
        said = f"{verdicts}.one_{number + 1}"
        parse = read_json(machine, states, place=said, read=read, then=check, failed=unsure)
        check = machine.named(f"Judgement {number + 1} of {count} came?")
        states[check] = choice([is_ok(f"$.{said}") | {"Next": parse}], default=unsure)
    states[name] = {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": unpacked(len(branches)),
        "ResultPath": f"$.{verdicts}",
        "Next": check,
    }
    return name


def _believed(machine: Machine, states: States, *, count: int, swap: bool, taken: str, unsure: str) -> str:
    """Write what holds the two judgements against each other: places add up to one more than there are."""
    name = machine.named(f"Best of {count}?")
    reads = ("best", "swapped") if swap else ("best",)
    rules: list[State] = []
    for read in reads:
        best = f"$.{read}.value.best"
        rules += [
            {"Variable": best, "IsPresent": True},
            {"Variable": best, "IsNumeric": True},
            {"Variable": best, "NumericGreaterThanEquals": 1},
            {"Variable": best, "NumericLessThanEquals": count},
        ]
    if not swap:
        states[name] = choice([all_of(rules) | {"Next": taken}], default=unsure)
        return name
    summed, same = machine.named(f"Both orders of {count}"), machine.named(f"The same of {count} in both?")
    states[name] = choice([all_of(rules) | {"Next": summed}], default=unsure)
    states[summed] = {
        "Type": "Pass",
        "Parameters": {"value.$": "States.MathAdd($.best.value.best, $.swapped.value.best)"},
        "ResultPath": "$.sum",
        "Next": same,
    }
    states[same] = choice(
        [{"Variable": "$.sum.value", "NumericEquals": count + 1, "Next": taken}], default=unsure
    )
    return name
