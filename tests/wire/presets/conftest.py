"""A server that answers as Bedrock and keeps what it was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wire.invocation.scripted import ScriptedServer
from tests.wire.presets.exporting import answer


@pytest.fixture
def bedrock() -> Iterator[ScriptedServer]:
    server = ScriptedServer(answer)
    yield server
    server.close()
