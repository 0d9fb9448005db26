"""A cascade's criteria as choices: exact where Step Functions can be, told where it is not, else refused."""

from __future__ import annotations

import json
import re
from math import ceil

from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.patterns.criteria import Criterion
from bedrock_playground.patterns.criteria_asking import Agrees, Scored
from bedrock_playground.patterns.criteria_looking import (
    REFUSING_STOPS,
    Ended,
    FollowsSchema,
    Likely,
    Matches,
    NotRefused,
)
from bedrock_playground.patterns.exports.member_requests import BARE
from bedrock_playground.patterns.exports.states_machine import ASKED, Machine, Path
from bedrock_playground.patterns.exports.states_values import (
    State,
    States,
    all_of,
    choice,
    glob,
    is_ok,
    plurality,
    unpacked,
)
from bedrock_playground.patterns.exports.values import CannotExport
from bedrock_playground.patterns.judging import HIGHEST, LOWEST, SCORE_PROMPT, verdict_schema
from bedrock_playground.patterns.members import Member

STRICT = (
    "A judge's or classifier's answer counts only if it is JSON and nothing else; the app also reads JSON in "
    "a code fence or after some words."
)
EQUAL = (
    "Answers are the same vote only if they are equal letter by letter; the app compares them without case, "
    "punctuation and layout. Among as many votes the first listed wins."
)


def criterion_states(  # noqa: PLR0913 - what is looked at, and the two ways on
    machine: Machine, states: States, criterion: Criterion, *, place: str, member: Member,
    asked: InvocationRequest, met: str, unmet: str,
) -> str:  # fmt: skip
    """Write the states of a criterion.

    Args:
        machine: The state machine.
        states: Where they are written.
        criterion: The criterion.
        place: Where the tier's reply is.
        member: The tier.
        asked: What it was asked.
        met: The state that follows where it is met.
        unmet: The state that follows where it is not.

    Returns:
        The first state's name.

    Raises:
        CannotExport: Step Functions cannot tell.
    """
    text = f"$.{place}.text"
    match criterion:
        case Ended(reasons=reasons):
            name = machine.named(f"{place} ended well?")
            rules = [{"Variable": f"$.{place}.stop", "StringEquals": each, "Next": met} for each in reasons]
            states[name] = choice(rules, default=unmet)
            return name
        case NotRefused():
            return _not_refused(machine, states, criterion, place=place, met=met, unmet=unmet)
        case Matches(regex=regex):
            name = machine.named(f"{place} has it?")
            rule = {"Variable": text, "StringMatches": f"*{glob(literal_of(regex))}*", "Next": met}
            states[name] = choice([rule], default=unmet)
            return name
        case Scored():
            return _scored(machine, states, criterion, place=place, met=met, unmet=unmet)
        case Agrees():
            return _agrees(
                machine, states, criterion, place=place, member=member, asked=asked, met=met, unmet=unmet
            )
        case FollowsSchema():
            raise _refused("schema", "checks no JSON schema")
        case Likely():
            raise _refused("probability", "cannot take the mean of the tokens' probabilities")


def _refused(kind: str, why: str) -> CannotExport:
    return CannotExport(
        f"The criterion “{kind}” cannot be told: Step Functions {why}. Use another criterion, a Lambda "
        "function in its place, or take the Python module."
    )


def literal_of(regex: str) -> str:
    """The text that an expression without any special character stands for.

    Raises:
        CannotExport: It is more than that.
    """
    plain = re.sub(r"\\([^A-Za-z0-9])", r"\1", regex)
    if re.escape(plain).replace("\\ ", " ") == regex.replace("\\ ", " ") or not set(regex) & set(
        r"\.^$*+?{}[]|()"
    ):
        return plain
    raise CannotExport(
        f"Step Functions has no regular expressions, and “{regex:.80}” is more than a text to look for. Use "
        "a plain text, a Lambda function, or take the Python module."
    )


def read_json(machine: Machine, states: States, *, place: str, read: str, then: str, failed: str) -> str:
    """Write what reads a reply's text as JSON; one that is none goes on at ``failed``."""
    machine.note(STRICT)
    name, inner = machine.named(f"Read {place}"), machine.named(f"{place} as JSON")
    states[name] = {
        "Type": "Parallel",
        "Branches": [
            {
                "StartAt": inner,
                "States": {
                    inner: {
                        "Type": "Pass",
                        "Parameters": {"value.$": f"States.StringToJson($.{place}.text)"},
                        "OutputPath": "$.value",
                        "End": True,
                    }
                },
            }
        ],
        "ResultSelector": {"value.$": "$[0]"},
        "ResultPath": f"$.{read}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{read}", "Next": failed}],
        "Next": then,
    }
    return name


def _not_refused(
    machine: Machine, states: States, criterion: NotRefused, *, place: str, met: str, unmet: str
) -> str:
    machine.note(
        "A refusal is looked for in all of an answer, as it is written or with a capital at its beginning; "
        "the app looks at the first 200 characters, in any case."
    )
    text, name = f"$.{place}.text", machine.named(f"{place} refuses?")
    phrases = dict.fromkeys(
        each for phrase in criterion.phrases for each in (phrase, phrase.replace("'", "’"))
    )
    rules = [{"Variable": f"$.{place}.stop", "StringEquals": stop} for stop in REFUSING_STOPS]
    rules += [{"Variable": text, "StringEquals": ""}]
    rules += [
        {"Variable": text, "StringMatches": f"*{glob(each)}*"}
        for phrase in phrases
        for each in dict.fromkeys((phrase, phrase[:1].upper() + phrase[1:]))
    ]
    states[name] = choice([{"Or": rules, "Next": unmet}], default=met)
    return name


def _scored(machine: Machine, states: States, criterion: Scored, *, place: str, met: str, unmet: str) -> str:
    verdict, read = machine.place(criterion.name), machine.place(f"{criterion.name} verdict")
    values: dict[str, Path | str] = {
        "request": ASKED,
        "answer": Path(f"$.{place}.text"),
        "rubric": criterion.rubric,
    }
    score = f"$.{read}.value.score"
    enough = machine.named(f"{place}: score of {criterion.threshold:g}?")
    rules = [
        {"Variable": score, "IsPresent": True},
        {"Variable": score, "IsNumeric": True},
        {"Variable": score, **_at_least(criterion.threshold)},
        {"Variable": score, "NumericLessThanEquals": HIGHEST},
    ]
    states[enough] = choice([all_of(rules) | {"Next": met}], default=unmet)
    parse = read_json(machine, states, place=verdict, read=read, then=enough, failed=unmet)
    check = machine.named(f"{criterion.name} answered?")
    states[check] = choice([is_ok(f"$.{verdict}") | {"Next": parse}], default=unmet)
    return machine.ask(
        states, criterion.judge, BARE, role=criterion.name, place=verdict, then=check,
        prompt=machine.filled(SCORE_PROMPT, values, "score prompt"),
        schema=json.dumps(verdict_schema("score", HIGHEST)),
    )  # fmt: skip


def _at_least(threshold: float) -> State:
    """What a score must be so that it reaches a threshold once it is rounded, halves to even."""
    whole = ceil(threshold)
    if whole <= LOWEST:
        return {"NumericGreaterThanEquals": LOWEST}
    return {"NumericGreaterThan" if whole % 2 else "NumericGreaterThanEquals": whole - 0.5}


def _agrees(  # noqa: PLR0913 - as above
    machine: Machine, states: States, criterion: Agrees, *, place: str, member: Member,
    asked: InvocationRequest, met: str, unmet: str,
) -> str:  # fmt: skip
    if criterion.ballot.labels or criterion.ballot.regex or criterion.ballot.field:
        raise _refused("agreement", "cannot read a vote from an answer")
    machine.note(EQUAL)
    more = machine.place(f"{place} again")
    name, branches = machine.named(f"{place}: ask again"), []
    for number in range(2, criterion.n + 1):
        inside: States = {}
        own, handed = f"again_{number}", machine.named(f"{place}: answer {number}")
        entry = machine.ask(inside, member, asked, role=place.replace("_", " "), place=own, then=handed)
        inside[handed] = {"Type": "Pass", "InputPath": f"$.{own}", "End": True}
        branches.append({"StartAt": entry, "States": inside})
    agreed = machine.named(f"{place}: {criterion.k} of {criterion.n} agree?")
    states[name] = {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": unpacked(len(branches)),
        "ResultPath": f"$.{more}",
        "Next": agreed,
    }
    ballots = [(f"$.{place}", f"$.{place}.text")]
    again = [f"$.{more}.one_{number}" for number in range(1, criterion.n)]
    ballots += [(each, f"{each}.text") for each in again]
    taken = {0: met}
    for at in range(1, criterion.n):
        taken[at] = machine.named(f"{place}: take answer {at + 1}")
        states[taken[at]] = {
            "Type": "Pass",
            "InputPath": again[at - 1],
            "ResultPath": f"$.{place}",
            "Next": met,
        }
    found = plurality(ballots, least=criterion.k)
    states[agreed] = choice([rule | {"Next": taken[first]} for rule, first in found], default=unmet)
    return name
