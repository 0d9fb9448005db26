"""The operations of ``bedrock-runtime``: read a request, generate, write the answer as it comes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass
from typing import cast

from bedrock_playground.local import answers, chat
from bedrock_playground.local.embedding import EmbeddingEngine
from bedrock_playground.local.errors import ApiError, invalid
from bedrock_playground.local.eventstream import CONTENT_TYPE, encode_event, encode_exception, json_bytes
from bedrock_playground.local.exchange import Exchange, elapsed_ms
from bedrock_playground.local.fault_plan import HTTP_FAULTS, FaultPlan, read_fault
from bedrock_playground.local.faults import FaultCounter, FixtureEngine, RawEvent, Sabotage, spoil
from bedrock_playground.local.fields import Fields, JsonObject, as_object
from bedrock_playground.local.fixtures.serve import FixtureRuntime
from bedrock_playground.local.llama import LlamaEngine
from bedrock_playground.local.registry import Model, Registry
from bedrock_playground.local.values import ChatRequest, Completion, Piece, TextEngine

_NO_FAULT = FaultPlan("paced")
_STREAMABLE = frozenset(fault.code for fault in HTTP_FAULTS.values() if fault.stream_only)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked request with what will answer it."""

    request: ChatRequest
    """What to generate."""
    engine: TextEngine
    """What generates."""
    plan: FaultPlan
    """How it is to fail, if at all."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The operations, over one set of models."""

    registry: Registry
    """The models."""
    faults: FaultCounter
    """Counts the calls of faults that heal."""
    fixtures: FixtureRuntime
    """Answers for the test-only models."""

    async def converse(self, exchange: Exchange, model_id: str, caller: str) -> None:
        """Answer Converse."""
        body = await exchange.read_json()
        try:
            answer = await self.converse_answer(model_id, body, caller=caller, since=exchange.started)
        except Sabotage as sabotage:
            await sabotage_body(exchange, sabotage.kind)
            return
        await exchange.send_json(answer)

    async def converse_answer(
        self, model_id: str, body: JsonObject, *, caller: str, since: float
    ) -> JsonObject:
        """Make the body that answers Converse.

        Args:
            model_id: The model.
            body: The request's.
            caller: Who asks.
            since: When it was asked, on the monotonic clock.

        Raises:
            ApiError: It cannot be answered.
            Sabotage: The transport is to be spoiled instead.
        """
        fixture = self.registry.find(model_id).fixture
        if fixture is not None:
            return await self.fixtures.converse_answer(fixture, body, caller=caller, since=since)
        prepared = await self._chat(model_id, body, caller=caller)
        pieces, completion = await _collect(prepared)
        return answers.converse_body(
            pieces, completion, latency_ms=elapsed_ms(since), omits=prepared.plan.kind, tier=_tier(body)
        )

    async def converse_stream(self, exchange: Exchange, model_id: str, caller: str) -> None:
        """Answer ConverseStream."""
        body = await exchange.read_json()
        fixture = self.registry.find(model_id).fixture
        if fixture is not None:
            await self.fixtures.converse_stream(exchange, fixture, body=body, caller=caller)
            return
        prepared = await self._chat(model_id, body, caller=caller)
        shape = answers.ConverseStreamShape(omits=prepared.plan.kind, tier=_tier(body))
        await _stream(exchange, prepared, shape=shape, headers={"Content-Type": CONTENT_TYPE})

    async def invoke(self, exchange: Exchange, model_id: str, caller: str) -> None:
        """Answer InvokeModel: the embedding model's shape or the chat shape."""
        body = await exchange.read_json()
        try:
            answer, completion = await self.invoke_answer(model_id, body, caller=caller)
        except Sabotage as sabotage:
            await sabotage_body(exchange, sabotage.kind)
            return
        headers = answers.token_headers(completion, exchange.elapsed_ms)
        if isinstance(self.registry.find(model_id).engine, EmbeddingEngine):
            del headers["X-Amzn-Bedrock-Output-Token-Count"]
        await exchange.send_json(answer, headers=headers)

    async def invoke_answer(
        self, model_id: str, body: JsonObject, *, caller: str
    ) -> tuple[JsonObject, Completion]:
        """Make the body that answers InvokeModel, and say what it took.

        Raises:
            ApiError: It cannot be answered.
            Sabotage: The transport is to be spoiled instead.
        """
        model = self.registry.find(model_id)
        if isinstance(model.engine, EmbeddingEngine):
            answer, count = await model.engine.invoke(body)
            return answer, Completion("end_turn", count, 0)
        prepared = await self._prepare(model, _invoke_request(model, body), caller)
        pieces, completion = await _collect(prepared)
        return answers.invoke_body(pieces, completion, omits=prepared.plan.kind), completion

    async def invoke_stream(self, exchange: Exchange, model_id: str, caller: str) -> None:
        """Answer InvokeModelWithResponseStream in the chat shape."""
        body = await exchange.read_json()
        model = self.registry.find(model_id)
        if isinstance(model.engine, EmbeddingEngine):
            raise invalid("The model is unsupported for streaming.")
        prepared = await self._prepare(model, _invoke_request(model, body), caller)
        headers = {"Content-Type": CONTENT_TYPE, "X-Amzn-Bedrock-Content-Type": "application/json"}
        await _stream(
            exchange, prepared, shape=answers.InvokeStreamShape(prepared.plan.kind), headers=headers
        )

    async def count_tokens(self, exchange: Exchange, model_id: str, caller: str) -> None:
        """Answer CountTokens for a ``converse`` or an ``invokeModel`` input."""
        body = await exchange.read_json()
        model = self.registry.find(model_id)
        given = Fields(body).child("input")
        if isinstance(model.engine, EmbeddingEngine):
            count = await model.engine.count_tokens(_invoke_input(given))
        elif model.fixture is not None:
            count = self.fixtures.count_tokens(model.fixture, given.child("converse").values)
        else:
            if given.get("converse") is not None:
                request = chat.from_converse(given.child("converse").values, model.max_output_tokens)
            else:
                request = _invoke_request(model, _invoke_input(given))
            prepared = await self._prepare(model, request, caller)
            count = await prepared.engine.count_tokens(prepared.request)
        await exchange.send_json({"inputTokens": count})

    async def _chat(self, model_id: str, body: JsonObject, *, caller: str) -> Prepared:
        model = self.registry.find(model_id)
        if isinstance(model.engine, EmbeddingEngine):
            raise invalid(
                "This action doesn't support the model that you provided. Try again with a supported model."
            )
        return await self._prepare(model, chat.from_converse(body, model.max_output_tokens), caller)

    async def _prepare(self, model: Model, request: ChatRequest, caller: str) -> Prepared:
        if model.fixture is not None:
            raise invalid("This test fixture answers Converse and ConverseStream alone.")
        plan = read_fault(request.fault, model.fault_kind)
        if plan is not None:
            plan = self.faults.due(plan, caller=caller, model_id=model.model_id)
            if plan.fails_before_stream:
                await asyncio.sleep(plan.delay_ms / 1000)
                raise cast("ApiError", plan.http_error())
        engine = model.engine if isinstance(model.engine, LlamaEngine) else FixtureEngine(plan or _NO_FAULT)
        return Prepared(request, engine, plan or _NO_FAULT)


async def _stream(
    exchange: Exchange, prepared: Prepared, *, shape: answers.StreamShape, headers: dict[str, str]
) -> None:
    async with prepared.engine.generate(prepared.request) as generation:
        await exchange.send_head(200, headers)
        if prepared.plan.kind != "empty-body":
            await exchange.write(shape.begin())
        try:
            async for item in spoil(generation, prepared.plan):
                if isinstance(item, Piece):
                    await exchange.write(shape.piece(item))
                elif isinstance(item, RawEvent):
                    await exchange.write(encode_event(item.event_type, item.payload))
                else:
                    await exchange.write(shape.end(item, exchange.elapsed_ms))
        except ApiError as error:
            await exchange.write(exception_frame(error))
        except Sabotage as sabotage:
            await _sabotage_stream(exchange, sabotage.kind, shape.piece(Piece("spoiled")))
    await exchange.finish()


async def _sabotage_stream(exchange: Exchange, kind: str, frame: bytes) -> None:
    if kind == "cut":
        await exchange.write(frame[: len(frame) // 2])
        await exchange.cut()
    elif kind == "reset":
        await exchange.reset()
    elif kind == "checksum":
        await exchange.write(frame[:-1] + bytes([frame[-1] ^ 0xFF]))


async def _collect(prepared: Prepared) -> tuple[list[Piece], Completion]:
    """Generate all of an answer; what can be left out of a body alone is left out later."""
    pieces: list[Piece] = []
    completion: Completion | None = None
    async with prepared.engine.generate(prepared.request) as generation:
        plan = prepared.plan
        if plan.kind in ("checksum", "no-message-stop", "unknown-event", "split-surrogates"):
            plan = _NO_FAULT  # bodies carry no frames
        async for item in spoil(generation, plan):
            if isinstance(item, Piece):
                pieces.append(item)
            elif isinstance(item, Completion):
                completion = item
    if completion is None:
        raise ApiError("ModelErrorException", "The engine stopped without an end.", status=424)
    return pieces, completion


async def sabotage_body(exchange: Exchange, kind: str) -> None:
    """Answer with half a body, and break off.

    Args:
        exchange: Where.
        kind: ``cut``, ``reset`` or ``empty-body``.

    Raises:
        ClientGone: There is no connection any more.
    """
    head = {"Content-Type": "application/json", "Content-Length": "0" if kind == "empty-body" else "4096"}
    await exchange.send_head(200, head)
    if kind == "empty-body":
        await exchange.finish()
        return
    await exchange.write(json_bytes({"output": {}})[:-1])
    await (exchange.reset() if kind == "reset" else exchange.cut())


def exception_frame(error: ApiError) -> bytes:
    """Return an error in mid-stream: those that streams do not know are internal errors."""
    code = "ModelStreamErrorException" if error.code == "ModelErrorException" else error.code
    code = code if code in _STREAMABLE else "InternalServerException"
    return encode_exception(code[0].lower() + code[1:], {"message": error.message, **error.fields})


def _invoke_request(model: Model, body: JsonObject) -> ChatRequest:
    return chat.from_invoke(body, model.max_output_tokens)


def _invoke_input(given: Fields) -> JsonObject:
    inner = given.child("invokeModel")
    encoded = inner.text("body")
    if encoded is None:
        raise invalid("The input of CountTokens must set one of the following keys: converse, invokeModel.")
    try:
        return as_object(json.loads(base64.b64decode(encoded, validate=True)), inner.at("body"))
    except (binascii.Error, ValueError):
        raise invalid("Malformed input request: input.invokeModel.body is not JSON in Base64.") from None


def _tier(body: JsonObject) -> JsonObject:
    """Echo the service tier that was sent; ``chat`` has refused all but ``default``."""
    return {"serviceTier": body["serviceTier"]} if body.get("serviceTier") else {}
