"""`bedrock-playground presets`: what cannot be done is said, with the exit status that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_playground.cli import main

LITE = "amazon.nova-lite-v1:0"


@pytest.fixture
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> pytest.CaptureFixture[str]:
    """An empty database, and what is printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    return capsys


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("show", "nobody"), 1, "There is no preset 'nobody'"),
        (("show", "Classify", "--set", "x=1", "--model", LITE), 0, "no variable {{x}}"),
        (("show", "Classify", "--set", "x"), 2, "--set 'x' has no value"),
        (("save", "--name", "X", "--model", LITE, "--top-p", "3"), 1, "presets[0].parameters.top_p"),
        (("save", "--name", "X", "--model", LITE, "--example", "x=1"), 2, "no variable {{x}}"),
        (("save", "--name", "X", "--run", "none"), 1, "There is no run 'none'"),
        (("export", "Classify", "--format", "xml"), 2, "There is no format 'xml'"),
        (("export",), 2, "Name the presets to export"),
        (("export", "--all"), 1, "No preset was saved here yet"),
        (("import", "nothing.json"), 1, "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_plainly(
    home: pytest.CaptureFixture[str], arguments: tuple[str, ...], *, status: int, words: str
) -> None:
    assert main(["presets", *arguments]) == status
    told = home.readouterr()
    assert words in told.err + told.out
