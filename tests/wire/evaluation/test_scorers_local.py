"""Scorers that ask models, with the real small models of the local endpoint, over boto3."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bedrock_playground.catalog.build import build_request
from bedrock_playground.catalog.embeddings import WORDLLAMA
from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.connection import Connection, make_invoker
from bedrock_playground.evaluation.scorers.registry import make_scorer
from bedrock_playground.evaluation.values import Answer, Case
from bedrock_playground.invocation import ClientConfig, Invoker
from bedrock_playground.invocation.embeddings import embed_texts, embedding_of
from bedrock_playground.invocation.events import Failed, Finished
from bedrock_playground.invocation.values import InvocationResult
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.settings import load_settings

LOCAL = "local.smollm2-135m-instruct-v1:0"
CASE = Case(number=1, inputs={"question": "Where did the cat sit?"}, expected="The cat sat on the mat.")


class PlainDesk:
    """A desk that calls without a guard, and knows no prices."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker
        self.said: list[InvocationResult] = []

    def ask(
        self,
        variant: Variant,
        prompt: str,
        *,
        system: str | None = None,
        output_schema: str | None = None,
        role: str = "judge",
    ) -> Answer:
        inputs = Inputs(prompt, system=system, output_schema=output_schema)
        built = build_request(variant, inputs, resolve(variant.model, load_models()))
        *_, last = self._invoker.stream(built.request)
        assert isinstance(last, Finished | Failed)
        self.said.append(last.result)
        return Answer(last.result)

    def embed(self, texts: Sequence[str], *, model_id: str | None = None) -> Sequence[Sequence[float]]:
        vectors = []
        for result in embed_texts(self._invoker, model_id or WORDLLAMA, list(texts)):
            if result.error is not None:
                raise result.error
            vectors.append(embedding_of(result) or ())
        return vectors


@pytest.fixture
def desk(local_endpoint: EndpointStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlainDesk:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    return PlainDesk(make_invoker(Connection("local", config), load_settings()))


def told(text: str) -> Answer:
    return Answer(InvocationResult(text=text))


def test_a_paraphrase_is_nearer_than_something_else(desk: PlainDesk) -> None:
    scorer = make_scorer("similarity")
    near, far, same = (
        scorer.score(told(text), CASE, desk).value
        for text in ("A kitten sat on a rug.", "Interest rates rose again.", "The cat sat on the mat.")
    )
    assert near is not None
    assert far is not None
    assert same == pytest.approx(1)
    assert far < near < 1


def test_a_model_that_does_not_embed_is_no_score(desk: PlainDesk) -> None:
    found = make_scorer("similarity:meta.llama3-8b-instruct-v1:0").score(told("x"), CASE, desk)
    assert found.value is None
    assert found.note.startswith("It could not be embedded: ")


def test_a_small_model_judges_or_says_nothing_that_can_be_read(desk: PlainDesk) -> None:
    found = make_scorer(f"judge:rubric:{LOCAL}").score(told("On the mat."), CASE, desk)
    [said] = desk.said
    assert said.error is None
    # A model of 135 million parameters may well fail at this; what it does not say must not become a 0.
    if found.value is None:
        assert found.note.startswith("The judge gave ")
    else:
        assert found.value in {0, 0.25, 0.5, 0.75, 1}
        assert "What judging cost is unknown." in found.note


def test_a_judge_that_there_is_not_is_no_score(desk: PlainDesk) -> None:
    found = make_scorer("judge:pairwise:local.no-such-model-v1:0").score(told("On the mat."), CASE, desk)
    assert found.value is None
    assert found.note.count("The judge failed: ") == 2
