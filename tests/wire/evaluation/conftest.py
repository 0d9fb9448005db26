"""Laboratories for evaluations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wire.evaluation.laboratory import Laboratory
from tests.wire.patterns.kitchen import Kitchen, Says, echo

Build = Callable[..., Laboratory]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Build laboratories; they close with the test."""
    built: list[Laboratory] = []

    def start(says: Says = echo, endpoint: str = "local") -> Laboratory:
        folder = tmp_path / str(len(built))
        folder.mkdir()
        built.append(Laboratory(folder, Kitchen(says), endpoint))
        return built[-1]

    yield start
    for laboratory in built:
        laboratory.close()
        laboratory.kitchen.close()
