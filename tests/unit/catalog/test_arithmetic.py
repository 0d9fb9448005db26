"""What tokens cost at a price, by family and by bucket."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.arithmetic import cost_of, sentences, uncached
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import Usage

RATES = Rates(
    input=Decimal(1),
    output=Decimal(5),
    cache_read=Decimal("0.1"),
    cache_write=Decimal("1.25"),
    cache_write_1h=Decimal(2),
)


def price(model_id: str = "anthropic.claude-x-v1:0", rates: Rates = RATES, **more: object) -> Price:
    values: dict[str, object] = {
        "source": "a source 1",
        "as_of": date(2026, 11, 22),
        "confidence": Confidence.CONFIRMED,
        **more,
    }
    return Price(model_id=model_id, rates=rates, **values)  # type: ignore[arg-type]


CACHED = Usage(
    input_tokens=1_000_000,
    output_tokens=100_000,
    cache_read_input_tokens=400_000,
    cache_write_input_tokens=200_000,
    cache_write_1h_input_tokens=50_000,
)


@pytest.mark.parametrize(
    ("model_id", "usage", "amount", "confidence"),
    [
        # Anthropic's and Amazon's input tokens leave cached ones out:
        # 1 + 0.5 + 0.04 + 0.15 x 1.25 + 0.05 x 2.
        ("anthropic.claude-x-v1:0", CACHED, "1.8275", Confidence.CONFIRMED),
        ("us.anthropic.claude-x-v1:0", CACHED, "1.8275", Confidence.CONFIRMED),
        ("amazon.nova-lite-v1:0", CACHED, "1.8275", Confidence.CONFIRMED),
        # OpenAI's count them in: 600,000 less at the input rate.
        ("openai.gpt-6-sol", CACHED, "1.2275", Confidence.CONFIRMED),
        ("global.openai.gpt-6-sol", CACHED, "1.2275", Confidence.CONFIRMED),
        (
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.openai.gpt-6-sol",
            CACHED,
            "1.2275",
            Confidence.CONFIRMED,
        ),
        # A geography that is newer than this package.
        ("mars.openai.gpt-6-sol", CACHED, "1.2275", Confidence.CONFIRMED),
        # Of the others it is only documented, not observed.
        ("moonshotai.kimi-k3", CACHED, "1.8275", Confidence.ESTIMATE),
        # Without a cache nobody has to assume anything.
        ("moonshotai.kimi-k3", Usage(1_000_000, 100_000), "1.5", Confidence.CONFIRMED),
        ("openai.gpt-6-sol", Usage(1_000_000, 100_000), "1.5", Confidence.CONFIRMED),
        # What cannot be counted in is not: fewer input tokens than cached ones.
        ("openai.gpt-6-sol", Usage(100_000, 0, cache_read_input_tokens=200_000), "0.12", Confidence.ESTIMATE),
    ],
)
def test_each_token_is_paid_for_once_by_the_familys_convention(
    *, model_id: str, usage: Usage, amount: str, confidence: Confidence
) -> None:
    cost = cost_of(usage, price(model_id))
    assert cost.amount == Decimal(amount)
    assert cost.confidence is confidence
    assert (cost.source, cost.as_of) == ("a source 1", date(2026, 11, 22))
    assert sum((part.amount for part in cost.parts), Decimal(0)) == cost.amount


@pytest.mark.parametrize(
    ("rates", "usage", "amount", "words"),
    [
        (Rates(input=Decimal(1), output=Decimal(5)), CACHED, "2.1", "billed at the input rate"),
        (replace(RATES, cache_write_1h=None), CACHED, "1.79", "billed at the cache write rate"),
    ],
)
def test_a_bucket_without_a_rate_is_an_estimate(
    *, rates: Rates, usage: Usage, amount: str, words: str
) -> None:
    cost = cost_of(usage, price(rates=rates))
    assert cost.amount == Decimal(amount)
    assert cost.confidence is Confidence.ESTIMATE
    assert words in (cost.note or "")


@pytest.mark.parametrize(
    ("rates", "usage", "why"),
    [
        (RATES, None, "told no token counts"),
        (RATES, Usage(), "told no token counts"),
        (RATES, Usage(output_tokens=3), "how many input tokens"),
        (RATES, Usage(input_tokens=3), "how many output tokens"),
        (Rates(input=Decimal(1)), Usage(3, 4), "no price for output tokens"),
        (Rates(output=Decimal(1)), Usage(3, 4), "no price for input tokens"),
    ],
)
def test_what_cannot_be_known_is_unknown_with_its_reason_and_never_a_part_of_it(
    rates: Rates, usage: Usage | None, why: str
) -> None:
    cost = cost_of(usage, price(rates=rates))
    assert cost.amount is None
    assert cost.confidence is Confidence.UNKNOWN
    assert why in (cost.note or "")
    assert not cost.parts


def test_an_embedding_model_tells_no_output_tokens_and_needs_none() -> None:
    embedding = price("amazon.titan-embed-text-v2:0", Rates(input=Decimal("0.02")))
    assert cost_of(Usage(input_tokens=1000), embedding).amount == Decimal("0.00002")


@pytest.mark.parametrize(("tokens", "amount"), [(999, "0.000999"), (1000, "0.002"), (1001, "0.002002")])
def test_a_long_request_is_billed_at_the_long_rate_as_a_whole(tokens: int, amount: str) -> None:
    long = price(long_context_from=1000, long_context_rates=replace(RATES, input=Decimal(2)))
    assert cost_of(Usage(tokens, 0), long).amount == Decimal(amount)


def test_cached_tokens_count_towards_a_long_request() -> None:
    long = price(long_context_from=1000, long_context_rates=replace(RATES, input=Decimal(2)))
    assert cost_of(Usage(500, 0, cache_read_input_tokens=500), long).parts[0].usd_per_million == 2


def test_a_long_rate_that_is_not_known_is_an_estimate() -> None:
    long = price(long_context_from=1000, long_context_rates=Rates(input=Decimal(2)))
    cost = cost_of(Usage(2000, 1000), long)
    assert cost.amount == Decimal("0.009")
    assert cost.confidence is Confidence.ESTIMATE


def test_without_a_cache_the_same_tokens_are_input() -> None:
    assert uncached(CACHED, "anthropic.claude-x") == (Usage(1_600_000, 100_000), None)
    assert uncached(CACHED, "openai.gpt-6-sol") == (Usage(1_000_000, 100_000), None)
    tokens, assumed = uncached(CACHED, "xai.grok-4.6")
    assert tokens == Usage(1_600_000, 100_000)
    assert "assumed" in (assumed or "")


def test_notes_become_sentences() -> None:
    assert sentences(None, "", " one source says so ", "Really?", None, "It does.") == (
        "one source says so. Really? It does."
    )
    assert sentences(None, " ") is None


counts = st.integers(0, 10_000_000)
rate = st.decimals(Decimal("0.00001"), Decimal(1000), places=5)


@given(fresh=counts, output=counts, read=counts, times=st.integers(2, 5), input_rate=rate, output_rate=rate)
def test_the_cost_is_linear_and_never_nothing_for_tokens_with_a_price(
    *, fresh: int, output: int, read: int, times: int, input_rate: Decimal, output_rate: Decimal
) -> None:
    paid = price(rates=replace(RATES, input=input_rate, output=output_rate))
    once = cost_of(Usage(fresh, output, cache_read_input_tokens=read), paid).amount
    many = cost_of(Usage(fresh * times, output * times, cache_read_input_tokens=read * times), paid).amount
    assert once is not None
    assert many == once * times
    assert (once > 0) == bool(fresh or output or read)


optional = st.none() | counts


@given(
    fresh=optional,
    output=optional,
    read=optional,
    write=optional,
    hour=optional,
    maker=st.sampled_from(["anthropic.", "openai.", "x."]),
)
def test_whatever_the_service_tells_the_cost_is_a_sum_of_its_parts_or_unknown(
    *,
    fresh: int | None,
    output: int | None,
    read: int | None,
    write: int | None,
    hour: int | None,
    maker: str,
) -> None:
    usage = Usage(fresh, output, read, write, hour)
    cost = cost_of(usage, price(f"{maker}model"))
    if cost.amount is None:
        assert cost.note
        assert fresh is None or output is None
    else:
        assert cost.amount == sum((part.amount for part in cost.parts), Decimal(0))
        assert all(part.tokens > 0 and part.amount > 0 for part in cost.parts)
