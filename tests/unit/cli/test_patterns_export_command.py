"""`patterns export`: writes, says what cannot be said, and refuses what is no pattern."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bedrock_playground.catalog.variant import Variant
from bedrock_playground.cli import main
from bedrock_playground.patterns.caching import Cache
from bedrock_playground.patterns.codec import member_to_json
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.members import Member, Solo
from bedrock_playground.patterns.trying import Target

MODEL = Solo(variant=Variant(model="amazon.nova-micro-v1:0", max_tokens=100))
LADDER = Fallback(targets=(Target(member=MODEL),))


def written(folder: Path, member: Member) -> str:
    file = folder / "p.pattern.json"
    file.write_text(json.dumps(member_to_json(member)))
    return str(file)


def test_a_module_is_written_with_what_was_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "patterns",
                "export",
                written(tmp_path, LADDER),
                "--system",
                "Be brief.",
                "--region",
                "eu-west-1",
            ]
        )
        == 0
    )
    told = capsys.readouterr()
    assert '"system": [{"text": "Be brief."}]' in told.out
    assert 'REGION: str | None = "eu-west-1"' in told.out
    assert "Answers come in one piece" in told.err


def test_a_state_machine_is_written_with_the_files_beside_it(tmp_path: Path) -> None:
    output = tmp_path / "machine.json"
    arguments = ["patterns", "export", written(tmp_path, LADDER), "--format", "step-functions"]
    assert main([*arguments, "--region", "us-east-1", "--output", str(output)]) == 0
    assert json.loads(output.read_text())["StartAt"] == "Target 1"
    policy = json.loads((tmp_path / "role-policy.json").read_text())
    assert "amazon.nova-micro-v1:0" in json.dumps(policy)
    assert (tmp_path / "role-trust.json").exists()


def test_what_a_format_cannot_say_is_told_apart_from_what_is_no_pattern(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cached = written(tmp_path, Cache(member=MODEL))
    assert main(["patterns", "export", cached, "--format", "step-functions"]) == 1
    assert "nothing for “cache”" in capsys.readouterr().err
    assert main(["patterns", "export", written(tmp_path, MODEL)]) == 2
    (tmp_path / "no.json").write_text("{")
    assert main(["patterns", "export", str(tmp_path / "no.json")]) == 2
    assert main(["patterns", "export", str(tmp_path / "missing.json")]) == 2
