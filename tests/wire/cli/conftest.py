"""The command line, with an endpoint of its own and with the tests' shared one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bedrock_playground.launcher import EndpointStatus
from tests.wire.cli.command_line import CommandLine, environment_without_aws, keys_of


@pytest.fixture
def alone(tmp_path: Path, weights_cache: Path) -> Iterator[CommandLine]:
    """The command line without any credentials: it starts a local endpoint of its own."""
    command_line = CommandLine(tmp_path, environment_without_aws(tmp_path, weights_cache))
    yield command_line
    command_line.end()


@pytest.fixture
def shared(tmp_path: Path, weights_cache: Path, local_endpoint: EndpointStatus) -> Iterator[CommandLine]:
    """The command line with AWS keys and an endpoint in its environment: the tests' shared one."""
    environment = environment_without_aws(tmp_path, weights_cache) | keys_of(local_endpoint)
    environment["BEDROCK_PLAYGROUND_ENDPOINT_URL"] = str(local_endpoint.url)
    command_line = CommandLine(tmp_path, environment)
    yield command_line
    command_line.end()
