"""The environment that the sources are installed in, apart from this project's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_HOME = ROOT / ".cache" / "catalog" / "venv"
_LOCK = ROOT / "requirements" / "catalog.lock"
_DATA_LOCK = ROOT / "requirements" / "catalog-data.lock"
_SOURCES = Path(__file__).parent / "sources.toml"


def read_sources() -> tuple[date, dict[str, dict[str, str]]]:
    """The snapshot's day, and each source's version and day, by short name."""
    table = tomllib.loads(_SOURCES.read_text(encoding="utf-8"))
    day = date.fromisoformat(table.pop("snapshot_date"))
    return day, table


def extract(day: date, added: Iterable[str]) -> dict[str, Any]:
    """Install the pinned sources if they are not there yet, and ask them everything.

    Args:
        day: The day whose prices are wanted.
        added: Ids that only the overlay has: a source may know something of them all the same.

    Returns:
        What :mod:`scripts.catalog.extract` prints.
    """
    answer = subprocess.run(command(_install(), day, added), check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(answer.stdout)
    return report


def command(python: Path, day: date, added: Iterable[str]) -> list[str]:
    """How the sources are asked."""
    script = Path(__file__).parent / "extract.py"
    # -I: neither the environment's PYTHONPATH nor this folder may stand in for a source.
    return [str(python), "-I", str(script), day.isoformat(), *sorted(added)]


def check_versions(installed: dict[str, str], sources: dict[str, dict[str, str]]) -> None:
    """Refuse to sign facts of one version with another's name."""
    for name, source in sources.items():
        found = installed[source.get("distribution", name)]
        if found != source["version"]:
            raise SystemExit(
                f"{name} {found} is installed, and scripts/catalog/sources.toml speaks of "
                f"{source['version']}: set the version and the day on which you read it there."
            )


def _install() -> Path:
    python = _HOME / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = _HOME / ".stamp"
    wanted = hashlib.sha256(_LOCK.read_bytes() + _DATA_LOCK.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print("Installing the sources (once) …", file=sys.stderr)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        raise SystemExit("uv is missing from this environment: run this by `make catalog`.")
    install = [uv, "pip", "install", "-q", "--require-hashes", "--python", str(python)]
    for command in (
        [uv, "venv", "-q", "--clear", "--python", sys.executable, str(_HOME)],
        [*install, "-r", str(_LOCK)],
        [*install, "--no-deps", "-r", str(_DATA_LOCK)],
    ):
        subprocess.run(command, check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python
