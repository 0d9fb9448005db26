"""`bedrock-playground patterns export`: a pattern's file as code that runs without the app."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_EPILOG = """\
examples:
  bedrock-playground patterns export cascade.pattern.json > pattern.py
  bedrock-playground patterns export ladder.pattern.json --format step-functions --region us-east-1 \\
      --output state-machine.asl.json
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "patterns", help="take patterns away as code", description="Take patterns away.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="patterns_command", metavar="COMMAND", required=True)
    export = commands.add_parser(
        "export",
        help="write a pattern as a Python module or an AWS Step Functions definition",
        description="Write a pattern as code that runs without this program. FILE is what the Patterns page "
        "takes away as JSON. What has to be known is told on standard error. It needs neither credentials "
        "nor a network. Exit status: 0 it is written, 1 the format cannot say it, 2 bad arguments.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = export.add_argument
    add("file", type=Path, metavar="FILE", help="the pattern's file; - reads it from standard input")
    add("--format", choices=("python", "step-functions"), default="python", help="python by default")
    add("--system", metavar="TEXT", help="the system prompt that it is asked with")
    add("--region", metavar="REGION", help="the Region that is called; by default left to the environment")
    add("--embedding-model", metavar="ID", help="what embeds where the pattern names no model")
    add(
        "--output",
        type=Path,
        metavar="FILE",
        help="write it here, and what lies beside it into the same folder",
    )
    export.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write a pattern as code.

    Returns:
        0 if it is written, 1 if the format cannot say it, 2 for bad arguments.
    """
    from bedrock_playground.patterns.exports import CannotExport

    try:
        return _export(options)
    except (OSError, ValueError) as error:
        print(f"bedrock-playground patterns: {error}", file=sys.stderr)
        # Anything else is a file that cannot be read, or is no pattern.
        return 1 if isinstance(error, CannotExport) else 2


def _export(options: argparse.Namespace) -> int:
    import json

    from bedrock_playground.invocation.values import InvocationRequest
    from bedrock_playground.patterns.codec import MemberRefused, member_from_json
    from bedrock_playground.patterns.exports import Context, pattern_exports
    from bedrock_playground.patterns.members import Solo

    text = sys.stdin.read() if str(options.file) == "-" else options.file.read_text(encoding="utf-8")
    pattern = member_from_json(json.loads(text))
    if isinstance(pattern, Solo):
        raise MemberRefused("It is a single model; presets are exported by `presets export`.")
    context = Context(
        asked=InvocationRequest.from_prompt("", "", system=options.system),
        region=options.region,
        embedding_model=options.embedding_model,
    )
    exported = pattern_exports()[options.format].make(pattern, context)
    for note in exported.notes:
        print(note, file=sys.stderr)
    if options.output is None:
        print(exported.text, end="")
        return 0
    options.output.write_bytes(exported.files[0].data)
    for file in exported.files[1:]:
        options.output.with_name(file.name).write_bytes(file.data)
    return 0
