"""Scripted servers and invokers that talk to them with real boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bedrock_playground.invocation import BedrockInvoker, ClientConfig, RetryPolicy
from tests.wire.invocation.scripted import Handler, ScriptedServer

Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer with the handlers given; they end with the test."""
    servers: list[ScriptedServer] = []

    def start(*handlers: Handler) -> ScriptedServer:
        servers.append(ScriptedServer(*handlers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def invoker_for(
    url: str,
    *,
    retry: RetryPolicy | None = None,
    stall: float = 20.0,
    read: float = 20.0,
    connect: float = 10.0,
    streaming: bool = True,
) -> BedrockInvoker:
    """Make an invoker whose waits between tries are short."""
    config = ClientConfig(
        region="us-east-1",
        endpoint_url=url,
        access_key_id="AKIDTEST",
        secret_access_key="secret",
        connect_timeout=connect,
        read_timeout=read,
        stall_timeout=stall,
    )
    return BedrockInvoker(config=config, retry=retry or RetryPolicy(base_delay=0.01), streaming=streaming)
