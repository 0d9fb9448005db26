"""``python -m scripts.catalog``: write the catalogue's snapshot anew and say in words what changed.

With ``--check`` nothing is written; it ends with 1 if the committed snapshot is not what the sources give.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.catalog import differences, environment, files, overlay
from scripts.catalog.build import Snapshot, build

_DATA = environment.ROOT / "bedrock_playground" / "catalog" / "data"
_MODELS, _PRICES = _DATA / "models.json", _DATA / "prices.json"
_CONFLICTS = Path(__file__).parent / "conflicts.md"


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make catalog", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check = parser.parse_args().check
    day, sources = environment.read_sources()
    rules = overlay.load()
    report = environment.extract(day, rules.added)
    environment.check_versions(report["versions"], sources)
    old_models, old_prices = _read(_MODELS), _read(_PRICES)
    snapshot = build(report, sources=sources, overlay=rules, day=day, old_prices=old_prices)
    texts = {
        _MODELS: files.models_text(snapshot.models),
        _PRICES: files.prices_text(snapshot.prices),
        _CONFLICTS: snapshot.conflicts,
    }
    changed = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    _tell(snapshot, old_models, old_prices)
    if check:
        _say(*(f"Would change: {path.relative_to(environment.ROOT)}" for path in changed))
        return 1 if changed else 0
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8", newline="\n")
    _say("", "For tests/unit/catalog/test_snapshot_files.py, once you have read the changes:")
    _say(*(f'    "{path.name}": "{_digest(texts[path])}",' for path in (_MODELS, _PRICES)))
    return 0


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return document


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _tell(snapshot: Snapshot, old_models: Mapping[str, Any], old_prices: Mapping[str, Any]) -> None:
    lines = differences.models_in_words(old_models, snapshot.models)
    lines += differences.prices_in_words(old_prices.get("prices", ()), snapshot.prices["prices"])
    _say(*(lines or ["Nothing changed."]))
    _say(
        "",
        f"{len(snapshot.models['models'])} models, {len(snapshot.prices['prices'])} prices, "
        f"{snapshot.open_questions} contradictions that nobody looked into (scripts/catalog/conflicts.md)",
        f"{len(snapshot.unoffered)} models have a price for something that no source says they offer:",
        *(f"  {model_id}: {what}" for model_id, what in snapshot.unoffered),
    )


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
