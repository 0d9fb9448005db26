"""Embeddings as invocations: a text goes in as the user's message, its vector comes out in the result.

Converse has no embeddings; InvokeModel has, with another body for every family of models
(:mod:`bedrock_playground.catalog.embeddings` knows them). Told as an invocation, an embedding passes whatever
stands around an invoker: the spending guard, limits, a pattern, telemetry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from bedrock_playground.invocation.client import Client, ClientConfig
from bedrock_playground.invocation.codec import Document
from bedrock_playground.invocation.errors import UnexpectedError, UnknownServiceError, ValidationFailed
from bedrock_playground.invocation.events import Failed, Finished, InvocationEvent
from bedrock_playground.invocation.invoker import BedrockInvoker, read_model_body
from bedrock_playground.invocation.protocol import Invoker
from bedrock_playground.invocation.stream import BedrockStream, Run, Way
from bedrock_playground.invocation.values import (
    InferenceParameters,
    InvocationRequest,
    InvocationResult,
    Json,
    Message,
)

if TYPE_CHECKING:
    from bedrock_playground.invocation.transport import Call

BodyOf: TypeAlias = Callable[[str, str], Mapping[str, Json] | None]
"""From a model's id and a text to the body that its family wants; ``None`` where that is not known."""

_TOKENS = "x-amzn-bedrock-input-token-count"
_LATENCY = "x-amzn-bedrock-invocation-latency"
"""Headers of InvokeModel's response: tokens, and milliseconds."""

WORKERS = 8
"""How many texts are embedded at a time."""


@dataclass(frozen=True, slots=True)
class EmbeddingInvoker:
    """Embeds the text of the last user message by InvokeModel.

    The request's ``additional_model_request_fields`` are laid over the body (``dimensions``, ``input_type``
    …). The result has no text: the vector is in ``additional_model_response_fields`` (:func:`embedding_of`),
    the usage is what the body or the header told, with no output tokens, because an embedding has none.
    """

    bedrock: BedrockInvoker
    """What calls."""
    body_of: BodyOf
    """Knows the families' bodies."""

    def stream(self, request: InvocationRequest) -> BedrockStream:
        """Start it; nothing is sent before the first event is asked for."""
        return self.bedrock.stream_by(Way("InvokeModel", self._arguments, _attempt), request)

    def _arguments(self, request: InvocationRequest) -> Document:
        text = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
        if not text.strip():
            raise ValidationFailed("Nothing was sent: there is no text to embed.")
        body = self.body_of(request.model_id, text)
        if body is None:
            raise ValidationFailed(
                f"Nothing was sent: how {request.model_id} wants a text to embed is not known here. Take "
                "one of Amazon's Titan or Nova, Cohere's Embed, or the local endpoint's model."
            )
        fields = request.parameters.additional_model_request_fields or {}
        return {
            "modelId": request.model_id,
            "body": json.dumps(_laid_over(body, fields)),
            "contentType": "application/json",
            "accept": "application/json",
        }


@dataclass(frozen=True, slots=True)
class KindInvoker:
    """Sends each request the way that its model wants: embeddings by InvokeModel, the rest by Converse."""

    converse: BedrockInvoker
    """What answers by Converse."""
    embedding: EmbeddingInvoker
    """What embeds."""
    embeds: Callable[[str], bool]
    """Whether an id is known to be an embedding model's."""

    @property
    def config(self) -> ClientConfig:
        """Where and as whom this invoker calls."""
        return self.converse.config

    def warm_up(self) -> None:
        """Make the client now, so that the first call need not; see :meth:`BedrockInvoker.warm_up`."""
        self.converse.warm_up()

    def stream(self, request: InvocationRequest) -> BedrockStream:
        """Start a request; nothing is sent before the first event is asked for."""
        return (self.embedding if self.embeds(request.model_id) else self.converse).stream(request)


def embedding_request(
    model_id: str, text: str, *, fields: Mapping[str, Json] | None = None
) -> InvocationRequest:
    """Make the request that embeds a text.

    Args:
        model_id: An embedding model.
        text: What to embed.
        fields: Of the model's own API, such as ``{"dimensions": 256}``.
    """
    parameters = InferenceParameters(additional_model_request_fields=fields)
    return InvocationRequest(model_id, (Message.user(text),), parameters=parameters)


def embedding_of(result: InvocationResult) -> tuple[float, ...] | None:
    """The vector in a result; ``None`` where there is none."""
    told = result.additional_model_response_fields
    vector = told.get("embedding") if isinstance(told, Mapping) else None
    return tuple(map(float, vector)) if _is_vector(vector) else None


def embed_texts(
    invoker: Invoker,
    model_id: str,
    texts: Iterable[str],
    *,
    fields: Mapping[str, Json] | None = None,
    workers: int = WORKERS,
) -> list[InvocationResult]:
    """Embed texts, several at a time; blocks.

    Args:
        invoker: What answers; a guarded one.
        model_id: An embedding model.
        texts: What to embed.
        fields: Of the model's own API; the same for all, because other vectors cannot be compared.
        workers: How many at a time.

    Returns:
        A result per text, in their order; one that failed says why in its ``error``.
    """

    def embed(text: str) -> InvocationResult:
        result = InvocationResult(error=UnexpectedError("The invocation ended without an end."))
        for event in invoker.stream(embedding_request(model_id, text, fields=fields)):
            if isinstance(event, Finished | Failed):
                result = event.result
        return result

    with ThreadPoolExecutor(workers, thread_name_prefix="embedding") as pool:
        # Whose run it is travels with the work: telemetry and the guard look for it.
        begun = [pool.submit(copy_context().run, partial(embed, text)) for text in texts]
        return [one.result() for one in begun]


def _attempt(run: Run, client: Client, arguments: Document) -> Callable[..., Generator[InvocationEvent]]:
    """Make the try that reads a vector, told as Converse would tell an answer without content."""

    def attempt(call: Call, mapping: Any) -> Generator[InvocationEvent]:  # noqa: ANN401, ARG001
        response = call.perform(client.boto.invoke_model, arguments)
        started = run.started(call, response)
        told = _told(read_model_body(response), response["ResponseMetadata"].get("HTTPHeaders") or {})
        ended = run.journal.now()
        yield started
        yield from run.answer.add_response(told, started.at if ended is None else ended)
        run.journal.end(call, None, ended)

    return attempt


def _told(body: Document, headers: Mapping[str, str]) -> Document:
    vector = _vector_in(body)
    if vector is None:
        raise UnknownServiceError("The model answered without a vector: is it an embedding model?")
    tokens = body.get("inputTextTokenCount", _whole(headers.get(_TOKENS)))
    usage = {"inputTokens": tokens, "outputTokens": 0} if type(tokens) is int else None
    return {
        "usage": usage,
        "metrics": {"latencyMs": _whole(headers.get(_LATENCY))},
        "additionalModelResponseFields": {"embedding": vector},
    }


def _vector_in(body: Document) -> object:
    """The first vector: Titan's ``embedding``, Cohere's list or map by type, Nova's list of objects."""
    found = body.get("embedding")
    if found is None:
        found = body.get("embeddings")
        if isinstance(found, Mapping):
            found = next(iter(found.values()), None)
        found = found[0] if isinstance(found, list) and found else None
        if isinstance(found, Mapping):
            found = found.get("embedding")
    return found if _is_vector(found) else None


def _is_vector(value: object) -> TypeGuard[Sequence[float]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return False
    return all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _laid_over(body: Mapping[str, Json], fields: Mapping[str, Json]) -> dict[str, Json]:
    """The body with fields of the caller's laid over it, object by object."""
    merged = dict(body)
    for name, value in fields.items():
        own = merged.get(name)
        both = isinstance(own, Mapping) and isinstance(value, Mapping)
        merged[name] = _laid_over(own, value) if both else value  # type: ignore[arg-type]
    return merged
