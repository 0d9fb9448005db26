"""The command line: `bedrock-playground` starts the app, and does without it what the pages do.

Whatever a command needs is imported when it runs: `--version` and starting the app wait for nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from bedrock_playground import __version__

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it: 128 + SIGINT."""
NOBODY_READS = 141
"""Exit status after the reader of the output went away, as shells have it: 128 + SIGPIPE."""


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    from bedrock_playground.cli import (
        app,
        compare,
        endpoint,
        evaluate,
        iam_policy,
        models,
        patterns,
        presets,
        price,
        request,
    )

    parser = argparse.ArgumentParser(
        prog="bedrock-playground",
        description="Compare Amazon Bedrock models side by side. Without a command it starts the app.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in (app, compare, endpoint, evaluate, iam_policy, models, patterns, presets, price, request):
        module.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments; by default the process's own.

    Returns:
        The exit status: 0 all went well, 1 something failed, 2 bad arguments; ``INTERRUPTED`` and
        ``NOBODY_READS`` where that is what happened.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            options = _parse(arguments)
            status: int = options.run(options)
        finally:
            # Here and not at the interpreter's end, where a broken pipe could no longer be caught.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # What is still in the buffer has nowhere to go; the interpreter would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    return status


def _parse(arguments: list[str]) -> argparse.Namespace:
    # Without a command it is the app; `--help` and `--version` stay the program's own.
    arguments = arguments or ["run"]
    # What follows `run --` is Streamlit's. Python's versions disagree on what argparse does with the dashes.
    passed_on: list[str] = []
    if arguments[0] == "run" and "--" in arguments:
        dashes = arguments.index("--")
        arguments, passed_on = arguments[:dashes], arguments[dashes + 1 :]
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.error("which command? See --help.")
    if options.command == "run":
        options.options += passed_on
    return options
