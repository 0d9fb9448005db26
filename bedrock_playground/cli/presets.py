"""`bedrock-playground presets`: list, show, save, import and export presets. Here: the arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bedrock_playground.cli.request import add_inputs, add_settings

_STATUS = "Exit status: 0 it was done, 1 it could not be, 2 bad arguments."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "presets",
        help="list, show, save, import and export presets: settings and prompts under a name",
        description="Presets are variants with their prompt templates, saved under a name: those of the "
        "app's own database and the starter set. They are named by name or id. " + _STATUS,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="presets_command", metavar="COMMAND", required=True)
    for add in (_list, _show, _save, _import, _export, _schema):
        add(commands)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    *,
    about: str,
    more: str = "",
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}. {more}{' ' if more else ''}{_STATUS}",
        allow_abbrev=False,
    )
    parser.set_defaults(run=_runner(name))
    if name != "schema":
        parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _list(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "list", about="list presets", more="With --json one object per line.")
    parser.add_argument("--search", default="", metavar="TEXT", help="words of name, tags, prompt, model")
    parser.add_argument("--tag", action="append", metavar="T", help="with this tag; repeatable, all must fit")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--saved", action="store_true", help="only those that were saved here")
    which.add_argument("--starters", action="store_true", help="only the starter set")


def _show(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "show",
        about="show one preset, its versions and the request that it makes",
        more="Nothing is sent.",
    )
    _name(parser)
    parser.add_argument("--version", type=int, metavar="N", help="an older version")
    _filling(parser)


def _save(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "save",
        about="save a preset; if there is one of that name, as its next version",
        more="It is made of the settings given here, or with --run of a run in the history.",
    )
    parser.add_argument("--name", required=True, metavar="NAME", help="what it is called")
    parser.add_argument("--description", metavar="TEXT", help="what it is for")
    parser.add_argument("--tag", action="append", metavar="T", help="a word to find it by; repeatable")
    parser.add_argument("--notes", metavar="TEXT", help="why the settings are so")
    parser.add_argument(
        "--example",
        action="append",
        metavar="NAME=VALUE",
        help="an example of a variable of the prompt; true, false and numbers make it one that takes such",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", dest="run_id", metavar="ID", help="a run of the history, by its id")
    source.add_argument("--model", metavar="ID", help="a model id, inference profile or ARN")
    parser.add_argument(
        "--prompt", default="", metavar="TEXT", help="the prompt template, with {{variables}}; - reads it"
    )
    add_settings(parser)
    add_inputs(parser, files=False)


def _import(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "import",
        about="import presets from a file: all of them, or none",
        more="JSON or YAML as `export` writes them, or GitHub's .prompt.yml; the ending tells which.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file")
    parser.add_argument(
        "--on-conflict",
        choices=("refuse", "version", "rename", "skip"),
        default="refuse",
        help="where a name is taken: import nothing (default), save a new version, keep both, leave it out",
    )


def _export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "export",
        about="export presets to a file or to standard output",
        more="Formats of code and infrastructure say the one request that a preset makes with these values. "
        "What a format cannot hold is said on standard error, or with --json under notes.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="presets, by name or id")
    parser.add_argument("--all", action="store_true", help="every preset that was saved here")
    parser.add_argument(
        "--format",
        default="json",
        metavar="F",
        help="the format; json by default. `--format list` lists them",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file")
    parser.add_argument("--region", metavar="R", help="the AWS Region, for formats that name one")
    _filling(parser)


def _schema(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(commands, "schema", about="print the JSON schema of preset files")


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the preset, by name or id")


def _filling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        dest="values",
        action="append",
        metavar="NAME=VALUE",
        help="what fills a variable, instead of its example; repeatable",
    )
    parser.add_argument("--model", metavar="ID", help="the model, for a preset that takes any")


def _runner(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from bedrock_playground.cli import presets_run

        return presets_run.run(name, options)

    return run
