"""`bedrock-playground compare`: what the Compare page does, for scripts and CI. Here: its arguments."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "compare",
        help="run one prompt on several models at once",
        description="Run one prompt on several models at once. Without AWS credentials and without "
        "--endpoint-url it uses the local endpoint. Exit status: 0 all completed, 1 some lane failed, "
        "2 bad arguments.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--prompt", required=True, metavar="TEXT", help="the prompt; - reads it from standard input (UTF-8)"
    )
    parser.add_argument("--system", metavar="TEXT", help="the system prompt")
    parser.add_argument(
        "--model", required=True, action="append", metavar="ID", help="a model id; once per lane, at most 8"
    )
    parser.add_argument("--temperature", type=float, metavar="X", help="0 to 1; not sent unless given")
    parser.add_argument("--top-p", type=float, metavar="X", help="0 to 1; not sent unless given")
    parser.add_argument("--top-k", type=int, metavar="N", help="sent to the models that are known to take it")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="at least 1; not sent unless given")
    parser.add_argument("--stop", action="append", metavar="TEXT", help="a stop sequence; may be given again")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="times per lane (default 1)")
    parser.add_argument(
        "--stall-timeout", type=float, metavar="S", help="seconds between two events of a stream"
    )
    parser.add_argument("--region", metavar="R", help="the AWS Region")
    parser.add_argument("--endpoint-url", metavar="URL", help="an endpoint that speaks Bedrock's API")
    parser.add_argument(
        "--max-cost",
        metavar="USD",
        help="the most to spend: a call is sent only if the most that it can cost still fits",
    )
    parser.add_argument(
        "--allow-unknown-cost",
        action="store_true",
        help="also call models of which nobody knows what they cost; otherwise nothing is sent then",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per lane as it ends")
    parser.add_argument("--no-history", action="store_true", help="do not record the runs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the comparison and print it; see :func:`bedrock_playground.cli.compare_run.run`."""
    # A second of imports, which the other commands do without.
    from bedrock_playground.cli import compare_run

    return compare_run.run(options)
