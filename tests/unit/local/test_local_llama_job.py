"""How llama.cpp's chunks are understood (chunks as the engine sent them, shortened)."""

from __future__ import annotations

from typing import Any

import pytest

from bedrock_playground.local.errors import ApiError
from bedrock_playground.local.llama_job import ChunkReader
from bedrock_playground.local.values import Completion, Piece

USAGE = {"choices": [], "usage": {"completion_tokens": 8, "prompt_tokens": 32, "total_tokens": 40}}


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"finish_reason": None, "index": 0, "delta": fields}]}


def finish(reason: str, **detail: Any) -> dict[str, Any]:
    return {"choices": [{"finish_reason": reason, "index": 0, "delta": {}}], "__verbose": detail}


def test_text_thinking_and_chunks_without_either() -> None:
    reader = ChunkReader()
    assert reader.read(delta(role="assistant", content=None)) is None
    assert reader.read({**delta(content=None), "prompt_progress": {"total": 9, "processed": 3}}) is None
    assert reader.read(delta(content=" glad")) == Piece(" glad")
    assert reader.read(delta(reasoning_content="hm")) == Piece("hm", reasoning=True)


@pytest.mark.parametrize(
    ("last", "stop_reason"),
    [
        (finish("stop", stop_type="eos"), "end_turn"),
        (finish("stop", stop_type="word", stopping_word="hen"), "stop_sequence"),
        (finish("length", stop_type="limit", truncated=False), "max_tokens"),
        (finish("length", stop_type="limit", truncated=True), "model_context_window_exceeded"),
        ({"choices": [{"finish_reason": "stop", "delta": {}}]}, "end_turn"),
    ],
)
def test_stop_reasons(last: dict[str, Any], stop_reason: str) -> None:
    reader = ChunkReader()
    reader.read(last)
    reader.read(USAGE)
    completion = reader.completion()
    assert isinstance(completion, Completion)
    assert (completion.stop_reason, completion.input_tokens, completion.output_tokens) == (stop_reason, 32, 8)


def test_how_likely_each_token_was_is_kept_for_the_end() -> None:
    reader = ChunkReader()
    told = {"id": 1, "token": "Bon", "bytes": [66], "logprob": -1.63, "top_logprobs": []}
    chunk = delta(content="Bon")
    chunk["choices"][0]["logprobs"] = {"content": [told]}
    assert reader.read(chunk) == Piece("Bon")
    reader.read(finish("stop", stop_type="eos"))
    reader.read(USAGE)
    fields = reader.completion().response_fields
    assert fields == {"logprobs": {"content": [{"token": "Bon", "logprob": -1.63}]}}


@pytest.mark.parametrize("chunks", [[], [USAGE], [finish("stop", stop_type="eos")]])
def test_an_end_that_says_nothing_is_an_error(chunks: list[dict[str, Any]]) -> None:
    reader = ChunkReader()
    for chunk in chunks:
        reader.read(chunk)
    with pytest.raises(ApiError, match="without an end"):
        reader.completion()


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            {"code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 3031, "n_ctx": 2048},
            "ValidationException",
            "Input is too long for requested model: 3031 tokens",
        ),
        (
            {"code": 400, "message": "bad schema", "type": "invalid_request_error"},
            "ValidationException",
            "bad schema",
        ),
        ({"code": 500, "message": "boom", "type": "server_error"}, "ModelErrorException", "boom"),
    ],
)
def test_engine_errors(error: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        ChunkReader().read({"error": error})
    assert caught.value.code == code
    assert words in caught.value.message
