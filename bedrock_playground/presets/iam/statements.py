"""Statements of a policy, each with its reasons in words; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ACTION_WORDS: Mapping[str, str] = {
    "bedrock:InvokeModel": "get an answer in one piece (Converse and InvokeModel)",
    "bedrock:InvokeModelWithResponseStream": "get an answer as a stream (ConverseStream)",
    "bedrock:CountTokens": "have input tokens counted, which is free",
    "bedrock:ApplyGuardrail": "have the guardrail look at what goes in and out",
    "bedrock:ListFoundationModels": "list the models of a Region",
    "bedrock:ListInferenceProfiles": "list the inference profiles of a Region",
    "bedrock:CreateModelInvocationJob": "start a batch job",
    "bedrock:GetModelInvocationJob": "see how a batch job is doing",
    "bedrock:StopModelInvocationJob": "stop a batch job",
    "bedrock:ListModelInvocationJobs": "find a batch job by its name",
    "bedrock:CallWithBearerToken": "use a Bedrock API key instead of a signature",
    "bedrock:RenderPrompt": "use a prompt of Prompt Management by its ARN",
    "iam:PassRole": "hand the job's role to Bedrock",
    "s3:GetObject": "read the job's records",
    "s3:PutObject": "write the job's answers",
    "s3:ListBucket": "find the records in the bucket",
    "sagemaker:InvokeEndpoint": "reach the Marketplace model's endpoint",
    "sts:AssumeRole": "take on the role",
}
"""What an action lets somebody do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, and why it says what it says."""

    sid: str
    """Its name; letters and digits."""
    actions: tuple[str, ...]
    """What it allows."""
    resources: tuple[str, ...]
    """On what."""
    conditions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """When: operator, key and value."""
    why: str
    """What it is for, in a sentence."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What single resources and condition keys mean, in words."""
    principal: Mapping[str, str] | None = None
    """Who, in a role's trust policy."""

    def to_json(self) -> dict[str, Any]:
        """The statement as IAM takes it."""
        written: dict[str, Any] = {"Sid": self.sid, "Effect": "Allow"}
        if self.principal is not None:
            written["Principal"] = dict(self.principal)
        written["Action"] = list(self.actions)
        if self.principal is None:
            written["Resource"] = list(self.resources)
        if self.conditions:
            written["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return written


@dataclass(frozen=True, slots=True)
class Explained:
    """One line of a policy, and what it means."""

    line: str
    """What stands there."""
    words: str
    """What it means, in a sentence or two."""


@dataclass(frozen=True, slots=True)
class Document:
    """One policy document."""

    title: str
    """What it is attached to."""
    statements: tuple[Statement, ...]
    """Its statements."""

    def to_json(self) -> dict[str, Any]:
        """The document as IAM takes it."""
        return {"Version": "2012-10-17", "Statement": [one.to_json() for one in self.statements]}

    def explained(self) -> tuple[Explained, ...]:
        """Every line of every statement in words."""
        return tuple(line for statement in self.statements for line in _explained(statement))


def _explained(statement: Statement) -> list[Explained]:
    lines = [Explained(f"“{statement.sid}”", statement.why)]
    if statement.principal is not None:
        lines.append(Explained(", ".join(statement.principal.values()), "Who may take on the role."))
    lines += [Explained(action, f"Lets the caller {ACTION_WORDS[action]}.") for action in statement.actions]
    if statement.principal is None:
        lines += [
            Explained(arn, statement.about.get(arn, "What it is allowed on.")) for arn in statement.resources
        ]
    for operator, keys in statement.conditions.items():
        for key, value in keys.items():
            words = statement.about.get(key, "Only where this holds.")
            lines.append(Explained(f"{operator} {key} = {value}", words))
    return lines


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """Join what differs in its resources alone: two models that are called alike need one statement."""
    found: dict[object, Statement] = {}
    for one in statements:
        key = (one.sid, one.actions, str(sorted(one.conditions.items())), one.why)
        before = found.get(key)
        if before is None:
            found[key] = one
            continue
        resources = tuple(dict.fromkeys((*before.resources, *one.resources)))
        found[key] = replace(before, resources=resources, about={**before.about, **one.about})
    return list(found.values())


def numbered(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Give statements names of their own: IAM refuses the same one twice in a document."""
    used: dict[str, int] = {}
    named = []
    for one in statements:
        number = used[one.sid] = used.get(one.sid, 0) + 1
        sid = one.sid if number == 1 else f"{one.sid}{number}"
        assert re.fullmatch(r"[A-Za-z0-9]+", sid)  # noqa: S101 - ours
        named.append(replace(one, sid=sid))
    return tuple(named)
