"""What prompt caches saved: by hand, and as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.price_book import PriceBook, RunPricer
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.history.caching import CachedTokens, cached_tokens, ledgers
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.trace import Trace, TracedCall
from bedrock_playground.invocation.values import Usage

_RATES = Rates(
    input=Decimal(3),
    output=Decimal(15),
    cache_read=Decimal("0.3"),
    cache_write=Decimal("3.75"),
    cache_write_1h=Decimal(6),
)
_LONG = Rates(input=Decimal(6), output=Decimal(30), cache_read=Decimal("0.6"), cache_write=Decimal("7.5"))


def _price(model_id: str, *, long: bool = False) -> Price:
    return Price(
        model_id=model_id,
        rates=_RATES,
        long_context_from=200_001 if long else None,
        long_context_rates=_LONG if long else None,
        source="hand",
        as_of=date(2026, 11, 22),
        confidence=Confidence.USER,
    )


_BOOK = PriceBook(own=(_price("anthropic.a"), _price("openai.b"), _price("anthropic.long", long=True)))


def _pricer(endpoint: str | None, region: str | None) -> RunPricer:
    del endpoint, region
    return _BOOK.pricer()


_TOKENS = CachedTokens(
    model_id="anthropic.a",
    invoked_model_id=None,
    endpoint="bedrock",
    region="us-east-1",
    service_tier=None,
    performance_latency=None,
    size_class=0,
    runs=10,
    input_tokens=1_000_000,
    output_tokens=5,
    cache_read=2_000_000,
    cache_write=1_000_000,
    cache_write_1h=400_000,
)


def test_reading_and_writing_against_plain_input() -> None:
    (told,) = ledgers([_TOKENS], _pricer)
    # 2 at 0.30, 0.6 at 3.75 and 0.4 at 6 dollars per million; all 3 million at 3 without a cache.
    assert told.paid == Decimal("0.6") + Decimal("2.25") + Decimal("2.4")
    assert told.without == 9
    assert told.saved == Decimal("3.75")
    assert (told.read, told.written, told.input_in_all) == (2_000_000, 1_000_000, 4_000_000)
    assert told.read_share == 0.5
    assert not told.estimated


def test_writing_what_is_never_read_loses() -> None:
    (told,) = ledgers([replace(_TOKENS, cache_read=0, cache_write_1h=0)], _pricer)
    assert told.saved == Decimal(3) - Decimal("3.75")


def test_openai_counts_cached_tokens_in() -> None:
    (told,) = ledgers([replace(_TOKENS, model_id="openai.b", input_tokens=4_000_000)], _pricer)
    assert told.input_in_all == 4_000_000
    assert told.saved == Decimal("3.75")


@pytest.mark.parametrize(("size_class", "read", "plain"), [(1, "0.3", 3), (2, "0.6", 6), (3, "0.6", 6)])
def test_long_requests_have_rates_of_their_own(size_class: int, read: str, plain: int) -> None:
    one = replace(_TOKENS, model_id="anthropic.long", size_class=size_class, cache_write=0, cache_write_1h=0)
    (told,) = ledgers([one], _pricer)
    assert (told.paid, told.without) == (2 * Decimal(read), 2 * Decimal(plain))


def test_unknown_rates_are_in_no_sum_and_this_machine_is_free() -> None:
    unknown = replace(_TOKENS, model_id="nobody.knows")
    free = replace(_TOKENS, model_id="local.c", endpoint="local")
    found = {one.model_id: one for one in ledgers([unknown, free], _pricer)}
    assert (found["nobody.knows"].saved, found["nobody.knows"].unknown_runs) == (None, 10)
    assert found["nobody.knows"].why_unknown == "No source has a price for nobody.knows."
    assert (found["local.c"].saved, found["local.c"].free_runs) == (Decimal(0), 10)


def test_what_is_unknown_does_not_change_what_is_known() -> None:
    # Reserved capacity is paid for by time: its tokens have no rate.
    reserved = replace(_TOKENS, service_tier="reserved")
    (alone,), (both,) = ledgers([_TOKENS], _pricer), ledgers([_TOKENS, reserved], _pricer)
    assert (both.saved, both.runs, both.unknown_runs) == (alone.saved, 20, 10)


def _call(model_id: str, usage: Usage | None, *, attempts: int = 1) -> TracedCall:
    return TracedCall(
        run_id=model_id,
        parent_id="p",
        role="tier 1",
        model_id=model_id,
        region="eu-west-1",
        started=0.0,
        attempts=attempts,
        usage=usage,
    )


def test_a_traces_calls_tell_what_caches_had_a_part_in() -> None:
    usage = Usage(
        input_tokens=1000, output_tokens=5, cache_read_input_tokens=150_000, cache_write_input_tokens=2000
    )
    calls = (
        _call("anthropic.a", usage),
        _call("openai.b", usage),
        _call("anthropic.none", Usage(input_tokens=10, output_tokens=1)),
        _call("anthropic.untold", None),
        _call("anthropic.kept", usage, attempts=0),
        _call("pattern:chain", usage),
    )
    found = cached_tokens(Trace(pattern="cascade", calls=calls), endpoint="bedrock")
    assert [(one.model_id, one.region, one.size_class) for one in found] == [
        ("anthropic.a", "eu-west-1", 1),
        ("openai.b", "eu-west-1", 0),
    ]
    ledger = {one.model_id: one for one in ledgers(found, _pricer)}["anthropic.a"]
    # 150,000 at 0.30 and 2,000 at 3.75 dollars per million, against 152,000 at 3.
    assert ledger.paid == Decimal("0.045") + Decimal("0.0075")
    assert ledger.without == Decimal("0.456")
    assert ledger.read_share == 150_000 / 153_000


_counts = st.integers(0, 10**9)


@given(read=_counts, write=_counts, hour=_counts, more=_counts)
def test_reading_more_never_saves_less(*, read: int, write: int, hour: int, more: int) -> None:
    one = replace(_TOKENS, cache_read=read, cache_write=write + hour, cache_write_1h=hour)
    (less,), (greater,) = ledgers([one], _pricer), ledgers([replace(one, cache_read=read + more)], _pricer)
    assert less.saved is not None
    assert greater.saved is not None
    assert greater.saved >= less.saved
    assert less.paid >= 0
    assert less.without >= 0
