"""Where prices come from, as the Connection page shows it: files, and AWS's list over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from bedrock_playground.catalog import aws_prices
from bedrock_playground.invocation.cost import Confidence
from bedrock_playground.invocation.values import Usage
from tests.wire.catalog.test_aws_prices import LITE, good, price_list

OWN = f'[[price]]\nmodel = "{LITE}"\ninput = 1\noutput = 1\nsource = "mine"\nas_of = 2026-10-01\n'


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("BEDROCK_PLAYGROUND_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BEDROCK_PLAYGROUND_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    st.cache_resource.clear()

    def script() -> None:
        from components.price_sources_view import price_sources

        price_sources()

    yield AppTest.from_function(script, default_timeout=30)
    st.cache_resource.clear()


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    told = [*page.markdown, *page.success, *page.error, *page.warning]
    return "\n".join(str(element.value) for element in told)


def cost_of_a_million() -> tuple[Decimal | None, Confidence]:
    from components.resources import get_price_book

    cost = get_price_book().cost(Usage(1_000_000, 0), model_id=LITE, region="us-east-1")
    return cost.amount, cost.confidence


def test_aws_list_is_fetched_when_asked_and_holds_at_once(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.run()
    assert "**AWS’s price list**: not fetched" in words(page)
    assert cost_of_a_million() == (Decimal("0.06"), Confidence.CONFIRMED)
    with price_list(good) as url:
        monkeypatch.setattr(aws_prices, "PRICE_LIST", url)
        page.button(key="prices_fetch").click().run()
    said = words(page)
    assert "published by AWS on 2026-11-20" in said
    assert "of us-east-1 as of 2026-11-20" in said
    assert "Nobody 9" in said
    assert cost_of_a_million() == (Decimal("0.07"), Confidence.AWS)


def test_a_fetch_that_fails_is_said_and_nothing_changes(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.run()
    with price_list(lambda _: (500, b"")) as url:
        monkeypatch.setattr(aws_prices, "PRICE_LIST", url)
        page.button(key="prices_fetch").click().run()
    (problem,) = page.error
    assert "HTTP 500" in problem.value
    assert cost_of_a_million() == (Decimal("0.06"), Confidence.CONFIRMED)
    page.run()
    assert not page.error


def test_the_users_file_is_read_again_when_asked_and_said_where_it_is_broken(
    page: AppTest, tmp_path: Path
) -> None:
    page.run()
    assert "none; put `prices.toml` into" in words(page)
    (tmp_path / "prices.toml").write_text(OWN)
    page.button(key="prices_read").click().run()
    assert "1 prices in" in words(page)
    assert cost_of_a_million() == (Decimal(1), Confidence.USER)
    (tmp_path / "prices.toml").write_text(OWN.replace("input = 1", 'input = "cheap"'))
    page.button(key="prices_read").click().run()
    (problem,) = page.warning
    assert "“input” is 'cheap'" in problem.value
    assert cost_of_a_million() == (Decimal("0.06"), Confidence.CONFIRMED)
