"""``bedrock-playground endpoint``: serve Bedrock's API with local models, by itself."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the ``endpoint`` command; its ``run`` default is :func:`run`."""
    parser = subparsers.add_parser(
        "endpoint",
        help="serve Bedrock's API with models on this machine",
        description=(
            "Serve Amazon Bedrock's HTTP API on loopback with models that run on this machine. Prints one "
            "line with URL, Region and keys when it is ready; any access key is accepted. The weights "
            "(93 MB) are fetched once. Stop it with Ctrl+C."
        ),
        allow_abbrev=False,
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) chooses a free one"
    )
    parser.add_argument("--models-dir", type=Path, metavar="DIR", help="folder with .gguf files of your own")
    parser.add_argument(
        "--fault-models", action="store_true", help="list the fault ids and the test-only models"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; returns the exit status."""
    if not 0 <= args.port <= 65535:
        sys.stderr.write(f"bedrock-playground endpoint: Port {args.port} does not exist. Use 0 to 65535.\n")
        return 2
    from bedrock_playground.local.process import Options
    from bedrock_playground.local.process import run as run_endpoint
    from bedrock_playground.local.reporting import TerminalReporter
    from bedrock_playground.settings import SettingsError, load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"bedrock-playground endpoint: {error}\n")
        return 2
    options = Options(
        port=args.port,
        cache_dir=settings.cache_dir,
        models_dir=args.models_dir or settings.models_dir,
        list_faults=args.fault_models or settings.fault_teaching,
        state_dir=settings.data_dir / "local-endpoint",
    )
    return run_endpoint(options, TerminalReporter())
