"""`bedrock-playground evaluate`: contenders on a data set, for scripts and CI. Here: its arguments."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="ask models and patterns every case of a data set, and score the answers",
        description="Ask every contender every case of a data set, score the answers and tell accuracy, "
        "latency and cost. Without AWS credentials and without --endpoint-url the local endpoint answers. "
        "Each call is recorded before it is sent: what was interrupted goes on with --resume, and nothing "
        "is asked twice. Exit status: 0 it is complete and no --fail-under failed, 1 otherwise, 2 bad "
        "arguments, 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="a CSV, JSONL, JSON or Parquet file of cases, or builtin:NAME (builtin:? lists them)",
    )
    parser.add_argument(
        "--contender",
        action="append",
        metavar="X",
        help="a model id, a preset's name, or a JSON file of a pattern; once per contender",
    )
    parser.add_argument(
        "--scorer", action="append", metavar="S", help="such as exact, contains, rouge:l, judge:rubric:MODEL"
    )
    _add_asking(parser)
    _add_running(parser)
    parser.add_argument(
        "--fail-under",
        action="append",
        metavar="M=X",
        help="exit with 1 unless every contender reaches it: accuracy=0.8 (of the first scorer), or a "
        "scorer's name; cost, p50, p95 (seconds) and failures are upper bounds. May be given again",
    )
    parser.add_argument("--json", action="store_true", help="print the results as one JSON object")
    parser.set_defaults(run=run)


def _add_asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prompt",
        metavar="TEXT",
        help="the prompt template, such as 'Translate: {{text}}'; by default the set's",
    )
    parser.add_argument("--system", metavar="TEXT", help="the system prompt, a template too")
    parser.add_argument("--temperature", type=float, metavar="X", help="of model ids; not sent unless given")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="of model ids; not sent unless given")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="times per case (default 1)")
    parser.add_argument("--sample", type=int, metavar="N", help="so many cases alone, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the order of cases (default 0)")
    parser.add_argument("--name", metavar="TEXT", help="what to call it; by default the data set's name")


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-cost", metavar="USD", help="the most to spend: it pauses before a call that might exceed it"
    )
    parser.add_argument(
        "--allow-unknown-cost",
        action="store_true",
        help="also call models of which nobody knows what they cost; otherwise it pauses then",
    )
    parser.add_argument(
        "--concurrency", type=int, default=8, metavar="N", help="requests at once per model (default 8)"
    )
    parser.add_argument("--requests-per-minute", type=int, metavar="N", help="per model")
    parser.add_argument("--tokens-per-minute", type=int, metavar="N", help="per model")
    parser.add_argument(
        "--no-stream",
        action="store_true",
        help="call Converse instead of ConverseStream: no time to first token",
    )
    parser.add_argument(
        "--resume", metavar="ID", help="go on with an evaluation; what is done is not asked again"
    )
    parser.add_argument(
        "--again",
        action="append",
        choices=("interrupted", "failed"),
        help="with --resume: ask these once more. Interrupted calls may have been billed already",
    )
    parser.add_argument("--region", metavar="R", help="the AWS Region")
    parser.add_argument("--endpoint-url", metavar="URL", help="an endpoint that speaks Bedrock's API")


def run(options: argparse.Namespace) -> int:
    """Run the evaluation and print it; see :func:`bedrock_playground.cli.evaluate_run.run`."""
    # A second of imports, which the other commands do without.
    from bedrock_playground.cli import evaluate_run

    return evaluate_run.run(options)
