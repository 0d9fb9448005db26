"""Whatever is set, what is built is taken: requests by the rules, sent by real boto3 to models that refuse.

The test-only models refuse what their foundation models refuse (both samplers at once, a budget that is too
small, sampling at all …), so a rule that is missing is a 400 here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.build import build_request, request_as_json
from bedrock_playground.catalog.discovery import discover
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.invocation import ClientConfig
from bedrock_playground.launcher import EndpointStatus

PROFILE = "arn:aws:bedrock:local:000000000000:application-inference-profile"
MODELS = tuple(f"{PROFILE}/test-{name}" for name in ("free", "one-sampler", "effort"))


@pytest.fixture(scope="module")
def catalogue(local_endpoint: EndpointStatus) -> Catalogue:
    return discover(
        ClientConfig(
            region=local_endpoint.region,
            endpoint_url=local_endpoint.url,
            access_key_id=local_endpoint.access_key_id,
            secret_access_key=local_endpoint.secret_access_key,
        )
    )


@pytest.fixture(scope="module")
def client(local_endpoint: EndpointStatus) -> Iterator[Any]:
    made = boto3.client(
        "bedrock-runtime",
        endpoint_url=local_endpoint.url,
        region_name=local_endpoint.region,
        aws_access_key_id=local_endpoint.access_key_id,
        aws_secret_access_key=local_endpoint.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )
    yield made
    made.close()


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


VARIANTS = st.builds(
    Variant,
    model=st.sampled_from(MODELS),
    temperature=maybe(st.floats(-1, 3)),
    top_p=maybe(st.floats(-1, 3)),
    top_k=maybe(st.integers(-5, 5000)),
    max_tokens=maybe(st.integers(1, 1_000_000)),
    stop=st.lists(st.sampled_from(["END", "\\n", " ", "x"]), max_size=3).map(tuple),
    system=maybe(st.sampled_from(["", "Be brief."])),
    reasoning=maybe(st.sampled_from(["on", "off"])),
    thinking_budget=maybe(st.integers(0, 200_000)),
    effort=maybe(st.sampled_from(["low", "medium", "high", "xhigh", "max"])),
    service_tier=maybe(st.sampled_from(["default", "flex", "priority"])),
    latency=maybe(st.sampled_from(["standard", "optimized"])),
    cache_ttl=maybe(st.sampled_from(["5m", "1h"])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(variant=VARIANTS)
def test_no_setting_makes_a_request_that_its_model_refuses(
    catalogue: Catalogue, client: Any, variant: Variant
) -> None:
    resolution = catalogue.resolve(variant.model)
    assert resolution.resolved
    built = build_request(variant, Inputs("Hello there"), resolution)
    assert not built.refusals
    answer = client.converse(**request_as_json(built.request))
    assert answer["stopReason"] in {"end_turn", "max_tokens"}
