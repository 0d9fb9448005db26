"""What a batch job needs: whoever starts it, the role that it runs as, and that role's trust; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedrock_playground.presets.exports.call import partition_of
from bedrock_playground.presets.iam.calls import BatchJob, Known, PlannedCall, bucket_and_key
from bedrock_playground.presets.iam.invoke import invocation
from bedrock_playground.presets.iam.statements import Document, Statement, numbered
from bedrock_playground.presets.iam.targets import Target

_JOB_WORDS = "Jobs get their number when they are made, so it cannot stand here: the one wildcard needed."


def caller_statements(job: BatchJob, target: Target, known: Known) -> Iterator[Statement]:
    """Allow a job to be started, followed and stopped."""
    jobs = _jobs(job, known.account)
    models = tuple(filter(None, (target.own_arn, *target.model_arns)))
    yield Statement(
        sid="StartBatchJob",
        actions=("bedrock:CreateModelInvocationJob",),
        resources=(*models, jobs),
        why="Starting a job is asked of the model, of the profile and of the job itself.",
        about={jobs: _JOB_WORDS} | dict.fromkeys(models, "What the job runs on."),
    )
    yield Statement(
        sid="FollowBatchJob",
        actions=("bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"),
        resources=(jobs,),
        why="To see how it is doing, and to stop it.",
        about={jobs: _JOB_WORDS},
    )
    yield Statement(
        sid="PassBatchRole",
        actions=("iam:PassRole",),
        resources=(job.role_arn,),
        conditions={"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
        why="Bedrock takes on this role to read and write the data.",
        about={job.role_arn: "This role and no other.", "iam:PassedToService": "Handed to Bedrock alone."},
    )


def role_documents(job: BatchJob, target: Target, known: Known) -> Iterator[Document]:
    """The policy of the role that the job runs as, and its trust policy."""
    partition = partition_of(job.region)
    bucket_in, key_in = bucket_and_key(job.input_uri)
    bucket_out, key_out = bucket_and_key(job.output_uri)
    everything = "*" if not key_in or key_in.endswith("/") else ""
    read = f"arn:{partition}:s3:::{bucket_in}/{_literal(key_in)}{everything}"
    folder = f"{_literal(key_out.rstrip('/'))}/" if key_out else ""
    write = f"arn:{partition}:s3:::{bucket_out}/{folder}*"
    buckets = tuple(dict.fromkeys(f"arn:{partition}:s3:::{name}" for name in (bucket_in, bucket_out)))
    called = [PlannedCall("InvokeModel", job.model_id, job.region)]
    statements = [
        *invocation(target, called, known),
        Statement(
            sid="ReadRecords", actions=("s3:GetObject",), resources=(read,), why="The job's records.",
            about={read: "The records, and nothing beside them."},
        ),
        Statement(
            sid="WriteAnswers", actions=("s3:PutObject",), resources=(write,), why="The job's answers.",
            about={write: "Everything under the output's prefix: the files' names are Bedrock's."},
        ),
        Statement(
            sid="FindRecords", actions=("s3:ListBucket",), resources=buckets, why="To find the records.",
            about=dict.fromkeys(buckets, "The bucket."),
        ),
    ]  # fmt: skip
    yield Document(f"The role {job.role_arn}", numbered(statements))
    yield Document(f"Trust policy of {job.role_arn}", (_trust(job),))


def _trust(job: BatchJob) -> Statement:
    account = job.role_arn.split(":")[4]
    jobs = _jobs(job, account)
    return Statement(
        sid="BedrockTakesOnTheRole",
        actions=("sts:AssumeRole",),
        resources=(),
        principal={"Service": "bedrock.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": account}, "ArnEquals": {"aws:SourceArn": jobs}},
        why="Who may take on the role: Bedrock, for batch jobs of this account.",
        about={
            "aws:SourceAccount": "For this account alone, so that nobody else's job gets in.",
            "aws:SourceArn": "For batch jobs in this Region alone.",
        },
    )


def _literal(key: str) -> str:
    """Write what IAM would take for a wildcard or a variable as the character that it is."""
    return re.sub(r"[*?$]", lambda char: f"${{{char[0]}}}", key)


def _jobs(job: BatchJob, account: str) -> str:
    return f"arn:{partition_of(job.region)}:bedrock:{job.region}:{account}:model-invocation-job/*"
