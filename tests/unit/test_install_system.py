"""The script that finds or installs what the tests need, with only the programs given to it here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "install_system.sh"
WORKS = "echo Chromium 1.0"
STUB = "echo requires the chromium snap to be installed >&2; exit 1"


def _run(folder: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script where these programs, a few tools and nothing else can be found."""
    for name, body in {"initdb": "exit 0", "curl": "exit 0", **programs}.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    for tool in ("sh", "ls", "id", "env", "timeout"):
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    return subprocess.run(
        [folder / "sh", SCRIPT],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_answers_will_do(tmp_path: Path, name: str) -> None:
    ended = _run(tmp_path, {name: WORKS})
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stub_of_a_snap_will_not_do_and_what_to_do_is_said(tmp_path: Path) -> None:
    ended = _run(tmp_path, {"chromium-browser": STUB})
    assert ended.returncode == 1
    assert "The tests need chromium, and it could not be installed" in ended.stderr
    assert "google-chrome" in ended.stderr


def test_a_stub_is_passed_over_for_one_that_answers(tmp_path: Path) -> None:
    ended = _run(tmp_path, {"chromium-browser": STUB, "google-chrome": WORKS})
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_package_that_is_not_there_is_told(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    apt = f'echo "$*" >> {asked}; [ "$1" = update ] || exit 100'
    ended = _run(tmp_path, {"chromium-browser": STUB, "apt-get": apt, "sudo": 'exec "$@"'})
    assert ended.returncode == 1
    assert "The package chromium could not be installed." in ended.stderr
    assert "install -y -qq chromium" in asked.read_text(encoding="utf-8")
