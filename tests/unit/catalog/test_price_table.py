"""All prices of a model in a table, and which model of a line is the newer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bedrock_playground.catalog.generations import line_of
from bedrock_playground.catalog.models import ModelSpec, Profile
from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.price_table import ids_of, prices_of
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence

SPEC = ModelSpec(
    model_id="m.a",
    name="A",
    provider="M",
    service_tiers=("default", "flex"),
    profiles=(Profile("us.m.a", "geographic", "us"),),
)


def price(model_id: str, dollars: str, *, tier: str = "default", region: str | None = None) -> Price:
    return Price(
        model_id=model_id,
        tier=tier,
        region=region,
        rates=Rates(input=Decimal(dollars)),
        source="test 1",
        as_of=date(2026, 11, 22),
        confidence=Confidence.SINGLE_SOURCE,
    )


def test_prices_stand_by_id_tier_and_region_and_estimates_say_so() -> None:
    book = PriceBook(
        own=(price("m.a", "0.5", region="eu-west-1"),),
        listed=((price("m.a", "1"), price("m.a", "0.4", tier="batch"), price("other", "9")),),
    )
    found = prices_of(SPEC, book, ids=("m.a",))
    assert [(one.tier, one.region, one.rates.input, one.confidence) for one in found] == [
        ("default", None, Decimal(1), Confidence.SINGLE_SOURCE),
        ("default", "eu-west-1", Decimal("0.5"), Confidence.SINGLE_SOURCE),
        ("flex", None, Decimal("0.5"), Confidence.ESTIMATE),
        ("batch", None, Decimal("0.4"), Confidence.SINGLE_SOURCE),
    ]


def test_the_users_price_of_everywhere_stands_once() -> None:
    book = PriceBook(own=(price("m.a", "0.5"),), listed=((price("m.a", "1", region="eu-west-1"),),))
    found = prices_of(SPEC, book, ids=("m.a",))
    assert [(one.tier, one.region, one.rates.input) for one in found] == [
        ("default", None, Decimal("0.5")),
        ("flex", None, Decimal("0.25")),
    ]


def test_what_nobody_prices_has_no_row() -> None:
    assert prices_of(SPEC, PriceBook()) == ()


def test_the_ids_of_a_model() -> None:
    assert ids_of(SPEC) == ("m.a", "us.m.a")
    only_profiles = ModelSpec(
        model_id="m.b",
        name="B",
        provider="M",
        on_demand=False,
        profiles=(Profile("eu.m.b", "geographic", "eu"),),
    )
    assert ids_of(only_profiles) == ("eu.m.b",)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("anthropic.claude-3-opus-20240229-v1:0", "anthropic.claude-opus-4-6-v1"),
        ("anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-5"),
        ("anthropic.claude-opus-5", "anthropic.claude-opus-5-5"),
        ("meta.llama3-1-70b-instruct-v1:0", "meta.llama3-3-70b-instruct-v1:0"),
        ("openai.gpt-5.6-sol", "openai.gpt-6.1-sol"),
        ("amazon.nova-lite-v1:0", "amazon.nova-2-lite-v1:0"),
    ],
)
def test_generations_of_one_line(older: str, newer: str) -> None:
    assert line_of(older)[0] == line_of(newer)[0]
    assert line_of(older)[1] < line_of(newer)[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("meta.llama3-3-70b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0"),
        ("anthropic.claude-opus-5", "anthropic.claude-sonnet-5"),
        ("openai.gpt-6-luna", "openai.gpt-6-sol"),
        ("openai.gpt-oss-20b-1:0", "openai.gpt-oss-120b-1:0"),
    ],
)
def test_sizes_and_names_are_lines_of_their_own(one: str, other: str) -> None:
    assert line_of(one)[0] != line_of(other)[0]
