"""Two independent sources over every id that both know: litellm's table, in the snapshot, and genai-prices.

They are kept by different people; what both say is taken as confirmed. A disagreement fails here until it is
looked into and listed with its reason, and a listed one fails once it is none any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from genai_prices import data

from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.snapshot import PRICES_FILE, load_prices, snapshot_date
from bedrock_playground.invocation.cost import Confidence

_BUCKETS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_TOLERANCE = Decimal("1e-9")
AGAINST: Mapping[tuple[str, str, str | None], dict[str, Any]] = {
    (row["id"], row.get("tier", "default"), row.get("region")): row["against"]
    for row in json.loads(PRICES_FILE.read_bytes())["prices"]
    if "against" in row
}
"""What the source that was not taken says, whole: the file keeps it beside the price."""

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


class Said(NamedTuple):
    """What one source says of an id."""

    usual: dict[str, Decimal]
    """Its usual rates."""
    above: int | None
    """Above how many input tokens others hold."""
    long: dict[str, Decimal]
    """Those."""


def of_litellm(price: Price) -> Said | None:
    """What litellm says of a row: what was overruled where that is litellm's, else the row itself."""
    against = AGAINST.get((price.model_id, price.tier, price.region), {})
    if against.get("from", "").startswith("litellm"):
        start = against.get("long_from")
        return Said(amounts(against), start - 1 if start else None, amounts(against.get("long", {})))
    if not price.source.startswith("litellm"):
        return None
    start, long = price.long_context_from, price.long_context_rates
    return Said(rates_of(price.rates), start - 1 if start else None, rates_of(long) if long else {})


def amounts(row: Mapping[str, Any]) -> dict[str, Decimal]:
    return {bucket: Decimal(row[bucket]) for bucket in _BUCKETS if bucket in row}


def rates_of(rates: Rates) -> dict[str, Decimal]:
    found = {bucket: getattr(rates, bucket) for bucket in _BUCKETS}
    return {bucket: rate for bucket, rate in found.items() if rate is not None}


def differ(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> bool:
    return any(abs(one[bucket] - other[bucket]) > _TOLERANCE for bucket in one.keys() & other.keys())


def of_genai(model_id: str) -> Said | None:
    """What genai-prices says of an id."""
    bedrock = next(provider for provider in data.providers if provider.id == "aws")
    entry = bedrock.find_model(model_id)
    if entry is None:
        return None
    price: Any = entry.get_prices(datetime.combine(snapshot_date(), datetime.min.time(), UTC))
    found = {bucket: getattr(price, f"{bucket}_mtok") for bucket in _BUCKETS}
    told = {bucket: value for bucket, value in found.items() if value is not None}
    starts = [value.tiers[-1].start for value in told.values() if hasattr(value, "tiers")]
    usual = {bucket: getattr(value, "base", value) for bucket, value in told.items()}
    long = {
        bucket: value.tiers[-1].price if hasattr(value, "tiers") else value for bucket, value in told.items()
    }
    return Said(usual, starts[0], long) if starts else Said(usual, None, {})


def known_to_both() -> Iterable[tuple[Price, Said, Said]]:
    for price in load_prices():
        if price.tier != "default" or price.region is not None:
            continue
        ours, theirs = of_litellm(price), of_genai(price.model_id)
        if ours and theirs:
            yield price, ours, theirs


def contradict(ours: Said, theirs: Said) -> bool:
    """Whether two sources say otherwise: of usual requests, of long ones, or of where those begin."""
    return differ(ours.usual, theirs.usual) or ours.above != theirs.above or differ(ours.long, theirs.long)


def disagreements() -> set[str]:
    return {price.model_id for price, ours, theirs in known_to_both() if contradict(ours, theirs)}


def test_no_disagreement_is_unexplained_and_no_explanation_is_idle() -> None:
    assert disagreements() == set(EXPLAINED)


def test_both_sources_know_most_of_what_is_sent() -> None:
    """The comparison would hold if one of them knew nothing."""
    assert sum(1 for _ in known_to_both()) >= 220
    assert all(of_genai(model_id) for model_id in EXPLAINED)
    # Of long requests too, and of caches where one of them was overruled.
    assert sum(1 for _, ours, theirs in known_to_both() if ours.long and theirs.long) >= 20
    overruled = [ours for price, ours, _ in known_to_both() if price.source.startswith("genai-prices")]
    assert len(overruled) == len(_OWN_ID.split())
    assert all({"input", "output", "cache_read"} <= ours.usual.keys() for ours in overruled)


SAID = Said({"input": Decimal(1), "cache_read": Decimal("0.1")}, 272_000, {"input": Decimal(2)})


@pytest.mark.parametrize(
    ("other", "contrary"),
    [
        (SAID, False),
        (SAID._replace(usual={"input": Decimal(1), "output": Decimal(5)}), False),
        (SAID._replace(usual={"input": Decimal(1), "cache_read": Decimal("0.2")}), True),
        (SAID._replace(above=200_000), True),
        (SAID._replace(above=None, long={}), True),
        (SAID._replace(long={"input": Decimal(3)}), True),
    ],
)
def test_what_counts_as_a_contradiction(other: Said, contrary: bool) -> None:
    assert contradict(SAID, other) is contrary
    assert contradict(other, SAID) is contrary


def test_a_step_s_second_price_is_the_one_of_long_requests() -> None:
    said = of_genai("global.openai.gpt-6-sol")
    assert said is not None
    assert (said.usual["input"], said.above, said.long["input"]) == (Decimal(2), 272_000, Decimal(4))


def test_confirmed_is_said_exactly_where_the_two_agree() -> None:
    for price, ours, theirs in known_to_both():
        if price.confidence is Confidence.CONFIRMED:
            assert "litellm" in price.source
            assert "genai-prices" in price.source
            assert not contradict(ours, theirs)
            assert {"input", "output"} & ours.usual.keys() & theirs.usual.keys()
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
