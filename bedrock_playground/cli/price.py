"""`bedrock-playground price`: what tokens cost on a model. Here: its arguments."""

from __future__ import annotations

import argparse

_MOST = 10**15
"""More tokens than anybody bills."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "price",
        help="what tokens cost on a model, with source, date and confidence",
        description="Say what tokens cost on a model, in US dollars, and how that is known. Needs neither "
        "credentials nor a network; --refresh alone asks AWS, for its public price list. A price that nobody "
        "knows is null, never 0. Exit status: 0 it is priced, or nobody knows the price; 1 the refresh "
        "failed; 2 bad arguments or a price file that cannot be used.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("model_id", metavar="ID", nargs="?", help="a model's id, a system profile's, or the ARN of one")
    add("--input", type=_tokens, metavar="N", help="input tokens, as the service counts them")
    add("--output", type=_tokens, metavar="N", help="output tokens, reasoning included")
    add("--cache-read", type=_tokens, metavar="N", help="input tokens read from a prompt cache")
    add("--cache-write", type=_tokens, metavar="N", help="input tokens written to a prompt cache, in all")
    add("--cache-write-1h", type=_tokens, metavar="N", help="those of them that are kept for an hour")
    add("--tier", default="default", metavar="T", help="default, flex, priority, reserved or batch")
    add("--latency", choices=("standard", "optimized"), help="latency-optimised inference has its own price")
    add("--region", metavar="R", help="the AWS Region, where prices differ by Region")
    add(
        "--counted-by",
        metavar="ID",
        help="the model that counted the tokens: price them as if ID had answered",
    )
    add(
        "--refresh",
        action="store_true",
        help="first fetch AWS's public price list of the Region into the cache folder; needs --region, and "
        "no ID",
    )
    add("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Price the tokens and print it; see :func:`bedrock_playground.cli.price_run.run`."""
    from bedrock_playground.cli import price_run

    return price_run.run(options)


def _tokens(text: str) -> int:
    # Digits of other scripts are numbers to Python, underscores too: neither is meant here.
    if not (text.isascii() and text.isdecimal() and int(text) <= _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of tokens. Example: 1200.")
    return int(text)


_EPILOG = """\
Sources, the most trusted first: your own price file; AWS's price list of the Region, where --refresh fetched
it; genai-prices; the snapshot that comes with the package; an estimate from the nearest price.

Your own price file is BEDROCK_PLAYGROUND_PRICE_FILE, else prices.toml or prices.json in the data folder. Only
model, source, as_of and one rate are needed; rates are US dollars per million tokens:

  [[price]]
  model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
  tier = "default"
  region = "us-east-1"
  input = 0.99
  output = 4.95
  cache_read = 0.099
  cache_write = 1.2375
  cache_write_1h = 1.98
  source = "our agreement with AWS"
  as_of = 2026-10-01
  note = "10 % off the list"
"""
