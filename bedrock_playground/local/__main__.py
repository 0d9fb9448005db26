"""``python -m bedrock_playground.local``: the endpoint as a process. See ``--help``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import platformdirs

from bedrock_playground.local.process import Options, read_credentials, run
from bedrock_playground.local.reporting import JsonReporter, TerminalReporter
from bedrock_playground.local.s3.remote import S3Access

_ENVIRONMENT = ("BEDROCK_PLAYGROUND_LOCAL_ACCESS_KEY_ID", "BEDROCK_PLAYGROUND_LOCAL_SECRET_ACCESS_KEY")
_S3_ENVIRONMENT = (
    "BEDROCK_PLAYGROUND_LOCAL_S3_ACCESS_KEY_ID",
    "BEDROCK_PLAYGROUND_LOCAL_S3_SECRET_ACCESS_KEY",
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the process's options."""
    parser = argparse.ArgumentParser(
        prog="python -m bedrock_playground.local",
        description="Serve Amazon Bedrock's HTTP API on loopback with models that run on this machine.",
        epilog=f"The only access key to accept can also be given by {' and '.join(_ENVIRONMENT)}.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default) lets the system choose")
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=Path(platformdirs.user_cache_dir("bedrock-playground")),
        metavar="DIR",
        help="where the weights are kept (default: %(default)s)",
    )
    parser.add_argument(
        "--models-dir", type=Path, metavar="DIR", help="a folder with .gguf files of your own"
    )
    parser.add_argument(
        "--fault-models", action="store_true", help="list the fault ids and the test-only models"
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where buckets and batch jobs are kept (default: a folder that goes with the process)",
    )
    parser.add_argument(
        "--s3-endpoint",
        metavar="URL",
        help="another S3 for batch jobs, instead of the endpoint's own; called with the access key in "
        f"{' and '.join(_S3_ENVIRONMENT)}",
    )
    parser.add_argument("--json-events", action="store_true", help="report in JSON lines on standard output")
    parser.add_argument(
        "--credentials-from-stdin",
        action="store_true",
        help="accept one access key only, read from the first line of standard input as JSON",
    )
    parser.add_argument("--parent-watch", action="store_true", help="end when standard input ends")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the endpoint; returns the exit status."""
    args = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    key, secret = (os.environ.get(name) or None for name in _ENVIRONMENT)
    if args.credentials_from_stdin:
        try:
            key, secret = read_credentials()
        except ValueError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    options = Options(
        port=args.port,
        cache_dir=args.cache_dir,
        models_dir=args.models_dir,
        access_key_id=key,
        secret_access_key=secret,
        parent_watch=args.parent_watch,
        list_faults=args.fault_models,
        state_dir=args.state_dir,
        s3=_s3(args.s3_endpoint),
    )
    return run(options, JsonReporter() if args.json_events else TerminalReporter())


def _s3(url: str | None) -> S3Access | None:
    key, secret = (os.environ.get(name) or "local" for name in _S3_ENVIRONMENT)
    return S3Access(url.rstrip("/"), key, secret) if url else None


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The engine's threads and static destructors have nothing left to do, and can take seconds over it.
    os._exit(status)
