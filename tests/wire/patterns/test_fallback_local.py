"""Ladders and kept answers on the real local endpoint: its models, faults and switchboard; real boto3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.connection import Connection, local_connection, make_invoker
from bedrock_playground.invocation import (
    InferenceParameters,
    InvocationRequest,
    NobodyAnswered,
    RetryPolicy,
    StreamInterrupted,
)
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.local.fault_plan import fault_model_id
from bedrock_playground.patterns.backing import Backing, Invokers
from bedrock_playground.patterns.breaker import BreakerPolicy
from bedrock_playground.patterns.caching import Cache, Semantic
from bedrock_playground.patterns.fallback import Fallback
from bedrock_playground.patterns.hedging import Hedge
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.trying import Target
from bedrock_playground.settings import load_settings
from bedrock_playground.switchboard import Fault, FaultSwitchboard
from tests.wire.patterns.kitchen import play

pytestmark = pytest.mark.real_model

MODEL = "local.smollm2-135m-instruct-v1:0"
EMBEDDING = "local.wordllama-l2-256-v1:0"


def shape(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    """Few tokens, so that the real model is quick."""
    parameters = InferenceParameters(max_tokens=8, temperature=0.0)
    return BuiltRequest(replace(asked, model_id=variant.model, parameters=parameters))


@pytest.fixture
def connection(local_endpoint: EndpointStatus) -> Connection:
    found = local_connection(load_settings(), local_endpoint)
    assert found is not None
    return replace(found, config=replace(found.config, stall_timeout=1.0))


@pytest.fixture
def board(connection: Connection) -> Iterator[FaultSwitchboard]:
    switchboard = FaultSwitchboard(connection)
    yield switchboard
    switchboard.clear()


@pytest.fixture
def backing(connection: Connection) -> Backing:
    def invokers(region: str | None) -> Invokers:
        config = replace(connection.config, region=region or connection.config.region)
        there = replace(connection, config=config)
        settings = load_settings()
        return Invokers(
            make_invoker(there, settings), make_invoker(there, settings, retry=RetryPolicy(max_attempts=1))
        )

    here = invokers(None)
    return Backing(
        invoker=here.usual, once=here.once, shape=shape, regions=invokers, embedding_model=EMBEDDING
    )


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


TWO_REGIONS = Fallback(
    targets=(target(MODEL, region="us-east-1"), target(MODEL, region="eu-west-1")), hold=True
)


@pytest.mark.parametrize("kind", ["throttling", "service-unavailable", "cut", "stall", "empty-body"])
def test_the_same_model_answers_in_the_region_that_is_well(
    backing: Backing, board: FaultSwitchboard, kind: str
) -> None:
    board.set(Fault(model_id=MODEL, kind=kind, region="us-east-1", after_tokens=2))
    result, shown = play(TWO_REGIONS, backing)
    assert result.error is None
    assert result.text == shown != ""
    assert result.trace is not None
    assert [(call.region, call.state) for call in result.trace.calls] == [
        ("us-east-1", "failed"),
        ("eu-west-1", "completed"),
    ]


def test_what_is_down_everywhere_is_told_in_the_last_ones_words(
    backing: Backing, board: FaultSwitchboard
) -> None:
    board.set(Fault(model_id=MODEL, kind="throttling", region="us-east-1"))
    board.set(Fault(model_id=MODEL, kind="service-unavailable", region="eu-west-1"))
    result, _ = play(TWO_REGIONS, backing)
    assert isinstance(result.error, NobodyAnswered)
    assert "target 2" in result.error.message
    assert "unable to process" in result.error.message


def test_an_outage_opens_the_breaker_and_its_end_closes_it(backing: Backing, board: FaultSwitchboard) -> None:
    pattern = replace(TWO_REGIONS, breaker=BreakerPolicy(failures=2, open_for=0.0))
    board.set(Fault(model_id=MODEL, kind="service-unavailable", region="us-east-1"))
    for _ in range(2):
        play(pattern, backing)
    board.clear()
    result, _ = play(pattern, backing)
    assert result.trace is not None
    assert [(call.region, call.breaker) for call in result.trace.calls] == [("us-east-1", "half-open")]
    assert [breaker.state for breaker in backing.breakers.all] == ["closed", "closed"]
    assert [change.after for change in backing.breakers.transitions] == ["open", "half-open", "closed"]


def test_a_region_that_is_slow_to_begin_is_hedged(backing: Backing, board: FaultSwitchboard) -> None:
    board.set(Fault(model_id=MODEL, kind="slow-first-token", region="us-east-1", delay_ms=60_000))
    result, _ = play(replace(TWO_REGIONS, hedge=Hedge(after=0.05)), backing)
    assert result.error is None
    assert result.trace is not None
    states = {call.region: call.state for call in result.trace.calls}
    assert states == {"us-east-1": "cancelled", "eu-west-1": "completed"}


def test_a_near_prompt_is_found_by_the_real_embedding_model(backing: Backing) -> None:
    pattern = Cache(member=target(MODEL).member, semantic=Semantic(similarity=0.8))
    first, _ = play(pattern, backing, "How many people live in Berlin?")
    near, _ = play(pattern, backing, "How many people live in Berlin today?")
    far, _ = play(pattern, backing, "Write a poem about the sea.")
    assert near.text == first.text
    found = [result.trace.lookups[0] for result in (first, near, far) if result.trace]
    assert [look.found for look in found] == [None, "similar", None]
