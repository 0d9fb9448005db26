"""`bedrock-playground request`: the exact Converse request of some settings. Here: its arguments."""

from __future__ import annotations

import argparse
import math
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "request",
        help="show the exact Converse request of some settings, and what the model does not take",
        description="Show the exact request that these settings make for a model: what is sent, what is "
        "dropped, clamped or translated, and why. Nothing is sent; without --resolve it needs neither "
        "credentials nor a network. Settings that are not given are not in the request. Exit status: 0 it "
        "could be sent, 1 it could not (see refusals), 2 bad arguments.",
        allow_abbrev=False,
    )
    parser.add_argument("--model", required=True, metavar="ID", help="a model id, inference profile or ARN")
    parser.add_argument(
        "--prompt",
        default="",
        metavar="TEXT",
        help="the prompt; - reads it from standard input (UTF-8); without it the message is empty",
    )
    add_settings(parser)
    add_inputs(parser)
    parser.add_argument(
        "--resolve",
        action="store_true",
        help="ask the account what stands behind an ARN or name that only it knows; needs credentials",
    )
    parser.add_argument("--region", metavar="R", help="with --resolve: the AWS Region to ask in")
    parser.add_argument("--endpoint-url", metavar="URL", help="with --resolve: an endpoint to ask instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the settings of a variant; `presets save` takes the same."""
    group = parser.add_argument_group("settings of the model")
    add = group.add_argument
    add("--temperature", type=_number, metavar="X", help="how freely tokens are chosen")
    add("--top-p", type=_number, metavar="X", help="the probability mass to choose from")
    add("--top-k", type=int, metavar="N", help="how many tokens to choose from")
    add("--max-tokens", type=int, metavar="N", help="the longest answer")
    add("--stop", action="append", metavar="TEXT", help=r"a stop sequence; \n and \t as such; repeatable")
    add("--reasoning", choices=("on", "off"), help="whether to reason before answering")
    add("--thinking-budget", type=int, metavar="N", help="tokens to reason with")
    add("--effort", metavar="LEVEL", help="how hard to reason, such as low or high")
    add("--service-tier", metavar="TIER", help="default, priority, flex or reserved")
    add("--latency", metavar="MODE", help="standard or optimized")
    add("--cache-ttl", choices=("5m", "1h"), help="cache system prompt and prompt for that long")
    add(
        "--guardrail",
        metavar="ID[:VERSION]",
        help="a guardrail of the account, such as abc123:1; without a version its draft",
    )
    add("--fields", metavar="JSON", help="additionalModelRequestFields, laid over what the settings make")


def add_inputs(parser: argparse.ArgumentParser, *, files: bool = True) -> None:
    """Add what is asked beside the prompt.

    Args:
        parser: Takes the arguments.
        files: Whether files may go beside the prompt; a preset keeps none.
    """
    group = parser.add_argument_group("what is asked")
    add = group.add_argument
    add("--system", metavar="TEXT", help="the system prompt")
    if files:
        add("--attach", action="append", type=Path, metavar="FILE", help="an image or a document; repeatable")
    add("--schema", type=Path, metavar="FILE", help="a JSON schema for the answer")
    add("--tools", type=Path, metavar="FILE", help="a JSON list of {name, description, input_schema}")
    add("--tool-choice", metavar="WHICH", help="auto, any or a tool's name")


def run(options: argparse.Namespace) -> int:
    """Build the request and print it; see :func:`bedrock_playground.cli.request_run.run`."""
    from bedrock_playground.cli import request_run

    return request_run.run(options)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 0.5")
    # A whole number is shown as it was given: 1, not 1.0.
    return int(text) if text.lstrip("+-").isdecimal() else value
