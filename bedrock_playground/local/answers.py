"""How a generation is written down: as Converse's events or body, or as InvokeModel's chunks or body."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Protocol

from bedrock_playground.local.eventstream import encode_event, json_bytes
from bedrock_playground.local.fields import JsonObject
from bedrock_playground.local.values import Completion, Piece

_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}


class StreamShape(Protocol):
    """Writes a generation as frames."""

    omits: str
    """The fault kind whose omission it honours, or nothing."""

    def begin(self) -> bytes:
        """Return what precedes the first token."""
        ...

    def piece(self, piece: Piece) -> bytes:
        """Return the frame of one token."""
        ...

    def end(self, completion: Completion, latency_ms: int) -> bytes:
        """Return what follows the last token."""
        ...


@dataclass(slots=True)
class ConverseStreamShape:
    """ConverseStream's events: thinking is a content block of its own before the answer's."""

    omits: str = ""
    """``no-metadata`` leaves the metadata event out."""
    tier: JsonObject = field(default_factory=dict)
    """The service tier to echo in the metadata event."""
    _block: int = 0
    _reasoning: bool | None = None

    def begin(self) -> bytes:
        """Return ``messageStart``."""
        return encode_event("messageStart", {"role": "assistant"})

    def piece(self, piece: Piece) -> bytes:
        """Return a ``contentBlockDelta``, after what ends the block before if the kind changes."""
        frames = b""
        if self._reasoning is not None and self._reasoning != piece.reasoning:
            frames = encode_event("contentBlockStop", {"contentBlockIndex": self._block})
            self._block += 1
        self._reasoning = piece.reasoning
        delta = {"reasoningContent": {"text": piece.text}} if piece.reasoning else {"text": piece.text}
        return frames + encode_event("contentBlockDelta", {"contentBlockIndex": self._block, "delta": delta})

    def end(self, completion: Completion, latency_ms: int) -> bytes:
        """Return ``contentBlockStop``, ``messageStop`` and ``metadata``."""
        stop: JsonObject = {"stopReason": completion.stop_reason}
        if completion.response_fields:
            stop["additionalModelResponseFields"] = completion.response_fields
        frames = encode_event("contentBlockStop", {"contentBlockIndex": self._block})
        frames += encode_event("messageStop", stop)
        if self.omits == "no-metadata":
            return frames
        metadata = {"usage": usage(completion), "metrics": {"latencyMs": latency_ms}, **self.tier}
        return frames + encode_event("metadata", metadata)


@dataclass(slots=True)
class InvokeStreamShape:
    """InvokeModelWithResponseStream's ``chunk`` events around an OpenAI-like JSON."""

    omits: str = ""
    """``no-metadata`` leaves usage and metrics out."""

    def begin(self) -> bytes:
        """Return the chunk that names the role."""
        return _chunk({"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]})

    def piece(self, piece: Piece) -> bytes:
        """Return the chunk of one token."""
        delta = {"reasoning_content" if piece.reasoning else "content": piece.text}
        return _chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})

    def end(self, completion: Completion, latency_ms: int) -> bytes:
        """Return the last chunk, with Bedrock's invocation metrics."""
        last: JsonObject = {"choices": [{"index": 0, "delta": {}, "finish_reason": _finish(completion)}]}
        if self.omits != "no-metadata":
            last["usage"] = _openai_usage(completion)
            last["amazon-bedrock-invocationMetrics"] = {
                "inputTokenCount": completion.input_tokens,
                "outputTokenCount": completion.output_tokens,
                "invocationLatency": latency_ms,
            }
        return _chunk(last)


def converse_body(
    pieces: list[Piece], completion: Completion, *, latency_ms: int, omits: str, tier: JsonObject
) -> JsonObject:
    """Return Converse's body.

    Args:
        pieces: All of the answer.
        completion: How it ended.
        latency_ms: Since the request arrived.
        omits: ``no-message-stop`` and ``no-metadata`` leave those members out.
        tier: The service tier to echo, if one was sent.
    """
    thinking = "".join(piece.text for piece in pieces if piece.reasoning)
    text = "".join(piece.text for piece in pieces if not piece.reasoning)
    content: list[JsonObject] = [{"text": text}]
    if thinking:
        content.insert(0, {"reasoningContent": {"reasoningText": {"text": thinking}}})
    body: JsonObject = {"output": {"message": {"role": "assistant", "content": content}}, **tier}
    if omits != "no-message-stop":
        body["stopReason"] = completion.stop_reason
    if omits != "no-metadata":
        body["usage"] = usage(completion)
        body["metrics"] = {"latencyMs": latency_ms}
    if completion.response_fields:
        body["additionalModelResponseFields"] = completion.response_fields
    return body


def invoke_body(pieces: list[Piece], completion: Completion, *, omits: str) -> JsonObject:
    """Return InvokeModel's body in the chat shape."""
    message: JsonObject = {
        "role": "assistant",
        "content": "".join(piece.text for piece in pieces if not piece.reasoning),
    }
    thinking = "".join(piece.text for piece in pieces if piece.reasoning)
    if thinking:
        message["reasoning_content"] = thinking
    finish = None if omits == "no-message-stop" else _finish(completion)
    body: JsonObject = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    if omits != "no-metadata":
        body["usage"] = _openai_usage(completion)
    return body


def token_headers(completion: Completion, latency_ms: int) -> dict[str, str]:
    """Return the headers that InvokeModel adds about tokens and time."""
    return {
        "X-Amzn-Bedrock-Input-Token-Count": str(completion.input_tokens),
        "X-Amzn-Bedrock-Output-Token-Count": str(completion.output_tokens),
        "X-Amzn-Bedrock-Invocation-Latency": str(latency_ms),
    }


def usage(completion: Completion) -> JsonObject:
    """Return the tokens as Converse counts them."""
    return {
        "inputTokens": completion.input_tokens,
        "outputTokens": completion.output_tokens,
        "totalTokens": completion.input_tokens + completion.output_tokens,
    }


def _openai_usage(completion: Completion) -> JsonObject:
    return {
        "prompt_tokens": completion.input_tokens,
        "completion_tokens": completion.output_tokens,
        "total_tokens": completion.input_tokens + completion.output_tokens,
    }


def _finish(completion: Completion) -> str:
    return _FINISH.get(completion.stop_reason, "length")


def _chunk(value: JsonObject) -> bytes:
    return encode_event("chunk", {"bytes": base64.b64encode(json_bytes(value)).decode("ascii")})
