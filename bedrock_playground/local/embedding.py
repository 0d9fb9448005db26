"""The embedding engine: WordLlama, in the request and response shape of Titan Text Embeddings V2."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

from bedrock_playground.local.errors import ApiError, constraint, invalid
from bedrock_playground.local.fields import Fields, JsonObject

DIMENSIONS = (256, 128, 64)
MAX_CHARACTERS = 50_000


class EmbeddingEngine:
    """Turns a text into a vector; loaded on first use. It averages its tokens: word order does not count."""

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = asyncio.Lock()

    async def invoke(self, body: JsonObject) -> tuple[JsonObject, int]:
        """Answer ``{"inputText", "dimensions": 256|128|64, "normalize": true}``.

        Returns:
            The response body and the number of input tokens.

        Raises:
            ApiError: The request does not fit, or the engine is not installed.
        """
        text, dimensions, normalize = _read(body)
        model = await self._load()
        vector, count = await asyncio.to_thread(
            _embed, model, text, dimensions=dimensions, normalize=normalize
        )
        answer: JsonObject = {
            "embedding": vector,
            "inputTextTokenCount": count,
            "embeddingsByType": {"float": vector},
        }
        return answer, count

    async def count_tokens(self, body: JsonObject) -> int:
        """Count the tokens of ``inputText``."""
        text, _, _ = _read(body)
        model = await self._load()
        return len(model.tokenize([text])[0].ids)

    async def _load(self) -> Any:  # noqa: ANN401 - wordllama is untyped
        async with self._lock:
            if self._model is None:
                self._model = await asyncio.to_thread(_load)
            return self._model


def _read(body: JsonObject) -> tuple[str, int, bool]:
    fields = Fields(body)
    unknown = sorted(set(body) - {"inputText", "dimensions", "normalize", "embeddingTypes"})
    if unknown:
        raise invalid(f"Malformed input request: extraneous key [{unknown[0]}] is not permitted.")
    text = fields.text("inputText")
    if text is None:
        raise invalid("Malformed input request: required key [inputText] not found.")
    if not 1 <= len(text) <= MAX_CHARACTERS:
        raise invalid(f"Malformed input request: inputText must have 1 to {MAX_CHARACTERS} characters.")
    dimensions = fields.integer("dimensions", low=1)
    if dimensions is not None and dimensions not in DIMENSIONS:
        raise constraint(dimensions, "dimensions", f"satisfy enum value set: {list(DIMENSIONS)}")
    if any(kind != "float" for kind in fields.items("embeddingTypes")):
        raise invalid("Malformed input request: this model gives embeddingTypes [float] alone.")
    return text, dimensions or DIMENSIONS[0], fields.flag("normalize") is not False


def _embed(model: Any, text: str, *, dimensions: int, normalize: bool) -> tuple[list[float], int]:  # noqa: ANN401
    vector = [float(number) for number in model.embed([text])[0][:dimensions]]
    length = math.sqrt(math.fsum(number * number for number in vector))
    if normalize and length:
        vector = [number / length for number in vector]
    return vector, len(model.tokenize([text])[0].ids)


def _load() -> Any:  # noqa: ANN401 - wordllama is untyped
    try:
        import wordllama  # noqa: PLC0415 - an optional package that loads numpy and safetensors
    except ImportError as error:
        raise ApiError(
            "ModelErrorException",
            f"The engine is not installed ({error}). Install it: pip install 'bedrock-playground[local]'.",
            status=424,
        ) from None
    # Without cache_dir it looks beside the working directory and then tries to download.
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
