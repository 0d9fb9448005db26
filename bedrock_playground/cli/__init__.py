"""The command line: `bedrock-playground` starts the app, and does without it what the pages do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bedrock_playground import __version__
from bedrock_playground.settings import SettingsError


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    from bedrock_playground.cli import app, compare, endpoint

    parser = argparse.ArgumentParser(
        prog="bedrock-playground",
        description="Compare Amazon Bedrock models side by side. Without a command it starts the app.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in (app, compare, endpoint):
        module.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments; by default the process's own.

    Returns:
        The exit status: 0 all went well, 1 something failed, 2 bad arguments.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Without a command it is the app; `--help` and `--version` stay the program's own.
    if not arguments:
        arguments = ["run"]
    options = build_parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SettingsError as error:
        print(f"bedrock-playground: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status
