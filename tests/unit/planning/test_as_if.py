"""Price as if: sums by hand, long requests by their own size, and unknown that stays unknown."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.price_book import LOCAL, OTHER_TOKENISER, load_price_book
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import Usage
from bedrock_playground.planning.as_if import as_if_everywhere, cost_as_if, total
from bedrock_playground.planning.offers import Offers, answering
from bedrock_playground.planning.tokens import TokenGroup, bins_of
from tests.unit.planning.plans import CLAUDE, offers, price, profile, rates, spec

CACHED = TokenGroup("anthropic.x", 2, Usage(1_000, 400, 300, 200), size=700)


def test_without_a_cache_everything_that_went_in_is_input() -> None:
    cost = cost_as_if([CACHED], "anthropic.a", offers=offers(price(usd=CLAUDE)))
    # (1,000 + 300 + 200) x 1 + 400 x 5, in millionths.
    assert cost.amount == Decimal("0.0035")
    assert OTHER_TOKENISER in str(cost.note)


def test_cached_as_measured_and_all_from_a_cache() -> None:
    book = offers(price(usd=CLAUDE))
    measured = cost_as_if([CACHED], "anthropic.a", offers=book, caching="measured")
    # 1,000 x 1 + 300 x 0.1 + 200 x 1.25 + 400 x 5.
    assert measured.amount == Decimal("0.00328")
    warm = cost_as_if([CACHED], "anthropic.a", offers=book, caching="warm")
    # 1,500 x 0.1 + 400 x 5.
    assert warm.amount == Decimal("0.00215")


def test_openai_counts_cached_tokens_in_and_they_are_not_counted_twice() -> None:
    group = TokenGroup("openai.gpt-oss-120b-1:0", 1, Usage(1_000, 0, 300, 0), size=1_000)
    cost = cost_as_if([group], "anthropic.a", offers=offers(price(usd=CLAUDE)))
    assert cost.amount == Decimal("0.001")


def test_each_group_is_priced_by_the_size_of_its_requests_not_by_their_sum() -> None:
    long = price(usd=CLAUDE, long_context_from=200_001, long_context_rates=rates(input="2", output="7.5"))
    short_ones = TokenGroup("anthropic.x", 1_000, Usage(100_000_000, 0), size=100_000)
    long_one = TokenGroup("anthropic.x", 1, Usage(300_000, 0), size=200_001)
    cost = cost_as_if([short_ones, long_one], "anthropic.a", offers=offers(long))
    assert cost.amount == Decimal(100) + Decimal("0.6")


def test_one_unknown_group_makes_the_whole_unknown() -> None:
    told_nothing = TokenGroup("anthropic.x", 1, Usage(), size=0)
    book = offers(price(usd=CLAUDE))
    assert cost_as_if([CACHED, told_nothing], "anthropic.a", offers=book).amount is None
    nobody = cost_as_if([CACHED], "nobody.knows", offers=book)
    assert nobody.amount is None
    assert "No source has a price" in str(nobody.note)


def test_warm_is_unknown_where_no_price_of_cached_tokens_is() -> None:
    book = offers(price(usd=rates(input="1", output="5")))
    assert cost_as_if([CACHED], "anthropic.a", offers=book, caching="warm").amount is None


def test_everywhere_is_every_scope_and_tier_that_is_offered_cheapest_first_and_unknown_apart() -> None:
    one = spec(profiles=(profile("global.anthropic.a"),), service_tiers=("default", "flex"))
    other = spec("nobody.b", prompt_caching=None)
    book = offers(price(usd=CLAUDE), price("global.anthropic.a", usd=rates(input="0.9", output="4.5")))
    known, missing = as_if_everywhere([CACHED], [one, other], offers=book, cachings=("none", "measured"))
    ways = [(row.model_id, row.scope, row.tier, row.caching) for row in known]
    assert ("global.anthropic.a", "global", "flex", "none") in ways
    assert ("anthropic.a", "in_region", "default", "measured") in ways
    assert len(ways) == len(set(ways)) == 8
    amounts = [row.cost.amount for row in known]
    assert amounts == sorted(amounts, key=lambda amount: amount or 0)
    assert [(row.model_id, row.cost.amount) for row in missing] == [("nobody.b", None)]


def test_the_whole_catalogue_agrees_with_the_price_book_run_by_run() -> None:
    book = load_price_book()
    usage = Usage(12_345, 678, 90, 12)
    group = TokenGroup("anthropic.claude-x", 1, usage, size=12_447)
    known, missing = as_if_everywhere([group], answering(load_models().values()), offers=Offers(book))
    assert len(known) > 250
    for row in (*known, *missing):
        latency_or_tier = {"tier": row.tier}
        expected = book.as_if(usage, row.model_id, counted_by="anthropic.claude-x", **latency_or_tier)
        assert row.cost.amount == expected.amount, row


def test_a_model_on_this_machine_costs_nothing() -> None:
    assert cost_as_if([CACHED], "local.x", offers=offers()) is LOCAL


def test_a_sum_is_only_as_sure_as_the_least_of_its_parts() -> None:
    book = offers(price(usd=CLAUDE), price("openai.b", usd=rates(input="1", output="1")))
    sure = cost_as_if([CACHED], "anthropic.a", offers=book)
    guess = cost_as_if([CACHED], "openai.b", offers=book, tier="flex")
    both = total([sure, guess])
    assert guess.confidence is Confidence.ESTIMATE
    assert both.confidence is Confidence.ESTIMATE
    assert both.amount == (sure.amount or 0) + (guess.amount or 0)
    assert total([]).amount == 0


tokens = st.integers(0, 10**7)


@given(st.lists(st.tuples(tokens, tokens, tokens, tokens), min_size=1, max_size=5), st.integers(0, 3), tokens)
def test_never_negative_and_never_less_for_more_tokens(
    runs: list[tuple[int, int, int, int]], which: int, more: int
) -> None:
    long = price(usd=CLAUDE, long_context_from=200_001, long_context_rates=rates(input="2", output="7.5"))
    book = offers(long)

    def reckon(counts: list[tuple[int, int, int, int]], caching: str) -> Decimal:
        groups = [TokenGroup("anthropic.x", 1, Usage(*one), size=one[0] + one[2] + one[3]) for one in counts]
        cost = cost_as_if(groups, "anthropic.a", offers=book, caching=caching)  # type: ignore[arg-type]
        assert cost.amount is not None
        return cost.amount

    grown = [tuple(n + more * (place == which) for place, n in enumerate(runs[0])), *runs[1:]]
    for caching in ("none", "measured", "warm"):
        before = reckon(runs, caching)
        assert before >= 0
        assert reckon(grown, caching) >= before  # type: ignore[arg-type]


@given(st.lists(st.tuples(tokens, tokens), min_size=1, max_size=8))
def test_a_distribution_keeps_every_token_and_run(runs: list[tuple[int, int]]) -> None:
    groups = [TokenGroup("anthropic.x", 1, Usage(*one), size=one[0] // 1000) for one in runs]
    bins = bins_of([*groups, TokenGroup("anthropic.x", 3, Usage(), size=0)])
    assert sum(one.requests for one in bins) == len(runs)
    assert sum(one.input_tokens for one in bins) == sum(one[0] for one in runs)
    assert sum(one.output_tokens for one in bins) == sum(one[1] for one in runs)
