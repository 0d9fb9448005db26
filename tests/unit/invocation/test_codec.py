"""The Converse codec against botocore's own model of bedrock-runtime."""

from __future__ import annotations

import base64
import json
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.invocation import (
    CitationFound,
    DocumentBlock,
    Guardrail,
    ImageBlock,
    ImageReceived,
    InferenceParameters,
    InvocationEvent,
    InvocationRequest,
    Json,
    Message,
    RawBlock,
    ReasoningBlock,
    ReasoningDelta,
    TextBlock,
    TextDelta,
    ToolResultBlock,
    ToolUseBlock,
    ToolUseDelta,
    Usage,
    UsageReported,
    ValidationFailed,
)
from bedrock_playground.invocation.answer import _DELTAS, _EVENTS, Answer
from bedrock_playground.invocation.blocks import block_from_converse
from bedrock_playground.invocation.codec import converse_arguments, count_tokens_arguments, join_surrogates


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("bedrock-runtime")


def stream_shape(model: ServiceModel) -> Any:
    return model.operation_model("ConverseStream").output_shape.members["stream"]


def feed(*events: tuple[str, dict[str, Any]]) -> tuple[list[InvocationEvent], Answer]:
    answer = Answer()
    said = [answer.add(name, body, 0.1 * number) for number, (name, body) in enumerate(events)]
    return [event for event in said if event is not None] + answer.finish(9.0), answer


def delta(value: dict[str, Any], index: int = 0) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": value}


def start(value: dict[str, Any], index: int = 0) -> tuple[str, dict[str, Any]]:
    return "contentBlockStart", {"contentBlockIndex": index, "start": value}


def stop(index: int = 0) -> tuple[str, dict[str, Any]]:
    return "contentBlockStop", {"contentBlockIndex": index}


class TestBotocoresModelHoldsNoSurprise:
    """These fail when botocore learns something new: then the codec must learn it too."""

    def test_events(self, model: ServiceModel) -> None:
        members = stream_shape(model).members
        events = {name for name, shape in members.items() if not shape.metadata.get("exception")}
        assert events == {*_EVENTS, "contentBlockDelta"}

    def test_deltas(self, model: ServiceModel) -> None:
        event = stream_shape(model).members["contentBlockDelta"]
        assert set(event.members["delta"].members) == set(_DELTAS)

    def test_starts(self, model: ServiceModel) -> None:
        event = stream_shape(model).members["contentBlockStart"]
        assert set(event.members["start"].members) == {"toolUse", "toolResult", "image"}

    def test_reasoning_and_metadata(self, model: ServiceModel) -> None:
        members = stream_shape(model).members
        reasoning = members["contentBlockDelta"].members["delta"].members["reasoningContent"]
        assert set(reasoning.members) == {"text", "redactedContent", "signature"}
        metadata = members["metadata"]
        assert set(metadata.members) == {"usage", "metrics", "trace", "performanceConfig", "serviceTier"}
        assert set(metadata.members["usage"].members) == {
            "inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens",
            "cacheDetails",
        }  # fmt: skip
        assert set(metadata.members["trace"].members) == {"guardrail", "promptRouter"}
        assert set(members["messageStop"].members) == {"stopReason", "additionalModelResponseFields"}

    def test_request_members(self, model: ServiceModel) -> None:
        members = set(model.operation_model("ConverseStream").input_shape.members)
        # promptVariables belongs to prompt ARNs, which take no messages of their own.
        assert members - set(converse_arguments(FULL)) == {"promptVariables"}


FULL = InvocationRequest(
    model_id="m",
    messages=(
        Message(
            "user",
            (
                TextBlock("look"),
                ImageBlock("png", b"\x89PNG"),
                DocumentBlock("pdf", "report", b"%PDF"),
                RawBlock({"video": {"format": "mp4", "source": {"bytes": base64.b64encode(b"v").decode()}}}),
                RawBlock({"cachePoint": {"type": "default"}}),
            ),
        ),
        Message(
            "assistant",
            (
                ReasoningBlock("hm", "signed"),
                ReasoningBlock(redacted_content=b"secret"),
                ToolUseBlock("id-1", "add", {"a": 1, "bytes": "not base64!"}),
            ),
        ),
        Message(
            "user",
            (ToolResultBlock("id-1", ({"json": {"bytes": "free form"}}, {"text": "3"}), "success"),),
        ),
    ),
    system="be brief",
    parameters=InferenceParameters(
        max_tokens=10,
        temperature=0.5,
        top_p=0.9,
        stop_sequences=("END",),
        additional_model_request_fields={"top_k": 5},
    ),
    service_tier="flex",
    performance_latency="optimized",
    guardrail=Guardrail("g", "1", stream_processing_mode="async"),
    tool_config={
        "tools": [{"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object", "bytes": "x"}}}}]
    },
    output_config={"effort": "low"},
    request_metadata={"team": "a"},
    additional_model_response_field_paths=("/x",),
)


class TestRequest:
    def test_everything_is_what_botocore_takes(self, model: ServiceModel) -> None:
        shape = model.operation_model("ConverseStream").input_shape
        arguments = converse_arguments(FULL)
        assert ParamValidator().validate(arguments, shape).generate_report() == ""
        user, assistant, tool = (message["content"] for message in arguments["messages"])
        assert user[3]["video"]["source"]["bytes"] == b"v"
        assert assistant[1] == {"reasoningContent": {"redactedContent": b"secret"}}
        assert assistant[2]["toolUse"]["input"] == {"a": 1, "bytes": "not base64!"}
        assert tool[0]["toolResult"]["content"][0] == {"json": {"bytes": "free form"}}

    def test_converse_and_count_tokens_too(self, model: ServiceModel) -> None:
        for operation, arguments in (
            ("Converse", converse_arguments(FULL, streaming=False)),
            ("CountTokens", count_tokens_arguments(FULL)),
        ):
            shape = model.operation_model(operation).input_shape
            assert ParamValidator().validate(arguments, shape).generate_report() == ""

    def test_what_is_not_set_is_not_sent(self) -> None:
        assert converse_arguments(InvocationRequest.from_prompt("m", "hi")) == {
            "modelId": "m",
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        }

    def test_zero_is_sent(self) -> None:
        request = InvocationRequest.from_prompt("m", "hi", parameters=InferenceParameters(temperature=0))
        assert converse_arguments(request)["inferenceConfig"] == {"temperature": 0}

    @pytest.mark.parametrize(
        "messages",
        [(), (Message("user", ()),), (Message("user", (RawBlock({"x": {"bytes": "not base64!"}}),)),)],
    )
    def test_what_cannot_be_expressed_is_refused(self, messages: tuple[Message, ...]) -> None:
        with pytest.raises(ValidationFailed):
            converse_arguments(InvocationRequest("m", messages))


class TestAnswer:
    def test_text_reasoning_and_redacted_reasoning(self) -> None:
        events, answer = feed(
            ("messageStart", {"role": "assistant"}),
            delta({"reasoningContent": {"text": "let me "}}),
            delta({"reasoningContent": {"text": "think"}}),
            delta({"reasoningContent": {"signature": "signed"}}),
            stop(),
            delta({"reasoningContent": {"redactedContent": base64.b64encode(b"secret").decode()}}, 1),
            stop(1),
            delta({"text": "Yes"}, 2),
            delta({"text": "."}, 2),
            stop(2),
            ("messageStop", {"stopReason": "end_turn"}),
        )
        assert [(type(event), getattr(event, "text", None)) for event in events] == [
            (ReasoningDelta, "let me "), (ReasoningDelta, "think"), (TextDelta, "Yes"), (TextDelta, "."),
        ]  # fmt: skip
        result = answer.result(total=2.0)
        assert (result.text, result.reasoning, result.stop_reason) == ("Yes.", "let me think", "end_turn")
        assert result.content == (
            ReasoningBlock("let me think", "signed"),
            ReasoningBlock(redacted_content=b"secret"),
            TextBlock("Yes."),
        )
        timing = result.timing
        assert timing.time_to_first_reasoning_token == pytest.approx(0.1)
        assert timing.time_to_first_token == pytest.approx(0.7)
        assert timing.arrivals == pytest.approx((0.7, 0.8))

    @pytest.mark.parametrize(
        ("pieces", "expected"),
        [
            (('{"a":', " 1}"), {"a": 1}),
            ((), {}),
            (('{"a":',), '{"a":'),
            (("NaN",), "NaN"),
        ],
    )
    def test_tool_use(self, pieces: tuple[str, ...], expected: object) -> None:
        events, answer = feed(
            start({"toolUse": {"toolUseId": "id-1", "name": "add"}}),
            *(delta({"toolUse": {"input": piece}}) for piece in pieces),
            stop(),
        )
        assert events[0] == ToolUseDelta(0.0, "id-1", "add", "")
        assert "".join(event.input_json for event in events if isinstance(event, ToolUseDelta)) == "".join(
            pieces
        )
        assert answer.result(total=1.0).content == (ToolUseBlock("id-1", "add", expected),)  # type: ignore[arg-type]

    def test_a_server_tool_keeps_its_type_and_its_result(self) -> None:
        _, answer = feed(
            start({"toolUse": {"toolUseId": "id-1", "name": "search", "type": "server_tool_use"}}),
            delta({"toolUse": {"input": '{"q": "x"}'}}),
            stop(),
            start({"toolResult": {"toolUseId": "id-1", "status": "success"}}, 1),
            delta({"toolResult": [{"text": "fou"}]}, 1),
            delta({"toolResult": [{"text": "nd"}, {"json": {"n": 1}}]}, 1),
            stop(1),
        )
        use, result = answer.result(total=1.0).content
        assert use == RawBlock(
            {
                "toolUse": {
                    "toolUseId": "id-1",
                    "name": "search",
                    "type": "server_tool_use",
                    "input": {"q": "x"},
                }
            }
        )
        assert result == ToolResultBlock("id-1", ({"text": "found"}, {"json": {"n": 1}}), "success")

    def test_citations_are_beside_the_text(self) -> None:
        citation: Json = {
            "title": "Doc",
            "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}},
        }
        events, answer = feed(delta({"text": "As said"}), delta({"citation": citation}), stop())
        assert events[-1] == CitationFound(0.1, citation)
        result = answer.result(total=1.0)
        assert (result.citations, result.content) == ((citation,), (TextBlock("As said"),))

    def test_an_image_counts_when_it_is_whole(self) -> None:
        halves = [base64.b64encode(half).decode() for half in (b"\x89PN", b"G...")]
        opening = (
            start({"image": {"format": "png"}}),
            *(delta({"image": {"source": {"bytes": half}}}) for half in halves),
        )
        events, answer = feed(*opening, stop())
        image = ImageBlock("png", b"\x89PNG...")
        [event] = events
        assert isinstance(event, ImageReceived)
        assert event.image == image
        assert answer.result(total=1.0).content == (image,)
        assert feed(*opening)[1].result(total=1.0).content == ()

    def test_an_image_elsewhere_is_kept_as_it_is(self) -> None:
        location = {"source": {"s3Location": {"uri": "s3://bucket/x.png"}}}
        events, answer = feed(start({"image": {"format": "png"}}), delta({"image": location}), stop())
        assert events == []
        assert answer.result(total=1.0).content == (RawBlock({"image": {"format": "png", **location}}),)

    def test_metadata(self) -> None:
        events, answer = feed(
            (
                "metadata",
                {
                    "usage": {
                        "inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheReadInputTokens": 4,
                        "cacheWriteInputTokens": 5,
                        "cacheDetails": [{"ttl": "5m", "inputTokens": 2}, {"ttl": "1h", "inputTokens": 3}],
                    },
                    "metrics": {"latencyMs": 1500},
                    "trace": {
                        "guardrail": {"actionReason": "x"}, "promptRouter": {"invokedModelId": "chosen"},
                    },
                    "performanceConfig": {"latency": "optimized"},
                    "serviceTier": {"type": "flex"},
                },
            ),
            ("messageStop", {"stopReason": "tool_use", "additionalModelResponseFields": {"x": [1]}}),
        )  # fmt: skip
        usage = Usage(1, 2, 4, 5, 3, None, 3)
        assert events == [UsageReported(0.0, usage)]
        result = answer.result(total=1.0)
        assert result.usage == usage
        assert result.timing.server_latency == 1.5
        assert result.guardrail_trace == {"actionReason": "x"}
        assert (result.invoked_model_id, result.performance_latency, result.service_tier) == (
            "chosen", "optimized", "flex",
        )  # fmt: skip
        assert result.additional_model_response_fields == {"x": [1]}

    def test_what_the_service_does_not_tell_is_unknown(self) -> None:
        assert feed(("metadata", {}))[1].result(total=1.0).usage is None
        odd = {"usage": {"inputTokens": "many", "outputTokens": True}, "metrics": {"latencyMs": None}}
        result = feed(("metadata", odd))[1].result(total=1.0)
        assert result.usage == Usage()
        assert result.timing.server_latency is None

    def test_every_stop_reason_of_the_model_and_of_next_year(self, model: ServiceModel) -> None:
        known = stream_shape(model).members["messageStop"].members["stopReason"].enum
        for reason in (*known, "of_next_year"):
            answer = feed(("messageStop", {"stopReason": reason}))[1]
            assert answer.stopped
            assert answer.stop_reason == reason

    def test_what_is_unknown_is_passed_over_and_named(self) -> None:
        events, answer = feed(
            ("brandNew", {"x": 1}),
            delta({"SDK_UNKNOWN_MEMBER": {"name": "hologram"}}),
            delta({"smell": {"of": "roses"}}),
            delta({"reasoningContent": {"SDK_UNKNOWN_MEMBER": {"name": "depth"}}}),
            start({"hologramStart": {}}),
            delta({}),
            ("contentBlockDelta", {}),
            ("contentBlockStop", {}),
        )
        assert events == []
        assert answer.unknown == {"brandNew", "hologram", "smell", "depth", "hologramStart"}

    def test_a_whole_response_means_the_same_as_its_stream(self) -> None:
        cited = {"citationsContent": {"content": [{"text": "said"}], "citations": [{"title": "Doc"}]}}
        content = [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"text": "Hello"},
            {"toolUse": {"toolUseId": "i", "name": "n", "input": {"a": 1}}},
            {"image": {"format": "png", "source": {"bytes": b"\x89"}}},
            cited,
            {"hologram": {"depth": 3}},
        ]
        answer = Answer(timed=False)
        events = answer.add_response(
            {"output": {"message": {"content": content}}, "stopReason": "end_turn"}, 1.0
        )
        assert [type(event) for event in events] == [
            ReasoningDelta, TextDelta, ToolUseDelta, ImageReceived, TextDelta,
        ]  # fmt: skip
        result = answer.result(total=1.0)
        assert result.content == (
            ReasoningBlock("hm", "s"),
            TextBlock("Hello"),
            ToolUseBlock("i", "n", {"a": 1}),
            ImageBlock("png", b"\x89"),
            TextBlock("said"),
            RawBlock({"hologram": {"depth": 3}}),
        )
        assert (result.text, result.reasoning, result.citations) == ("Hellosaid", "hm", ({"title": "Doc"},))
        assert result.timing.arrivals == ()

    def test_an_answers_content_can_be_sent_back(self, model: ServiceModel) -> None:
        for block in FULL.messages[0].content + FULL.messages[1].content + FULL.messages[2].content:
            request = InvocationRequest("m", (Message("user", (block,)),))
            [encoded] = converse_arguments(request)["messages"][0]["content"]
            assert block_from_converse(encoded) == block


units = st.sampled_from(["a", "é", "\ud83d", "\ude00", "\U0001f600", "\ud800", "\udfff"])


@given(st.lists(st.lists(units, max_size=4).map("".join), max_size=8), st.sampled_from(["text", "reasoning"]))
def test_surrogates_come_out_whole_however_deltas_cut_them(pieces: list[str], kind: str) -> None:
    events, answer = feed(
        *(
            delta({"text": piece} if kind == "text" else {"reasoningContent": {"text": piece}})
            for piece in pieces
        )
    )
    said = [event.text for event in events if isinstance(event, TextDelta | ReasoningDelta)]
    result = answer.result(total=1.0)
    assert "".join(said) == (result.text or result.reasoning) == join_surrogates("".join(pieces))
    for piece in said:
        assert piece
        json.dumps(piece, ensure_ascii=False).encode()
