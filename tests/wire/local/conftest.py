"""boto3 on the running endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bedrock_playground.launcher import EndpointStatus

ClientFactory = Callable[..., Any]


def make_client(endpoint: EndpointStatus, service: str = "bedrock-runtime", **changes: Any) -> Any:
    """A real boto3 client without retries."""
    config = {"retries": {"total_max_attempts": 1}, "read_timeout": 200, "max_pool_connections": 16}
    arguments = {
        "endpoint_url": endpoint.url,
        "region_name": endpoint.region,
        "aws_access_key_id": endpoint.access_key_id,
        "aws_secret_access_key": endpoint.secret_access_key,
        "config": Config(**{**config, **changes.pop("config", {})}),
    }
    return boto3.Session().client(service, **{**arguments, **changes})


@pytest.fixture
def client_for(local_endpoint: EndpointStatus) -> Iterator[ClientFactory]:
    """Makes clients of the shared endpoint and closes them."""
    made: list[Any] = []

    def make(service: str = "bedrock-runtime", **changes: Any) -> Any:
        made.append(make_client(local_endpoint, service, **changes))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def runtime(client_for: ClientFactory) -> Any:
    """A ``bedrock-runtime`` client."""
    return client_for()


@pytest.fixture
def control(client_for: ClientFactory) -> Any:
    """A ``bedrock`` client."""
    return client_for("bedrock")
