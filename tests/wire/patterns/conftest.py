"""A loopback Bedrock for patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.wire.patterns.kitchen import Kitchen, Says, echo

pytest.register_assert_rewrite("tests.wire.patterns.exported")

Cook = Callable[..., Kitchen]


@pytest.fixture(scope="session")
def kitchens() -> Iterator[list[Kitchen]]:
    """Kitchens that nobody uses: a boto3 client for each costs more than most tests."""
    free: list[Kitchen] = []
    yield free
    for kitchen in free:
        kitchen.close()


@pytest.fixture
def cook(kitchens: list[Kitchen]) -> Iterator[Cook]:
    """Open kitchens in which nothing was asked yet; they are given back with the test."""
    opened: list[Kitchen] = []

    def start(says: Says = echo) -> Kitchen:
        opened.append(kitchens.pop() if kitchens else Kitchen())
        opened[-1].begin(says)
        return opened[-1]

    yield start
    kitchens.extend(opened)
