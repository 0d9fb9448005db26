"""What the snapshot says, beside what is known of models from elsewhere; and what prices always are like."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedrock_playground.catalog.models import ModelSpec, Reasoning
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.snapshot import load_models, load_prices
from bedrock_playground.invocation.cost import Confidence

HAIKU_4_5 = "anthropic.claude-haiku-4-5-20251001-v1:0"


def model(model_id: str) -> ModelSpec:
    return load_models()[model_id]


def price(model_id: str, tier: str = "default", region: str | None = None) -> Price:
    rows = [row for row in load_prices() if (row.model_id, row.tier, row.region) == (model_id, tier, region)]
    return rows[-1]


def test_all_families_are_there() -> None:
    families = {spec.family for spec in load_models().values()}
    assert families >= {
        *("Nova", "Titan", "Claude", "Llama", "Mistral", "Ministral", "Magistral", "Command", "Jamba"),
        *("DeepSeek", "Qwen", "gpt-oss", "GPT", "Palmyra", "Gemma", "Kimi", "MiniMax", "GLM", "Grok"),
        *("Nemotron", "Embed"),
    }  # fmt: skip
    assert len(load_models()) >= 140


@pytest.mark.parametrize(
    ("model_id", "rates"),
    [
        # Looked up by hand on 2026-11-22: input, output, cache read, cache write.
        ("amazon.nova-micro-v1:0", (".035", ".14", ".00875", None)),
        ("amazon.nova-pro-v1:0", (".8", "3.2", ".2", None)),
        ("us.amazon.nova-2-lite-v1:0", (".33", "2.75", ".0825", None)),
        (f"us.{HAIKU_4_5}", ("1.1", "5.5", ".11", "1.375")),
        ("us.anthropic.claude-sonnet-5-5", ("2.2", "11", ".11", "2.75")),
        ("global.anthropic.claude-opus-5-5", ("4", "20", ".2", "5")),
        ("meta.llama3-3-70b-instruct-v1:0", (".72", ".72", None, None)),
        ("mistral.mistral-large-3-675b-instruct", (".5", "1.5", None, None)),
        ("openai.gpt-oss-120b-1:0", (".15", ".6", None, None)),
        ("amazon.titan-embed-text-v2:0", (".02", None, None, None)),
        ("deepseek.v3.2", (".62", "1.85", None, None)),
        ("cohere.embed-v4:0", (".12", None, None, None)),
    ],
)
def test_known_prices(model_id: str, rates: tuple[str | None, ...]) -> None:
    found = price(model_id).rates
    assert (found.input, found.output, found.cache_read, found.cache_write) == tuple(
        None if rate is None else Decimal(rate) for rate in rates
    )


@pytest.mark.parametrize(
    ("model_id", "confidence"),
    [
        ("amazon.nova-micro-v1:0", Confidence.CONFIRMED),
        (f"us.{HAIKU_4_5}", Confidence.CONFIRMED),
        # A tenth of its predecessor's price, which looks like a slip: two sources have it.
        ("global.anthropic.claude-haiku-5-5", Confidence.CONFIRMED),
        ("deepseek.v3.2", Confidence.SINGLE_SOURCE),
        ("cohere.embed-v4:0", Confidence.SINGLE_SOURCE),
        ("eu.amazon.nova-lite-v1:0", Confidence.SINGLE_SOURCE),
    ],
)
def test_known_confidence(model_id: str, confidence: Confidence) -> None:
    assert price(model_id).confidence is confidence


def test_a_model_s_own_id_costs_what_geographic_profiles_do() -> None:
    """One source repeats the global price for it, a tenth too low."""
    own, us, everywhere = (price(f"{scope}{HAIKU_4_5}") for scope in ("", "us.", "global."))
    assert own.rates == us.rates
    assert own.rates.input == everywhere.rates.input * Decimal("1.1")  # type: ignore[operator]
    assert own.note
    assert "litellm has $1 in, $5 out" in own.note


@pytest.mark.parametrize(
    ("model_id", "tier"),
    [
        ("amazon.nova-2-lite-v1:0", "default"),
        ("amazon.nova-2-lite-v1:0", "priority"),
        ("amazon.nova-2-lite-v1:0", "batch"),
        ("anthropic.claude-mythos-5-1", "default"),
        (HAIKU_4_5, "batch"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "batch"),
    ],
)
def test_where_no_second_source_tells_the_us_profile_s_price_is_an_estimate(model_id: str, tier: str) -> None:
    own, us = price(model_id, tier), price(f"us.{model_id}", tier)
    assert own.rates == us.rates
    assert own.confidence is Confidence.ESTIMATE
    assert "the global profile's price" in (own.note or "")


def test_no_own_id_repeats_the_global_price_where_geographies_pay_more() -> None:
    rows = {(row.model_id, row.tier): row for row in load_prices() if row.region is None}
    for (model_id, tier), row in rows.items():
        us, everywhere = rows.get((f"us.{model_id}", tier)), rows.get((f"global.{model_id}", tier))
        if us and everywhere and us.rates != everywhere.rates:
            assert row.rates != everywhere.rates, (model_id, tier)


@pytest.mark.parametrize(
    ("model_id", "region", "rates"),
    [
        # From the keys of the bedrock-mantle endpoint, and under the other name of a model.
        ("openai.gpt-5.4", "us-gov-west-1", ("3.375", "20.25")),
        ("openai.gpt-5.6-terra", "us-gov-west-1", ("2.7", "16.2")),
        ("xai.grok-4.6", "us-gov-east-1", ("2.64", "7.92")),
        ("google.gemma-4-31b", "us-gov-west-1", (".168", ".48")),
        ("moonshot.kimi-k2-thinking", "ap-northeast-1", (".73", "3.03")),
    ],
)
def test_known_prices_of_regions(model_id: str, region: str, rates: tuple[str, str]) -> None:
    found = price(model_id, region=region).rates
    assert (found.input, found.output) == tuple(Decimal(rate) for rate in rates)


@pytest.mark.parametrize("scope", ["", "us."])
def test_a_model_of_the_overlay_s_has_the_price_that_a_source_knows(scope: str) -> None:
    found = price(f"{scope}anthropic.claude-3-haiku-20240307-v1:0")
    assert (found.rates.input, found.rates.output) == (Decimal(".25"), Decimal("1.25"))
    assert found.source.startswith("genai-prices")


def test_speech_has_no_price_per_token() -> None:
    speaking = {spec.model_id for spec in load_models().values() if "speech" in spec.output_modalities}
    assert len(speaking) >= 3
    assert not speaking & {row.model_id for row in load_prices()}


def test_notes_are_sentences() -> None:
    """Others are joined to them."""
    notes = {row.note for row in load_prices() if row.note}
    assert len(notes) >= 10
    assert {note for note in notes if not note.endswith(".")} == set()


def test_geographies_tiers_regions_and_long_requests_have_prices_of_their_own() -> None:
    assert price("eu.amazon.nova-pro-v1:0").rates.input == Decimal("1.05")
    assert price("amazon.nova-pro-v1:0", "flex").rates.input == Decimal("0.4")
    assert price("amazon.nova-pro-v1:0", "priority").rates.input == Decimal("1.4")
    assert price("amazon.nova-micro-v1:0", "batch").rates.output == Decimal("0.07")
    assert price("deepseek.v3.2", region="ap-northeast-1").rates.input == Decimal("0.74")
    long = price("global.openai.gpt-6-sol")
    assert long.long_context_from == 272_001
    assert long.long_context_rates is not None
    assert (long.rates.input, long.long_context_rates.input) == (Decimal(2), Decimal(4))


def all_rates() -> list[tuple[str, Rates]]:
    found = [(row.model_id, row.rates) for row in load_prices()]
    return found + [(row.model_id, row.long_context_rates) for row in load_prices() if row.long_context_rates]


def test_output_costs_no_less_than_input() -> None:
    for model_id, rates in all_rates():
        if rates.input is not None and rates.output is not None:
            assert rates.output >= rates.input, model_id


def test_reading_a_cache_costs_less_than_input_and_writing_no_less() -> None:
    for model_id, rates in all_rates():
        if rates.input is None:
            continue
        assert rates.cache_read is None or rates.cache_read < rates.input, model_id
        assert rates.cache_write is None or rates.cache_write >= rates.input, model_id
        if rates.cache_write is not None and rates.cache_write_1h is not None:
            assert rates.cache_write_1h > rates.cache_write, model_id


def test_tiers_are_ordered_by_price() -> None:
    default = {(row.model_id, row.region): row.rates.input for row in load_prices() if row.tier == "default"}
    for row in load_prices():
        usual = default.get((row.model_id, row.region))
        if usual is None or row.rates.input is None:
            continue
        if row.tier in {"flex", "batch"}:
            assert row.rates.input <= usual, (row.model_id, row.tier)
        if row.tier == "priority":
            assert row.rates.input >= usual, row.model_id


def test_a_tier_with_a_price_is_on_offer() -> None:
    for row in load_prices():
        base = row.model_id if row.model_id in load_models() else row.model_id.partition(".")[2]
        # Models that Converse cannot call at all have prices at another endpoint.
        callable_ = bool(model(base).profiles) or model(base).on_demand is not False
        if row.tier in {"flex", "priority"} and callable_:
            assert row.tier in (model(base).service_tiers or ()), row.model_id


@pytest.mark.parametrize(
    ("model_id", "context", "output"),
    [
        ("amazon.nova-micro-v1:0", 128_000, 10_000),
        ("amazon.nova-pro-v1:0", 300_000, 10_000),
        (HAIKU_4_5, 200_000, 64_000),
        ("anthropic.claude-sonnet-4-6", 1_000_000, 128_000),
        ("anthropic.claude-opus-5-5", 1_000_000, 128_000),
        ("meta.llama4-maverick-17b-instruct-v1:0", 1_000_000, 8_192),
        ("mistral.mistral-large-2402-v1:0", 32_000, 4_096),
        ("ai21.jamba-1-5-large-v1:0", 256_000, 4_096),
        ("cohere.command-r-plus-v1:0", 128_000, 4_000),
    ],
)
def test_known_limits(model_id: str, context: int, output: int) -> None:
    assert (model(model_id).context_window, model(model_id).max_output_tokens) == (context, output)


@pytest.mark.parametrize(
    ("model_id", "reasoning"),
    [
        ("amazon.nova-pro-v1:0", Reasoning("none")),
        ("amazon.nova-2-lite-v1:0", Reasoning("effort", ("low", "medium", "high"), can_turn_off=True)),
        (HAIKU_4_5, Reasoning("budget", can_turn_off=True)),
        (
            "anthropic.claude-opus-4-6-v1",
            Reasoning("adaptive", ("low", "medium", "high", "max"), can_turn_off=True),
        ),
        (
            "anthropic.claude-opus-5-5",
            Reasoning("adaptive", ("low", "medium", "high", "xhigh", "max"), can_turn_off=False),
        ),
        ("deepseek.r1-v1:0", Reasoning("always", can_turn_off=False)),
        ("deepseek.v3.2", Reasoning("effort", ("high",), can_turn_off=True)),
        ("openai.gpt-oss-120b-1:0", Reasoning("effort", ("low", "medium", "high"), can_turn_off=False)),
        ("xai.grok-4.7", Reasoning("effort", ("low", "medium", "high", "xhigh"), can_turn_off=False)),
    ],
)  # fmt: skip
def test_known_reasoning(model_id: str, reasoning: Reasoning) -> None:
    assert model(model_id).reasoning == reasoning


def test_known_capabilities() -> None:
    titan = model("amazon.titan-text-express-v1")
    assert (titan.system_prompt, titan.tools) == (False, False)
    assert model("deepseek.r1-v1:0").tools is False
    assert model("anthropic.claude-opus-5-5").forced_tool_choice is False
    assert model("anthropic.claude-sonnet-5-5").forced_tool_choice is False
    assert model(HAIKU_4_5).forced_tool_choice is True
    assert model("amazon.nova-lite-v1:0").input_modalities == ("text", "image", "video", "document")
    assert model("amazon.nova-micro-v1:0").input_modalities == ("text",)
    # Its source denies it for one endpoint and grants it for the other, and has a price: nobody knows.
    assert model("xai.grok-4.6").prompt_caching is None
    assert model("xai.grok-4.7").prompt_caching is None
    caching = model(HAIKU_4_5).prompt_caching
    assert caching is not None
    assert (caching.minimum_tokens, caching.ttls) == (4096, ("5m", "1h"))


def test_known_lifecycles() -> None:
    assert str(model("ai21.jamba-1-5-large-v1:0").end_of_life) == "2026-11-26"
    assert model("anthropic.claude-sonnet-4-20250514-v1:0").lifecycle == "end_of_life"
    assert model("anthropic.claude-sonnet-4-5-20250929-v1:0").lifecycle == "legacy"
    # Only one of its profiles has a date in one of the sources, against all others: not taken.
    assert (model(HAIKU_4_5).lifecycle, model(HAIKU_4_5).end_of_life) == ("active", None)


def test_known_embeddings() -> None:
    titan = model("amazon.titan-embed-text-v2:0").embedding
    assert titan is not None
    assert (titan.dimensions, titan.texts_per_call) == ((1024, 512, 256), 1)
    cohere = model("cohere.embed-v4:0").embedding
    assert cohere is not None
    assert (cohere.dimensions[0], cohere.texts_per_call) == (1536, 96)


def test_what_converse_cannot_call_is_marked() -> None:
    gemma = model("google.gemma-4-31b")
    assert (gemma.on_demand, gemma.profiles) == (False, ())
    assert "bedrock-mantle" in (gemma.provenance["on_demand"].note or "")
    assert not model("amazon.nova-2-sonic-v1:0").answers_in_text


@pytest.mark.parametrize(
    "model_id",
    ["anthropic.claude-haiku-4-5@20251001", "claude-sonnet-4-5-20250929-v1:0", "openai.gpt-oss-120b"],
)
def test_aliases_of_a_source_are_no_models(model_id: str) -> None:
    assert model_id not in load_models()


def test_a_contradiction_stands_beside_the_field() -> None:
    note = model("anthropic.claude-sonnet-4-6").provenance["max_output_tokens"].note
    assert note == "litellm says 64,000"
