"""Plans by hand: a month per mode, caches, break-evens, mixes, quotas; and what holds for any workload."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.models import PromptCaching
from bedrock_playground.catalog.prices import Rates
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.planning.break_even import Provisioned, cache_pays
from bedrock_playground.planning.mix import Part, asked, mix_cost
from bedrock_playground.planning.modes import (
    MODES,
    Mode,
    cheapest_by_provider,
    plan,
    plan_row,
)
from bedrock_playground.planning.offers import callable_ids
from bedrock_playground.planning.pricing import CacheUse, mean_cost
from bedrock_playground.planning.quota import burndown, quota_need
from bedrock_playground.planning.tokens import SizeBin, typed
from bedrock_playground.planning.workload import Workload, growth, hit_share
from tests.unit.planning.plans import CLAUDE, offers, price, profile, rates, spec

BOOK = offers(price(usd=CLAUDE))
LOAD = Workload(sizes=typed(1_000, 300), requests_per_day=100, days_per_month=30, cached_share=Decimal("0.5"))


def month(mode: Mode, workload: Workload = LOAD, **changes: Any) -> Decimal | None:
    one = spec(**changes)
    return plan_row(one, one.model_id, mode=mode, workload=workload, offers=BOOK, region=None).per_month


def test_a_month_on_demand() -> None:
    # 3,000 x (1,000 x 1 + 300 x 5) / 1,000,000.
    assert month(Mode()) == Decimal("7.5")


def test_a_month_with_a_cache() -> None:
    # Half of the input is cached, 80 % find it: 500 + 400 x 0.1 + 100 x 1.25 + 1,500 = 2,165 per request.
    assert month(Mode(ttl="5m")) == Decimal("6.495")
    # 95 % find it in an hour: 500 + 475 x 0.1 + 25 x 2 + 1,500 = 2,097.5.
    assert month(Mode(ttl="1h")) == Decimal("6.2925")


def test_a_beginning_that_is_too_short_is_not_cached_and_that_is_said() -> None:
    short = PromptCaching(supported=True, minimum_tokens=1_024, ttls=("5m",))
    one = spec(prompt_caching=short)
    row = plan_row(one, one.model_id, mode=Mode(ttl="5m"), workload=LOAD, offers=BOOK, region=None)
    assert row.per_month == Decimal("7.5")
    assert "fewer than 1,024 tokens are not cached" in str(row.per_request.note)


def test_the_distribution_is_priced_not_its_mean() -> None:
    """Half of the requests are long: their mean is not, and would cost half as much."""
    long = price(usd=CLAUDE, long_context_from=200_001, long_context_rates=rates(input="2", output="10"))
    sizes = (SizeBin(1, 10_000, 0), SizeBin(1, 300_000, 0))
    cost = mean_cost(sizes, "anthropic.a", offers=offers(long))
    assert cost.amount == Decimal("0.305")  # (10,000 x 1 + 300,000 x 2) / 2, in millionths
    mean = mean_cost(typed(155_000, 0), "anthropic.a", offers=offers(long))
    assert mean.amount == Decimal("0.155")


def test_what_is_not_offered_and_what_nobody_knows_stand_apart_with_their_reasons() -> None:
    none = spec(prompt_caching=PromptCaching(supported=False), service_tiers=("default",))
    untold = spec("meta.b", prompt_caching=None, service_tiers=None)
    known, missing = plan(
        [(none, none.model_id), (untold, untold.model_id)], MODES, workload=LOAD, offers=BOOK
    )
    assert [(row.model_id, row.mode.name) for row in known] == [("anthropic.a", "on demand")]
    standings = {(row.model_id, row.mode.name): row.standing for row in missing}
    assert standings["anthropic.a", "flex"] == "not_offered"
    assert standings["anthropic.a", "on demand, cached 5 min"] == "not_offered"
    assert standings["anthropic.a", "batch"] == "unknown"
    assert standings["meta.b", "flex"] == "unknown"
    assert standings["meta.b", "on demand"] == "unknown"
    assert all(row.per_request.note and row.per_month is None for row in missing)


def test_requests_that_do_not_fit_are_not_priced() -> None:
    one = spec(context_window=1_200)
    row = plan_row(one, one.model_id, mode=Mode(), workload=LOAD, offers=BOOK, region=None)
    assert (row.standing, row.per_month) == ("too_long", None)
    assert "1,000 tokens in and 300 out do not fit into its context of 1,200" in str(row.per_request.note)
    one = spec(max_output_tokens=200)
    row = plan_row(one, one.model_id, mode=Mode(), workload=LOAD, offers=BOOK, region=None)
    assert row.standing == "too_long"


def test_tiers_come_by_their_own_price_or_as_an_estimate() -> None:
    book = offers(price(usd=CLAUDE), price(tier="batch", usd=rates(input="0.5", output="2.5")))
    one = spec(service_tiers=("default", "priority"))
    known, _ = plan([(one, one.model_id)], MODES, workload=LOAD, offers=book)
    months = {row.mode.name: (row.per_month, row.per_request.confidence) for row in known}
    assert months["batch"] == (Decimal("3.75"), Confidence.CONFIRMED)
    assert months["priority"] == (Decimal("13.125"), Confidence.ESTIMATE)
    assert [row.per_month for row in known] == sorted(row.per_month or 0 for row in known)


def test_the_cheapest_of_each_maker_that_the_region_can_call() -> None:
    cheap, dear = spec("amazon.cheap"), spec("amazon.dear")
    away = spec("anthropic.a", on_demand=False, profiles=(profile("us.anthropic.a"),))
    unpriced = spec("nobody.c")
    book = offers(
        price("amazon.cheap", usd=rates(input="1", output="1")),
        price("amazon.dear", usd=rates(input="2", output="2")),
        price("us.anthropic.a", usd=CLAUDE),
    )
    models = [dear, cheap, away, unpriced]
    found = cheapest_by_provider(models, workload=LOAD, offers=book)
    assert [model_id for _, model_id in found] == ["amazon.cheap", "us.anthropic.a"]
    found = cheapest_by_provider(models, workload=LOAD, offers=book, region="eu-central-1")
    assert [model_id for _, model_id in found] == ["amazon.cheap"]
    assert callable_ids(away, "us-east-1") == ("us.anthropic.a",)


def test_a_cache_pays_from_the_second_turn_or_the_third() -> None:
    one = price(usd=CLAUDE)
    five, hour = cache_pays(one, "5m"), cache_pays(one, "1h")
    # 1.25 + 0.1 < 2; 2 + 0.1 > 2, but 2 + 0.2 < 3.
    assert (five.turns, hour.turns) == (2, 3)
    # (1.25 - 1) / (1.25 - 0.1) and (2 - 1) / (2 - 0.1).
    assert (round(five.hits or 0, 4), round(hour.hits or 0, 4)) == (Decimal("0.2174"), Decimal("0.5263"))


def test_a_cache_without_a_price_is_not_guessed() -> None:
    assert cache_pays(None, "5m").turns is None
    assert cache_pays(price(usd=rates(input="1", output="5")), "5m").turns is None
    free_writes = price(usd=rates(input="0.8", output="3.2", cache_read="0.2"))
    nova = cache_pays(free_writes, "5m")
    assert [nova.turns, nova.hits] == [2, 0]
    assert "taken to cost what input costs" in str(nova.note)
    assert cache_pays(free_writes, "1h").turns is None
    dear = price(usd=rates(input="1", output="5", cache_read="1", cache_write="1"))
    assert cache_pays(dear, "5m").turns is None


@given(*(st.decimals("0.01", "100", places=2) for _ in range(3)))
def test_from_the_turn_on_it_is_cheaper_and_before_it_is_not(
    plain: Decimal, read: Decimal, write: Decimal
) -> None:
    pays = cache_pays(price(usd=Rates(input=plain, output=plain, cache_read=read, cache_write=write)), "5m")
    if pays.turns is None:
        assert read >= plain
        return
    cached, uncached = write + (pays.turns - 1) * read, pays.turns * plain
    assert cached < uncached
    if pays.turns > 1:
        assert write + (pays.turns - 2) * read >= (pays.turns - 1) * plain
    assert pays.hits is not None
    assert 0 <= pays.hits < 1


def test_provisioned_throughput_breaks_even_where_its_month_is_reached() -> None:
    bought = Provisioned(usd_per_hour=Decimal(20), units=2)
    assert bought.per_month == Decimal(29_200)
    assert bought.break_even(Decimal("0.0025")) == 11_680_000
    assert bought.break_even(Decimal("0.003")) == 9_733_334  # 9,733,333.3 is not enough
    assert bought.break_even(None) is None
    assert bought.break_even(Decimal(0)) is None


def cost(amount: str | None) -> Cost:
    return Cost(None if amount is None else Decimal(amount), Confidence.CONFIRMED, "a list")


def parts(*told: tuple[str, str | None]) -> list[Part]:
    return [Part(f"m{place}", Decimal(share), cost(amount)) for place, (share, amount) in enumerate(told)]


def test_a_router_pays_one_model_and_a_cascade_all_below_too() -> None:
    mix = parts(("0.7", "0.001"), ("0.2", "0.01"), ("0.1", "0.1"))
    # 0.7 x 1 + 0.2 x 10 + 0.1 x 100 = 12.7 thousandths.
    assert mix_cost(mix, "routing").amount == Decimal("0.0127")
    assert asked(mix, "cascade") == (Decimal(1), Decimal("0.3"), Decimal("0.1"))
    # 1 x 1 + 0.3 x 10 + 0.1 x 100 = 14 thousandths.
    assert mix_cost(mix, "cascade").amount == Decimal("0.014")
    # The router decides once; the check looks at 1 + 0.3 answers.
    assert mix_cost(mix, "routing", overhead=cost("0.001")).amount == Decimal("0.0137")
    assert mix_cost(mix, "cascade", overhead=cost("0.001")).amount == Decimal("0.0153")


def test_what_a_mix_does_not_ask_may_be_unknown_and_what_it_asks_may_not() -> None:
    assert mix_cost(parts(("1", "0.001"), ("0", None)), "routing").amount == Decimal("0.001")
    assert mix_cost(parts(("0.9", "0.001"), ("0.1", None)), "routing").amount is None
    assert mix_cost(parts(("1", "0.001"), ("0", None)), "cascade").amount == Decimal("0.001")
    assert mix_cost(parts(("1", "0.001")), "routing", overhead=cost(None)).amount is None
    for wrong in (parts(("0.5", "1")), parts(("1.5", "1"), ("-0.5", "1"))):
        with pytest.raises(ValueError, match="add up to 1"):
            mix_cost(wrong, "routing")


def test_quotas_reserve_max_tokens_and_count_claudes_output_five_times() -> None:
    load = replace(
        LOAD, requests_per_day=7_200, active_hours=Decimal(12), peak_factor=Decimal(3), max_tokens=2_000
    )
    need = quota_need(load, output_burndown=5)
    assert need.requests_per_minute == 30
    assert [need.reserved, need.counted] == [3_000, 2_500]
    assert need.tokens_per_minute == 90_000
    # Reads are given back at the end: 1,000 - 500 x 0.8 + 300 x 5.
    cached = quota_need(load, output_burndown=5, cache=CacheUse("5m", Decimal("0.5"), Decimal("0.8")))
    assert [cached.reserved, cached.counted] == [3_000, 2_100]
    assert quota_need(load, share=Decimal("0.1")).requests_per_minute == 3


@pytest.mark.parametrize(
    ("model_id", "rate"),
    [
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", 5),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", 5),
        ("global.anthropic.claude-opus-5-5", 5),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", 1),
        ("anthropic.claude-3-haiku-20240307-v1:0", 1),
        ("anthropic.claude-v2:1", 1),
        ("anthropic.claude-instant-v1", 1),
        ("amazon.nova-pro-v1:0", 1),
    ],
)
def test_whose_output_counts_five_times(model_id: str, rate: int) -> None:
    assert burndown(model_id) == rate


def test_growth_is_compound() -> None:
    assert list(growth(1_000, Decimal("0.1"), 4)) == [1_000, 1_100, 1_210, 1_331]
    assert list(growth(1_000, Decimal(0))) == [1_000] * 12


def test_hits_by_traffic() -> None:
    # One beginning, 12 requests an hour: 1 - exp(-1) within five minutes, 1 - exp(-12) within the hour.
    assert hit_share(requests_per_hour=Decimal(12), beginnings=1, ttl="5m") == Decimal("0.6321")
    assert hit_share(requests_per_hour=Decimal(12), beginnings=1, ttl="1h") == Decimal("1.0000")
    assert hit_share(requests_per_hour=Decimal(12), beginnings=12, ttl="1h") == Decimal("0.6321")
    assert hit_share(requests_per_hour=Decimal(0), beginnings=1, ttl="1h") == 0


@pytest.mark.parametrize(
    "wrong",
    [{"sizes": ()}, {"cached_share": Decimal(2)}, {"active_hours": Decimal(0)}, {"peak_factor": Decimal(0)}],
)
def test_a_workload_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"size|share|traffic"):
        Workload(**wrong)  # type: ignore[arg-type]


sizes = st.lists(
    st.builds(
        SizeBin,
        requests=st.integers(1, 1_000),
        input_tokens=st.integers(0, 10**8),
        output_tokens=st.integers(0, 10**7),
    ),
    min_size=1,
    max_size=6,
).map(tuple)
shares = st.decimals(0, 1, places=3)


@given(sizes, st.tuples(shares, shares), st.sampled_from(MODES))
def test_a_plan_is_never_negative_and_dearer_with_more_output(
    bins: tuple[SizeBin, ...], caching: tuple[Decimal, Decimal], mode: Mode
) -> None:
    cached, hits = caching
    long = price(usd=CLAUDE, long_context_from=200_001, long_context_rates=rates(input="2", output="7.5"))
    book = offers(long, price(tier="batch", usd=rates(input="0.5", output="2.5")))
    one = spec(service_tiers=("default", "flex", "priority"), latency_optimized=True)
    load = Workload(sizes=bins, cached_share=cached, hit_share_5m=hits, hit_share_1h=hits)
    more = replace(load, sizes=tuple(replace(one, output_tokens=one.output_tokens + 1) for one in bins))
    before, after = (
        plan_row(one, one.model_id, mode=mode, workload=which, offers=book, region=None).per_month
        for which in (load, more)
    )
    assert before is not None
    assert after is not None
    assert 0 <= before < after


@given(sizes, shares)
def test_more_hits_never_cost_more(bins: tuple[SizeBin, ...], cached: Decimal) -> None:
    found = [
        mean_cost(bins, "anthropic.a", offers=BOOK, cache=CacheUse("5m", cached, Decimal(hits) / 4)).amount
        for hits in range(5)
    ]
    known = [amount for amount in found if amount is not None]
    assert len(known) == 5
    # Expected tokens are counted in millionths: rounding may move the last place.
    assert all(later <= earlier + Decimal("1e-9") for earlier, later in pairwise(known))
