"""How amounts of money are written."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_playground.catalog.money import format_per_thousand, format_rate, format_usd, origin
from bedrock_playground.invocation.cost import Confidence, Cost


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "unknown"),
        ("0", "$0"),
        ("0.00123", "$0.00123"),
        ("0.001", "$0.00100"),
        ("0.0000003", "$0.000000300"),
        ("0.035", "$0.0350"),
        ("0.5", "$0.500"),
        ("0.9996", "$1.00"),
        ("0.09996", "$0.100"),
        ("1.234", "$1.23"),
        ("12.345", "$12.35"),
        ("1234.5", "$1,234.50"),
        ("-0.0123", "-$0.0123"),
    ],
)
def test_an_amount_is_written_for_people(amount: str | None, text: str) -> None:
    assert format_usd(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "unknown"),
        ("0", "$0"),
        ("1.375", "$1.375"),
        ("3", "$3.00"),
        ("3.000000", "$3.00"),
        ("0.1", "$0.100"),
        ("0.0375", "$0.0375"),
        ("0.00001234", "$0.00001234"),
        ("1234.56789", "$1,234.56789"),
        ("1E+3", "$1,000.00"),
    ],
)
def test_a_published_rate_is_written_as_it_is(rate: str | None, text: str) -> None:
    assert format_rate(None if rate is None else Decimal(rate)) == text


@given(st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e6"), places=12).filter(bool))
def test_no_digit_of_a_rate_is_lost(rate: Decimal) -> None:
    assert Decimal(format_rate(rate).lstrip("$").replace(",", "")) == rate


@given(st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e6"), places=12).filter(bool))
def test_no_amount_is_shown_as_nothing_or_as_an_exponent(amount: Decimal) -> None:
    text = format_usd(amount)
    assert re.fullmatch(r"\$[\d,]+\.\d{2,}", text)
    digits = text.lstrip("$").replace(",", "").replace(".", "").lstrip("0")
    assert len(digits) >= 3
    shown = Decimal(text.lstrip("$").replace(",", ""))
    assert abs(shown - amount) <= amount * Decimal("0.005")


def test_a_thousand_requests_cost_a_thousand_times_as_much() -> None:
    assert format_per_thousand(Decimal("0.00123")) == "$1.23"
    assert format_per_thousand(None) == "unknown"


def test_the_origin_says_source_date_confidence_and_note() -> None:
    cost = Cost(Decimal(1), Confidence.CONFIRMED, "litellm 1", date(2026, 11, 22), "A note.")
    assert origin(cost) == "litellm 1 · as of 2026-11-22 · two sources agree · A note."
    assert origin(Cost(None, note="Nobody knows it.")) == "unknown · Nobody knows it."
