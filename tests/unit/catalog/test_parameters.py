"""Where each family takes top-k, by table; unknown is not guessed."""

import pytest

from bedrock_playground.catalog import top_k_fields, top_k_of


@pytest.mark.parametrize(
    ("model_id", "fields"),
    [
        ("amazon.nova-lite-v1:0", {"inferenceConfig": {"topK": 40}}),
        ("us.amazon.nova-2-lite-v1:0", {"inferenceConfig": {"topK": 40}}),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", {"top_k": 40}),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", {"top_k": 40}),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", {"top_k": 40}),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", {"top_k": 40}),
        ("mistral.mistral-7b-instruct-v0:2", {"top_k": 40}),
        ("local.smollm2-135m-instruct-v1:0", {"top_k": 40}),
    ],
)
def test_top_k_travels_where_the_family_takes_it(model_id: str, fields: dict[str, object]) -> None:
    assert top_k_fields(model_id, 40) == fields


@pytest.mark.parametrize(
    "model_id",
    [
        "meta.llama3-3-70b-instruct-v1:0",
        "amazon.titan-text-express-v1",
        "global.anthropic.claude-opus-4-7-v1:0",
        "anthropic.claude-opus-5-20260801-v1:0",
        "openai.gpt-oss-120b-1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
        "nobody.knows-this",
    ],
)
def test_top_k_is_not_offered_where_it_is_refused_or_unknown(model_id: str) -> None:
    assert top_k_of(model_id) is None
    with pytest.raises(ValueError, match="not known to take top-k"):
        top_k_fields(model_id, 40)
