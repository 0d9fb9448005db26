"""Calls by real boto3, exported to a real OTLP receiver, decoded and read by the conventions' names."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bedrock_playground.invocation import (
    BedrockInvoker,
    Cancelled,
    ClientConfig,
    Comparison,
    Failed,
    Finished,
    Guardrail,
    InferenceParameters,
    InvocationError,
    InvocationRequest,
    InvocationResult,
    RetryPolicy,
    RunIdentity,
    TextDelta,
)
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.settings import TelemetrySettings
from bedrock_playground.telemetry import Telemetry
from tests.wire.invocation.conftest import Serve
from tests.wire.invocation.scripted import STOP, Exchange, event_frame, text_event
from tests.wire.telemetry.conftest import Export
from tests.wire.telemetry.receiver import Receiver, attributes

PROMPT = "Tell nobody about the planted prompt."
REQUEST = InvocationRequest.from_prompt("test.model-v1:0", PROMPT, system="The planted system prompt.")
TOOLS: Any = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]}


def invoker(url: str | None, telemetry: Telemetry, *, streaming: bool = True) -> BedrockInvoker:
    config = ClientConfig(
        region="us-east-1", endpoint_url=url, access_key_id="AKIDTEST", secret_access_key="planted-secret"
    )
    retry = RetryPolicy(base_delay=0.01)
    return BedrockInvoker(config=config, retry=retry, streaming=streaming, observer=telemetry)


def local(status: EndpointStatus, telemetry: Telemetry) -> BedrockInvoker:
    config = ClientConfig(
        region=status.region,
        endpoint_url=status.url,
        access_key_id=status.access_key_id,
        secret_access_key=status.secret_access_key,
    )
    return BedrockInvoker(config=config, retry=RetryPolicy(base_delay=0.01), observer=telemetry)


def result_of(made: BedrockInvoker, request: InvocationRequest = REQUEST) -> InvocationResult:
    *_, last = made.stream(request)
    assert isinstance(last, Finished | Failed)
    return last.result


def exported(telemetry: Telemetry, receiver: Receiver) -> tuple[Span, dict[str, Any]]:
    """The one span that was exported, and its attributes."""
    telemetry.flush()
    (span,) = receiver.spans()
    return span, attributes(span.attributes)


def seconds(span: Span) -> float:
    return float(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9


def sums(receiver: Receiver, name: str) -> dict[str, float]:
    """A histogram's sums by token type or by error type."""
    points = [(attributes(point.attributes), point.sum) for point in receiver.points(name)]
    return {told.get("gen_ai.token.type") or told.get("error.type") or "": value for told, value in points}


def test_a_call_of_a_real_model_by_the_conventions_names(
    local_endpoint: EndpointStatus, export: Export, receiver: Receiver
) -> None:
    telemetry = export()
    request = InvocationRequest.from_prompt(
        "local.smollm2-135m-instruct-v1:0",
        PROMPT,
        parameters=InferenceParameters(
            max_tokens=12,
            temperature=0.25,
            top_p=0.5,
            stop_sequences=("STOP",),
            additional_model_request_fields={"top_k": 20},
        ),
    )
    result = result_of(local(local_endpoint, telemetry), request)
    assert result.error is None
    assert result.usage is not None
    span, told = exported(telemetry, receiver)
    assert (span.name, span.kind) == (f"chat {request.model_id}", Span.SPAN_KIND_CLIENT)
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "aws.bedrock"
    assert told["gen_ai.request.model"] == request.model_id
    assert told["gen_ai.request.max_tokens"] == 12
    assert told["gen_ai.request.temperature"] == 0.25
    assert told["gen_ai.request.top_p"] == 0.5
    assert told["gen_ai.request.top_k"] == 20
    assert told["gen_ai.request.stop_sequences"] == ["STOP"]
    assert told["gen_ai.request.stream"] is True
    assert told["gen_ai.usage.input_tokens"] == result.usage.input_tokens
    assert told["gen_ai.usage.output_tokens"] == result.usage.output_tokens
    assert told["gen_ai.response.finish_reasons"] == [result.stop_reason]
    assert told["gen_ai.response.time_to_first_chunk"] == result.timing.time_to_first_token
    assert told["aws.request_id"] == result.request_id
    assert told["cloud.region"] == local_endpoint.region
    assert (told["server.address"], told["server.port"]) == (
        "127.0.0.1",
        int((local_endpoint.url or "").rsplit(":", 1)[1]),
    )
    assert not {"error.type", "gen_ai.response.model", "aws.bedrock.guardrail.id"} & set(told)
    # The span is on our own timing's clock.
    assert seconds(span) == pytest.approx(result.timing.total, abs=1e-6)
    usage = sums(receiver, "gen_ai.client.token.usage")
    assert usage == {"input": result.usage.input_tokens, "output": result.usage.output_tokens}
    (duration,) = receiver.points("gen_ai.client.operation.duration")
    assert duration.sum == pytest.approx(result.timing.total)
    assert list(duration.explicit_bounds)[:3] == [0.01, 0.02, 0.04]
    (first,) = receiver.points("gen_ai.client.operation.time_to_first_chunk")
    assert first.sum == pytest.approx(result.timing.time_to_first_token)
    assert list(receiver.points("gen_ai.client.token.usage")[0].explicit_bounds)[-1] == 67108864
    assert receiver.resource()["service.name"] == "bedrock-playground"


def test_reasoning_and_tool_calls(local_endpoint: EndpointStatus, export: Export, receiver: Receiver) -> None:
    telemetry = export(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")
    made = local(local_endpoint, telemetry)
    thinking = InvocationRequest.from_prompt(
        "local.test-one-sampler-v1:0",
        PROMPT,
        parameters=InferenceParameters(
            max_tokens=4096,
            additional_model_request_fields={"thinking": {"type": "enabled", "budget_tokens": 2048}},
        ),
    )
    thought = result_of(made, thinking)
    calling = InvocationRequest(model_id="local.test-free-v1:0", messages=REQUEST.messages, tool_config=TOOLS)
    called = result_of(made, calling)
    assert (thought.error, called.error) == (None, None)
    assert thought.reasoning
    assert called.stop_reason == "tool_use"
    telemetry.flush()
    spans = {span.name: attributes(span.attributes) for span in receiver.spans()}
    reasoned, used = (spans[f"chat {request.model_id}"] for request in (thinking, calling))
    # The first chunk of an answer that begins with reasoning is reasoning; the first text comes later.
    assert reasoned["gen_ai.response.time_to_first_chunk"] == thought.timing.time_to_first_reasoning_token
    assert reasoned["bedrock_playground.time_to_first_token"] == thought.timing.time_to_first_token
    (message,) = json.loads(reasoned["gen_ai.output.messages"])
    assert [part["type"] for part in message["parts"]] == ["reasoning", "text"]
    assert used["gen_ai.response.finish_reasons"] == ["tool_use"]
    assert used["gen_ai.response.time_to_first_chunk"] > 0
    (message,) = json.loads(used["gen_ai.output.messages"])
    assert {"tool_call"} <= {part["type"] for part in message["parts"]}
    assert json.loads(used["gen_ai.tool.definitions"]) == [
        {"type": "function", "name": "weather", "parameters": {"type": "object"}}
    ]


def test_an_error_is_named_and_its_words_are_not(serve: Serve, export: Export, receiver: Receiver) -> None:
    server = serve(lambda exchange: exchange.error(400, "ValidationException", f"No: {PROMPT}"))
    telemetry = export()
    assert result_of(invoker(server.url, telemetry)).error is not None
    span, told = exported(telemetry, receiver)
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "")
    assert told["error.type"] == "ValidationException"
    assert told["http.response.status_code"] == 400
    assert "gen_ai.response.finish_reasons" not in told
    assert list(sums(receiver, "gen_ai.client.operation.duration")) == ["ValidationException"]
    assert not receiver.points("gen_ai.client.token.usage")
    assert not receiver.points("gen_ai.client.operation.time_to_first_chunk")


def test_every_failed_try_is_an_event_of_one_span(serve: Serve, export: Export, receiver: Receiver) -> None:
    server = serve(
        lambda exchange: exchange.error(429, "ThrottlingException", "Too many requests."),
        lambda exchange: exchange.error(503, "ServiceUnavailableException", "Not now."),
        Exchange.answer,
    )
    telemetry = export()
    result = result_of(invoker(server.url, telemetry))
    assert result.error is None
    span, told = exported(telemetry, receiver)
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert "error.type" not in told
    assert told["bedrock_playground.attempts"] == 3
    events = [attributes(event.attributes) for event in span.events]
    assert [event.name for event in span.events] == ["bedrock_playground.attempt_failed"] * 2
    assert [event["error.type"] for event in events] == ["ThrottlingException", "ServiceUnavailableException"]
    assert [event["http.response.status_code"] for event in events] == [429, 503]
    assert [event["bedrock_playground.attempt.number"] for event in events] == [1, 2]
    assert all(
        span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano for event in span.events
    )
    (duration,) = receiver.points("gen_ai.client.operation.duration")
    assert duration.count == 1


def test_a_call_that_was_stopped_keeps_what_was_told(
    serve: Serve, export: Export, receiver: Receiver
) -> None:
    def half(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(text_event("Half an answer"))
        exchange.wait_for_client_to_leave()

    telemetry = export()
    stream = invoker(serve(half).url, telemetry).stream(REQUEST)
    for event in stream:
        if isinstance(event, TextDelta):
            threading.Thread(target=stream.cancel).start()
    assert isinstance(event, Failed)
    assert isinstance(event.result.error, Cancelled)
    _, told = exported(telemetry, receiver)
    assert told["error.type"] == "Cancelled"
    assert told["gen_ai.response.time_to_first_chunk"] == event.result.timing.time_to_first_token
    assert not {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} & set(told)


def test_a_stream_that_is_left_is_exported_too(serve: Serve, export: Export, receiver: Receiver) -> None:
    def half(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(text_event("Half an answer"))
        exchange.wait_for_client_to_leave()

    telemetry = export()
    stream = invoker(serve(half).url, telemetry).stream(REQUEST)
    for event in stream:
        if isinstance(event, TextDelta):
            stream.close()
    _, told = exported(telemetry, receiver)
    assert told["error.type"] == "Cancelled"
    assert told["gen_ai.response.time_to_first_chunk"] > 0


def test_unknown_usage_is_absent_and_never_nought(serve: Serve, export: Export, receiver: Receiver) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(text_event("Hello"))
        exchange.chunk(STOP)
        exchange.chunk(event_frame("metadata", {"metrics": {"latencyMs": 42}}))
        exchange.end()

    telemetry = export()
    assert result_of(invoker(serve(silent).url, telemetry)).error is None
    _, told = exported(telemetry, receiver)
    assert not {name for name in told if name.startswith("gen_ai.usage.")}
    assert told["bedrock_playground.server_latency"] == 0.042
    assert not receiver.points("gen_ai.client.token.usage")


def test_cached_tokens_are_part_of_the_input(serve: Serve, export: Export, receiver: Receiver) -> None:
    usage = {
        "inputTokens": 7,
        "outputTokens": 3,
        "totalTokens": 110,
        "cacheReadInputTokens": 80,
        "cacheWriteInputTokens": 20,
    }

    def cached(exchange: Exchange) -> None:
        exchange.head()
        exchange.chunk(text_event("Hello"))
        exchange.chunk(STOP)
        exchange.chunk(event_frame("metadata", {"usage": usage}))
        exchange.end()

    telemetry = export()
    request = InvocationRequest.from_prompt("anthropic.claude-test-v1:0", PROMPT)
    result_of(invoker(serve(cached).url, telemetry), request)
    _, told = exported(telemetry, receiver)
    assert told["gen_ai.usage.input_tokens"] == 107
    assert told["gen_ai.usage.cache_read.input_tokens"] == 80
    assert told["gen_ai.usage.cache_creation.input_tokens"] == 20


def test_an_answer_in_one_piece_has_no_first_chunk(serve: Serve, export: Export, receiver: Receiver) -> None:
    whole = {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
        "metrics": {"latencyMs": 42},
    }
    telemetry = export()
    guarded = InvocationRequest(
        model_id="test.model-v1:0", messages=REQUEST.messages, guardrail=Guardrail("gr-1", "DRAFT")
    )
    made = invoker(serve(lambda exchange: exchange.reply(whole)).url, telemetry, streaming=False)
    assert result_of(made, guarded).error is None
    _, told = exported(telemetry, receiver)
    assert not {"gen_ai.request.stream", "gen_ai.response.time_to_first_chunk"} & set(told)
    assert told["aws.bedrock.guardrail.id"] == "gr-1"
    assert told["gen_ai.usage.output_tokens"] == 3
    assert not receiver.points("gen_ai.client.operation.time_to_first_chunk")


def test_a_models_own_api_is_exported(serve: Serve, export: Export, receiver: Receiver) -> None:
    server = serve(
        lambda exchange: exchange.reply({"embedding": [0.5]}),
        lambda exchange: exchange.error(400, "ValidationException", "No."),
    )
    telemetry = export()
    made = invoker(server.url, telemetry)
    assert made.invoke_model("amazon.titan-embed-text-v2:0", {"inputText": PROMPT}) == {"embedding": [0.5]}
    with pytest.raises(InvocationError):
        made.invoke_model("amazon.titan-embed-text-v2:0", {"inputText": PROMPT})
    telemetry.flush()
    told = [attributes(span.attributes) for span in receiver.spans()]
    assert sorted(str(one.get("error.type")) for one in told) == ["None", "ValidationException"]
    assert {one["gen_ai.operation.name"] for one in told} == {"embeddings"}
    assert PROMPT.encode() not in receiver.raw


def test_nothing_was_sent_is_exported_as_well(export: Export, receiver: Receiver) -> None:
    telemetry = export()
    result = result_of(invoker("not-an-endpoint", telemetry))
    assert result.timing.total is None
    span, told = exported(telemetry, receiver)
    assert told["error.type"] == "InvalidEndpoint"
    assert seconds(span) > 0
    assert "server.address" not in told


def test_content_is_absent_unless_asked_for(serve: Serve, export: Export, receiver: Receiver) -> None:
    server = serve(lambda exchange: exchange.answer("The planted ", "answer."))
    telemetry = export()
    result_of(invoker(server.url, telemetry))
    _, told = exported(telemetry, receiver)
    assert not {name for name in told if "messages" in name or "instructions" in name}
    assert receiver.raw
    assert b"planted" not in receiver.raw


@pytest.mark.parametrize("asked", ["true", "SPAN_ONLY", "span_and_event"])
def test_content_is_there_when_asked_for(
    serve: Serve, export: Export, receiver: Receiver, *, asked: str
) -> None:
    server = serve(lambda exchange: exchange.answer("The planted ", "answer."))
    telemetry = export(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=asked)
    result_of(invoker(server.url, telemetry))
    _, told = exported(telemetry, receiver)
    system = [{"type": "text", "content": "The planted system prompt."}]
    asked_for = [{"role": "user", "parts": [{"type": "text", "content": PROMPT}]}]
    answered = [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "The planted answer."}],
            "finish_reason": "end_turn",
        }
    ]
    assert json.loads(told["gen_ai.system_instructions"]) == system
    assert json.loads(told["gen_ai.input.messages"]) == asked_for
    assert json.loads(told["gen_ai.output.messages"]) == answered
    assert b"planted-secret" not in receiver.raw


class _Pricer:
    def cost(self, identity: RunIdentity, request: InvocationRequest, result: InvocationResult) -> Cost:
        if request.model_id.startswith("unknown."):
            return Cost(None, note="Nobody knows.")
        return Cost(Decimal("0.0025"), confidence=Confidence.CONFIRMED, as_of=date(2026, 1, 1))


def test_a_comparisons_runs_can_be_found_again(serve: Serve, export: Export, receiver: Receiver) -> None:
    telemetry = export()
    comparison = Comparison(invoker(serve(Exchange.answer).url, telemetry), pricer=_Pricer())
    requests = [InvocationRequest.from_prompt(f"{name}.model-v1:0", PROMPT) for name in ("known", "unknown")]
    comparison.start(requests)
    assert comparison.wait(30)
    telemetry.flush()
    told = {
        one["bedrock_playground.lane"]: one
        for span in receiver.spans()
        if (one := attributes(span.attributes))
    }
    assert set(told) == {"A", "B"}
    for lane in comparison.lanes:
        identity = lane.runs[0].identity
        assert told[lane.label]["bedrock_playground.run.id"] == identity.run_id
        assert (told[lane.label]["bedrock_playground.turn"], identity.turn) == (0, 0)
    assert told["A"]["bedrock_playground.cost.usd"] == 0.0025
    assert told["A"]["bedrock_playground.cost.confidence"] == "confirmed"
    assert not {name for name in told["B"] if "cost" in name}
    together = {one["bedrock_playground.comparison"] for one in told.values()}
    assert len(together) == 1
    assert told["A"]["gen_ai.conversation.id"] != told["B"]["gen_ai.conversation.id"]
    # Whoever knows a comparison's id may look at it.
    assert comparison.id.encode() not in receiver.raw


def test_a_receiver_that_is_away_harms_nothing_and_is_said_once(
    serve: Serve, export: Export, receiver: Receiver, *, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = export(OTEL_EXPORTER_OTLP_HEADERS="api-key=planted-header", OTEL_METRICS_EXPORTER="none")
    made = invoker(serve(Exchange.answer).url, telemetry)
    receiver.status = 400
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            assert result_of(made).error is None
            telemetry.flush()
        failing = [telemetry.failing]
        receiver.status = 200
        assert result_of(made).error is None
        telemetry.flush()
    assert [*failing, telemetry.failing] == [True, False]
    assert receiver.requests == 4
    said = [record.getMessage() for record in caplog.records if "telemetry" in record.name]
    assert len(said) == 2
    assert "does not take spans" in said[0]
    assert "takes spans again" in said[1]
    assert "planted-header" not in caplog.text


def test_variables_that_cannot_be_used_are_a_problem_in_words(
    serve: Serve, export: Export, receiver: Receiver, *, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = export(
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="0", OTEL_EXPORTER_OTLP_HEADERS="planted header without a value"
    )
    assert result_of(invoker(serve(Exchange.answer).url, telemetry)).error is None
    assert telemetry.problem is not None
    assert "OTEL_" in telemetry.problem
    assert "planted" not in telemetry.problem + caplog.text
    assert caplog.text.count("is not running") == 1
    assert receiver.requests == 0


def test_traces_and_metrics_can_be_left_out_by_the_standard_variables(
    serve: Serve, export: Export, receiver: Receiver
) -> None:
    telemetry = export(OTEL_TRACES_EXPORTER="none", OTEL_SERVICE_NAME="ours")
    result_of(invoker(serve(Exchange.answer).url, telemetry))
    telemetry.flush()
    assert not receiver.traces
    assert receiver.points("gen_ai.client.operation.duration")
    (resource,) = receiver.metrics[-1].resource_metrics
    assert attributes(resource.resource.attributes)["service.name"] == "ours"


_ONE_CALL = """
import sys
from bedrock_playground.connection import Connection, make_invoker
from bedrock_playground.invocation import ClientConfig, Finished, InvocationRequest
from bedrock_playground.settings import load_settings
from bedrock_playground.telemetry import shared_telemetry, telemetry_words

settings = load_settings()
keys = {"access_key_id": "AKIDTEST", "secret_access_key": "secret"}
connection = Connection("custom", ClientConfig("us-east-1", sys.argv[1], **keys))
*_, last = make_invoker(connection, settings).stream(InvocationRequest.from_prompt("test.model-v1:0", "Hi"))
assert isinstance(last, Finished), last
print(any(name.partition(".")[0] == "opentelemetry" for name in sys.modules))
print(telemetry_words(settings.telemetry, shared_telemetry(settings.telemetry)))
"""


def run(url: str, *, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Make one call in a process of its own, which then ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | variables
    command = [sys.executable, "-c", before + _ONE_CALL, url]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)


def test_off_imports_nothing_of_it(serve: Serve) -> None:
    imported, words = run(serve(Exchange.answer).url, BEDROCK_PLAYGROUND_TELEMETRY="0").stdout.splitlines()
    assert imported == "False"
    assert "off" in words


def test_what_waits_is_sent_when_the_process_ends(serve: Serve, receiver: Receiver) -> None:
    done = run(
        serve(Exchange.answer).url,
        BEDROCK_PLAYGROUND_TELEMETRY="1",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
    )
    imported, words = done.stdout.splitlines()
    assert imported == "True"
    assert receiver.url.removeprefix("http://") in words
    assert "not recorded" in words
    assert [span.name for span in receiver.spans()] == ["chat test.model-v1:0"]
    assert receiver.points("gen_ai.client.operation.duration")
    assert done.stderr == ""


def test_without_its_packages_the_app_runs_and_says_what_to_install(serve: Serve) -> None:
    hide = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'opentelemetry':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    done = run(serve(Exchange.answer).url, before=hide, BEDROCK_PLAYGROUND_TELEMETRY="1")
    _, words = done.stdout.splitlines()
    assert "pip install 'bedrock-playground[telemetry]'" in words
    assert "pip install" in done.stderr


def test_making_telemetry_imports_nothing_until_it_starts() -> None:
    assert Telemetry(TelemetrySettings(enabled=True)).problem is None
