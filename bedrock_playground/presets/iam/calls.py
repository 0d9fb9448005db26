"""Which calls a policy is for, and what each of them needs to be allowed; pure.

Sources, read on 2026-11-29, all of AWS's user guide of Bedrock: prerequisites for inference profiles (the
profile and the model in each destination Region, and the condition ``bedrock:InferenceProfileArn``); global
cross-Region inference (three statements, and an ``aws:RequestedRegion`` that says *unspecified*); "Enforce
the use of specific guardrails" (``bedrock:GuardrailIdentifier``); "Required permissions for batch inference".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bedrock_playground.invocation.values import Guardrail, InvocationRequest

Operation: TypeAlias = Literal[
    "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"
]
"""An operation that names a model."""

ACTIONS: Mapping[Operation, str] = {
    "Converse": "bedrock:InvokeModel",
    "ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "InvokeModel": "bedrock:InvokeModel",
    "InvokeModelWithResponseStream": "bedrock:InvokeModelWithResponseStream",
    "CountTokens": "bedrock:CountTokens",
}
"""The permission that an operation needs: Converse has none of its own."""

LISTING = ("bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles")
"""What it takes to offer the account's own models and profiles."""

ACCOUNT_PLACEHOLDER = "ACCOUNT_ID"
"""Stands where an account's number is not known: IAM refuses the policy until it is replaced."""

_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>.*))?")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One kind of call to one model."""

    operation: Operation
    """What is called."""
    model_id: str
    """What is sent as ``modelId``."""
    region: str | None
    """The Region that is called; ``None``: not known."""
    guardrail: Guardrail | None = None
    """The guardrail that is applied."""


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A batch inference job (CreateModelInvocationJob)."""

    model_id: str
    """The model or inference profile."""
    region: str
    """The Region in which the job runs."""
    role_arn: str
    """The service role that Bedrock takes on to read and write the data."""
    input_uri: str
    """Where the records lie: ``s3://bucket/key``."""
    output_uri: str
    """Where the answers go: ``s3://bucket/prefix/``."""

    def __post_init__(self) -> None:
        """Hold the addresses against their forms.

        Raises:
            ValueError: The role or an address is none.
        """
        if not _ROLE.fullmatch(self.role_arn):
            raise ValueError(
                f"{self.role_arn} is no role's ARN. Example: arn:aws:iam::111122223333:role/batch"
            )
        for uri in (self.input_uri, self.output_uri):
            if not _S3_URI.fullmatch(uri):
                raise ValueError(f"{uri} is no address in S3. Example: s3://bucket/folder/")


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Take an S3 address apart; the key is empty where there is none."""
    match = _S3_URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"{uri} is no address in S3.")
    return match["bucket"], match["key"] or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known besides the calls themselves."""

    account_id: str | None = None
    """The account's number."""
    destinations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By profile id or ARN, the Regions that it sends requests to, as the account tells or somebody typed."""
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By an id that only the account knows, the foundation models behind it."""

    @property
    def account(self) -> str:
        """The account's number, or what stands in its place."""
        return self.account_id or ACCOUNT_PLACEHOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a policy should allow, and nothing else."""

    calls: tuple[PlannedCall, ...] = ()
    """The calls of models."""
    batch: tuple[BatchJob, ...] = ()
    """Batch jobs."""
    listing: str | None = None
    """The Region whose models are listed; ``None``: none are."""
    api_key: bool = False
    """Whether calls carry a Bedrock API key instead of a signature."""


def call_of_request(request: InvocationRequest, *, region: str | None, streaming: bool = True) -> PlannedCall:
    """Say what kind of call a request is.

    Args:
        request: As it was sent, or would be.
        region: The Region that it goes to.
        streaming: Whether it is sent to ConverseStream, as the app does.
    """
    operation: Operation = "ConverseStream" if streaming else "Converse"
    return PlannedCall(operation, request.model_id, region, request.guardrail)


def distinct(calls: Iterable[PlannedCall]) -> tuple[PlannedCall, ...]:
    """Leave out what is there twice; the order stays."""
    return tuple(dict.fromkeys(calls))
