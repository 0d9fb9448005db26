"""The least-privilege policy of some calls: the right action on the right ARNs, and nothing else; pure.

What is not known is not filled by a wildcard: it is left out or a placeholder stands there, and it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bedrock_playground.presets.iam import batch
from bedrock_playground.presets.iam.calls import (
    ACCOUNT_PLACEHOLDER,
    LISTING,
    Known,
    Plan,
    PlannedCall,
    distinct,
)
from bedrock_playground.presets.iam.invoke import REGION_KEY, guardrails, invocation, token_counts
from bedrock_playground.presets.iam.statements import Document, Statement, merged, numbered
from bedrock_playground.presets.iam.targets import Gaps, Target, region_of_arn, target_of


@dataclass(frozen=True, slots=True)
class Policy:
    """What a plan needs, as policy documents."""

    documents: tuple[Document, ...]
    """The caller's own first; a batch job brings its role's."""
    problems: tuple[str, ...]
    """What is not known and so is missing or a placeholder, each with what to do."""
    unknown_destinations: tuple[str, ...]
    """The profiles whose destination Regions are not known."""

    @property
    def complete(self) -> bool:
        """Whether it can be attached as it is."""
        return not self.problems

    @property
    def caller(self) -> Document:
        """The document for whoever calls."""
        return self.documents[0]


def make_policy(plan: Plan, known: Known) -> Policy:
    """Make the policy of a plan.

    Args:
        plan: The calls.
        known: The account's number, and where profiles send requests.

    Returns:
        The documents; where nothing on AWS is called, the caller's has no statement, and a problem says so.
    """
    gaps = Gaps()
    statements: list[Statement] = []
    for target, calls in targets_of(plan, known, gaps):
        statements += [*invocation(target, calls, known), *token_counts(target, calls)]
    statements += guardrails(plan.calls, known)
    documents: list[Document] = []
    for job in plan.batch:
        if (touched := target_of(job.model_id, job.region, known=known, gaps=gaps)) is not None:
            statements += batch.caller_statements(job, touched, known)
            documents += batch.role_documents(job, touched, known)
    if plan.listing is not None:
        statements.append(_listing(plan.listing))
    if plan.api_key:
        statements.append(_api_key())
    caller = Document("Whoever calls", numbered(merged(statements)))
    if any(f":{ACCOUNT_PLACEHOLDER}:" in arn for one in caller.statements for arn in one.resources):
        gaps.problems.append(
            f"The account's number is not known: replace {ACCOUNT_PLACEHOLDER} by it, or type it in. "
            "(aws sts get-caller-identity tells it.)"
        )
    return Policy(
        (caller, *documents), tuple(dict.fromkeys(gaps.problems)), tuple(dict.fromkeys(gaps.destinations))
    )


def targets_of(plan: Plan, known: Known, gaps: Gaps) -> Iterator[tuple[Target, list[PlannedCall]]]:
    """What the calls of a plan touch, each with its calls."""
    groups: dict[tuple[str, str], list[PlannedCall]] = {}
    for call in distinct(plan.calls):
        region = call.region or region_of_arn(call.model_id)
        if region is None:
            gaps.problems.append(f"The Region that {call.model_id} is called in is not known. Name it.")
            continue
        groups.setdefault((call.model_id, region), []).append(call)
    for (model_id, region), members in groups.items():
        target = target_of(model_id, region, known=known, gaps=gaps)
        if target is not None:
            yield target, members


def _listing(region: str) -> Statement:
    return Statement(
        sid="ListModels",
        actions=LISTING,
        resources=("*",),
        conditions={"StringEquals": {REGION_KEY: region}},
        why="Lists what there is, so that models can be offered; it shows names, and calls nothing.",
        about={
            "*": "These two actions name no resource, so there is no ARN to write here.",
            REGION_KEY: f"In {region} alone.",
        },
    )


def _api_key() -> Statement:
    return Statement(
        sid="UseApiKey",
        actions=("bedrock:CallWithBearerToken",),
        resources=("*",),
        why="A call with a Bedrock API key needs it besides the model.",
        about={"*": "The action names no resource, so there is no ARN to write here."},
    )
