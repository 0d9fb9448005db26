"""Embeddings as invocations: real boto3 against a scripted server and against the local endpoint."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from bedrock_playground.catalog.embeddings import embedding_body, is_embedding_model
from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.connection import Connection, make_invoker
from bedrock_playground.invocation import (
    AttemptFailed,
    BedrockInvoker,
    Cancelled,
    ClientConfig,
    Failed,
    Finished,
    InvocationEvent,
    InvocationRequest,
    InvocationResult,
    InvocationStream,
    Invoker,
    RetryPolicy,
    Started,
    Throttled,
    UnknownServiceError,
    UsageReported,
    ValidationFailed,
)
from bedrock_playground.invocation.embeddings import (
    EmbeddingInvoker,
    embed_texts,
    embedding_of,
    embedding_request,
)
from bedrock_playground.invocation.observed import EndedCall
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.measures import cosine
from bedrock_playground.settings import load_settings
from bedrock_playground.spending import Account, Estimator, GuardedInvoker, Limits, MemoryLedger
from tests.wire.invocation.conftest import Serve, invoker_for

TITAN = "amazon.titan-embed-text-v2:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
COHERE = "cohere.embed-english-v3"
WORDLLAMA = "local.wordllama-l2-256-v1:0"


def embedder(url: str) -> EmbeddingInvoker:
    return EmbeddingInvoker(invoker_for(url), embedding_body)


def outcome(invoker: Invoker, request: InvocationRequest) -> tuple[list[InvocationEvent], InvocationResult]:
    *events, last = invoker.stream(request)
    assert isinstance(last, Finished | Failed)
    return events, last.result


@pytest.mark.parametrize(
    ("model_id", "answer", "headers"),
    [
        (TITAN, {"embedding": [0.5, -1], "inputTextTokenCount": 7}, {}),
        (COHERE, {"embeddings": [[0.5, -1]], "texts": ["Hi"]}, {"x-amzn-bedrock-input-token-count": "7"}),
        (
            COHERE,
            {"embeddings": {"float": [[0.5, -1]]}},
            {"X-Amzn-Bedrock-Input-Token-Count": "7", "X-Amzn-Bedrock-Invocation-Latency": "250"},
        ),
        (
            NOVA,
            {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5, -1]}]},
            {"x-amzn-bedrock-input-token-count": "7"},
        ),
    ],
)
def test_each_family_s_answer_becomes_a_vector_and_its_usage(
    serve: Serve, *, model_id: str, answer: dict[str, Any], headers: dict[str, str]
) -> None:
    server = serve(lambda exchange: exchange.reply(answer, headers=headers))
    events, result = outcome(embedder(server.url), embedding_request(model_id, "Hi"))
    assert embedding_of(result) == (0.5, -1.0)
    assert result.usage is not None
    assert (result.usage.input_tokens, result.usage.output_tokens) == (7, 0)
    assert [type(event) for event in events] == [Started, UsageReported]
    assert (result.error, result.text, result.request_id) == (None, "", "request-0")
    assert [attempt.sent for attempt in result.attempts] == [True]
    assert result.timing.total is not None
    assert result.timing.time_to_first_token is None
    assert result.timing.server_latency == (0.25 if len(headers) == 2 else None)
    assert server.exchanges[0].path.endswith("/invoke")
    assert server.exchanges[0].json() == embedding_body(model_id, "Hi")


def test_tokens_that_nobody_told_are_unknown(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"embedding": [1]}))
    events, result = outcome(embedder(server.url), embedding_request(TITAN, "Hi"))
    assert result.usage is None
    assert [type(event) for event in events] == [Started]
    assert embedding_of(result) == (1.0,)


def test_fields_of_the_caller_s_are_laid_over_the_body_object_by_object(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"embedding": [1]}))
    invoker = embedder(server.url)
    outcome(invoker, embedding_request(TITAN, "Hi", fields={"dimensions": 256, "normalize": False}))
    outcome(
        invoker, embedding_request(NOVA, "Hi", fields={"singleEmbeddingParams": {"embeddingDimension": 384}})
    )
    titan, nova = (exchange.json() for exchange in server.exchanges)
    assert titan == {"inputText": "Hi", "normalize": False, "dimensions": 256}
    assert nova["singleEmbeddingParams"]["embeddingDimension"] == 384
    assert nova["singleEmbeddingParams"]["text"]["value"] == "Hi"


def test_what_cannot_be_embedded_is_not_sent(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"embedding": [1]}))
    for request, words in (
        (embedding_request("acme.unheard-of-v1:0", "Hi"), "acme.unheard-of-v1:0 wants a text"),
        (embedding_request(TITAN, " \n"), "no text to embed"),
    ):
        _, result = outcome(embedder(server.url), request)
        assert isinstance(result.error, ValidationFailed)
        assert words in result.error.message
        assert result.attempts == ()
    assert server.exchanges == []


def test_an_answer_without_a_vector_is_an_error(serve: Serve) -> None:
    answers: tuple[dict[str, Any], ...] = (
        {"embedding": []},
        {"embeddings": {}},
        {"embedding": "1"},
        {"output": "text"},
    )
    for answer in answers:
        server = serve(lambda exchange, answer=answer: exchange.reply(answer))
        _, result = outcome(embedder(server.url), embedding_request(TITAN, "Hi"))
        assert isinstance(result.error, UnknownServiceError)
        assert embedding_of(result) is None


def test_it_is_tried_again_as_an_answer_is(serve: Serve) -> None:
    server = serve(
        lambda exchange: exchange.error(429, "ThrottlingException", "Slow down."),
        lambda exchange: exchange.reply({"embedding": [1], "inputTextTokenCount": 1}),
    )
    events, result = outcome(embedder(server.url), embedding_request(TITAN, "Hi"))
    assert isinstance(events[0], AttemptFailed)
    assert [attempt.error_code for attempt in result.attempts] == ["ThrottlingException", None]
    assert embedding_of(result) == (1.0,)
    once = EmbeddingInvoker(invoker_for(server.url, retry=RetryPolicy(max_attempts=1)), embedding_body)
    server.handlers = [lambda exchange: exchange.error(429, "ThrottlingException", "Slow down.")]
    _, refused = outcome(once, embedding_request(TITAN, "Hi"))
    assert isinstance(refused.error, Throttled)


def test_it_is_cancelled_at_once_while_it_waits(serve: Serve) -> None:
    arrived = threading.Event()

    def hold(exchange: Any) -> None:
        arrived.set()
        exchange.wait_for_client_to_leave()

    stream: InvocationStream = embedder(serve(hold).url).stream(embedding_request(TITAN, "Hi"))

    def stop() -> None:
        arrived.wait(20)
        stream.cancel()

    thread = threading.Thread(target=stop)
    thread.start()
    *_, last = stream
    thread.join(20)
    assert isinstance(last, Failed)
    assert isinstance(last.result.error, Cancelled)


def test_whoever_observes_is_told_of_it_with_its_request(serve: Serve) -> None:
    ended: list[EndedCall] = []

    class Observer:
        def call_ended(self, call: EndedCall) -> None:
            ended.append(call)

    server = serve(lambda exchange: exchange.reply({"embedding": [1], "inputTextTokenCount": 3}))
    config = ClientConfig(
        region="us-east-1", endpoint_url=server.url, access_key_id="AKIDTEST", secret_access_key="secret"
    )
    bedrock = BedrockInvoker(config=config, observer=Observer())
    request = embedding_request(TITAN, "Hi")
    _, result = outcome(EmbeddingInvoker(bedrock, embedding_body), request)
    (call,) = ended
    assert (call.operation, call.request, call.result) == ("InvokeModel", request, result)


# The whole way: one guarded invoker for models that answer and models that embed


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    return load_settings()


def guarded(invoker: Invoker, *, endpoint: str, limit: str) -> tuple[GuardedInvoker, Account]:
    ledger = MemoryLedger()
    account = Account(lambda: ledger, session="s", ceiling=Limits(session=Decimal(limit)))
    estimator = Estimator(load_price_book().pricer(), endpoint=endpoint, region="us-east-1")
    return GuardedInvoker(invoker, account=account, estimator=lambda: estimator), account


def test_an_embedding_is_reserved_and_settled_by_its_input_alone(serve: Serve, settings: Any) -> None:
    """Titan V2 costs $0.02 per million tokens: 7 tokens are $0.00000014, 2 bytes and the rest at most 546."""
    server = serve(lambda exchange: exchange.reply({"embedding": [1], "inputTextTokenCount": 7}))
    connection = Connection("bedrock", invoker_for(server.url).config)
    invoker, account = guarded(make_invoker(connection, settings), endpoint="bedrock", limit="0.0001")
    _, result = outcome(invoker, embedding_request(TITAN, "Hi"))
    assert embedding_of(result) == (1.0,)
    assert account.totals().session.counted == 7 * Decimal("0.02") / 1_000_000
    _, refused = outcome(invoker, embedding_request(TITAN, "word " * 10_000))
    assert refused.error is not None
    assert "It was not sent" in refused.error.message
    assert len(server.exchanges) == 1


def test_embeddings_and_answers_go_their_own_ways_through_one_invoker(serve: Serve, settings: Any) -> None:
    server = serve(
        lambda exchange: exchange.reply({"embedding": [1], "inputTextTokenCount": 1}),
        lambda exchange: exchange.answer(),
    )
    invoker = make_invoker(Connection("bedrock", invoker_for(server.url).config), settings)
    assert embedding_of(outcome(invoker, embedding_request(TITAN, "Hi"))[1]) == (1.0,)
    assert outcome(invoker, InvocationRequest.from_prompt("acme.new-v1:0", "Hi"))[1].text == "Hello, world"
    assert [exchange.path.rsplit("/", 1)[-1] for exchange in server.exchanges] == [
        "invoke",
        "converse-stream",
    ]


@pytest.fixture
def local(local_endpoint: EndpointStatus, settings: Any) -> Invoker:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    invoker, _ = guarded(make_invoker(Connection("local", config), settings), endpoint="local", limit="0.01")
    return invoker


def test_texts_are_embedded_in_their_order_by_the_local_model(local: Invoker) -> None:
    texts = ["The cat sat on the mat.", "A kitten sat on a rug.", "Interest rates rose again.", ""]
    results = embed_texts(local, WORDLLAMA, texts, fields={"dimensions": 64}, workers=3)
    cat, kitten, rates = (embedding_of(result) or () for result in results[:3])
    assert len(cat) == len(kitten) == len(rates) == 64
    assert cosine(cat, kitten) > cosine(cat, rates)
    assert isinstance(results[3].error, ValidationFailed)
    assert all(result.usage and result.usage.input_tokens for result in results[:3])
    assert is_embedding_model(WORDLLAMA)
