"""`bedrock-playground iam-policy`: the least-privilege policy of some calls. Here: its arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

_EPILOG = """\
examples:
  bedrock-playground iam-policy --model us.amazon.nova-lite-v1:0 --region us-east-1 \\
      --destinations us.amazon.nova-lite-v1:0=us-east-1,us-east-2,us-west-2 --account 111122223333
  bedrock-playground iam-policy --run RUN_ID --resolve > policy.json
  bedrock-playground iam-policy --preset "Summarise" --check policy.json
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "iam-policy",
        help="the least-privilege IAM policy for what was run, for a preset, or for named models",
        description="Print the IAM policy that allows exactly these calls: the right action for each kind "
        "of call, inference profile and models by their ARNs, conditions, and no wildcard where an ARN is "
        "known. What is not known is left out and told on standard error. Without --resolve it needs neither "
        "credentials nor a network. Exit status: 0 it is complete (with --check: exactly what is needed), 1 "
        "something is not known, missing or too wide, 2 bad arguments.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _calls(parser)
    _knowledge(parser)
    parser.add_argument(
        "--explain", action="store_true", help="say what each line means, instead of the JSON"
    )
    parser.add_argument(
        "--check",
        type=Path,
        metavar="FILE",
        help="hold this policy against what the calls need: what is missing, what is too wide; - reads it "
        "from standard input",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object with everything")
    parser.set_defaults(run=run)


def _calls(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is to be allowed (at least one)")
    add = group.add_argument
    add("--run", dest="runs", action="append", metavar="ID", help="a run of the history; repeatable")
    add("--preset", dest="presets", action="append", metavar="NAME", help="a preset's name or id; repeatable")
    add("--model", dest="models", action="append", metavar="ID", help="an id, profile or ARN; repeatable")
    add(
        "--operation",
        dest="operations",
        action="append",
        choices=("ConverseStream", "Converse", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"),
        help="the kinds of calls; repeatable; ConverseStream by default, as the app calls",
    )
    add("--list-models", action="store_true", help="listing the account's models and profiles as well")
    add("--api-key", action="store_true", help="calls with a Bedrock API key as well")
    add("--batch-role", metavar="ARN", help="a batch job of each model, run as this role; with the next two")
    add("--batch-input", metavar="S3_URI", help="where the job's records lie")
    add("--batch-output", metavar="S3_URI", help="where its answers go")


def _knowledge(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is known")
    add = group.add_argument
    add("--region", metavar="R", help="the Region that is called; a run brings its own")
    add("--account", metavar="N", help="the AWS account's number")
    add(
        "--destinations",
        action="append",
        metavar="PROFILE=R,R",
        help="the Regions that a profile sends requests to; repeatable",
    )
    add("--resolve", action="store_true", help="ask AWS for both instead; needs credentials")


def run(options: argparse.Namespace) -> int:
    """Make or check the policy; see :func:`bedrock_playground.cli.iam_policy_run.run`."""
    from bedrock_playground.cli import iam_policy_run

    return iam_policy_run.run(options)
