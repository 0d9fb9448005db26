"""Patterns against the real local endpoint: real text, real embeddings, real token probabilities."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_playground.catalog.embeddings import embedding_body, is_embedding_model
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.invocation import BedrockInvoker, ClientConfig
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, KindInvoker, embed_texts, embedding_of
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.criteria_looking import Likely
from bedrock_playground.patterns.members import Solo
from bedrock_playground.patterns.merging import Judged
from bedrock_playground.patterns.preparing import prepare, unprepared
from bedrock_playground.patterns.routes import Route
from bedrock_playground.patterns.routing import Routing
from bedrock_playground.patterns.routing_classifier import Classifier
from bedrock_playground.patterns.routing_neighbours import Example, Neighbours
from bedrock_playground.patterns.shaping import shape_by_catalogue
from tests.wire.patterns.kitchen import play

pytestmark = [pytest.mark.real_model, pytest.mark.timeout(300)]

MODEL = "local.smollm2-135m-instruct-v1:0"
EMBEDDER = "local.wordllama-l2-256-v1:0"
SOLO = Solo(variant=Variant(model=MODEL, temperature=0.0, max_tokens=12))
SURE = replace(SOLO, variant=replace(SOLO.variant, additional_fields='{"logprobs": true}'))
JUDGE = replace(SOLO, variant=replace(SOLO.variant, max_tokens=60))
ROUTES = (
    Route(name="animals", member=SOLO, description="Questions about animals"),
    Route(name="money", member=SOLO, description="Questions about money"),
)


@pytest.fixture
def backing(local_endpoint: EndpointStatus) -> Backing:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    converse = BedrockInvoker(config=config)
    invoker = KindInvoker(converse, EmbeddingInvoker(converse, embedding_body), embeds=is_embedding_model)
    return Backing(invoker=invoker, shape=shape_by_catalogue(), embedding_model=EMBEDDER)


def routed(pattern: object, backing: Backing, prompt: str) -> tuple[list[str], str]:
    assert isinstance(pattern, Routing)
    result, _ = play(pattern, backing, prompt)
    assert result.error is None
    assert result.trace is not None
    return [call.role for call in result.trace.calls], result.trace.decisions[0].text


def test_the_nearest_example_routes_by_real_embeddings(backing: Backing) -> None:
    bare = Routing(
        routes=ROUTES,
        by=Neighbours(
            examples=(
                Example(text="What do dogs and cats eat?", route="animals"),
                Example(text="How do I open a bank account?", route="money"),
            ),
            k=1,
            threshold=0.2,
        ),
    )

    def embed(text: str, model: str | None) -> tuple[float, ...] | None:
        (result,) = embed_texts(backing.invoker, model or EMBEDDER, [text])
        return embedding_of(result)

    ready = prepare(bare, embed, embedding_model=EMBEDDER)
    assert unprepared(ready) == 0
    for prompt, route in (("How long do kittens sleep?", "animals"), ("Which bank pays interest?", "money")):
        roles, _ = routed(ready, backing, prompt)
        assert roles == ["embedding", route]


@pytest.mark.parametrize(("threshold", "calls"), [(0.0, 1), (1.0, 2)])
def test_a_cascade_escalates_by_real_token_probabilities(
    backing: Backing, threshold: float, calls: int
) -> None:
    pattern = Cascade(tiers=(Tier(member=SURE), Tier(member=SOLO)), criteria=(Likely(threshold=threshold),))
    result, _ = play(pattern, backing, "Say hello.")
    assert result.trace is not None
    assert len(result.trace.calls) == calls
    assert "its mean token probability is 0." in result.trace.decisions[0].text


def test_a_small_model_classifies_and_judges_by_schema(backing: Backing) -> None:
    _, why = routed(
        Routing(routes=ROUTES, by=Classifier(member=JUDGE, threshold=0.0)), backing, "Do dogs swim?"
    )
    assert "sure of" in why, why
    panel = Aggregation(members=(Panelist(member=SOLO), Panelist(member=SURE)), by=Judged(judge=JUDGE))
    result, _ = play(panel, backing, "Say hello.")
    assert result.trace is not None
    assert [call.error_type for call in result.trace.calls] == [None] * 4
    assert "the judge prefers" in result.trace.decisions[0].text
