"""A loopback Bedrock for patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.wire.patterns.kitchen import Kitchen, Says, echo

Cook = Callable[..., Kitchen]


@pytest.fixture
def cook() -> Iterator[Cook]:
    """Open kitchens; they close with the test."""
    opened: list[Kitchen] = []

    def start(says: Says = echo) -> Kitchen:
        opened.append(Kitchen(says))
        return opened[-1]

    yield start
    for kitchen in opened:
        kitchen.close()
