"""One generation: from llama.cpp's chunks in a worker thread to pieces in the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from bedrock_playground.local.errors import ApiError, invalid
from bedrock_playground.local.values import Completion, Piece, StopReason

Chunk = dict[str, Any]
"""A chat.completion.chunk of llama.cpp's server."""


class LlamaJob:
    """Runs in a worker thread, is read and cancelled in the event loop.

    Args:
        loop: The loop that reads it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[Piece | Completion | ApiError | None] = asyncio.Queue()
        self._cancelled = threading.Event()
        self._reader = ChunkReader()

    def run(self, handle: Callable[[dict[str, object], Callable[[Chunk], bool]], None], payload: Any) -> None:  # noqa: ANN401
        """Generate until the end or until cancelled (blocking; in the worker thread)."""
        try:
            if not self._cancelled.is_set():
                handle(payload, self._on_chunk)
                self._put(self._reader.completion())
        except ApiError as error:
            self._put(error)
        except (ValueError, RuntimeError) as error:
            self._put(invalid(f"The model returned the following errors: {error}"))

    def cancel(self) -> None:
        """Stop generating at the next token or prompt batch."""
        self._cancelled.set()

    async def accepted(self) -> None:
        """Wait until the engine works on the request.

        Raises:
            ApiError: It was refused.
        """
        first = await self._queue.get()
        if isinstance(first, ApiError):
            raise first
        if first is not None:
            self._queue.put_nowait(first)

    async def pieces(self) -> AsyncIterator[Piece | Completion]:
        """Yield pieces and then the completion.

        Raises:
            ApiError: The engine failed on the way.
        """
        while True:
            item = await self._queue.get()
            if isinstance(item, ApiError):
                raise item
            if item is not None:
                yield item
            if isinstance(item, Completion):
                return

    def _on_chunk(self, chunk: Chunk) -> bool:
        if self._cancelled.is_set():
            return True
        try:
            self._put(self._reader.read(chunk))
        except ApiError as error:
            self._put(error)
            return True
        return False

    def _put(self, item: Piece | Completion | ApiError | None) -> None:
        with suppress(RuntimeError):  # the loop is gone: the process is ending
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


class ChunkReader:
    """Understands llama.cpp's chunks. Pure but for what it remembers of the stream."""

    def __init__(self) -> None:
        self._finish: Chunk | None = None
        self._usage: dict[str, int] | None = None
        self._logprobs: list[dict[str, object]] = []

    def read(self, chunk: Chunk) -> Piece | None:
        """Return the piece that a chunk carries, if it carries one.

        Raises:
            ApiError: The chunk is an error.
        """
        if "error" in chunk:
            raise engine_error(chunk["error"])
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        for choice in chunk.get("choices") or []:
            if choice.get("finish_reason"):
                self._finish = chunk
            for token in (choice.get("logprobs") or {}).get("content") or []:
                self._logprobs.append({"token": token["token"], "logprob": token["logprob"]})
            delta = choice.get("delta") or {}
            if delta.get("reasoning_content"):
                return Piece(delta["reasoning_content"], reasoning=True)
            if delta.get("content"):
                return Piece(delta["content"])
        return None

    def completion(self) -> Completion:
        """Return how it ended.

        Raises:
            ApiError: It ended without saying how.
        """
        if self._finish is None or self._usage is None:
            raise ApiError("ModelErrorException", "The engine stopped without an end.", status=424)
        return Completion(
            stop_reason=self._stop_reason(self._finish),
            input_tokens=self._usage["prompt_tokens"],
            output_tokens=self._usage["completion_tokens"],
            response_fields={"logprobs": {"content": self._logprobs}} if self._logprobs else {},
        )

    @staticmethod
    def _stop_reason(chunk: Chunk) -> StopReason:
        detail = chunk.get("__verbose") or {}
        if chunk["choices"][0]["finish_reason"] == "length":
            return "model_context_window_exceeded" if detail.get("truncated") else "max_tokens"
        return "stop_sequence" if detail.get("stop_type") == "word" else "end_turn"


def engine_error(error: Chunk) -> ApiError:
    """Return what the service says for an error object of llama.cpp's server."""
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        return invalid(
            f"Input is too long for requested model: {error.get('n_prompt_tokens')} tokens, "
            f"and its context holds {error.get('n_ctx')}."
        )
    if error.get("code") == 400:
        return invalid(f"The model returned the following errors: {message}")
    return ApiError(
        "ModelErrorException", message, status=424, fields={"originalStatusCode": error.get("code")}
    )
