"""The retrieval set with a real embedding model: the right passage is found, and not always at once."""

from __future__ import annotations

from statistics import fmean

from bedrock_playground.catalog.embeddings import WORDLLAMA, embedding_body, is_embedding_model
from bedrock_playground.evaluation.builtin import builtin_for
from bedrock_playground.evaluation.datasets.passages import (
    QUERY,
    collection_of,
    passages_of,
    reciprocal_rank,
)
from bedrock_playground.evaluation.scorers.registry import make_scorers
from bedrock_playground.evaluation.values import Answer, Case
from bedrock_playground.invocation import BedrockInvoker, ClientConfig
from bedrock_playground.invocation.embeddings import EmbeddingInvoker, KindInvoker, embed_texts, embedding_of
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.measures.vectors import ranked
from bedrock_playground.patterns.backing import Backing
from bedrock_playground.patterns.ranking import Ranking
from bedrock_playground.patterns.shaping import shape_by_catalogue
from bedrock_playground.presets.template import fill
from tests.unit.evaluation.desks import SILENT
from tests.wire.patterns.kitchen import play


def test_an_embedding_model_ranks_passages_by_meaning(local_endpoint: EndpointStatus) -> None:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    invoker = EmbeddingInvoker(BedrockInvoker(config=config), embedding_body)
    (data_set,) = builtin_for("retrieval")
    collection = collection_of(data_set.cases)
    texts = [*collection.values(), *(case.inputs[QUERY] for case in data_set.cases)]
    found = [embedding_of(one) for one in embed_texts(invoker, "local.wordllama-l2-256-v1:0", texts)]
    vectors = [vector for vector in found if vector is not None]
    assert len(vectors) == len(texts)
    passages = dict(zip(collection, vectors, strict=False))
    queries = dict(zip((case.number for case in data_set.cases), vectors[len(passages) :], strict=True))

    def score(case: Case, *, among: list[str]) -> float:
        ranking = ranked(queries[case.number], {key: passages[key] for key in among})
        return reciprocal_rank(ranking, case)

    everywhere = {case.number: score(case, among=list(passages)) for case in data_set.cases}
    offered = {case.number: score(case, among=list(passages_of(case))) for case in data_set.cases}
    # A small model of word vectors: much better than chance (0.11 of 40, 0.52 of 4), and far from perfect.
    assert 0.4 < fmean(everywhere.values()) < 0.95
    assert fmean(offered.values()) > max(0.7, fmean(everywhere.values()))


def test_an_embedding_model_is_a_contender_like_any_other(local_endpoint: EndpointStatus) -> None:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    converse = BedrockInvoker(config=config)
    invoker = KindInvoker(converse, EmbeddingInvoker(converse, embedding_body), embeds=is_embedding_model)
    backing = Backing(invoker=invoker, shape=shape_by_catalogue(), embedding_model=WORDLLAMA)
    (data_set,) = builtin_for("retrieval")
    assert data_set.prompt is not None
    right, rank = make_scorers([data_set.scorers[1], "rank"])
    scores: dict[str, list[float]] = {"right": [], "rank": []}
    for case in data_set.cases:
        result, _ = play(Ranking(), backing, fill(data_set.prompt, case.inputs))
        assert result.error is None
        assert result.text in passages_of(case)
        for name, scorer in (("right", right), ("rank", rank)):
            found = scorer.score(Answer(result), case, SILENT)
            assert found.value is not None
            scores[name].append(found.value)
        assert (scores["right"][-1] == 1) is (scores["rank"][-1] == 1)
    # As by the arithmetic alone, above.
    assert fmean(scores["rank"]) > 0.7
    assert 0.5 < fmean(scores["right"]) < fmean(scores["rank"])
