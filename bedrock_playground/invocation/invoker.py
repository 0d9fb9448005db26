"""Invokes models on Amazon Bedrock, or on anything that speaks its API; importing this imports no boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bedrock_playground.invocation.answer import Answer
from bedrock_playground.invocation.client import Client, ClientCache, ClientConfig
from bedrock_playground.invocation.codec import count_tokens_arguments, strict_json
from bedrock_playground.invocation.errors import InvocationError, UnknownServiceError
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.lifeline import Lifeline
from bedrock_playground.invocation.observed import CallObserver
from bedrock_playground.invocation.retry import RetryPolicy
from bedrock_playground.invocation.stream import BedrockStream, Journal, Plan, Run, Way
from bedrock_playground.invocation.values import InvocationRequest, Json

if TYPE_CHECKING:
    from bedrock_playground.invocation.transport import Call

# Shared by all invokers of the process: a client costs 50 ms and its connections are worth keeping.
_CLIENTS = ClientCache()


def forget_clients() -> None:
    """Look for credentials afresh from the next call on, in every invoker of the process."""
    _CLIENTS.forget_all()


class BedrockInvoker:
    """Calls Bedrock through boto3, with retries, timeouts and cancelling of our own.

    Cheap to make, safe to share between threads. Nothing is read from our own settings: what is not given is
    left to boto3's chain of credentials, Region and endpoint.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        config: ClientConfig | None = None,
        retry: RetryPolicy | None = None,
        streaming: bool = True,
        observer: CallObserver | None = None,
    ) -> None:
        """Make an invoker.

        Args:
            region: The AWS Region; wins over ``config``'s.
            endpoint_url: A Bedrock-compatible endpoint; wins over ``config``'s.
            config: Credentials, timeouts and the rest of where and as whom to call.
            retry: When to try again; three tries by default.
            streaming: Whether to use ConverseStream. Converse gives the answer in one piece, without a time
                to the first token; a few models know only that.
            observer: Who is told of every call that has ended; asking for a count of tokens is not one.
        """
        config = config or ClientConfig()
        self._plan = Plan(
            clients=_CLIENTS,
            config=replace(
                config,
                region=config.region if region is None else region,
                endpoint_url=config.endpoint_url if endpoint_url is None else endpoint_url,
            ),
            retry=retry or RetryPolicy(),
            streaming=streaming,
            observer=observer,
        )

    @property
    def config(self) -> ClientConfig:
        """Where and as whom this invoker calls."""
        return self._plan.config

    def warm_up(self) -> None:
        """Make the client now (about 0.5 s with boto3's import), so that the first call need not.

        Raises:
            InvocationError: The client cannot be made, for example for want of a Region.
        """
        self._client()

    def stream(self, request: InvocationRequest) -> BedrockStream:
        """Start a request; nothing is sent before the first event is asked for."""
        return BedrockStream(self._plan, request)

    def stream_by(self, way: Way, request: InvocationRequest) -> BedrockStream:
        """Start a request by another of the API's operations than Converse's.

        Args:
            way: The operation, and what becomes of the request and the response.
            request: What is asked.
        """
        return BedrockStream(self._plan, request, way)

    def invoke_model(self, model_id: str, body: Mapping[str, Json]) -> dict[str, Any]:
        """Call a model by its own API, as embeddings and some imported models need it; blocks.

        Args:
            model_id: What is sent as ``modelId``.
            body: The model's own request.

        Returns:
            The model's own response.

        Raises:
            InvocationError: It failed, after the retries that the policy allows.
        """
        arguments = {
            "modelId": model_id,
            "body": json.dumps(body),
            "contentType": "application/json",
            "accept": "application/json",
        }
        began, run = perf_counter(), self._run()
        try:
            value = self._blocking(
                lambda client: client.boto.invoke_model, arguments, read_model_body, run=run
            )
        except InvocationError as error:
            run.ended("InvokeModel", model_id, run.result(error, run.total(error)), began=began)
            raise
        run.ended("InvokeModel", model_id, run.result(None, run.total(None)), began=began)
        return value

    def count_tokens(self, request: InvocationRequest) -> int:
        """Ask the service how many input tokens a request has; free, but not every model has it; blocks.

        Raises:
            InvocationError: It failed, after the retries that the policy allows.
        """
        arguments = count_tokens_arguments(request)
        response = self._blocking(
            lambda client: client.boto.count_tokens, arguments, _read_count, run=self._run()
        )
        return int(response["inputTokens"])

    def _client(self) -> Client:
        from bedrock_playground.invocation.error_mapping import MappedErrors  # noqa: PLC0415 - boto3's world

        with MappedErrors():
            return self._run().client()

    def _run(self) -> Run:
        return Run(self._plan, Lifeline(), Journal(), Answer())

    def _blocking(
        self,
        operation: Callable[[Client], Callable[..., Any]],
        arguments: dict[str, Any],
        read: Callable[[Any], dict[str, Any]],
        *,
        run: Run,
    ) -> dict[str, Any]:
        perform = operation(self._client())
        value: dict[str, Any] = {}

        def attempt(call: Call, mapping: Any) -> Generator[InvocationEvent]:  # noqa: ANN401, ARG001
            value.update(read(call.perform(perform, arguments)))
            run.journal.end(call, None)
            yield from ()

        for _ in run.tries(attempt):
            pass
        return value


def _read_count(response: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3 is untyped
    if not isinstance(response.get("inputTokens"), int):
        raise UnknownServiceError("CountTokens was answered without a count: is this Bedrock's endpoint?")
    return dict(response)


def read_model_body(response: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3 is untyped
    """Read InvokeModel's response: the model's own JSON object.

    Raises:
        UnknownServiceError: It is none.
    """
    try:
        body = strict_json(response["body"].read())
    except ValueError as error:
        raise UnknownServiceError("The model's response is not JSON.") from error
    if not isinstance(body, dict):
        raise UnknownServiceError("The model's response is not a JSON object.")
    return body
