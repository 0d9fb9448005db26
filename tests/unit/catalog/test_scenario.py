"""Scenarios in words: which cue words are recognised, what they set, and which models then lead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.price_book import load_price_book
from bedrock_playground.catalog.recommend import rank
from bedrock_playground.catalog.requirements import Scenario
from bedrock_playground.catalog.scenario import apply, cautions, infer
from bedrock_playground.catalog.search import Capability, options_of, rows_of
from bedrock_playground.catalog.size_class import Size, size_class
from bedrock_playground.catalog.snapshot import load_models


def settings_of(text: str) -> dict[str, object]:
    scenario, nothing = apply(Scenario(), infer(text)), Scenario()
    return {
        name: getattr(scenario, name)
        for name in Scenario.__slots__
        if getattr(scenario, name) != getattr(nothing, name)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cost-sensitive, high volume", {"price": 9, "speed": 7}),
        ("A low-cost solution for millions of product reviews", {"price": 9, "speed": 7}),
        ("Cost is not a concern.", {"price": 0}),
        ("strict latency requirements", {"speed": 9}),
        ("The answer must be there in under 800 ms.", {"max_latency": 0.8}),
        ("within 2 seconds, at most 1.5 s", {"max_latency": 1.5}),
        ("Reports are written overnight.", {"speed": 1}),
        ("complex reasoning", {"accuracy": 10, "speed": 3, "price": 2, "needs": (Capability.REASONING,)}),
        ("It is complex, images are attached.", {"needs": (Capability.IMAGES,)}),
        ("highest accuracy", {"accuracy": 9, "speed": 2, "price": 2}),
        ("regulatory impact, low-cost", {"accuracy": 9, "speed": 2, "price": 9}),
        ("within 3 s, highest accuracy", {"accuracy": 9, "price": 2, "max_latency": 3.0}),
        ("most cost-effective", {"accuracy": 2, "price": 10}),
        ("simple classification", {"accuracy": 2, "speed": 7, "task": "classification"}),
        ("Summarize calls", {"task": "summarisation"}),
        ("summarise and classify tickets", {"task": "summarisation"}),
        ("semantic search", {"task": "embeddings"}),
        ("answers customers' questions from a knowledge base", {"task": "question_answering"}),
        ("generates product descriptions", {"task": "generation"}),
        ("structured output", {"needs": (Capability.JSON,)}),
        ("An agent calls internal APIs and returns JSON.", {"needs": (Capability.TOOLS, Capability.JSON)}),
        ("photos of damage", {"needs": (Capability.IMAGES,)}),
        ("uploaded PDFs", {"needs": (Capability.DOCUMENTS,)}),
        ("stream the response token by token", {"needs": (Capability.STREAMING,)}),
        ("the same system prompt each time", {"needs": (Capability.CACHING, Capability.SYSTEM)}),
        ("long documents", {"min_context": 200_000, "input_tokens": 100_000}),
        ("long documents of 40,000 tokens", {"min_context": 40_000, "input_tokens": 40_000}),
        ("two pages", {}),
        ("1-page letters", {"input_tokens": 700}),
        ("a context of 1 million tokens", {"min_context": 1_000_000}),
        ("a 200K-token window", {"min_context": 200_000}),
        ("300-page manuals", {"min_context": 210_000, "input_tokens": 210_000}),
        ("answers of 4,000 tokens", {"output_tokens": 4_000}),
        ("100,000 tokens per minute", {}),
        ("EU data residency", {"residency": "eu"}),
        ("Data must remain in the European Union", {"residency": "eu"}),
        ("must be processed within the United States", {"residency": "us"}),
        ("called from ap-northeast-1", {"region": "ap-northeast-1"}),
        ("data must not leave the Region", {"in_region_only": True}),
        ("data must not leave us-east-1", {"in_region_only": True, "region": "us-east-1"}),
        ("It must remain in eu-west-1.", {"in_region_only": True, "region": "eu-west-1"}),
        ("A startup in Paris wants answers.", {}),
        ("Data is stored in Frankfurt.", {"residency": "eu"}),
        ("HIPAA applies.", {}),
        ("at moderate cost", {}),
        ("Moderate user comments", {"task": "classification"}),
        ("Latency is not allowed to exceed 1 second.", {"max_latency": 1.0}),
        ("latency is not a concern", {"speed": 1}),
        ("Generate images from text for adverts", {}),
        ("Generate captions for images", {"needs": (Capability.IMAGES,)}),
        ("Call center agents read them.", {}),
        ("inexpensive", {"price": 9}),
        ("simple FAQs", {"accuracy": 2, "speed": 7, "task": "question_answering"}),
        ("simple sentiment analysis", {"accuracy": 2, "speed": 7, "task": "classification"}),
        ("10 million reviews", {"price": 9, "speed": 7}),
        ("videos of matches", {"needs": (Capability.VIDEO,)}),
        ("audio recordings", {"needs": (Capability.AUDIO,)}),
        ("at most $0.002 per request", {"max_cost": Decimal("0.002")}),
        ("no more than 2 cents per document", {"max_cost": Decimal("0.02")}),
        ("no images are involved", {}),
        ("It does not require structured output, tools or images.", {}),
        ("without streaming", {}),
        ("The quick brown fox.", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_cue_words(text: str, expected: dict[str, object]) -> None:
    assert settings_of(text) == expected


def test_pictures_that_are_to_be_made_are_said_to_be_beyond_these_models() -> None:
    (said,) = cautions("The app must generate product images and write copy.")
    assert "“generate product images”" in said
    assert settings_of("The app must generate product images and write copy.") == {"task": "generation"}
    assert not cautions("Generate captions for images. It does not generate images.")


def test_where_accuracy_counts_the_sliders_that_nobody_mentioned_yield_and_say_so() -> None:
    found = infer("Images are read with the highest accuracy.")
    assert [one.setting for one in found] == ["needs", "accuracy", "speed", "price"]
    found = found[1:]
    assert {one.meaning for one in found if one.setting != "accuracy"} == {
        "speed counts 2 of 10, as nothing is said of it",
        "price counts 2 of 10, as nothing is said of it",
    }


def test_what_was_inferred_is_shown_with_its_words_and_the_exams_skill() -> None:
    first, second = infer("A Cost-Sensitive job with strict latency")
    assert (first.phrase, first.meaning, first.skill) == ("Cost-Sensitive", "price counts 9 of 10", "4.1.2")
    assert (second.phrase, second.meaning, second.skill) == (
        "strict latency",
        "speed counts 9 of 10",
        "4.2.1",
    )


def test_what_is_taken_away_leaves_what_other_words_say() -> None:
    found = infer("cost-sensitive, high volume")
    assert [one.phrase for one in found] == ["cost-sensitive", "high volume", "high volume"]
    assert apply(Scenario(), found[1:]) == Scenario(price=9, speed=7)
    assert apply(Scenario(), found[:1]) == Scenario(price=9)
    assert apply(Scenario(), []) == Scenario()


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error_and_can_be_applied(text: str) -> None:
    found = infer(text)
    assert len({one.id for one in found}) == len(found)
    assert all(one.phrase in text for one in found)
    apply(Scenario(), found)


SMALL = {Size.MICRO, Size.SMALL}
LARGE = {Size.LARGE, Size.FRONTIER}
ROWS = rows_of(options_of(load_models()), load_price_book())


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("Classify millions of short tickets per day; cost-sensitive, simple task.", SMALL),
        ("A chatbot with strict latency for simple questions.", SMALL),
        ("Complex reasoning over legal contracts; highest accuracy; cost is not a concern.", LARGE),
        ("Advanced reasoning for clinical analysis, EU data residency.", LARGE),
    ],
)  # fmt: skip
def test_the_size_that_leads_is_the_one_the_exam_expects(text: str, sizes: set[Size]) -> None:
    ranking = rank(ROWS, apply(Scenario(), infer(text)), today=date(2026, 11, 22))
    leaders = [candidate.size.size for candidate in ranking.candidates[:3] if candidate.size]
    assert len(leaders) == 3
    assert set(leaders) <= sizes


def test_semantic_search_is_led_by_an_embedding_model_and_long_documents_by_long_contexts() -> None:
    today = date(2026, 11, 22)
    embeds = rank(ROWS, apply(Scenario(), infer("semantic search")), today=today).candidates[0].row
    assert embeds.spec
    assert "embedding" in embeds.spec.output_modalities or embeds.spec.embedding
    for candidate in rank(ROWS, apply(Scenario(), infer("800-page books")), today=today).candidates:
        assert candidate.row.context_window is None or candidate.row.context_window >= 560_000


@pytest.mark.parametrize(
    ("base_id", "price", "size"),
    [
        ("amazon.nova-micro-v1:0", None, Size.MICRO),
        ("anthropic.claude-haiku-5-5", None, Size.SMALL),
        ("anthropic.claude-opus-5-5", None, Size.FRONTIER),
        ("meta.llama3-3-70b-instruct-v1:0", None, Size.LARGE),
        ("mistral.ministral-3-8b-instruct", None, Size.SMALL),
        ("mistral.mixtral-8x7b-instruct-v0:1", None, Size.MEDIUM),
        ("mistral.mistral-large-2407-v1:0", None, Size.LARGE),
        ("qwen.qwen3-30b-a3b", None, Size.SMALL),
        ("qwen.qwen3-235b-a22b-2507-v1:0", None, Size.LARGE),
        ("nvidia.nemotron-nano-3-30b", None, Size.SMALL),
        ("maker.thing", Decimal("0.1"), Size.MICRO),
        ("maker.thing", Decimal(30), Size.FRONTIER),
    ],
)
def test_size_classes(base_id: str, price: Decimal | None, size: Size) -> None:
    found = size_class(base_id, output_price=price)
    assert found
    assert found.size is size


def test_a_mixture_of_experts_is_as_quick_as_what_works_on_each_token_but_not_tiny() -> None:
    mixture, small = size_class("qwen.qwen3-next-80b-a3b"), size_class("mistral.ministral-3-8b-instruct")
    assert mixture
    assert small
    assert (mixture.size, mixture.pace) == (Size.MEDIUM, Size.SMALL)
    assert small.pace is small.size


def test_no_size_is_guessed_from_nothing() -> None:
    assert size_class("maker.thing") is None
