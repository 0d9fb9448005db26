"""The hand-kept overlay, ``overlay.toml``: read and asked. Pure but for :func:`load`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "overlay.toml"


@dataclass(frozen=True, slots=True)
class Statement:
    """What the overlay says of one field of one model."""

    value: Any
    source: str
    note: str | None
    overrules: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """The overlay's content."""

    content: Mapping[str, Any]

    def statements(self, model_id: str) -> dict[str, Statement]:
        """What it says of a model, by field; of two rules that speak of a field the first counts."""
        found: dict[str, Statement] = {}
        for rule in self.content.get("rule", ()):
            if not re.fullmatch(rule["models"], model_id):
                continue
            for kind in ("overrules", "gives"):
                for name, value in rule.get(kind, {}).items():
                    found.setdefault(
                        name,
                        Statement(value, rule["source"], rule.get("note"), overrules=kind == "overrules"),
                    )
        found |= self._names(model_id)
        return found

    def _names(self, model_id: str) -> dict[str, Statement]:
        found: dict[str, Statement] = {}
        if name := self.content.get("names", {}).get(model_id):
            found["name"] = Statement(name, "house", None, overrules=True)
        if provider := self.content.get("providers", {}).get(model_id.partition(".")[0]):
            found["provider"] = Statement(provider, "house", None, overrules=True)
        families = self.content.get("families", {})
        family = next((family for pattern, family in families.items() if re.search(pattern, model_id)), None)
        if family:
            found["family"] = Statement(family, "house", None, overrules=True)
        return found

    def excluded(self, model_id: str) -> str | None:
        """Why an id of a source is left out; ``None``: it is not."""
        reason: str | None = self.content.get("excluded", {}).get(model_id)
        return reason

    @property
    def aliases(self) -> Mapping[str, str]:
        """Other names that a source has for an id, with the id."""
        aliases: Mapping[str, str] = self.content.get("aliases", {})
        return aliases

    @property
    def added(self) -> Mapping[str, str]:
        """Ids of models and profiles that no source has, with who lists them."""
        added: Mapping[str, str] = self.content.get("added", {})
        return added

    def verdict(self, model_id: str) -> tuple[str, str] | None:
        """Which source's price is taken where they disagree, and why; ``None``: nobody looked into it."""
        for rule in self.content.get("price", ()):
            if re.fullmatch(rule["ids"], model_id):
                return rule["takes"], rule["reason"]
        return None


def load() -> Overlay:
    """Read the overlay."""
    return Overlay(tomllib.loads(_FILE.read_text(encoding="utf-8")))
