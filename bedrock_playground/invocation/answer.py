"""From Converse's stream events (or its whole response) to our events and the result; pure.

:class:`Answer` takes one event after the other, as botocore parses them or as they are on the wire (binary
as ``bytes`` or as base64), and says what they mean. Events, deltas and stop reasons it has no name for are
passed over or kept as they are: every set here is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bedrock_playground.invocation.blocks import Block, block_from_converse, document_of, number_of, usage_of
from bedrock_playground.invocation.codec import Document, clean, has_surrogates, join_surrogates, to_json
from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.events import (
    CitationFound,
    ImageReceived,
    InvocationEvent,
    ReasoningDelta,
    TextDelta,
    ToolUseDelta,
    UsageReported,
)
from bedrock_playground.invocation.values import (
    Attempt,
    ImageBlock,
    InvocationResult,
    Json,
    ReasoningBlock,
    TextBlock,
    Timing,
    ToolUseBlock,
    Usage,
)


class Answer:
    """What the model has said so far."""

    __slots__ = (
        "_additional",
        "_arrivals",
        "_blocks",
        "_citations",
        "_first_reasoning",
        "_first_tool_use",
        "_guardrail_trace",
        "_held",
        "_invoked_model_id",
        "_latency",
        "_performance",
        "_reasoning",
        "_server_latency",
        "_text",
        "_tier",
        "_timed",
        "has_events",
        "has_output",
        "metadata_seen",
        "stop_reason",
        "stopped",
        "unknown",
        "usage",
    )

    def __init__(self, *, timed: bool = True) -> None:
        """Begin an answer.

        Args:
            timed: Whether the pieces arrive as they are made; in an answer that comes as a whole there is no
                time to the first token to tell.
        """
        self._timed = timed
        self._blocks: dict[int, Block] = {}
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._arrivals: list[float] = []
        self._first_reasoning: float | None = None
        self._first_tool_use: float | None = None
        # The first half of a surrogate pair that waits for its second, by block and kind.
        self._held: dict[tuple[int, str], str] = {}
        self._citations: list[Json] = []
        self._server_latency: float | None = None
        self._tier: str | None = None
        self._performance: str | None = None
        self._guardrail_trace: Mapping[str, Json] | None = None
        self._invoked_model_id: str | None = None
        self._additional: Json = None
        self.usage: Usage | None = None
        """The token counts, once told."""
        self.stop_reason: str | None = None
        """Why the model stopped, once told."""
        self.stopped = False
        """Whether messageStop came."""
        self.metadata_seen = False
        """Whether the metadata event came."""
        self.has_output = False
        """Whether anything of the answer was given to the consumer: from then on nothing is retried."""
        self.has_events = False
        """Whether any event came, known or not."""
        self.unknown: set[str] = set()
        """The names of events and deltas this version passed over."""

    def add(self, name: str, body: Document, at: float) -> InvocationEvent | None:
        """Take one event of the stream.

        Args:
            name: The event's type, such as ``contentBlockDelta``.
            body: Its content.
            at: When it arrived, seconds since the request was sent.

        Returns:
            What the consumer should know, if anything.
        """
        self.has_events = True
        if name == "contentBlockDelta":
            index = body.get("contentBlockIndex", 0)
            delta = body.get("delta") or {}
            text = delta.get("text")
            if type(text) is str:
                return self._add_text(index, text, at)
            for kind, value in delta.items():
                handler = _DELTAS.get(kind)
                if handler is not None:
                    return handler(self, index, value, at)
                self.unknown.add(_unknown_name(kind, value))
            return None
        handler_of_event = _EVENTS.get(name)
        if handler_of_event is None:
            self.unknown.add(name)
            return None
        return handler_of_event(self, body, at)

    @property
    def first_output(self) -> float | None:
        """When the first text, reasoning or tool call arrived, in seconds; ``None`` for a whole answer."""
        text = self._arrivals[0] if self._arrivals else None
        told = [at for at in (text, self._first_reasoning, self._first_tool_use) if at is not None]
        return min(told) if told and self._timed else None

    def add_response(self, response: Document, at: float) -> list[InvocationEvent]:
        """Take Converse's whole response, as boto3 gives it; ``at`` is when it came, in seconds."""
        message = document_of(document_of(response, "output"), "message")
        events = [
            self._add_whole(index, block, at) for index, block in enumerate(message.get("content") or [])
        ]
        self._message_stop(response, at)
        events.append(self._metadata(response, at))
        return [event for event in events if event is not None]

    def _add_whole(self, index: int, value: Document, at: float) -> InvocationEvent | None:
        if "citationsContent" in value:
            return self._add_cited(index, value["citationsContent"], at)
        block = block_from_converse(value)
        self._blocks[index] = Block("whole", value=block)
        match block:
            case TextBlock(text) if text:
                self._text.append(text)
                return TextDelta(at, text)
            case ReasoningBlock(text) if text:
                self._reasoning.append(text)
                return ReasoningDelta(at, text)
            case ToolUseBlock(id_, name, arguments):
                return ToolUseDelta(at, id_, name, json.dumps(arguments))
            case ImageBlock():
                return ImageReceived(at, block)
            case _:
                return None

    def _add_cited(self, index: int, value: Document, at: float) -> InvocationEvent | None:
        """Take cited text; as in a stream, the text is the block and the citations are kept beside it."""
        self._citations += clean(to_json(value.get("citations") or []))
        text = "".join(piece.get("text", "") for piece in value.get("content") or [])
        return self._add_text(index, text, at)

    def finish(self, at: float) -> list[InvocationEvent]:
        """Give out what is still held back: halves of surrogate pairs whose other half never came."""
        events: list[InvocationEvent] = []
        for index in {index for index, _ in self._held}:
            events += self._release(index, at)
        return events

    def result(
        self,
        *,
        total: float | None,
        attempts: tuple[Attempt, ...] = (),
        request_id: str | None = None,
        error: InvocationError | None = None,
    ) -> InvocationResult:
        """Make the result of what has come so far.

        Args:
            total: When the stream ended, seconds since the request was sent.
            attempts: Every try.
            request_id: The service's id of the last try.
            error: Why it ended early, if it did.
        """
        arrivals = tuple(self._arrivals) if self._timed else ()
        blocks = (self._blocks[index].finish() for index in sorted(self._blocks))
        return InvocationResult(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            content=tuple(block for block in blocks if block is not None),
            stop_reason=self.stop_reason,
            usage=self.usage,
            timing=Timing(
                time_to_first_token=arrivals[0] if arrivals else None,
                time_to_first_reasoning_token=self._first_reasoning if self._timed else None,
                total=total,
                server_latency=self._server_latency,
                arrivals=arrivals,
            ),
            attempts=attempts,
            request_id=request_id,
            error=error,
            service_tier=self._tier,
            performance_latency=self._performance,
            invoked_model_id=self._invoked_model_id,
            guardrail_trace=self._guardrail_trace,
            citations=tuple(self._citations),
            additional_model_response_fields=self._additional,
        )

    # One method per delta

    def _add_text(self, index: int, text: str, at: float) -> InvocationEvent | None:
        if self._held or has_surrogates(text):
            text = self._whole(index, "text", text)
        if not text:
            return None
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = Block("text")
        block.parts.append(text)
        self._text.append(text)
        self._arrivals.append(at)
        self.has_output = True
        return TextDelta(at, text)

    def _add_reasoning(self, index: int, value: Document, at: float) -> InvocationEvent | None:
        block = self._block(index, "reasoning")
        if "signature" in value:
            block.fields["signature"] = clean(value["signature"])
        if "redactedContent" in value:
            block.add_data(value["redactedContent"])
        if "text" not in value:
            self.unknown.update(
                _unknown_name(key, item)
                for key, item in value.items()
                if key not in {"signature", "redactedContent"}
            )
            return None
        text = self._whole(index, "reasoning", value["text"])
        return self._reasoned(block, text, at) if text else None

    def _reasoned(self, block: Block, text: str, at: float) -> InvocationEvent:
        block.parts.append(text)
        self._reasoning.append(text)
        if self._first_reasoning is None:
            self._first_reasoning = at
        self.has_output = True
        return ReasoningDelta(at, text)

    def _add_tool_use(self, index: int, value: Document, at: float) -> InvocationEvent | None:
        block = self._block(index, "toolUse")
        piece = value.get("input") or ""
        block.parts.append(piece)
        return self._tool_event(block, piece, at)

    def _tool_event(self, block: Block, piece: str, at: float) -> InvocationEvent:
        self.has_output = True
        if self._first_tool_use is None:
            self._first_tool_use = at
        return ToolUseDelta(at, block.fields.get("toolUseId", ""), block.fields.get("name", ""), piece)

    def _add_tool_result(self, index: int, value: Any, at: float) -> None:  # noqa: ANN401, ARG002
        self._block(index, "toolResult").items.extend(clean(to_json(value)) or [])

    def _add_citation(self, index: int, value: Document, at: float) -> InvocationEvent:
        self._block(index, "text")
        citation = clean(to_json(value))
        self._citations.append(citation)
        self.has_output = True
        return CitationFound(at, citation)

    def _add_image(self, index: int, value: Document, at: float) -> None:  # noqa: ARG002
        block = self._block(index, "image")
        data = (value.get("source") or {}).get("bytes")
        if data is not None:
            block.add_data(data)
        else:
            block.fields.update(clean(to_json(value)))

    # One method per event

    def _message_start(self, body: Document, at: float) -> None:
        """Nothing to say: the role is always the assistant's."""

    def _block_start(self, body: Document, at: float) -> InvocationEvent | None:
        index = body.get("contentBlockIndex", 0)
        for kind, value in (body.get("start") or {}).items():
            if kind not in {"toolUse", "toolResult", "image"}:
                self.unknown.add(_unknown_name(kind, value))
                continue
            block = self._block(index, kind)
            block.fields.update(clean(to_json(value)))
            if kind == "toolUse":
                return self._tool_event(block, "", at)
        return None

    def _block_stop(self, body: Document, at: float) -> InvocationEvent | None:
        index = body.get("contentBlockIndex", 0)
        block = self._blocks.get(index)
        if block is not None:
            block.complete = True
        if block is not None and block.kind == "image":
            image = block.finish()
            if isinstance(image, ImageBlock):
                self.has_output = True
                return ImageReceived(at, image)
        released = self._release(index, at)
        return released[0] if released else None

    def _message_stop(self, body: Document, at: float) -> None:  # noqa: ARG002
        self.stopped = True
        self.stop_reason = body.get("stopReason")
        if body.get("additionalModelResponseFields") is not None:
            self._additional = clean(to_json(body["additionalModelResponseFields"]))

    def _metadata(self, body: Document, at: float) -> InvocationEvent | None:
        self.metadata_seen = True
        latency = number_of(document_of(body, "metrics").get("latencyMs"))
        self._server_latency = None if latency is None else latency / 1000
        trace = document_of(body, "trace")
        if "guardrail" in trace:
            self._guardrail_trace = clean(to_json(trace["guardrail"]))
        self._invoked_model_id = document_of(trace, "promptRouter").get("invokedModelId")
        self._performance = document_of(body, "performanceConfig").get("latency")
        self._tier = document_of(body, "serviceTier").get("type")
        if not isinstance(body.get("usage"), Mapping):
            return None
        self.usage = usage_of(body["usage"])
        return UsageReported(at, self.usage)

    # Helpers

    def _block(self, index: int, kind: str) -> Block:
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = Block(kind)
        return block

    def _whole(self, index: int, kind: str, text: str) -> str:
        """Join surrogate pairs, across deltas too: a first half at the end waits for the next delta."""
        text = self._held.pop((index, kind), "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held[index, kind] = text[-1]
            text = text[:-1]
        return join_surrogates(text) if has_surrogates(text) else text

    def _release(self, index: int, at: float) -> list[InvocationEvent]:
        """Replace what is held for a block by U+FFFD: its second half did not come."""
        events: list[InvocationEvent] = []
        if self._held.pop((index, "text"), ""):
            event = self._add_text(index, "\ufffd", at)
            events += [event] if event else []
        if self._held.pop((index, "reasoning"), ""):
            events.append(self._reasoned(self._blocks[index], "\ufffd", at))
        return events


_Handler = Callable[[Answer, Any, float], InvocationEvent | None]
_DeltaHandler = Callable[[Answer, int, Any, float], InvocationEvent | None]

# Looked up by the wire's names; their keys are what the tests hold against botocore's model.
_DELTAS: dict[str, _DeltaHandler] = {
    "text": Answer._add_text,  # noqa: SLF001 - this module's own
    "reasoningContent": Answer._add_reasoning,  # noqa: SLF001
    "toolUse": Answer._add_tool_use,  # noqa: SLF001
    "toolResult": Answer._add_tool_result,  # noqa: SLF001
    "citation": Answer._add_citation,  # noqa: SLF001
    "image": Answer._add_image,  # noqa: SLF001
}
_EVENTS: dict[str, _Handler] = {
    "messageStart": Answer._message_start,  # noqa: SLF001
    "contentBlockStart": Answer._block_start,  # noqa: SLF001
    "contentBlockStop": Answer._block_stop,  # noqa: SLF001
    "messageStop": Answer._message_stop,  # noqa: SLF001
    "metadata": Answer._metadata,  # noqa: SLF001
}


def _unknown_name(kind: str, value: object) -> str:
    # botocore says {"SDK_UNKNOWN_MEMBER": {"name": …}} for a member its model does not have.
    if kind == "SDK_UNKNOWN_MEMBER" and isinstance(value, Mapping):
        return str(value.get("name"))
    return kind
