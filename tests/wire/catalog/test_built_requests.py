"""What the builder makes is taken by an endpoint that refuses by rules of its own, over real boto3.

The endpoint's test-only application profiles name a Bedrock model each and refuse what that model refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from bedrock_playground.catalog.account import look_up
from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.resolution import Resolution, resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, ToolDefinition, Variant
from bedrock_playground.invocation.client import ClientConfig
from bedrock_playground.invocation.codec import converse_arguments
from bedrock_playground.invocation.values import InvocationRequest
from bedrock_playground.launcher import EndpointStatus

PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile/test-"
INPUTS = Inputs("Say hello.", system="Be brief.")
TOOLS = (ToolDefinition("add", "Adds.", {"type": "object", "properties": {"a": {"type": "integer"}}}),)


@pytest.fixture
def endpoint(local_endpoint: EndpointStatus) -> Iterator[Any]:
    """A ``bedrock-runtime`` client that tries once."""
    client = boto3.Session().client(
        "bedrock-runtime",
        endpoint_url=local_endpoint.url,
        region_name=local_endpoint.region,
        aws_access_key_id=local_endpoint.access_key_id,
        aws_secret_access_key=local_endpoint.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def resolved(status: EndpointStatus, model_id: str) -> Resolution:
    config = ClientConfig(
        region=status.region,
        endpoint_url=status.url,
        access_key_id=status.access_key_id,
        secret_access_key=status.secret_access_key,
    )
    behind = {model_id: look_up(config, model_id)} if model_id.startswith("arn:") else None
    return resolve(model_id, load_models(), behind=behind)


def answer(endpoint: Any, request: InvocationRequest) -> Any:
    return endpoint.converse(**converse_arguments(request, streaming=False))


# The endpoint refuses a forced tool beside any thinking; Opus 4.8 itself is said to answer without thinking.
CHOICES = {"free": "any", "one-sampler": "any", "effort": "auto"}


@pytest.mark.parametrize("name", CHOICES)
def test_settings_of_all_kinds_are_taken(local_endpoint: EndpointStatus, endpoint: Any, name: str) -> None:
    resolution = resolved(local_endpoint, PROFILE + name)
    assert resolution.spec is not None
    asked = replace(INPUTS, tools=TOOLS, tool_choice=CHOICES[name])
    sampling: list[dict[str, Any]] = [
        {},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"temperature": 2.0, "top_p": 0.5, "top_k": 900},
    ]
    reasoning: list[dict[str, Any]] = [
        {},
        {"reasoning": "on"},
        {"reasoning": "off"},
        {"thinking_budget": 2048},
    ]
    limits: list[dict[str, Any]] = [{"max_tokens": 500}, {"max_tokens": 1500}, {}]
    for chosen in product(sampling, reasoning, limits):
        together = {name: value for part in chosen for name, value in part.items()}
        variant = Variant(model=resolution.model_id, effort="high", **together)
        built = build_request(variant, asked, resolution)
        assert built.refusals == ()
        assert answer(endpoint, built.request)["stopReason"] in {"tool_use", "end_turn", "max_tokens"}


def test_the_endpoint_would_refuse_the_settings_as_they_were(
    local_endpoint: EndpointStatus, endpoint: Any
) -> None:
    """So that the test above can fail."""
    built = build_request(
        Variant(model=PROFILE + "effort"), INPUTS, resolved(local_endpoint, PROFILE + "effort")
    )
    raw = replace(built.request, parameters=replace(built.request.parameters, temperature=0.5))
    with pytest.raises(botocore.exceptions.ClientError, match="not supported by this model"):
        answer(endpoint, raw)


def test_the_local_model_s_rules_are_the_endpoint_s(local_endpoint: EndpointStatus, endpoint: Any) -> None:
    model_id = "local.fault-paced-v1:0"
    variant = Variant(
        model=model_id,
        temperature=5.0,
        top_p=0.0,
        top_k=10_000,
        max_tokens=3,
        stop=("END", "\\n\\n"),
        reasoning="on",
        effort="high",
        service_tier="flex",
        latency="optimized",
        cache_ttl="1h",
    )
    built = build_request(variant, INPUTS, resolved(local_endpoint, model_id))
    assert built.refusals == ()
    assert answer(endpoint, built.request)["stopReason"] == "max_tokens"


def test_cache_points_are_written_and_then_read(local_endpoint: EndpointStatus, endpoint: Any) -> None:
    profile = PROFILE + "one-sampler"
    asked = Inputs("Say hello. " * 2500, system="Be brief.")
    variant = Variant(model=profile, cache_ttl="1h", max_tokens=50)
    built = build_request(variant, asked, resolved(local_endpoint, profile))
    first, second = answer(endpoint, built.request)["usage"], answer(endpoint, built.request)["usage"]
    assert first["cacheWriteInputTokens"] > 0
    assert second["cacheReadInputTokens"] == first["cacheWriteInputTokens"]
