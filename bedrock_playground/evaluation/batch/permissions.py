"""What has to be allowed for an evaluation's batch jobs: the caller, the role, and the role's trust; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bedrock_playground.evaluation.batch.values import BatchPlace
from bedrock_playground.invocation.batch import bucket_and_key
from bedrock_playground.presets.exports.call import partition_of
from bedrock_playground.presets.iam.calls import BatchJob, Known, Plan
from bedrock_playground.presets.iam.policy import Policy, make_policy
from bedrock_playground.presets.iam.statements import Document, Statement, merged, numbered


def batch_policy(
    place: BatchPlace, model_ids: Iterable[str], *, region: str, known: Known | None = None
) -> Policy:
    """Make the least-privilege policies of batch jobs at a place.

    Besides the jobs themselves, whoever calls uploads the records and reads the answers.

    Args:
        place: Where records and answers lie, and the role.
        model_ids: The contenders' models.
        region: The Region of the calls.
        known: The account's number, and where profiles send requests.

    Returns:
        The caller's document first, then the role's and its trust.

    Raises:
        ValueError: The place's role or address is none.
    """
    folder = f"{place.uri.rstrip('/')}/"
    jobs = tuple(
        BatchJob(model_id, region, place.role_arn, folder, folder) for model_id in dict.fromkeys(model_ids)
    )
    policy = make_policy(Plan(batch=jobs), known or Known())
    statements: dict[str, list[Statement]] = {}
    for document in policy.documents:
        statements.setdefault(document.title, []).extend(document.statements)
    statements[policy.caller.title] += [*_files(place, region), _finding()]
    # One role works for all contenders, so that what each of them asks of it is one document.
    documents = tuple(Document(title, numbered(merged(found))) for title, found in statements.items())
    return replace(policy, documents=documents)


def _files(place: BatchPlace, region: str) -> tuple[Statement, ...]:
    bucket, prefix = bucket_and_key(f"{place.uri.rstrip('/')}/")
    arn = f"arn:{partition_of(region)}:s3:::{bucket}"
    return (
        Statement(
            sid="MoveBatchFiles",
            actions=("s3:PutObject", "s3:GetObject"),
            resources=(f"{arn}/{prefix}*",),
            why="To upload the records and to read the answers.",
            about={f"{arn}/{prefix}*": "The evaluations' folder, and nothing beside it."},
        ),
        Statement(
            sid="FindAnswers",
            actions=("s3:ListBucket",),
            resources=(arn,),
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else {},
            why="To find the answers of a job.",
            about={arn: "The bucket.", "s3:prefix": "Names in the evaluations' folder alone."},
        ),
    )


def _finding() -> Statement:
    return Statement(
        sid="FindBatchJob",
        actions=("bedrock:ListModelInvocationJobs",),
        resources=("*",),
        why="To find a job again that was made while the answer to it was lost.",
        about={"*": "The action names no resource, so there is no ARN to write here."},
    )
