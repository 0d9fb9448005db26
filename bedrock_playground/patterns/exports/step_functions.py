"""A pattern as an AWS Step Functions definition (JSONPath), with the policies of its role."""

from __future__ import annotations

import json

from bedrock_playground.patterns.exports.member_requests import asked_of
from bedrock_playground.patterns.exports.states_machine import Machine
from bedrock_playground.patterns.exports.states_patterns import write
from bedrock_playground.patterns.exports.states_values import REPLY, States, reachable
from bedrock_playground.patterns.exports.values import Context, Exported
from bedrock_playground.patterns.members import Pattern
from bedrock_playground.presets.formats.values import ExportedFile
from bedrock_playground.presets.iam.calls import Known, Plan, distinct
from bedrock_playground.presets.iam.policy import make_policy

_INPUT = 'Its input is {"prompt": "…"}, its output has text, stop and by: who gave the answer.'
_TEXT = "Of an answer with several pieces of text, the first one counts."
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def make(pattern: Pattern, context: Context) -> Exported:
    """Write the definition, its role's policy and its role's trust policy.

    Args:
        pattern: The pattern.
        context: What is known besides it.

    Returns:
        ``state-machine.asl.json`` and two files beside it; the notes say where Step Functions decides
        otherwise.

    Raises:
        CannotExport: Step Functions cannot do it; the message says what, and what to use instead.
    """
    machine = Machine(context=context, write=write)
    _left_out(machine)
    machine.note(_TEXT)
    start, answered, answer, failed = (
        machine.named(name) for name in ("Texts", "Answered?", "Answer", "No answer")
    )
    states: States = {}

    def finish(place: str) -> str:
        name = machine.named(f"{place.replace('_', ' ')} is the answer")
        told = {f"{key}.$": f"$.{place}.{key}" for key in REPLY}
        states[name] = {"Type": "Pass", "Parameters": told, "Next": answered}
        return name

    entry = write(machine, states, pattern, asked=asked_of(context), finish=finish)
    first: States = {start: {"Type": "Pass", "Result": machine.texts, "ResultPath": "$.texts", "Next": entry}}
    last: States = {
        answered: {
            "Type": "Choice",
            "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": answer}],
            "Default": failed,
        },
        answer: {"Type": "Succeed"},
        failed: {"Type": "Fail", "Error": "PatternFailed", "CausePath": "$.cause"},
    }
    definition = {
        "Comment": " ".join([f"{pattern.title}, from Bedrock Playground.", _INPUT, *machine.notes]),
        "QueryLanguage": "JSONPath",
        "StartAt": start if machine.texts else entry,
        "States": {**(first if machine.texts else {}), **reachable(states, entry), **last},
    }
    policy = make_policy(Plan(calls=distinct(machine.calls)), Known())
    files = (
        ExportedFile("state-machine.asl.json", _json(definition), "json"),
        ExportedFile("role-policy.json", _json(policy.caller.to_json()), "json"),
        ExportedFile("role-trust.json", _json(_TRUST), "json"),
    )
    return Exported(files, (*machine.notes, *policy.problems))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _left_out(machine: Machine) -> None:
    asked = machine.context.asked
    if len(asked.messages) > 1:
        machine.note("Earlier turns of the conversation are left out: it takes a prompt alone.")
    if asked.messages and len(asked.messages[-1].content) > 1:
        machine.note("What was attached to the prompt is left out: it takes a prompt alone.")
