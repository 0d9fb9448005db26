"""Two independent sources over every id that both know: litellm's table, in the snapshot, and genai-prices.

They are kept by different people; what both say is taken as confirmed. A disagreement fails here until it is
looked into and listed with its reason, and a listed one fails once it is none any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import data

from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.snapshot import load_prices, snapshot_date
from bedrock_playground.invocation.cost import Confidence

_BUCKETS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_TOLERANCE = Decimal("1e-9")
_OVERRULED = re.compile(r"litellm has \$(?P<input>[\d.]+) in, \$(?P<output>[\d.]+) out")

_OWN_ID = """
    anthropic.claude-fable-5 anthropic.claude-fable-5-1 anthropic.claude-haiku-4-5-20251001-v1:0
    anthropic.claude-haiku-5-5 anthropic.claude-opus-4-5-20251101-v1:0 anthropic.claude-opus-4-6-v1
    anthropic.claude-opus-4-7 anthropic.claude-opus-4-8 anthropic.claude-opus-5 anthropic.claude-opus-5-5
    anthropic.claude-sonnet-4-5-20250929-v1:0 anthropic.claude-sonnet-4-6 anthropic.claude-sonnet-5
    anthropic.claude-sonnet-5-5 openai.gpt-6-luna openai.gpt-6-sol
"""
_GEOGRAPHY = """
    apac.amazon.nova-lite-v1:0 apac.amazon.nova-micro-v1:0 apac.amazon.nova-pro-v1:0
    eu.amazon.nova-2-lite-v1:0 eu.amazon.nova-lite-v1:0 eu.amazon.nova-micro-v1:0 eu.amazon.nova-pro-v1:0
    eu.meta.llama3-2-1b-instruct-v1:0 eu.meta.llama3-2-3b-instruct-v1:0 jp.amazon.nova-2-lite-v1:0
    us-gov.anthropic.claude-haiku-5-5 us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0
    us-gov.anthropic.claude-sonnet-5 us-gov.anthropic.claude-sonnet-5-5 us-gov.nvidia.nemotron-nano-3-30b
    us-gov.nvidia.nemotron-nano-9b-v2 us-gov.nvidia.nemotron-super-3-120b us-gov.openai.gpt-oss-120b-1:0
    us-gov.openai.gpt-oss-20b-1:0
"""
_LONG = """
    anthropic.claude-sonnet-4-20250514-v1:0 apac.anthropic.claude-sonnet-4-20250514-v1:0
    au.anthropic.claude-sonnet-4-5-20250929-v1:0 eu.anthropic.claude-sonnet-4-20250514-v1:0
    eu.anthropic.claude-sonnet-4-5-20250929-v1:0 global.anthropic.claude-sonnet-4-20250514-v1:0
    global.anthropic.claude-sonnet-4-5-20250929-v1:0 jp.anthropic.claude-sonnet-4-5-20250929-v1:0
    openai.gpt-5.4 openai.gpt-5.5 us.anthropic.claude-sonnet-4-20250514-v1:0
    us.anthropic.claude-sonnet-4-5-20250929-v1:0
"""
EXPLAINED: Mapping[str, str] = {
    **dict.fromkeys(
        _OWN_ID.split(),
        "litellm repeats the global profile's price for the model's own id; in-Region costs what geographic "
        "profiles do, about a tenth more (genai-prices is taken)",
    ),
    **dict.fromkeys(
        _GEOGRAPHY.split(),
        "genai-prices matches by the model's name and has one price for every geography; litellm has this "
        "geography's own (litellm is taken)",
    ),
    **dict.fromkeys(
        _LONG.split(), "only litellm has the price of long requests (litellm is taken); below it they agree"
    ),
}
"""Every disagreement that was looked into, with its reason."""


def second_opinion(price: Price) -> dict[str, Decimal] | None:
    """What litellm says of a row: the row itself, or the note of one where genai-prices was taken."""
    if price.source.startswith("litellm"):
        rates = {bucket: getattr(price.rates, bucket) for bucket in _BUCKETS}
        return {bucket: rate for bucket, rate in rates.items() if rate is not None}
    said = _OVERRULED.search(price.note or "")
    return {bucket: Decimal(rate) for bucket, rate in said.groupdict().items()} if said else None


def differ(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> bool:
    return any(abs(one[bucket] - other[bucket]) > _TOLERANCE for bucket in one.keys() & other.keys())


def genai_price(model_id: str) -> tuple[dict[str, Decimal], int | None] | None:
    """genai-prices' usual rates, and above how many input tokens others hold."""
    bedrock = next(provider for provider in data.providers if provider.id == "aws")
    entry = bedrock.find_model(model_id)
    if entry is None:
        return None
    price: Any = entry.get_prices(datetime.combine(snapshot_date(), datetime.min.time(), UTC))
    found = {bucket: getattr(price, f"{bucket}_mtok") for bucket in _BUCKETS}
    starts = [value.tiers[0].start for value in found.values() if hasattr(value, "tiers")]
    rates = {bucket: getattr(value, "base", value) for bucket, value in found.items() if value is not None}
    return rates, starts[0] if starts else None


def known_to_both() -> Iterable[tuple[Price, dict[str, Decimal], dict[str, Decimal], int | None]]:
    for price in load_prices():
        if price.tier != "default" or price.region is not None:
            continue
        ours, theirs = second_opinion(price), genai_price(price.model_id)
        if ours and theirs:
            yield price, ours, *theirs


def disagreements() -> set[str]:
    found = set()
    for price, ours, theirs, long_above in known_to_both():
        ours_above = price.long_context_from - 1 if price.long_context_from else None
        other_length = price.source.startswith("litellm") and ours_above != long_above
        if differ(ours, theirs) or other_length:
            found.add(price.model_id)
    return found


def test_no_disagreement_is_unexplained_and_no_explanation_is_idle() -> None:
    assert disagreements() == set(EXPLAINED)


def test_both_sources_know_most_of_what_is_sent() -> None:
    """The comparison would hold if one of them knew nothing."""
    assert sum(1 for _ in known_to_both()) >= 220
    assert all(genai_price(model_id) for model_id in EXPLAINED)


def test_confirmed_is_said_exactly_where_the_two_agree() -> None:
    for price, ours, theirs, _ in known_to_both():
        if price.confidence is Confidence.CONFIRMED:
            assert "litellm" in price.source
            assert "genai-prices" in price.source
            assert not differ(ours, theirs)
            assert {"input", "output"} & ours.keys() & theirs.keys()
        if price.model_id in EXPLAINED:
            assert price.confidence is Confidence.SINGLE_SOURCE


@pytest.mark.parametrize("model_id", sorted(EXPLAINED))
def test_a_row_says_what_the_other_source_has(model_id: str) -> None:
    (price,) = (
        row for row in load_prices() if (row.model_id, row.tier, row.region) == (model_id, "default", None)
    )
    generic = "genai-prices" not in (price.note or "") and "litellm" not in (price.note or "")
    # Where genai-prices speaks of the name alone it was not asked about this geography at all.
    assert not generic or model_id in _GEOGRAPHY.split()
