"""The ladder against the real local endpoint: its model, its faults, its fixtures; real boto3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.invocation import (
    BedrockInvoker,
    ClientConfig,
    InferenceParameters,
    InvocationRequest,
    RetryPolicy,
    StreamInterrupted,
)
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.local.fault_plan import fault_model_id
from bedrock_playground.patterns.backing import Backing, Invokers
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.trying import Target
from tests.wire.patterns.kitchen import play

pytestmark = pytest.mark.real_model

MODEL = "local.smollm2-135m-instruct-v1:0"


def shape(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    """Few tokens, so that the real model is quick."""
    parameters = InferenceParameters(max_tokens=8, temperature=0.0)
    return BuiltRequest(replace(asked, model_id=variant.model, parameters=parameters))


@pytest.fixture
def backing(local_endpoint: EndpointStatus) -> Backing:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
        stall_timeout=1.0,
    )

    def invokers(region: str | None) -> Invokers:
        there = config if region is None else replace(config, region=region)
        once = RetryPolicy(max_attempts=1)
        return Invokers(BedrockInvoker(config=there), BedrockInvoker(config=there, retry=once))

    here = invokers(None)
    return Backing(invoker=here.usual, once=here.once, shape=shape, regions=invokers)


def target(model: str, **fields: Any) -> Target:
    return Target(member=Solo(variant=Variant(model=model)), tries=1, **fields)


def faulty(kind: str, **fields: Any) -> Target:
    return target(fault_model_id(kind), **fields)


@pytest.mark.parametrize(
    "kind",
    [
        "throttling",
        "service-unavailable",
        "overloaded",
        "model-timeout",
        "model-not-ready",
        "internal-server",
    ],
)
def test_the_real_model_answers_for_one_that_cannot(backing: Backing, kind: str) -> None:
    result, shown = play(Fallback(targets=(faulty(kind), target(MODEL))), backing)
    assert result.error is None
    assert result.text == shown != ""
    assert result.trace is not None
    assert [call.state for call in result.trace.calls] == ["failed", "completed"]


@pytest.mark.parametrize("kind", ["cut", "no-message-stop", "stall", "stream-throttling"])
def test_a_held_back_answer_that_breaks_off_is_replaced_by_the_real_models(
    backing: Backing, kind: str
) -> None:
    result, shown = play(Fallback(targets=(faulty(kind), target(MODEL)), hold=True), backing)
    assert result.error is None
    assert result.text == shown
    assert result.trace is not None
    broken, answered = result.trace.calls
    assert broken.first_token is not None
    assert (broken.state, answered.state) == ("failed", "completed")


def test_without_holding_back_the_part_stays(backing: Backing) -> None:
    result, shown = play(Fallback(targets=(faulty("no-message-stop"), target(MODEL))), backing)
    assert isinstance(result.error, StreamInterrupted)
    assert result.text == shown != ""


def test_a_slow_first_token_is_hedged_by_the_real_model(backing: Backing) -> None:
    pattern = Fallback(targets=(faulty("slow-first-token"), target(MODEL)), hedge=Hedge(after=0.05))
    result, shown = play(pattern, backing)
    assert result.error is None
    assert result.trace is not None
    assert {call.role: call.state for call in result.trace.calls} == {
        "target 1": "cancelled",
        "target 2": "completed",
    }
    assert result.text == shown


def test_a_breaker_leaves_a_throttled_model_alone(backing: Backing) -> None:
    pattern = Fallback(
        targets=(faulty("throttling"), target(MODEL)), breaker=BreakerPolicy(failures=1, open_for=600)
    )
    play(pattern, backing)
    result, _ = play(pattern, backing)
    assert result.trace is not None
    assert [(call.breaker, call.attempts) for call in result.trace.calls] == [("open", 0), ("closed", 1)]


def test_the_same_model_in_another_region_answers(backing: Backing) -> None:
    result, _ = play(Fallback(targets=(faulty("throttling"), target(MODEL, region="eu-west-1"))), backing)
    assert result.error is None
    assert result.trace is not None
    assert result.trace.calls[-1].region == "eu-west-1"
