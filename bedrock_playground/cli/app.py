"""`bedrock-playground run`: start the app from any folder, through Streamlit's own `run`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser("run", help="start the app (the default)")
    parser.add_argument(
        "options",
        nargs="*",
        metavar="-- OPTION",
        help="options of `streamlit run`, such as -- --server.port 8600",
    )
    parser.set_defaults(run=run)


def app_folder() -> Path:
    """Where the app's files are: inside the installed package, or at the root of a checkout.

    Raises:
        FileNotFoundError: Neither is there.
    """
    for folder in (_PACKAGE / "_app", _PACKAGE.parent):
        if (folder / "streamlit_app.py").is_file():
            return folder
    raise FileNotFoundError(f"streamlit_app.py is neither in {_PACKAGE / '_app'} nor in {_PACKAGE.parent}.")


def run(options: argparse.Namespace) -> int:
    """Start the app and stay until it stops.

    ``st.App.run()`` would ignore the app's ``.streamlit/config.toml``, so this goes through the command
    that Streamlit users know. Streamlit finds that file beside the script, whatever the working folder is.
    """
    script = app_folder() / "streamlit_app.py"
    # -P: the working folder stays off the module path: a `random.py` in it would stand in for Python's own.
    arguments = [sys.executable, "-P", "-m", "streamlit", "run", str(script), *options.options]
    if os.name != "nt":
        # Streamlit takes this process's place, so that signals and the exit status are its own.
        sys.stdout.flush()
        os.execv(sys.executable, arguments)  # noqa: S606  # no shell is meant
    import subprocess

    return subprocess.run(arguments, check=False).returncode
