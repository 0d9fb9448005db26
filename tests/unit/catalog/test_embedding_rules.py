"""Which models embed, and what body each family wants."""

from __future__ import annotations

import pytest

from bedrock_playground.catalog import Catalogue
from bedrock_playground.catalog.embeddings import (
    TITAN,
    WORDLLAMA,
    default_embedding_model,
    embedding_body,
    embedding_models,
    is_embedding_model,
)
from bedrock_playground.catalog.models import ModelOption
from bedrock_playground.catalog.snapshot import load_models

COHERE = "cohere.embed-english-v3"


@pytest.mark.parametrize(
    ("model_id", "body"),
    [
        (TITAN, {"inputText": "Hi", "normalize": True}),
        (f"arn:aws:bedrock:eu-west-1::foundation-model/{TITAN}", {"inputText": "Hi", "normalize": True}),
        (WORDLLAMA, {"inputText": "Hi", "normalize": True}),
        ("amazon.titan-embed-text-v1", {"inputText": "Hi"}),
        ("amazon.titan-embed-g1-text-02", {"inputText": "Hi"}),
        ("amazon.titan-embed-image-v1", {"inputText": "Hi"}),
        (COHERE, {"texts": ["Hi"], "input_type": "search_document", "truncate": "NONE"}),
        (
            "global.cohere.embed-v4:0",
            {"texts": ["Hi"], "input_type": "search_document", "truncate": "NONE"},
        ),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_INDEX",
                    "text": {"truncationMode": "NONE", "value": "Hi"},
                },
            },
        ),
    ],
)
def test_the_body_of_each_family(model_id: str, body: dict[str, object]) -> None:
    assert is_embedding_model(model_id)
    assert embedding_body(model_id, "Hi") == body


def test_what_is_known_to_embed_and_what_is_not() -> None:
    """A model that embeds video has no body here, and must not be sent to Converse all the same."""
    marengo = "us.twelvelabs.marengo-embed-2-7-v1:0"
    assert is_embedding_model(marengo)
    assert embedding_body(marengo, "Hi") is None
    for model_id in ("us.amazon.nova-lite-v1:0", "local.smollm2-135m-instruct-v1:0", "acme.new-v1:0", ""):
        assert not is_embedding_model(model_id)
        assert embedding_body(model_id, "Hi") is None


def test_every_embedding_model_of_the_snapshot_is_known_as_one() -> None:
    embedding = {model_id for model_id, spec in load_models().items() if spec.embedding}
    assert embedding
    assert all(is_embedding_model(model_id) for model_id in embedding)
    assert not any(is_embedding_model(model_id) for model_id in set(load_models()) - embedding)


def option(model_id: str, *, listed: bool = True) -> ModelOption:
    return ModelOption(model_id=model_id, name=model_id, provider="", listed=listed)


def test_the_one_to_take_where_nobody_chose() -> None:
    here = Catalogue((option("local.smollm2-135m-instruct-v1:0"), option(WORDLLAMA)), closed=True)
    assert default_embedding_model(here) == WORDLLAMA
    assert [one.model_id for one in embedding_models(here)] == [WORDLLAMA]
    assert default_embedding_model(Catalogue((option(COHERE), option(TITAN)))) == TITAN
    assert default_embedding_model(Catalogue((option(COHERE), option(TITAN, listed=False)))) == COHERE
    assert default_embedding_model(Catalogue(())) == TITAN
    assert default_embedding_model(Catalogue((option(TITAN, listed=False),), closed=True)) is None
