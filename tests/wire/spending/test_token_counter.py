"""CountTokens over the wire: asked once, given up where the model has none, and of the real local model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bedrock_playground.invocation import BedrockInvoker, ClientConfig, InvocationRequest, RetryPolicy
from bedrock_playground.invocation.values import InferenceParameters, Message
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.spending import TokenCounter, estimate_input_tokens
from tests.wire.invocation.scripted import Exchange, Handler, ScriptedServer

REQUEST = InvocationRequest.from_prompt("anthropic.claude", "Say hello")


def counter_for(url: str) -> TokenCounter:
    config = ClientConfig(
        region="us-east-1", endpoint_url=url, access_key_id="AKIDTEST", secret_access_key="s", read_timeout=20
    )
    return TokenCounter(BedrockInvoker(config=config, retry=RetryPolicy(max_attempts=1)).count_tokens)


@pytest.fixture
def serve() -> Iterator[list[ScriptedServer]]:
    servers: list[ScriptedServer] = []
    yield servers
    for server in servers:
        server.close()


def started(serve: list[ScriptedServer], *handlers: Handler) -> ScriptedServer:
    serve.append(ScriptedServer(*handlers))
    return serve[-1]


def refused(kind: str, status: int) -> Handler:
    def answer(exchange: Exchange) -> None:
        exchange.reply({"message": "no"}, status=status, headers={"x-amzn-errortype": kind})

    return answer


def test_the_same_input_is_counted_once(serve: list[ScriptedServer]) -> None:
    server = started(serve, lambda exchange: exchange.reply({"inputTokens": 12}))
    counter = counter_for(server.url)
    assert counter.known(REQUEST) is None
    found = counter.count(REQUEST)
    assert found is not None
    assert (found.expected, found.counted) == (12, True)
    # Another temperature is the same input; another prompt is not.
    warmer = replace(REQUEST, parameters=InferenceParameters(temperature=1.0))
    assert counter.count(warmer) == counter.known(warmer) == found
    assert len(server.exchanges) == 1
    counter.count(replace(REQUEST, messages=(Message.user("Say goodbye"),)))
    assert len(server.exchanges) == 2


def test_a_model_without_it_is_asked_once_and_a_busy_one_again(serve: list[ScriptedServer]) -> None:
    server = started(serve, refused("ValidationException", 400))
    counter = counter_for(server.url)
    assert counter.count(REQUEST) is None
    assert counter.count(replace(REQUEST, messages=(Message.user("More"),))) is None
    assert len(server.exchanges) == 1
    assert counter.why_not(REQUEST.model_id) == "no"

    busy = started(serve, refused("ThrottlingException", 429))
    counter = counter_for(busy.url)
    assert counter.count(REQUEST) is counter.count(REQUEST) is None
    assert counter.why_not(REQUEST.model_id) is None
    assert len(busy.exchanges) == 2


def test_an_endpoint_that_answers_something_else_leaves_the_estimate(serve: list[ScriptedServer]) -> None:
    assert counter_for(started(serve, lambda exchange: exchange.reply({})).url).count(REQUEST) is None
    assert counter_for("http://127.0.0.1:1").count(REQUEST) is None

    def defect(request: InvocationRequest) -> int:
        raise ZeroDivisionError

    assert TokenCounter(defect).count(REQUEST) is None


def test_the_real_local_model_counts_within_the_estimate_s_bound(local_endpoint: EndpointStatus) -> None:
    config = ClientConfig(
        region=local_endpoint.region,
        endpoint_url=local_endpoint.url,
        access_key_id=local_endpoint.access_key_id,
        secret_access_key=local_endpoint.secret_access_key,
    )
    counter = TokenCounter(BedrockInvoker(config=config).count_tokens)
    for prompt in ("Why is the sky blue?", "机器学习模型评估 " * 20, "{[(<>)]} \\n\\t ~~ 🦜" * 30):
        request = InvocationRequest.from_prompt("local.smollm2-135m-instruct-v1:0", prompt)
        counted = counter.count(request)
        bound = estimate_input_tokens(request).at_most
        assert counted is not None
        assert bound is not None
        assert 0 < counted.text <= bound
