"""Which models make vectors of a text, what body each family wants, and which one to take; pure.

Sources: AWS's pages on Titan Text Embeddings, Titan Multimodal Embeddings, Cohere Embed v3 and v4 (Bedrock
user guide, "Inference request parameters and response fields"), and "Complete embeddings request and response
schema" (Nova user guide). Where a family can cut a text that is too long, it is told to refuse it instead: a
vector of half a text looks like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from bedrock_playground.catalog.catalogue import Catalogue
from bedrock_playground.catalog.models import ModelOption
from bedrock_playground.catalog.resolution import base_model_id
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.values import Json

TITAN = "amazon.titan-embed-text-v2:0"
"""What is taken on Bedrock: one of the cheapest, in most Regions, and its dimensions can be chosen."""
WORDLLAMA = "local.wordllama-l2-256-v1:0"
"""What is taken on the local endpoint: the one that it has."""

_Body: TypeAlias = Callable[[str], dict[str, Json]]


def _titan(text: str) -> dict[str, Json]:
    return {"inputText": text}


def _normalised(text: str) -> dict[str, Json]:
    return {"inputText": text, "normalize": True}


def _cohere(text: str) -> dict[str, Json]:
    # Any input type will do as long as all vectors that are compared have the same.
    return {"texts": [text], "input_type": "search_document", "truncate": "NONE"}


def _nova(text: str) -> dict[str, Json]:
    wanted: dict[str, Json] = {
        "embeddingPurpose": "GENERIC_INDEX",
        "text": {"truncationMode": "NONE", "value": text},
    }
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": wanted}


_FAMILIES: tuple[tuple[str, _Body], ...] = (
    ("amazon.titan-embed-text-v2", _normalised),
    ("amazon.titan-embed-", _titan),
    ("cohere.embed-", _cohere),
    ("amazon.nova-2-multimodal-embeddings", _nova),
    ("local.wordllama-", _normalised),
)
"""By how an id begins, the more particular first."""


@lru_cache(maxsize=512)
def is_embedding_model(model_id: str) -> bool:
    """Whether an id is known to be an embedding model's; what nobody knows is not one.

    Args:
        model_id: What is sent as ``modelId``: an id, a system profile or the ARN of either.
    """
    if _family(model_id) is not None:
        return True
    spec = load_models().get(base_model_id(model_id))
    return spec is not None and spec.embedding is not None


def embedding_body(model_id: str, text: str) -> Mapping[str, Json] | None:
    """The body that makes a model embed a text; ``None`` where that is not known of its family.

    Args:
        model_id: What is sent as ``modelId``.
        text: What to embed.
    """
    family = _family(model_id)
    return None if family is None else family(text)


def embedding_models(catalogue: Catalogue) -> tuple[ModelOption, ...]:
    """The models of a connection that can be asked for vectors of texts, in the catalogue's order."""
    return tuple(
        option
        for option in catalogue.options
        if _family(option.model_id) and catalogue.callable_here(option.model_id)
    )


def default_embedding_model(catalogue: Catalogue) -> str | None:
    """Which embedding model to take where nobody chose one.

    The local endpoint's WordLlama; on Bedrock Titan Text Embeddings V2, or where the account lists others
    alone, the first of those. Without any list it is Titan V2 all the same: an account may be able to call
    what it may not list.

    Returns:
        The id; ``None`` where none can be called.
    """
    able = embedding_models(catalogue)
    listed = [option.model_id for option in able if option.listed]
    for wanted in (WORDLLAMA, TITAN):
        if wanted in listed:
            return wanted
    if listed:
        return listed[0]
    return None if catalogue.closed else TITAN


@lru_cache(maxsize=512)
def _family(model_id: str) -> _Body | None:
    name = base_model_id(model_id)
    return next((body for prefix, body in _FAMILIES if name.startswith(prefix)), None)
