"""Which price holds, and what a run cost by what the service echoed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.price_book import LOCAL, OTHER_TOKENISER, PriceBook, load_price_book
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.catalog.resolution import Resolution
from bedrock_playground.catalog.snapshot import load_prices
from bedrock_playground.invocation.cost import Confidence, Cost
from bedrock_playground.invocation.errors import Throttled
from bedrock_playground.invocation.protocol import RunIdentity
from bedrock_playground.invocation.values import InvocationRequest, InvocationResult, Usage

MODEL = "meta.llama-x-v1:0"
USAGE = Usage(1_000_000, 1_000_000)
PROFILE_ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123"


def price(rates: str, **more: object) -> Price:
    """Make a price of two rates, such as ``1/5``."""
    first, second = rates.split("/")
    values: dict[str, object] = {
        "model_id": MODEL,
        "rates": Rates(input=Decimal(first), output=Decimal(second)),
        "source": "snapshot 1",
        "as_of": date(2026, 11, 22),
        "confidence": Confidence.SINGLE_SOURCE,
        **more,
    }
    return Price(**values)  # type: ignore[arg-type]


def amount(book: PriceBook, model_id: str = MODEL, **how: str) -> Decimal | None:
    return book.cost(USAGE, model_id=model_id, **how).amount


def test_the_chain_goes_from_the_user_to_the_snapshot_to_an_estimate_to_unknown() -> None:
    snapshot = price("1/1")
    genai = price("2/2", source="genai-prices 9")
    aws = price("3/3", source="AWS Price List", confidence=Confidence.AWS)
    own = price("4/4", source="our contract", confidence=Confidence.USER)
    assert amount(PriceBook(own=(own,), listed=((aws,), (genai,), (snapshot,)))) == 8
    assert amount(PriceBook(listed=((aws,), (genai,), (snapshot,)))) == 6
    assert amount(PriceBook(listed=((), (genai,), (snapshot,)))) == 4
    assert amount(PriceBook(listed=((), (), (snapshot,)))) == 2
    estimate = PriceBook(listed=((snapshot,),)).cost(USAGE, model_id=f"us.{MODEL}")
    assert (estimate.amount, estimate.confidence) == (Decimal(2), Confidence.ESTIMATE)
    nobody = PriceBook().cost(USAGE, model_id=MODEL)
    assert (nobody.amount, nobody.confidence) == (None, Confidence.UNKNOWN)
    assert MODEL in (nobody.note or "")


def test_sources_that_agree_confirm_each_other_and_fill_each_others_gaps() -> None:
    genai = price("1/5", source="genai-prices 9")
    snapshot = price("1/5", source="litellm 1")
    snapshot = replace(snapshot, rates=replace(snapshot.rates, cache_read=Decimal("0.1")))
    found = PriceBook(listed=((genai,), (snapshot,))).price(MODEL)
    assert found is not None
    assert found.confidence is Confidence.CONFIRMED
    assert found.rates.cache_read == Decimal("0.1")
    assert found.note is None


def test_one_source_under_two_versions_confirms_nothing() -> None:
    book = PriceBook(
        listed=((price("1/5", source="genai-prices 9"),), (price("1/5", source="genai-prices 8"),))
    )
    found = book.price(MODEL)
    assert found is not None
    assert found.confidence is Confidence.SINGLE_SOURCE


def test_a_source_that_says_otherwise_is_named() -> None:
    book = PriceBook(listed=((price("1/5", source="genai-prices 9"),), (price("2/5", source="litellm 1"),)))
    cost = book.cost(USAGE, model_id=MODEL)
    assert cost.amount == 6
    assert cost.note == "litellm 1 (2026-11-22) says $2 in, $5 out per million tokens."


def test_the_regions_own_price_beats_a_better_source_of_a_general_one_but_not_the_users() -> None:
    general = price("1/1", source="genai-prices 9")
    there = price("2/2", region="eu-central-1")
    book = PriceBook(listed=((general,), (there,)))
    assert amount(book, region="eu-central-1") == 4
    assert amount(book, region="us-east-1") == 2
    assert amount(book) == 2
    own = price("3/3", confidence=Confidence.USER)
    assert amount(replace(book, own=(own,)), region="eu-central-1") == 6


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("eu-central-1", True),
        ("us-gov-west-1", True),
        ("us-east-2", False),
        ("us-west-1", False),
        (None, False),
    ],
)
def test_a_general_price_is_no_more_than_an_estimate_abroad(*, region: str | None, told: bool) -> None:
    found = PriceBook(listed=((price("1/5"),),)).price(MODEL, region=region)
    assert found is not None
    assert found.confidence is (Confidence.ESTIMATE if told else Confidence.SINGLE_SOURCE)
    words = f"No price is known for {region}; this is the general (US) one."
    assert found.note == (words if told else None)


def test_what_is_known_of_abroad_is_no_estimate() -> None:
    eu = "eu-central-1"
    profile = price("1.05/4.2", model_id=f"eu.{MODEL}")
    there = price("1.2/6", region=eu)
    own = price("0.9/4", confidence=Confidence.USER)
    kinds = [
        PriceBook(listed=((price("1/5"), profile),)).price(f"eu.{MODEL}", region=eu),
        PriceBook(listed=((price("1/5"), there),)).price(MODEL, region=eu),
        PriceBook(own=(own,), listed=((price("1/5"),),)).price(MODEL, region=eu),
    ]
    assert [(one.confidence, one.note) for one in kinds if one] == [
        (Confidence.SINGLE_SOURCE, None),
        (Confidence.SINGLE_SOURCE, None),
        (Confidence.USER, None),
    ]


def test_an_arn_of_a_region_abroad_without_a_price_of_its_own_is_an_estimate() -> None:
    book = PriceBook(listed=((price("1/5"),),))
    arn = f"arn:aws:bedrock:eu-central-1::foundation-model/{MODEL}"
    cost = book.cost(USAGE, model_id=arn)
    assert (cost.amount, cost.confidence) == (Decimal(6), Confidence.ESTIMATE)
    assert "No price is known for eu-central-1" in (cost.note or "")


@pytest.mark.parametrize(
    ("there", "expected", "words"),
    [
        # The Region's own default says more than the tier's price elsewhere.
        ("1.2/1.2", "1.2", "0.5 times the default price"),
        # The Region costs what all cost, so it does in this tier.
        ("1/1", "0.8", "No price in this tier is known for ap-southeast-3"),
    ],
)
def test_a_regions_tier_follows_the_regions_own_default_price(there: str, expected: str, words: str) -> None:
    region = "ap-southeast-3"
    book = PriceBook(listed=((price("1/1"), price("0.4/0.4", tier="flex"), price(there, region=region)),))
    cost = book.cost(USAGE, model_id=MODEL, tier="flex", region=region)
    assert (cost.amount, cost.confidence) == (Decimal(expected), Confidence.ESTIMATE)
    assert words in (cost.note or "")
    told = replace(book.listed[0][1], region=region, rates=Rates(input=Decimal(3), output=Decimal(3)))
    known = PriceBook(listed=((*book.listed[0], told),))
    assert known.cost(USAGE, model_id=MODEL, tier="flex", region=region).amount == 6


def test_the_users_default_price_holds_in_every_tier_and_the_users_tier_before_it() -> None:
    own = price("0.5/0.5", confidence=Confidence.USER, note="half off")
    listed = ((price("1/1"), price("0.4/0.4", tier="flex"), price("2/2", tier="batch", region="eu-west-1")),)
    book = PriceBook(own=(own,), listed=listed)
    flex = book.cost(USAGE, model_id=MODEL, tier="flex")
    assert (flex.amount, flex.confidence, flex.source) == (Decimal("0.5"), Confidence.ESTIMATE, own.source)
    assert (flex.note or "").startswith("half off. Estimated as 0.5 times")
    assert amount(book, tier="batch", region="eu-west-1") == Decimal("0.5")
    exact = replace(book, own=(own, price("0.3/0.3", tier="flex", confidence=Confidence.USER)))
    cost = exact.cost(USAGE, model_id=MODEL, tier="flex")
    assert (cost.amount, cost.confidence) == (Decimal("0.6"), Confidence.USER)


@pytest.mark.parametrize(
    "model_id",
    [f"{MODEL}:300k", f"{MODEL}:mm", f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}:8k", f"{MODEL}:9"],
)
def test_an_id_with_a_context_length_costs_what_its_model_costs(model_id: str) -> None:
    book = PriceBook(listed=((price("1/1"), price("3/3", model_id=f"us.{MODEL}")),))
    assert amount(book, model_id) == 2
    own = price("4/4", model_id=f"{MODEL}:300k", confidence=Confidence.USER)
    assert amount(replace(book, own=(own,)), f"{MODEL}:300k") == 8
    assert amount(book, f"us.{MODEL}:300k") == 6


def test_cached_tokens_in_another_tier_cost_what_they_do_in_the_default_one_times_its_ratio() -> None:
    usual = price("1/5")
    usual = replace(usual, rates=replace(usual.rates, cache_read=Decimal("0.1"), cache_write=Decimal("1.25")))
    book = PriceBook(listed=((usual, price("0.5/2.5", tier="batch")),))
    cached = Usage(0, 0, cache_read_input_tokens=1_000_000, cache_write_1h_input_tokens=1_000_000)
    cost = book.cost(cached, model_id=MODEL, tier="batch")
    assert [part.usd_per_million for part in cost.parts] == [Decimal("0.05"), Decimal("0.625")]
    assert cost.confidence is Confidence.ESTIMATE
    assert "estimated from the default tier's cache read rate" in (cost.note or "")
    # Without such tokens nothing is estimated.
    assert book.cost(USAGE, model_id=MODEL, tier="batch").confidence is Confidence.SINGLE_SOURCE


@pytest.mark.parametrize("region", ["us-east-1", None])
def test_who_knows_of_no_long_context_price_does_not_know_that_there_is_none(region: str | None) -> None:
    fetched = price("2/2", region=region, confidence=Confidence.AWS)
    long = Rates(input=Decimal(9), output=Decimal(9))
    snapshot = price("1/1", long_context_from=1000, long_context_rates=long)
    book = PriceBook(listed=((fetched,), (snapshot,)))
    short = book.cost(Usage(999, 0), model_id=MODEL, region="us-east-1")
    assert short.confidence is Confidence.AWS
    cost = book.cost(Usage(1000, 0), model_id=MODEL, region="us-east-1")
    assert (cost.amount, cost.confidence) == (Decimal("0.002"), Confidence.ESTIMATE)
    assert "From 1,000 input tokens on another price holds" in (cost.note or "")


@pytest.mark.parametrize(("tier", "expected"), [("flex", "1"), ("batch", "1"), ("priority", "3.5")])
def test_a_tier_without_a_price_is_estimated_by_the_usual_ratio(tier: str, expected: str) -> None:
    book = PriceBook(listed=((price("1/1"),),))
    cost = book.cost(USAGE, model_id=MODEL, tier=tier)
    assert (cost.amount, cost.confidence) == (Decimal(expected), Confidence.ESTIMATE)
    assert "times the default price" in (cost.note or "")


@pytest.mark.parametrize(
    ("profile_price", "expected"),
    [
        # It costs what its model costs, so it does in the other tier too.
        ("1/1", "0.8"),
        # It costs a tenth more than its model: the usual ratio of its own price is nearer.
        ("1.1/1.1", "1.1"),
    ],
)
def test_a_profiles_tier_follows_its_own_default_price(profile_price: str, expected: str) -> None:
    profile = price(profile_price, model_id=f"us.{MODEL}")
    book = PriceBook(listed=((price("1/1"), price("0.4/0.4", tier="flex"), profile),))
    cost = book.cost(USAGE, model_id=f"us.{MODEL}", tier="flex")
    assert (cost.amount, cost.confidence) == (Decimal(expected), Confidence.ESTIMATE)


def test_a_tier_with_a_price_of_its_own_has_it() -> None:
    book = PriceBook(listed=((price("1/1"), price("0.4/0.4", tier="flex")),))
    cost = book.cost(USAGE, model_id=MODEL, tier="flex")
    assert (cost.amount, cost.confidence) == (Decimal("0.8"), Confidence.SINGLE_SOURCE)


@pytest.mark.parametrize(
    ("tier", "why"), [("reserved", "paid for by time"), ("turbo", "in the tier “turbo”")]
)
def test_a_tier_that_nobody_prices_is_unknown(tier: str, why: str) -> None:
    cost = PriceBook(listed=((price("1/1"),),)).cost(USAGE, model_id=MODEL, tier=tier)
    assert cost.amount is None
    assert why in (cost.note or "")


def test_latency_optimised_has_its_own_price_or_is_an_estimate() -> None:
    usual = price("1/1")
    cost = PriceBook(listed=((usual,),)).cost(USAGE, model_id=MODEL, latency="optimized")
    assert (cost.amount, cost.confidence) == (Decimal("2.5"), Confidence.ESTIMATE)
    assert "1.25 times the default price" in (cost.note or "")
    book = PriceBook(listed=((usual, price("3/3", tier="optimized")),))
    assert book.cost(USAGE, model_id=MODEL, latency="optimized").amount == 6
    assert book.cost(USAGE, model_id=MODEL, latency="standard").amount == 2


@pytest.mark.parametrize(
    "model_id",
    [
        f"arn:aws:bedrock:eu-central-1::foundation-model/{MODEL}",
        f"arn:aws:bedrock:eu-central-1:111122223333:inference-profile/{MODEL}",
    ],
)
def test_an_arn_is_priced_as_the_id_and_region_in_it(model_id: str) -> None:
    book = PriceBook(listed=((price("1/1"), price("2/2", region="eu-central-1")),))
    assert amount(book, model_id) == 4


def test_a_local_model_costs_nothing_and_says_so() -> None:
    cost = load_price_book().cost(USAGE, model_id="local.smollm2-135m-instruct")
    assert cost is LOCAL
    assert (cost.amount, cost.confidence) == (Decimal(0), Confidence.EXACT)
    assert "no charge" in (cost.note or "")


# By what the service echoed


def run(result: InvocationResult, *, book: PriceBook, endpoint: str = "bedrock", **more: object) -> Cost:
    identity = RunIdentity(
        "run", "comparison", "A", 0, 0, datetime(2026, 11, 22, tzinfo=UTC), "us-east-1", endpoint
    )
    request = InvocationRequest.from_prompt(str(more.pop("model_id", MODEL)), "Hi", parameters=None)
    resolutions = more.pop("resolutions", None)
    return book.pricer(resolutions).cost(identity, replace(request, **more), result)  # type: ignore[arg-type]


BOOK = PriceBook(
    listed=(
        (
            price("1/1"),
            price("0.5/0.5", tier="flex"),
            price("9/9", model_id="anthropic.claude-y-v1:0"),
            price("9.9/9.9", model_id="us.anthropic.claude-y-v1:0"),
        ),
    )
)


def test_the_echoed_tier_is_paid_not_the_requested_one() -> None:
    assert (
        run(InvocationResult(usage=USAGE, service_tier="default"), book=BOOK, service_tier="flex").amount == 2
    )
    assert run(InvocationResult(usage=USAGE, service_tier="flex"), book=BOOK).amount == 1


@pytest.mark.parametrize(
    ("asked", "told", "sure"),
    [
        ({"service_tier": "flex"}, {}, False),
        ({"service_tier": "flex"}, {"service_tier": "default"}, True),
        ({"service_tier": "default"}, {}, True),
        ({"performance_latency": "optimized"}, {}, False),
        ({"performance_latency": "optimized"}, {"performance_latency": "standard"}, True),
        ({}, {}, True),
    ],
)
def test_a_tier_that_the_service_does_not_tell_is_assumed_aloud(
    *, asked: dict[str, str], told: dict[str, str], sure: bool
) -> None:
    cost = run(InvocationResult(usage=USAGE, **told), book=BOOK, **asked)  # type: ignore[arg-type]
    assert cost.amount == 2
    assert cost.confidence is (Confidence.SINGLE_SOURCE if sure else Confidence.ESTIMATE)
    assert ("The service told no" in (cost.note or "")) is not sure


def test_a_router_is_paid_for_as_the_model_that_answered() -> None:
    answered = InvocationResult(
        usage=USAGE,
        invoked_model_id="arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-y-v1:0",
    )
    router = "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1"
    assert run(answered, book=BOOK, model_id=router).amount == Decimal("19.8")
    assert run(InvocationResult(usage=USAGE), book=BOOK, model_id=router).amount is None


def application_profile(priced_as: str | None) -> dict[str, Resolution]:
    return {
        PROFILE_ARN: Resolution(
            model_id=PROFILE_ARN,
            kind="application_profile",
            scope="application",
            base_ids=("anthropic.claude-y-v1:0",),
            priced_as=priced_as,
            explanation="An application profile.",
        )
    }


def test_an_application_profile_costs_what_it_reaches() -> None:
    done = InvocationResult(usage=USAGE)
    known = application_profile("us.anthropic.claude-y-v1:0")
    assert run(done, book=BOOK, model_id=PROFILE_ARN, resolutions=known).amount == Decimal("19.8")
    vague = run(done, book=BOOK, model_id=PROFILE_ARN, resolutions=application_profile(None))
    assert (vague.amount, vague.confidence) == (Decimal(18), Confidence.ESTIMATE)
    unasked = run(done, book=BOOK, model_id=PROFILE_ARN)
    assert unasked.amount is None
    assert "not in its ARN" in (unasked.note or "")


def test_the_users_price_of_any_arn_wins() -> None:
    own = price("3/3", model_id=PROFILE_ARN, confidence=Confidence.USER)
    known = application_profile("us.anthropic.claude-y-v1:0")
    cost = run(
        InvocationResult(usage=USAGE), book=replace(BOOK, own=(own,)), model_id=PROFILE_ARN, resolutions=known
    )
    assert (cost.amount, cost.confidence) == (Decimal(6), Confidence.USER)


@pytest.mark.parametrize("what", ["provisioned-model/abc", "imported-model/abc"])
def test_what_is_paid_for_by_time_has_no_price_per_token(what: str) -> None:
    arn = f"arn:aws:bedrock:us-east-1:111122223333:{what}"
    cost = run(InvocationResult(usage=USAGE), book=BOOK, model_id=arn)
    assert cost.amount is None
    assert "not by the token" in (cost.note or "")


def test_a_failed_run_costs_what_was_measured_and_is_unknown_without_that() -> None:
    failed = InvocationResult(usage=USAGE, error=Throttled("Too many."))
    assert run(failed, book=BOOK).amount == 2
    untold = run(InvocationResult(error=Throttled("Too many.")), book=BOOK)
    assert (untold.amount, untold.confidence) == (None, Confidence.UNKNOWN)


@pytest.mark.parametrize(
    ("endpoint", "confidence"),
    [
        ("bedrock", Confidence.SINGLE_SOURCE),
        ("https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com", Confidence.SINGLE_SOURCE),
        ("https://proxy.example.org", Confidence.ESTIMATE),
        ("https://amazonaws.com.example.org", Confidence.ESTIMATE),
        ("local", Confidence.EXACT),
    ],
)
def test_another_endpoint_may_bill_otherwise(endpoint: str, confidence: Confidence) -> None:
    assert run(InvocationResult(usage=USAGE), book=BOOK, endpoint=endpoint).confidence is confidence


def test_price_as_if_counts_every_token_once_and_says_that_tokenisers_differ() -> None:
    cached = Usage(1_000_000, 1_000_000, cache_read_input_tokens=500_000)
    cost = BOOK.as_if(cached, MODEL, counted_by="anthropic.claude-y-v1:0")
    assert cost.amount == Decimal("2.5")
    assert OTHER_TOKENISER in (cost.note or "")
    assert BOOK.as_if(cached, MODEL, counted_by="openai.gpt-6-sol").amount == 2
    arn = "arn:aws:bedrock:us-west-2::foundation-model/openai.gpt-6-sol"
    assert BOOK.as_if(cached, MODEL, counted_by=arn).amount == 2
    assert BOOK.as_if(None, MODEL, counted_by=MODEL).amount is None


@pytest.mark.parametrize(
    ("counted_by", "sure"),
    [("xai.grok-4.6", False), (PROFILE_ARN, False), ("us.amazon.nova-lite-v1:0", True)],
)
def test_price_as_if_says_what_it_assumes_of_cached_tokens(*, counted_by: str, sure: bool) -> None:
    cached = Usage(1_000_000, 0, cache_read_input_tokens=500_000)
    cost = BOOK.as_if(cached, MODEL, counted_by=counted_by)
    assert cost.amount == Decimal("1.5")
    assert cost.confidence is (Confidence.SINGLE_SOURCE if sure else Confidence.ESTIMATE)
    assert ("It is assumed that the input tokens leave out" in (cost.note or "")) is not sure


def test_the_tokens_of_an_application_profile_are_counted_as_its_model_counts() -> None:
    known = {
        PROFILE_ARN: replace(
            application_profile(None)[PROFILE_ARN], base_ids=("openai.gpt-6-sol",), priced_as=None
        )
    }
    own = price("1/1", model_id=PROFILE_ARN, confidence=Confidence.USER)
    own = replace(own, rates=replace(own.rates, cache_read=Decimal("0.1")))
    done = InvocationResult(usage=Usage(1_000_000, 0, cache_read_input_tokens=500_000))
    cost = run(done, book=PriceBook(own=(own,)), model_id=PROFILE_ARN, resolutions=known)
    assert (cost.amount, cost.confidence) == (Decimal("0.55"), Confidence.USER)
    request = InvocationRequest.from_prompt(PROFILE_ARN, "Hi")
    assert BOOK.pricer(known).counted_by(request, done) == "openai.gpt-6-sol"
    assert BOOK.pricer().counted_by(request, done) == PROFILE_ARN
    routed = replace(done, invoked_model_id="us.amazon.nova-lite-v1:0")
    assert BOOK.pricer(known).counted_by(request, routed) == "us.amazon.nova-lite-v1:0"


def test_notes_are_joined_as_sentences() -> None:
    usual = price("1/1", note="litellm repeats the global profile's price")
    cost = PriceBook(listed=((usual,),)).as_if(USAGE, f"us.{MODEL}", counted_by=MODEL, tier="flex")
    assert cost.note == (
        f"litellm repeats the global profile's price. us.{MODEL} has no price of its own; this is {MODEL}'s. "
        "Estimated as 0.5 times the default price, as this tier is for most models. " + OTHER_TOKENISER
    )


# The snapshot


@given(st.sampled_from(load_prices()), st.integers(1, 10_000_000), st.integers(0, 100_000))
def test_every_price_of_the_snapshot_has_a_source_and_prices_tokens_above_nothing(
    known: Price, fresh: int, output: int
) -> None:
    cost = load_price_book().cost(
        Usage(fresh, output), model_id=known.model_id, tier=known.tier, region=known.region
    )
    assert cost.amount is None or cost.amount > 0
    assert cost.amount is None or (cost.source and cost.as_of)
    assert cost.amount is not None or cost.note
