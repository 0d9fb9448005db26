"""What a request would cost: by hand, and what holds of every estimate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.models import ModelSpec
from bedrock_playground.catalog.price_book import PriceBook, load_price_book
from bedrock_playground.catalog.prices import Price, Rates
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import (
    ImageBlock,
    InferenceParameters,
    Message,
    RawBlock,
    TextBlock,
)
from bedrock_playground.measures import quantile
from bedrock_playground.spending import Estimate, Estimator, counted_tokens, total

MODEL = "acme.known-v1:0"
RATES = Rates(
    input=Decimal(3),
    output=Decimal(15),
    cache_read=Decimal("0.3"),
    cache_write=Decimal("3.75"),
    cache_write_1h=Decimal(6),
)
PRICE = Price(
    model_id=MODEL, rates=RATES, source="by hand", as_of=date(2026, 11, 22), confidence=Confidence.CONFIRMED
)
SPEC = ModelSpec(
    model_id=MODEL, name="Known", provider="Acme", context_window=100_000, max_output_tokens=4_000
)


def estimator(
    *prices: Price, spec: ModelSpec | None = SPEC, lengths: tuple[int, ...] = (), endpoint: str = "bedrock"
) -> Estimator:
    return Estimator(
        pricer=PriceBook(listed=(prices or (PRICE,),)).pricer(),
        endpoint=endpoint,
        region="us-east-1",
        usual_output=lambda _model_id: quantile(lengths, 0.5),
        models={MODEL: spec} if spec else {},
    )


def asked(text: str = "x" * 400, *, max_tokens: int | None = 1_000, model: str = MODEL) -> InvocationRequest:
    return InvocationRequest.from_prompt(model, text, parameters=InferenceParameters(max_tokens=max_tokens))


def test_by_hand() -> None:
    """106 tokens in and the median of 200 out are expected; 944 in and 1,000 out are the most."""
    found = estimator(lengths=(100, 200, 400)).estimate(asked())
    assert found.expected.amount == (106 * Decimal(3) + 200 * Decimal(15)) / 1_000_000
    assert found.worst.amount == (944 * Decimal(3) + 1_000 * Decimal(15)) / 1_000_000
    assert (found.priced, found.free, found.why_unknown) == (True, False, None)
    assert (found.output_note or "").startswith("The median of 3 answers of this model in the history. Rough")


def test_a_count_takes_the_place_of_the_estimate() -> None:
    found = estimator(lengths=(200, 200)).estimate(asked(), counted=counted_tokens(100))
    assert found.expected.amount == (100 * Decimal(3) + 200 * Decimal(15)) / 1_000_000
    assert found.worst.amount == (100 * Decimal(3) + 1_000 * Decimal(15)) / 1_000_000


def test_without_max_tokens_the_model_s_ceiling_is_the_most() -> None:
    found = estimator().estimate(asked(max_tokens=None))
    assert found.output_at_most == 4_000
    unknown = estimator(spec=None).estimate(asked(max_tokens=None))
    assert (unknown.output_at_most, unknown.worst.amount) == (None, None)
    assert unknown.priced
    assert "max tokens is not set" in (unknown.why_unknown or "")


def test_max_tokens_of_a_raw_field_counts_as_well() -> None:
    fields = {"inferenceConfig": {"max_new_tokens": 9_000}}
    request = replace(
        asked(), parameters=InferenceParameters(max_tokens=10, additional_model_request_fields=fields)
    )
    assert estimator().estimate(request).output_at_most == 9_000


def test_without_a_history_nothing_is_expected_but_the_worst_is_known() -> None:
    for lengths in ((), (50,)):
        found = estimator(lengths=lengths).estimate(asked())
        assert found.expected.amount is None
        assert "history" in (found.expected.note or "")
        assert found.worst.amount is not None


def test_answers_are_not_expected_to_be_longer_than_they_may_be() -> None:
    found = estimator(lengths=(2_000, 2_000)).estimate(asked(max_tokens=50))
    assert found.output == 50
    assert "Max tokens" in (found.output_note or "")


def test_an_unknown_price_is_unknown_and_says_why() -> None:
    found = estimator().estimate(asked(model="acme.unheard-of-v1:0"))
    assert (found.expected.amount, found.worst.amount, found.priced) == (None, None, False)
    assert found.why_unknown == "No source has a price for acme.unheard-of-v1:0."


def test_an_image_makes_the_expectation_unknown_and_the_window_the_most() -> None:
    message = Message("user", (TextBlock("What is this?"), ImageBlock("png", b"png")))
    request = replace(asked(), messages=(message,))
    found = estimator(lengths=(10, 10)).estimate(request)
    assert found.expected.amount is None
    assert "an image" in (found.expected.note or "")
    assert found.worst.amount == (100_000 * Decimal(3) + 1_000 * Decimal(15)) / 1_000_000
    without = estimator(spec=None).estimate(request)
    assert without.worst.amount is None
    assert "an image" in (without.why_unknown or "")


@pytest.mark.parametrize(("ttl", "rate"), [(None, "3.75"), ("1h", "6")])
def test_what_may_be_written_to_a_cache_is_priced_so(ttl: str | None, rate: str) -> None:
    point = RawBlock({"cachePoint": {"type": "default"} | ({"ttl": ttl} if ttl else {})})
    request = replace(asked(), messages=(Message("user", (TextBlock("x" * 400), point)),))
    found = estimator().estimate(request)
    assert found.worst.amount == (944 * Decimal(rate) + 1_000 * Decimal(15)) / 1_000_000


def test_the_dearer_tier_of_the_two_that_may_be_echoed() -> None:
    flex = replace(PRICE, tier="flex", rates=Rates(input=Decimal("1.5"), output=Decimal("7.5")))
    priority = replace(PRICE, tier="priority", rates=Rates(input=Decimal(6), output=Decimal(30)))
    known = estimator(PRICE, flex, priority, lengths=(100, 100))
    default = known.estimate(asked())
    cheap = known.estimate(replace(asked(), service_tier="flex"))
    dear = known.estimate(replace(asked(), service_tier="priority"))
    assert default.worst.amount is not None
    assert default.expected.amount is not None
    # The service may answer in the default tier when it is asked for flex.
    assert cheap.worst.amount == default.worst.amount
    assert cheap.expected.amount == default.expected.amount / 2
    assert dear.worst.amount == default.worst.amount * 2
    reserved = known.estimate(replace(asked(), service_tier="reserved"))
    assert (reserved.worst.amount, reserved.priced) == (None, False)


def test_the_local_endpoint_and_its_models_are_free() -> None:
    for found in (
        estimator(endpoint="local").estimate(asked(model="anything.at-all")),
        estimator(endpoint="http://127.0.0.1:1").estimate(asked(model="local.smollm2-135m-instruct-v1:0")),
    ):
        assert found.free
        assert found.expected.amount == found.worst.amount == Decimal(0)


def test_lanes_and_repeats_add_up_and_the_unknown_are_named_apart() -> None:
    known = estimator(lengths=(100, 100)).estimate(asked())
    unexpected = estimator().estimate(asked())
    unknown = estimator().estimate(asked(model="acme.unheard-of-v1:0"))
    found = total({"A": known, "B": unexpected, "C": unknown}, repeat=3)
    assert known.expected.amount is not None
    assert known.worst.amount is not None
    assert unexpected.worst.amount is not None
    assert found.expected == 3 * known.expected.amount
    assert found.worst == 3 * (known.worst.amount + unexpected.worst.amount)
    assert (found.without_expected, found.without_worst, found.free) == (("B",), ("C",), False)
    nothing = total({"C": unknown})
    assert (nothing.expected, nothing.worst) == (None, None)
    local = estimator(endpoint="local").estimate(asked())
    assert total({"A": local}).free
    assert not total({"A": local, "B": known}).free
    assert not total({}).free


_amounts = st.decimals(min_value=0, max_value=200, places=4)


def _worst(prompt: str, rate: Decimal, most: int) -> Estimate:
    price = replace(PRICE, rates=Rates(input=rate, output=rate * 5))
    return estimator(price, lengths=(7, 7)).estimate(asked(prompt, max_tokens=most))


@given(texts=st.tuples(st.text(max_size=200), st.text(max_size=50)), rate=_amounts, data=st.data())
def test_never_negative_and_monotone(texts: tuple[str, str], rate: Decimal, data: st.DataObject) -> None:
    prompt, more = texts
    most, extra = data.draw(st.integers(1, 5_000)), data.draw(st.integers(0, 5_000))
    less, longer = _worst(prompt, rate, most), _worst(prompt + more, rate, most + extra)
    for one in (less, longer):
        assert one.expected.amount is not None
        assert one.worst.amount is not None
        assert 0 <= one.expected.amount <= one.worst.amount
    assert less.worst.amount is not None
    assert longer.worst.amount is not None
    assert less.worst.amount <= longer.worst.amount


def test_an_embedding_is_priced_by_its_input_alone_by_hand() -> None:
    """“Hi ” 200 times is 600 bytes: 150 tokens and 6 of the template's are expected, 1,144 are the most."""
    titan = "amazon.titan-embed-text-v2:0"
    by = Estimator(load_price_book().pricer(), endpoint="bedrock", region="us-east-1")
    found = by.estimate(InvocationRequest.from_prompt(titan, "Hi " * 200))
    assert (found.output, found.output_at_most) == (0, 0)
    assert found.output_note == "An embedding has no output tokens."
    assert found.expected.amount == 156 * Decimal("0.02") / 1_000_000
    assert found.worst.amount == 1_144 * Decimal("0.02") / 1_000_000
    assert found.priced
